/* Would it fit there? Estimates from what the page knows, in microseconds, while something is being
   moved. Only the server's checker decides; it is asked on dropping. */
import { day, stopsOf } from "./day.js";
import { clockOf, dayWord, span } from "./scale.js";
import { numberOf } from "./words.js";

const EARTH_KM = 6371;
const RAD = Math.PI / 180;

/** Seconds of driving between [lat, lon] and [lat, lon], straight line and detour. */
export function driving(a, b) {
  if (!a || !b || a[0] === null || b[0] === null) return 900;
  const high = Math.sin(((b[0] - a[0]) * RAD) / 2);
  const wide = Math.sin(((b[1] - a[1]) * RAD) / 2);
  const bow = high * high + Math.cos(a[0] * RAD) * Math.cos(b[0] * RAD) * wide * wide;
  return Math.round(2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(bow))) * day.pace.secondsPerKm);
}

/** Which skill a technician lacks, in words; "" where none. */
export function lacking(visit, technician) {
  for (const [skill, level] of Object.entries(visit.skills ?? {})) {
    if ((technician.skills[skill] ?? 0) < level) return `${day.skills[skill] ?? "a skill"} ${level}`;
  }
  return "";
}

function others(technician, dayAt, visit) {
  return stopsOf(technician.id).filter((stop) => stop.dayAt === dayAt && stop.visit.id !== visit.id);
}

const placeOf = (visit) => [visit.lat, visit.lon];
const shiftAt = (part, at) => part.shifts.find(([from, to]) => at >= from && at < to) ?? part.shifts.at(-1);
const startLimit = (visit) => (visit.lock?.[1] ? visit.lock[1] : (visit.window?.[0] ?? visit.earliest ?? 0));
const endLimit = (visit) => (visit.lock?.[2] ? visit.lock[2] : (visit.window?.[1] ?? Infinity));

/** What happens if it is dropped there: {level: fits | late | no, starts, ends, travel, text}. */
export function estimate(visit, technician, at, dayAt) {
  const part = technician.days[dayAt];
  const no = (text) => ({ level: "no", starts: at, ends: at + visit.duration, travel: 0, text });
  if (!part?.shifts.length) return no(`${technician.name} doesn't work that day`);
  if (part.locked) return no(`The day of ${technician.name} is locked`);
  const lacks = lacking(visit, technician);
  if (lacks) return no(`${technician.name} lacks ${lacks}`);
  if (visit.lock?.[0] && visit.lock[0] !== technician.id) return no("Locked to another technician");
  return timed(visit, technician, part, at, dayAt, no);
}

function timed(visit, technician, part, at, dayAt, no) {
  const stops = others(technician, dayAt, visit);
  const index = stops.findIndex((stop) => stop.starts >= at);
  const here = index < 0 ? stops.length : index;
  const before = stops[here - 1];
  const shift = shiftAt(part, at);
  const from = before ? [before.ends, placeOf(before.visit)] : [shift[0], technician.start];
  const travel = driving(from[1], placeOf(visit));
  const starts = Math.max(at, from[0] + travel, visit.earliest ?? 0);
  const ends = starts + visit.duration;
  const found = { starts, ends, travel, level: "fits", text: "Fits" };
  const away = part.away.find(([a, b]) => starts < b && ends > a);
  if (away) return { ...no("Away at that time"), starts, ends, travel };
  if (starts > endLimit(visit)) return { ...found, level: "late", text: visit.window ? `After the promise ${span(...visit.window)}` : "Later than its lock allows" };
  if (starts < startLimit(visit)) return { ...found, level: "late", text: visit.window ? `Before the promise ${span(...visit.window)}` : "Earlier than its lock allows" };
  return { ...found, ...pushed(visit, technician, stops.slice(here), ends, shift) };
}

/* What comes later is pushed: does a promise or the end of the shift break? */
function pushed(visit, technician, later, ends, shift) {
  let free = ends;
  let place = placeOf(visit);
  let moved = 0;
  for (const stop of later) {
    const starts = Math.max(stop.starts, free + driving(place, placeOf(stop.visit)));
    if (starts > stop.starts + 60) moved += 1;
    if (starts > endLimit(stop.visit)) return { level: "late", text: `${numberOf(stop.visit)} would start ${clockOf(starts)}, promised until ${clockOf(endLimit(stop.visit))}` };
    free = starts + (stop.ends - stop.starts);
    place = placeOf(stop.visit);
  }
  const home = free + driving(place, technician.end ?? technician.start);
  if (home > shift[1] + (technician.overrun ?? 0)) return { level: "late", text: `Home at ${clockOf(home)}, after the shift` };
  return { level: "fits", text: moved ? `Fits, ${moved} later ${moved === 1 ? "visit moves" : "visits move"}` : "Fits" };
}

/** Where it fits into a row without moving anybody: [[from, to]] of starts. */
export function gaps(visit, technician, dayAt) {
  const part = technician.days[dayAt];
  if (!part?.shifts.length || part.locked || lacking(visit, technician)) return [];
  if (visit.lock?.[0] && visit.lock[0] !== technician.id) return [];
  const stops = others(technician, dayAt, visit);
  const found = [];
  for (const [opens, closes] of part.shifts) {
    const inside = stops.filter((stop) => stop.starts >= opens && stop.starts < closes);
    for (let at = 0; at <= inside.length; at += 1) {
      const before = inside[at - 1];
      const after = inside[at];
      const free = before ? before.ends + driving(placeOf(before.visit), placeOf(visit)) : opens + driving(technician.start, placeOf(visit));
      const due = after ? after.starts - driving(placeOf(visit), placeOf(after.visit)) : closes - driving(placeOf(visit), technician.end ?? technician.start);
      const first = Math.max(free, startLimit(visit));
      const last = Math.min(due - visit.duration, endLimit(visit));
      if (first <= last && !part.away.some(([a, b]) => first < b && first + visit.duration > a)) found.push([first, last]);
    }
  }
  return found;
}

/** The row and time that cost least driving: {technician, at, dayAt, added} or null. */
export function best(visit, technicians = day.technicians, firstAt = 0) {
  let found = null;
  for (const technician of technicians) {
    for (let dayAt = 0; dayAt < day.days.length; dayAt += 1) {
      for (const [from, to] of gaps(visit, technician, dayAt)) {
        const at = Math.max(from, firstAt);
        if (at > to) continue;
        const { travel } = estimate(visit, technician, at, dayAt);
        if (!found || travel < found.added) found = { technician, at, dayAt, added: travel };
      }
    }
  }
  return found;
}

/** Why it stands in no row, in a sentence. */
export function whyNot(visit, firstAt = 0) {
  if (visit.lat === null || visit.lat === undefined) return "Its address has no place on the map";
  const able = day.technicians.filter((one) => !lacking(visit, one));
  const many = day.days.length > 1 ? "these days" : "that day";
  if (!able.length) return `Nobody has ${Object.entries(visit.skills).map(([id, level]) => `${day.skills[id] ?? "the skill"} ${level}`).join(" and ")}`;
  if (!able.some((one) => one.days.some((part) => part.shifts.length))) return `Nobody with its skills works ${many}`;
  if (visit.earliest && visit.earliest > day.days.at(-1).to) return "Not before a later day";
  const found = best(visit, able, firstAt);
  const on = day.days.length > 1 && found ? `${dayWord(found.at)} ` : "";
  if (found) return `Fits ${found.technician.name}, ${on}${clockOf(found.at)}, ${Math.max(1, Math.round(found.added / 60))} min drive`;
  return visit.window ? `No gap within ${span(...visit.window)}` : `No gap of ${Math.round(visit.duration / 60)} min with ${able.length === 1 ? able[0].name : `any of ${able.length}`} ${many}`;
}
