/* The days as this page knows them: technicians, visits, stops in rows. Not for drawing and not for
   asking the server. */

export const day = {
  zone: "UTC",
  mayChange: false,
  days: [], // {day, from, to} in seconds
  pace: { secondsPerKm: 117, source: "" },
  skills: {},
  types: {},
  technicians: [],
  byId: new Map(),
  visits: new Map(),
  rows: new Map(), // technician id -> stops in the order of time
  held: new Map(), // technician id -> places that are kept while a customer decides
  faults: new Map(), // visit id -> sentences
};

const listeners = [];
/** `run({technicians})`: which rows are new; null means everything is. */
export function onDay(run) {
  listeners.push(run);
}
const tell = (technicians) => listeners.forEach((run) => run({ technicians }));

/** The whole answer of /dispatch/day. */
export function take(answer) {
  Object.assign(day, { zone: answer.zone, mayChange: answer.may_change, days: answer.days, skills: answer.skills, types: answer.types });
  day.pace = { secondsPerKm: answer.pace.seconds_per_km, source: answer.pace.source };
  day.technicians = answer.technicians;
  day.technicians.forEach((one, at) => (one.number = at + 1));
  day.byId = new Map(answer.technicians.map((one) => [one.id, one]));
  day.visits = new Map();
  day.rows = new Map();
  day.held = new Map();
  day.faults = new Map();
  fill(answer);
  tell(null);
}

/** An answer about some technicians: their rows are as it says, everybody else's stay. */
export function takeRows(answer) {
  const ids = answer.technicians.map((one) => one.id).filter((id) => day.byId.has(id));
  for (const one of answer.technicians) {
    const known = day.byId.get(one.id);
    if (known) Object.assign(known, one, { number: known.number });
    for (const stop of day.rows.get(one.id) ?? []) day.faults.delete(stop.visit.id);
  }
  fill(answer);
  tell(ids);
}

function fill({ technicians, visits, stops, held, sources }) {
  for (const visit of visits) {
    const known = day.visits.get(visit.id);
    if (known) Object.assign(known, visit);
    else day.visits.set(visit.id, visit);
  }
  for (const one of technicians) {
    day.rows.set(one.id, []);
    day.held.set(one.id, []);
  }
  for (const [who, dayAt, what, starts, ends, travel, source, lead] of stops) {
    const technician = technicians[who].id;
    const visit = day.visits.get(visits[what].id);
    day.rows.get(technician).push({ technician, dayAt, visit, starts, ends, travel, source: sources[source], lead: Boolean(lead) });
  }
  for (const [who, dayAt, starts, ends, until] of held) day.held.get(technicians[who].id).push({ dayAt, starts, ends, until });
  for (const one of technicians) day.rows.get(one.id).sort((a, b) => a.starts - b.starts);
}

/** What the checker says of the rows: [{visit_id, technician_id, text}]. */
export function takeFaults(faults, technicians = null) {
  if (technicians === null) day.faults = new Map();
  for (const { visit_id: id, text } of faults) {
    const known = day.faults.get(id) ?? [];
    if (!known.includes(text)) day.faults.set(id, [...known, text]);
  }
  tell(technicians);
}

export const stopsOf = (technician) => day.rows.get(technician) ?? [];

/** Every stop of a visit: one for each of its crew. */
export function stopsFor(visitId) {
  const found = [];
  for (const stops of day.rows.values()) for (const stop of stops) if (stop.visit.id === visitId) found.push(stop);
  return found;
}

/** What a change of these rows is settled by: [technician, day, version] as they stand here. */
export function versionsOf(pairs) {
  const seen = new Map();
  for (const { technician, dayAt } of pairs) {
    const part = day.byId.get(technician)?.days[dayAt];
    if (part) seen.set(`${technician} ${part.day}`, [technician, part.day, part.version]);
  }
  return [...seen.values()];
}
