/* One visit on the timeline: its drive, its block, its signs. Never a colour alone: each state has its
   icon, each sign its word for screen readers and on hover. */
import { element, icon } from "/static/core/icons.js";
import { day, stopsOf } from "./day.js";
import { clockOf, span, widthOf, xOf } from "./scale.js";
import { STATES, isAtRisk, numberOf, stopWords, typeOf } from "./words.js";

const ROOM_FOR_CUSTOMER = 44;
const ROOM_FOR_TIMES = 118;
const ROOM_FOR_CLOCK = 52;
const A_SIGN = 17;
const LEAST = 22;

export const keyOf = (technician, visitId) => `${technician} ${visitId}`;

export function drive(stop) {
  const from = stop.starts - stop.travel;
  const made = element("span", "tl-drive");
  const left = xOf(from, stop.dayAt);
  made.style.left = `${left}px`;
  made.style.width = `${Math.max(0, xOf(stop.starts, stop.dayAt) - left)}px`;
  made.title = `${Math.round(stop.travel / 60)} min drive${stop.source ? `, ${stop.source}` : ""}`;
  return made;
}

export function block(stop) {
  const { visit } = stop;
  const left = xOf(stop.starts, stop.dayAt);
  const width = Math.max(LEAST, xOf(stop.ends, stop.dayAt) - left - 1);
  const faults = day.faults.get(visit.id) ?? [];
  const made = element("button", "tl-visit");
  made.type = "button";
  made.tabIndex = -1;
  made.style.left = `${left}px`;
  made.style.width = `${width}px`;
  Object.assign(made.dataset, { visit: visit.id, technician: stop.technician, state: visit.state, key: keyOf(stop.technician, visit.id) });
  if (faults.length) made.dataset.fault = "";
  else if (isAtRisk(visit)) made.dataset.risk = "";
  if (visit.priority === 1) made.dataset.urgent = "";
  const words = stopWords(stop);
  made.title = [words, ...faults].join("\n");
  const seen = [top(stop, width, faults)];
  if (width > ROOM_FOR_CUSTOMER) seen.push(element("span", "tl-visit-foot clip", visit.customer || numberOf(visit)));
  for (const one of seen) one.setAttribute("aria-hidden", "true");
  made.append(...seen, element("span", "visually-hidden", words));
  return made;
}

function top(stop, width, faults) {
  const { visit } = stop;
  const line = element("span", "tl-visit-top", icon(STATES[visit.state]?.[1] ?? "circle", "tl-state"));
  const found = signs(visit, faults);
  const word = width > ROOM_FOR_TIMES ? typeOf(visit) : width > ROOM_FOR_CLOCK + found.length * A_SIGN ? clockOf(stop.starts) : "";
  if (word) line.append(element("span", "clip grow", word));
  if (width > ROOM_FOR_TIMES && visit.window) line.append(element("span", "tl-window", shortWindow(visit.window)));
  for (const name of found) line.append(icon(name, "tl-sign"));
  return line;
}

const shortWindow = (window) => span(...window).replaceAll(":00", "");

function signs(visit, faults) {
  const found = [];
  if (faults.length) found.push("circle-alert");
  else if (isAtRisk(visit)) found.push("triangle-alert");
  if (visit.lock) found.push("lock");
  if (visit.crew > 1) found.push("users");
  if (visit.priority === 1) found.push("zap");
  return found;
}

/** Working time, breaks and absences of one technician, behind the visits. */
export function background(technician) {
  const parts = [];
  technician.days.forEach((part, dayAt) => {
    for (const [from, to] of part.shifts) parts.push(band("tl-shift", from, to, dayAt));
    for (const [earliest, latest, seconds] of part.breaks) {
      const at = restsAt(technician, earliest, latest, seconds);
      const made = band("tl-break", at, at + seconds, dayAt, `Break, ${span(at, at + seconds)}`);
      if (widthOf(seconds) > 20) made.append(icon("coffee"));
      parts.push(made);
    }
    for (const [from, to, word] of part.away) {
      const made = band("tl-away", from, to, dayAt, `${word}, ${span(from, to)}`);
      made.append(element("span", "clip", word));
      parts.push(made);
    }
  });
  return parts;
}

/* A break may be taken within a span: where the row has room for it first. */
function restsAt(technician, earliest, latest, seconds) {
  let at = earliest;
  for (const stop of stopsOf(technician.id)) {
    if (stop.ends <= at || stop.starts - stop.travel >= at + seconds) continue;
    at = stop.ends;
  }
  return at <= latest ? at : earliest;
}

export function band(className, from, to, dayAt, words = "") {
  const made = element("span", className);
  const left = xOf(from, dayAt);
  made.style.left = `${left}px`;
  made.style.width = `${Math.max(0, xOf(to, dayAt) - left)}px`;
  if (words) made.title = words;
  return made;
}

export function heldBand(kept) {
  const made = band("tl-held", kept.starts, kept.ends, kept.dayAt, `Kept for a customer who is choosing, until ${clockOf(kept.until)}`);
  made.append(icon("hourglass"));
  return made;
}

