/* From time to place on the timeline and back: days stand side by side, each from its first hour to its
   last. Clock changes need no care: an hour is an hour long, and only the labels know the zone. */
import { day } from "./day.js";

export const ZOOMS = [40, 56, 72, 96, 128, 176, 240];
export const SNAP_S = 900;
const HOUR = 3600;
const SEAM = 12; // between two days

export const scale = { hour: 96, days: [], width: 0 };

export function lay() {
  let left = 0;
  scale.days = day.days.map(({ day: name, from, to }) => {
    const width = ((to - from) / HOUR) * scale.hour;
    const one = { day: name, from, to, left, width };
    left += width + SEAM;
    return one;
  });
  scale.width = Math.max(0, left - SEAM);
}

/** Pixels from the left; clipped to its day. */
export function xOf(at, dayAt = dayOf(at)) {
  const part = scale.days[dayAt];
  if (!part) return 0;
  return part.left + (Math.min(Math.max(at, part.from), part.to) - part.from) * (scale.hour / HOUR);
}

export const widthOf = (seconds) => (seconds / HOUR) * scale.hour;

/** Which of the shown days holds an instant (the nearest one before it). */
export function dayOf(at) {
  let found = 0;
  scale.days.forEach((part, index) => {
    if (at >= part.from) found = index;
  });
  return found;
}

/** The instant at a place, and its day. */
export function atX(x) {
  let dayAt = 0;
  scale.days.forEach((part, index) => {
    if (x >= part.left) dayAt = index;
  });
  const part = scale.days[dayAt];
  const at = part.from + ((x - part.left) / scale.hour) * HOUR;
  return { at: Math.min(Math.max(at, part.from), part.to), dayAt };
}

export const snapped = (at, step = SNAP_S) => Math.round(at / step) * step;

let clock = null;
let dayText = null;
let made = "";
function formats() {
  if (made !== day.zone) {
    made = day.zone;
    clock = new Intl.DateTimeFormat("en-GB", { timeZone: day.zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    dayText = new Intl.DateTimeFormat("en-GB", { timeZone: day.zone, weekday: "short", day: "numeric", month: "short" });
  }
}

/** "09:30" where the plan is made. */
export function clockOf(at) {
  formats();
  return clock.format(at * 1000);
}

export function dayWord(at) {
  formats();
  return dayText.format(at * 1000).replace(",", "");
}

export const span = (from, to) => `${clockOf(from)}–${clockOf(to)}`;
