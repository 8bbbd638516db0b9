/* Times and states in words, by the technician's own zone. */

let zone;

export function use_zone(name) {
  zone = name || undefined;
}

export function clock(at) {
  return new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(at));
}

export function span(from, to) {
  return `${clock(from)}–${clock(to)}`;
}

/** The calendar day of an instant, as "2026-12-01". */
export function day_of(at) {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date(at));
}

export function day_name(day) {
  return new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", weekday: "long", day: "numeric", month: "long" }).format(new Date(`${day}T12:00:00Z`));
}

export function short_day(at) {
  return new Intl.DateTimeFormat("en-GB", { timeZone: zone, day: "numeric", month: "short", year: "numeric" }).format(new Date(at));
}

export function minutes(seconds) {
  const whole = Math.max(0, Math.round(seconds / 60));
  if (whole < 60) return `${whole} min`;
  const rest = whole % 60;
  return rest ? `${Math.floor(whole / 60)} h ${String(rest).padStart(2, "0")}` : `${whole / 60} h`;
}

export function distance(metres) {
  return metres < 950 ? `${Math.round(metres / 50) * 50} m` : `${(metres / 1000).toFixed(metres < 9950 ? 1 : 0)} km`;
}

export function bytes(size) {
  if (size >= 1024 ** 3) return `${(size / 1024 ** 3).toFixed(1)} GB`;
  return size < 1024 * 1024 ? `${Math.ceil(size / 1024)} KB` : `${(size / 1024 / 1024).toFixed(1)} MB`;
}

export function count(number, one, many) {
  return `${number} ${number === 1 ? one : many}`;
}

export const STATES = {
  waiting: "Not planned",
  booked: "Planned",
  travelling: "On the way",
  on_site: "On site",
  done: "Done",
  no_access: "Nobody opened",
  cancelled: "Cancelled",
};

export const STEPS = {
  depart: "On my way",
  turn_back: "Not yet on my way",
  arrive: "Arrived",
  finish: "Done",
  no_access: "Nobody opened",
  checklist: "Checklist",
  parts: "Parts used",
  time: "Time",
  remark: "What was done",
  note: "Note for the desk",
  photo: "Photo",
  sign: "Signature",
  follow_up: "Follow-up",
};
