/* The visit beside the board: what it is, what was promised, whom to warn, and what can be done. The server
   draws it; what its forms ask for goes through `moves`. */
import { refreshTimes } from "/static/core/time.js";
import { toast } from "/static/core/toast.js";
import { element } from "/static/core/icons.js";
import { getHtml, parse, postJson } from "/static/agent/net.js";
import { day, stopsFor } from "./day.js";
import { act, unplan } from "./moves.js";
import { say } from "./placing.js";
import { choose } from "./timeline.js";
import { numberOf } from "./words.js";

const place = document.querySelector("[data-drawer]");
const inside = place.querySelector("[data-drawer-body]");
let shown = null;
let before = null;
let round = 0;
let isAwaited = false;

export const drawnVisit = () => shown;

/** Opens it; `focus` moves the keyboard there too. */
export async function openDrawer(visitId, { focus = true } = {}) {
  const mine = ++round;
  isAwaited = focus || (isAwaited && shown === visitId); // a newer look must not lose the keyboard's wish
  if (place.hidden) before = document.activeElement;
  const isNew = shown !== visitId;
  shown = visitId;
  place.hidden = false;
  if (isNew) inside.replaceChildren(bones());
  try {
    const { status, html } = await getHtml(`/dispatch/visits/${visitId}`);
    if (mine !== round) return;
    const had = inside.contains(document.activeElement); // it was here, and must not be lost
    inside.replaceChildren(parse(html));
    refreshTimes(inside);
    if (status >= 400) return;
    if (isAwaited || had) inside.querySelector("h2")?.focus();
    isAwaited = false;
  } catch (error) {
    if (mine === round) inside.replaceChildren(element("p", "dp-drawer-lost", error.message));
  }
}

function bones() {
  const made = element("div", "skeleton", ...Array.from({ length: 6 }, () => element("span")));
  made.setAttribute("role", "status");
  made.setAttribute("aria-label", "Loading");
  return made;
}

export function closeDrawer() {
  if (place.hidden) return;
  round += 1;
  place.hidden = true;
  const id = shown;
  shown = null;
  const stop = stopsFor(id)[0];
  const wait = document.querySelector(`[data-wait="${id}"]`);
  if (stop) choose(stop, { scroll: false });
  else if (wait) wait.focus();
  else if (before?.isConnected) before.focus();
}

/** The same visit as it is now. */
export function refreshDrawer() {
  if (shown && !inside.contains(document.activeElement?.closest("form"))) openDrawer(shown, { focus: false });
}

const ACTS = {
  lock: (form, id) => act(day.visits.get(id), "lock", lockBody(form), "Locked"),
  unlock: (form, id) => act(day.visits.get(id), "unlock", {}, "Unlocked"),
  details: (form, id) => act(day.visits.get(id), "details", { duration_min: Number(form.elements.duration_min.value), note: form.elements.note.value, version: Number(form.elements.version.value) }, "Saved"),
  split: (form, id) => act(day.visits.get(id), "split", { keep_id: form.elements.keep_id.value }, "One goes alone now"),
  warn,
  "call-off": (form, id) => tell(`/dispatch/visits/${id}/call-off`, { reason: form.elements.reason.value }),
};

function lockBody(form) {
  const body = {};
  if (form.elements.with.checked) body.technician_id = form.elements.technician_id.value;
  if (form.elements.when.value !== "any") [body.from_at, body.to_at] = form.elements.when.value.split(" ").map(Number);
  return body;
}

function warn(form, id) {
  return tell(`/dispatch/visits/${id}/warn`, { text: form.elements.text.value, by: form.elements.by.value });
}

/* Asks and says the server's own words. What changed in the rows comes over the socket. */
async function tell(path, body) {
  try {
    const { told } = await postJson(path, body);
    toast(told, { tone: "success" });
    say(told);
    return true;
  } catch (error) {
    toast(error.message, { tone: "danger" });
    return false;
  }
}

inside.addEventListener("submit", async (event) => {
  const form = event.target;
  const run = ACTS[form.dataset.act];
  if (!run) return;
  event.preventDefault();
  const id = shown;
  const button = event.submitter;
  if (button) button.disabled = true;
  const isDone = await run(form, id);
  if (button) button.disabled = false;
  if (isDone && shown === id) openDrawer(id, { focus: true });
});

place.addEventListener("click", (event) => {
  if (event.target.closest("[data-close-drawer]")) closeDrawer();
  else if (event.target.closest("[data-unplan]")) {
    const visit = day.visits.get(shown);
    if (visit) unplan(visit).then(() => shown && openDrawer(shown, { focus: false }));
  } else if (event.target.closest("[data-show-stop]")) {
    const stop = stopsFor(shown)[0];
    if (stop) choose(stop);
    else say(`${numberOf(day.visits.get(shown))} is not on the days shown.`);
  }
});
place.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  event.preventDefault();
  closeDrawer();
});
