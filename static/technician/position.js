/* Where the phone is, told only between leaving for a visit and arriving, and only where its owner has switched it on. */
import { ask } from "./net.js";
import { listen, state, visit } from "./state.js";
import { say } from "./draw.js";

const EVERY_MS = 60_000;
const PLACES = 3; // of a degree: about 100 metres
let watch = null;
let told_at = 0;

export function position_is_on() {
  try {
    return localStorage.getItem("technician:position") === "on";
  } catch {
    return false;
  }
}

export async function set_position(on) {
  try {
    localStorage.setItem("technician:position", on ? "on" : "off");
  } catch {
    say("This browser keeps no settings, so it stays off.");
  }
  follow();
}

export function watch_position() {
  listen(follow);
}

function under_way() {
  return Object.keys(state.day?.visits ?? {}).map(visit).find((one) => one.state === "travelling");
}

function follow() {
  const wanted = position_is_on() && under_way() && "geolocation" in navigator;
  if (wanted && watch === null) {
    watch = navigator.geolocation.watchPosition(tell, refused, { maximumAge: 30_000, timeout: 60_000 });
  } else if (!wanted && watch !== null) {
    navigator.geolocation.clearWatch(watch);
    watch = null;
  }
}

function refused(error) {
  if (error.code !== error.PERMISSION_DENIED) return;
  set_position(false);
  say("The phone does not allow this app to know where it is, so nothing is told. Everything else works.");
}

function tell({ coords }) {
  const one = under_way();
  if (!one || Date.now() - told_at < EVERY_MS) return;
  told_at = Date.now();
  const round = (value) => Number(value.toFixed(PLACES));
  ask("/tech/position", { method: "POST", json: { visit_id: one.id, lat: round(coords.latitude), lon: round(coords.longitude), accuracy_m: Math.min(100_000, Math.max(100, Math.round(coords.accuracy))) } }).catch(() => {});
}
