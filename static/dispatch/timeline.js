/* The timeline: a row for each technician, hours from left to right. Only rows that can be seen are in the
   page, so a hundred technicians cost what twenty do. Not for moving visits (placing). */
import { element, icon } from "/static/core/icons.js";
import { serverNow } from "/static/core/time.js";
import { band, background, block, drive, heldBand, keyOf } from "./block.js";
import { day, stopsFor, stopsOf } from "./day.js";
import { standsBack } from "./filters.js";
import { clockOf, dayOf, dayWord, lay, scale, xOf } from "./scale.js";

export const ROW = 52;
const AROUND = 4;
const place = document.querySelector("[data-timeline]");
const head = place.querySelector("[data-hours]");
const rows = place.querySelector("[data-rows]");
const nowLine = place.querySelector("[data-now]");
const drawn = new Map(); // technician id -> row element
let shown = []; // technicians that the filter lets through
let chosen = null; // {technician, visit}: the block that has or gets the focus
let wanted = null; // a frame that is due

export const timeline = place;
export const shownTechnicians = () => shown;
export const chosenStop = () => (chosen ? (stopsOf(chosen.technician).find((stop) => stop.visit.id === chosen.visit) ?? null) : null);
const listeners = [];
/** `run(stop or null)` whenever another block is chosen. */
export function onChosen(run) {
  listeners.push(run);
}

export const indexOf = (technician) => shown.findIndex((one) => one.id === technician);
export const rowOf = (technician) => drawn.get(technician)?.querySelector(".tl-lane") ?? null;
export const blockOf = (technician, visitId) => drawn.get(technician)?.querySelector(`[data-key="${keyOf(technician, visitId)}"]`) ?? null;

/** Everything anew: other days, another zoom, another filter. */
export function drawAll(technicians) {
  shown = technicians;
  lay();
  place.style.setProperty("--hour", `${scale.hour}px`);
  rows.style.width = `calc(var(--tl-head) + ${scale.width}px)`;
  rows.style.height = `${shown.length * ROW}px`;
  drawHours();
  for (const row of drawn.values()) row.remove();
  drawn.clear();
  drawSeen();
  moveNow();
}

function drawHours() {
  head.style.width = `${scale.width}px`;
  head.replaceChildren(...scale.days.flatMap(hoursOf));
}

function hoursOf(part) {
  const every = scale.hour < 50 ? 2 : 1;
  const made = [];
  const title = element("span", "tl-day", dayWord(part.from));
  title.style.left = `${part.left}px`;
  title.style.width = `${part.width}px`;
  made.push(title);
  for (let at = part.from, n = 0; at < part.to; at += 3600, n += 1) {
    if (n % every) continue;
    const tick = element("span", "tl-tick", clockOf(at));
    tick.style.left = `${part.left + n * scale.hour}px`;
    made.push(tick);
  }
  return made;
}

/** Rows in view and a few around them. */
export function drawSeen() {
  const first = Math.max(0, Math.floor(place.scrollTop / ROW) - AROUND);
  const last = Math.min(shown.length, Math.ceil((place.scrollTop + place.clientHeight) / ROW) + AROUND);
  const stay = new Set(shown.slice(first, last).map((one) => one.id));
  for (const [id, row] of drawn) {
    if (stay.has(id) || row.contains(document.activeElement)) continue;
    row.remove();
    drawn.delete(id);
  }
  for (let at = first; at < last; at += 1) if (!drawn.has(shown[at].id)) put(shown[at], at);
}

function put(technician, at) {
  const row = element("div", "tl-row");
  row.setAttribute("role", "group");
  row.dataset.row = technician.id;
  row.style.top = `${at * ROW}px`;
  const lane = element("div", "tl-lane");
  lane.style.width = `${scale.width}px`;
  row.append(nameOf(technician), lane);
  drawn.set(technician.id, row);
  fill(technician, row, lane);
  rows.append(row);
}

function nameOf(technician) {
  const made = element("button", "tl-name");
  made.type = "button";
  made.tabIndex = -1;
  made.dataset.person = technician.id;
  const mark = element("span", `tl-number hue-${technician.hue}`, String(technician.number));
  const stops = stopsOf(technician.id);
  const words = element("span", "tl-words", element("span", "clip", technician.name), element("span", "tl-load clip", loadWords(technician, stops)));
  made.append(mark, words);
  if (technician.days.some((part) => part.locked)) made.append(icon("lock"));
  return made;
}

function loadWords(technician, stops) {
  const work = technician.days.reduce((sum, part) => sum + part.shifts.reduce((all, [from, to]) => all + to - from, 0), 0);
  if (!work) return stops.length ? `${stops.length} visits, no shift` : "Not working";
  const busy = stops.reduce((sum, stop) => sum + stop.travel + stop.ends - stop.starts, 0);
  return `${stops.length} ${stops.length === 1 ? "visit" : "visits"} · ${Math.round((busy / work) * 100)} %`;
}

function fill(technician, row, lane) {
  const stops = stopsOf(technician.id);
  row.setAttribute("aria-label", `${technician.name}, ${stops.length} visits`);
  lane.replaceChildren(
    ...background(technician),
    ...(day.held.get(technician.id) ?? []).map(heldBand),
    ...stops.filter((stop) => stop.travel > 0).map(drive),
    ...stops.map((stop) => {
      const made = block(stop);
      made.toggleAttribute("data-dim", standsBack(stop.visit, technician));
      return made;
    }),
  );
  mark(lane);
}

/** These rows as they are now; null: all that are in the page. */
export function redraw(technicians = null) {
  const focused = document.activeElement?.dataset?.key;
  for (const [id, row] of drawn) {
    if (technicians && !technicians.includes(id)) continue;
    const technician = day.byId.get(id);
    if (!technician) continue;
    row.querySelector(".tl-name").replaceWith(nameOf(technician));
    fill(technician, row, row.querySelector(".tl-lane"));
  }
  if (focused && document.activeElement === document.body) rows.querySelector(`[data-key="${focused}"]`)?.focus({ preventScroll: true });
}

/** Makes a block the one that keys speak of; scrolls to it; may give it the focus. */
export function choose(stop, { focus = true, scroll = true } = {}) {
  chosen = stop ? { technician: stop.technician, visit: stop.visit.id } : null;
  if (stop && scroll) reveal(stop.technician, stop.starts, stop.dayAt);
  for (const row of drawn.values()) mark(row);
  drawTwins();
  if (stop && focus) blockOf(stop.technician, stop.visit.id)?.focus({ preventScroll: true });
  listeners.forEach((run) => run(chosenStop()));
}

function mark(root) {
  for (const one of root.querySelectorAll(".tl-visit")) {
    const is = Boolean(chosen) && one.dataset.visit === chosen.visit;
    one.toggleAttribute("data-chosen", is);
    one.tabIndex = is && one.dataset.technician === chosen.technician ? 0 : -1;
  }
}

/** Scrolls so that a place in a row can be seen, and draws what came into view. */
export function reveal(technician, at, dayAt = dayOf(at)) {
  const index = indexOf(technician);
  if (index < 0) return;
  const top = index * ROW;
  const headHeight = head.parentElement.offsetHeight;
  const height = place.clientHeight - headHeight;
  if (top < place.scrollTop) place.scrollTop = top;
  else if (top + ROW > place.scrollTop + height) place.scrollTop = top + ROW - height;
  const x = xOf(at, dayAt);
  const width = place.clientWidth - nameWidth();
  if (x - 40 < place.scrollLeft) place.scrollLeft = Math.max(0, x - 80);
  else if (x + 120 > place.scrollLeft + width) place.scrollLeft = x + 200 - width;
  drawSeen();
}

export const nameWidth = () => rows.querySelector(".tl-name")?.offsetWidth ?? 0;

/* The crew of the chosen visit, joined by a line from row to row, and its promise as a band in its row. */
function drawTwins() {
  rows.querySelectorAll(".tl-twins, .tl-promise").forEach((one) => one.remove());
  if (!chosen) return;
  const stops = stopsFor(chosen.visit).filter((stop) => indexOf(stop.technician) >= 0);
  for (const { technician, visit, dayAt } of stops) {
    if (visit.window) rowOf(technician)?.append(band("tl-promise", ...visit.window, dayAt));
  }
  if (stops.length < 2) return;
  const places = stops.map((stop) => indexOf(stop.technician)).sort((a, b) => a - b);
  const line = element("span", "tl-twins");
  line.style.left = `calc(var(--tl-head) + ${xOf(stops[0].starts, stops[0].dayAt) + 4}px)`;
  line.style.top = `${places[0] * ROW + ROW / 2}px`;
  line.style.height = `${(places.at(-1) - places[0]) * ROW}px`;
  rows.append(line);
}

export function moveNow() {
  const now = serverNow() / 1000;
  const part = scale.days.find((one) => now >= one.from && now <= one.to);
  nowLine.hidden = !part;
  if (part) nowLine.style.left = `calc(var(--tl-head) + ${xOf(now, scale.days.indexOf(part))}px)`;
}

/** Where a pointer is: {technician, at, dayAt}, or null outside of the rows. */
export function under(clientX, clientY) {
  const box = rows.getBoundingClientRect();
  const index = Math.floor((clientY - box.top) / ROW);
  const x = clientX - box.left - nameWidth();
  if (index < 0 || index >= shown.length) return null;
  return { technician: shown[index], x };
}

place.addEventListener(
  "scroll",
  () => {
    wanted ??= requestAnimationFrame(() => {
      wanted = null;
      drawSeen();
    });
  },
  { passive: true },
);
new ResizeObserver(() => drawSeen()).observe(place);
setInterval(moveNow, 30_000);
