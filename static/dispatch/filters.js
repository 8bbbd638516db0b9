/* What of the board is looked at: by skill, territory, type, state, and by words. Technicians without a match
   leave the timeline, visits without one stand back. */
import { day, stopsOf } from "./day.js";
import { AT_RISK, numberOf, typeOf } from "./words.js";

export const filters = { text: "", skill: "", territory: "", type: "", state: "" };
const form = document.querySelector("[data-filters]");
const listeners = [];
/** `run(names)`: which of them changed. */
export function onFilters(run) {
  listeners.push(run);
}

export const isFiltered = () => Object.values(filters).some(Boolean);
const asksVisits = () => Boolean(filters.type || filters.state || filters.text);

/** Whether a visit is one of those looked at, whoever has it. */
export function letsVisit(visit) {
  if (filters.type && visit.type !== filters.type) return false;
  if (filters.skill && !(filters.skill in (visit.skills ?? {}))) return false;
  if (filters.state && !inState(visit)) return false;
  return !filters.text || hasWords(visit);
}

function inState(visit) {
  if (filters.state === "at_risk") return (visit.risk ?? 0) >= AT_RISK;
  if (filters.state === "conflict") return day.faults.has(visit.id);
  if (filters.state === "locked") return Boolean(visit.lock);
  return visit.state === filters.state;
}

function hasWords(visit) {
  const text = `${numberOf(visit)} ${visit.customer} ${visit.place} ${typeOf(visit)}`.toLowerCase();
  return filters.text.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

const named = (technician) => Boolean(filters.text) && technician.name.toLowerCase().includes(filters.text.toLowerCase());

/** The technicians that stand on the timeline now. */
export function technicians() {
  return day.technicians.filter((one) => {
    if (filters.skill && !one.skills[filters.skill]) return false;
    if (filters.territory && one.territories.length && !one.territories.includes(filters.territory)) return false;
    if (!asksVisits() || named(one)) return true;
    return stopsOf(one.id).some((stop) => letsVisit(stop.visit));
  });
}

/** Whether a block stands back because it is not looked at. */
export function standsBack(visit, technician) {
  if (!asksVisits() || (named(technician) && !filters.type && !filters.state)) return false;
  return !letsVisit({ ...visit, skills: filters.skill ? { [filters.skill]: 1 } : visit.skills });
}

function read() {
  const changed = [];
  for (const name of Object.keys(filters)) {
    const value = form.elements[name]?.value.trim() ?? "";
    if (filters[name] !== value) {
      filters[name] = value;
      changed.push(name);
    }
  }
  form.querySelector("[data-clear]").hidden = !isFiltered();
  if (changed.length) listeners.forEach((run) => run(changed));
}

let typing = null;
form.addEventListener("input", (event) => {
  clearTimeout(typing);
  typing = setTimeout(read, event.target.name === "text" ? 150 : 0);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  read();
});
form.addEventListener("reset", () => setTimeout(read));
