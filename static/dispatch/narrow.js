/* On a phone the board is a list: each technician with their visits in order. Moving happens on a larger screen. */
import { element, icon } from "/static/core/icons.js";
import { day, stopsOf } from "./day.js";
import { technicians } from "./filters.js";
import { dayWord, span } from "./scale.js";
import { STATES, isAtRisk, numberOf, typeOf } from "./words.js";

const place = document.querySelector("[data-narrow]");
const isNarrow = matchMedia("(max-width: 700px)");

export function drawNarrow() {
  if (!isNarrow.matches) return place.replaceChildren();
  const open = new Set([...place.querySelectorAll("details[open]")].map((one) => one.dataset.row));
  place.replaceChildren(...technicians().map((one) => person(one, open.has(one.id))));
}

function person(technician, isOpen) {
  const stops = stopsOf(technician.id);
  const made = element("details", "nl-person");
  made.dataset.row = technician.id;
  made.open = isOpen;
  const count = stops.length === 1 ? "1 visit" : `${stops.length} visits`;
  made.append(element("summary", "nl-name", element("span", `tl-number hue-${technician.hue}`, String(technician.number)), element("strong", "grow clip", technician.name), element("span", "muted", technician.days.some((part) => part.shifts.length) ? count : "Not working")));
  const list = element("ol", "nl-stops", ...stops.map(line));
  if (!stops.length) list.append(element("li", "muted nl-none", "Nothing planned."));
  made.append(list);
  return made;
}

function line(stop) {
  const { visit } = stop;
  const [word, name] = STATES[visit.state] ?? [visit.state, "circle"];
  const signs = [];
  if (day.faults.has(visit.id)) signs.push(element("span", "dp-late", icon("circle-alert"), "Conflict"));
  else if (isAtRisk(visit)) signs.push(element("span", "dp-risk", icon("triangle-alert"), "At risk"));
  const button = element(
    "button",
    "nl-stop",
    element("span", "number nl-when", day.days.length > 1 ? `${dayWord(stop.starts)} ${span(stop.starts, stop.ends)}` : span(stop.starts, stop.ends)),
    element("span", "nl-what", element("span", "clip", `${typeOf(visit)}, ${visit.customer || numberOf(visit)}`), element("span", "nl-state muted", icon(name), word, visit.window ? ` · promised ${span(...visit.window)}` : "", ...signs)),
  );
  button.type = "button";
  button.dataset.openVisit = visit.id;
  return element("li", "", button);
}

isNarrow.addEventListener("change", drawNarrow);
