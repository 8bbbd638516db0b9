/* A visit on its way to another place, by mouse or by keys: shows where it would fit, what would happen
   there, and says it. What is dropped goes to `moves`; until then nothing has changed. */
import { element, icon } from "/static/core/icons.js";
import { day, stopsFor } from "./day.js";
import { band } from "./block.js";
import { estimate, gaps } from "./fitting.js";
import { clockOf, span, widthOf, xOf } from "./scale.js";
import { blockOf, rowOf, shownTechnicians, timeline } from "./timeline.js";
import { numberOf, typeOf } from "./words.js";

const SIGNS = { fits: "check", late: "triangle-alert", no: "circle-x" };
const said = document.querySelector("[data-said]");
let carried = null; // {visit, from: technician id or null, at, dayAt, technician, found}
let ghost = null;

export const carrying = () => carried;

/** Words for screen readers, now. */
export function say(text) {
  if (said.textContent !== text) said.textContent = text;
}

export function pickUp(visit, from = null) {
  carried = { visit, from, technician: null, at: 0, dayAt: 0, found: null };
  document.body.dataset.carrying = "";
  for (const stop of stopsFor(visit.id)) blockOf(stop.technician, visit.id)?.setAttribute("data-lifted", "");
  showGaps();
}

/** Over this place now; time in seconds. Draws the ghost with what would happen. */
export function over(technician, at, dayAt) {
  if (!carried) return;
  if (carried.technician?.id === technician.id && carried.at === at && carried.dayAt === dayAt && ghost?.isConnected) return;
  Object.assign(carried, { technician, at, dayAt });
  carried.found = estimate(carried.visit, technician, at, dayAt);
  drawGhost();
}

/** Over no row: the list, or nothing. */
export function overNothing() {
  if (!carried) return;
  carried.technician = null;
  ghost?.remove();
}

function drawGhost() {
  const { visit, technician, at, dayAt, found } = carried;
  ghost ??= element("div", "tl-ghost");
  ghost.dataset.level = found.level;
  const left = xOf(at, dayAt);
  ghost.style.left = `${left}px`;
  ghost.style.width = `${Math.max(24, widthOf(visit.duration))}px`;
  const label = element("span", "tl-ghost-words", icon(SIGNS[found.level]), element("span", "", `${clockOf(at)} · ${found.text}`));
  ghost.replaceChildren(element("span", "tl-ghost-title clip", typeOf(visit)), label);
  const lane = rowOf(technician.id);
  if (lane && ghost.parentElement !== lane) lane.append(ghost);
  const room = timeline.clientWidth - (left - timeline.scrollLeft) - 200;
  ghost.toggleAttribute("data-flip", room < 260);
}

/** Where it fits without moving anybody, in the rows that are in the page. */
export function showGaps() {
  for (const technician of shownTechnicians()) {
    const lane = rowOf(technician.id);
    if (!lane) continue;
    lane.querySelectorAll(".tl-gap").forEach((one) => one.remove());
    day.days.forEach((_, dayAt) => {
      for (const [from, to] of gaps(carried.visit, technician, dayAt)) lane.prepend(band("tl-gap", from, to + carried.visit.duration, dayAt));
    });
  }
}

/** Ends carrying and says what was carried where; the page is as before. */
export function letGo() {
  const was = carried;
  carried = null;
  ghost?.remove();
  delete document.body.dataset.carrying;
  timeline.querySelectorAll(".tl-gap").forEach((one) => one.remove());
  timeline.querySelectorAll("[data-lifted]").forEach((one) => one.removeAttribute("data-lifted"));
  return was;
}

/** What the carried visit would do where it is, as a sentence. */
export function carriedWords() {
  const { visit, technician, at, found } = carried;
  if (!technician) return `${numberOf(visit)} over nobody's row`;
  return `${technician.name}, ${span(at, at + visit.duration)}. ${found.text}`;
}
