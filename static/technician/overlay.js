/* The visit as the technician has left it: what the server last said, and on top of it every step that still waits
   on this phone. Pure, so that a restart draws the same screen from the same rows. */

const MOVES = { depart: "travelling", arrive: "on_site", no_access: "no_access", finish: "done" };
const TIMES = { depart: "departed_at", arrive: "arrived_at", no_access: "finished_at", finish: "finished_at" };

const HOW = {
  checklist: (work, body) => ({ ...work, checklist: { ...work.checklist, ...body.answers } }),
  parts: (work, body) => ({ ...work, parts_used: merged(work.parts_used, body.used) }),
  time: (work, body) => ({ ...work, spent_s: body.minutes * 60 }),
  remark: (work, body) => ({ ...work, note: body.text }),
  sign: (work, body, command) => ({ ...work, signature: { name: body.name, at: command.said_at, digest: body.digest } }),
};

export function overlaid(visit, commands) {
  return commands.filter((one) => one.visit_id === visit.id).reduce(step, visit);
}

function step(visit, command) {
  const { kind, body } = command;
  if (kind === "turn_back") return { ...visit, state: "booked", departed_at: null };
  if (kind in MOVES) {
    return { ...visit, state: MOVES[kind], [TIMES[kind]]: command.said_at, outcome: body.outcome ?? visit.outcome };
  }
  if (kind === "photo") return { ...visit, files: [...visit.files.filter((one) => one.id !== body.file_id), unsent(command)] };
  if (kind === "note") return { ...visit, notes: [...(visit.notes ?? []), { text: body.text, at: command.said_at }] };
  if (kind === "follow_up") return { ...visit, follow_up: { text: body.text } };
  const change = HOW[kind];
  return change ? { ...visit, work: change(visit.work, body, command) } : visit;
}

function unsent({ body, said_at }) {
  return { id: body.file_id, name: body.name, key: body.key, taken_at: said_at, is_complete: false };
}

function merged(used, changed) {
  const now = Object.fromEntries(used.map((one) => [one.part_id, one.quantity]));
  Object.assign(now, changed);
  return Object.entries(now).filter(([, quantity]) => quantity > 0).map(([part_id, quantity]) => ({ part_id, quantity }));
}

/** What the one big button does next; null when nothing is left to do. */
export function next_step(visit) {
  return { booked: "depart", travelling: "arrive", on_site: "finish" }[visit.state] ?? null;
}

/** Checklist lines that have to be answered and are not. */
export function missing(visit) {
  return visit.type.checklist.filter((line) => line.needed && !is_answered(visit, line));
}

function is_answered(visit, line) {
  if (line.kind === "photo") return visit.files.some((file) => file.key === line.key);
  const answer = visit.work.checklist[line.key];
  return line.kind === "check" ? answer === true : answer !== undefined && answer !== "";
}
