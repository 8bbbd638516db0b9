/* What states, priorities and visits are called on the board, with the icon that stands beside the word. */
import { day } from "./day.js";
import { dayWord, span } from "./scale.js";

export const STATES = {
  waiting: ["Not planned", "hourglass"],
  booked: ["Booked", "calendar-clock"],
  travelling: ["On the way", "truck"],
  on_site: ["On site", "wrench"],
  done: ["Done", "check"],
  no_access: ["Nobody there", "circle-off"],
  cancelled: ["Cancelled", "x"],
};
export const PRIORITIES = { 1: "Emergency", 2: "High", 3: "Normal", 4: "Low" };
export const AWAY = { leave: "On leave", ill: "Ill", training: "Training", other: "Away" };
export const AT_RISK = 0.2;

export const numberOf = (visit) => `V-${visit.number}`;
export const typeOf = (visit) => day.types[visit.type] ?? "Visit";
export const skillWords = (skills) => Object.entries(skills ?? {}).map(([id, level]) => `${day.skills[id] ?? "a skill"} ${level}`);
export const isAtRisk = (visit) => (visit.risk ?? 0) >= AT_RISK;
export const isLocked = (visit) => Boolean(visit.lock);
export const isMovable = (visit) => day.mayChange && (visit.state === "booked" || visit.state === "waiting");

export function lockWords(visit) {
  if (!visit.lock) return "";
  const [technician, from, to] = visit.lock;
  const name = day.byId.get(technician)?.name;
  const parts = [];
  if (technician) parts.push(`with ${name ?? "one technician"}`);
  if (from || to) parts.push(from === to ? `at ${span(from, from).split("–")[0]}` : `to start ${span(from, to)}`);
  return `Locked ${parts.join(" and ")}`;
}

/** One sentence that says all a screen reader needs of a stop. */
export function stopWords(stop) {
  const { visit } = stop;
  const parts = [`${numberOf(visit)}, ${typeOf(visit)}, ${visit.customer || "unknown customer"}`, `${dayWord(stop.starts)} ${span(stop.starts, stop.ends)}`, STATES[visit.state]?.[0] ?? visit.state];
  if (visit.window) parts.push(`promised ${span(...visit.window)}`);
  if (visit.priority < 3) parts.push(`priority ${PRIORITIES[visit.priority].toLowerCase()}`);
  if (visit.crew > 1) parts.push(`${visit.crew} people`);
  if (visit.lock) parts.push(lockWords(visit).toLowerCase());
  if (isAtRisk(visit)) parts.push("promise at risk");
  for (const text of day.faults.get(visit.id) ?? []) parts.push(`conflict: ${text}`);
  return parts.join(", ");
}
