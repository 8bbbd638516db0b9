/* The board by keyboard alone: arrows choose, M picks up, arrows carry, Enter drops, Escape lets it be. */
import { shortcut } from "/static/core/shortcuts.js";
import { day, stopsOf } from "./day.js";
import { best } from "./fitting.js";
import { act, drop, undo, unplan } from "./moves.js";
import { carriedWords, carrying, letGo, over, pickUp, say, showGaps } from "./placing.js";
import { SNAP_S, scale, snapped } from "./scale.js";
import { choose, chosenStop, indexOf, reveal, shownTechnicians, timeline } from "./timeline.js";
import { isMovable, numberOf, stopWords } from "./words.js";
import { openDrawer } from "./drawer.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const onTimeline = () => timeline.contains(document.activeElement);
const waiting = () => document.activeElement?.closest?.("[data-wait]") ?? null;
const free = () => !document.querySelector("dialog[open]");

document.addEventListener("keydown", (event) => {
  const step = ARROWS[event.key];
  if (event.ctrlKey || event.metaKey || event.altKey || !free()) return;
  if (carrying()) return carry(event, step);
  if (!step) return;
  if (onTimeline()) {
    event.preventDefault();
    move(...step);
  } else if (waiting() && step[1]) {
    event.preventDefault();
    nextWaiting(step[1]);
  }
});

function carry(event, step) {
  if (step) {
    event.preventDefault();
    shift(...step, event.shiftKey ? 300 : SNAP_S);
  } else if (event.key === "Enter") {
    event.preventDefault();
    event.stopImmediatePropagation();
    put();
  } else if (event.key === "Escape") {
    event.preventDefault();
    event.stopImmediatePropagation();
    leave();
  }
}

/* Choosing: along the row, or to the visit of the next row that is nearest in time. */
function move(along, across) {
  const now = chosenStop() ?? firstStop();
  if (!now) return;
  if (along) {
    const stops = stopsOf(now.technician);
    const next = stops[stops.findIndex((stop) => stop.visit.id === now.visit.id) + along];
    if (next) choose(next);
    return;
  }
  const rows = shownTechnicians();
  for (let at = indexOf(now.technician) + across; at >= 0 && at < rows.length; at += across) {
    const stops = stopsOf(rows[at].id);
    if (!stops.length) continue;
    choose(stops.reduce((a, b) => (Math.abs(b.starts - now.starts) < Math.abs(a.starts - now.starts) ? b : a)));
    return;
  }
}

export function firstStop() {
  for (const one of shownTechnicians()) if (stopsOf(one.id).length) return stopsOf(one.id)[0];
  return null;
}

function nextWaiting(by) {
  const items = [...document.querySelectorAll("[data-wait]")];
  items[items.indexOf(waiting()) + by]?.focus();
}

function lift() {
  const item = waiting();
  const stop = item ? null : chosenStop();
  const visit = item ? day.visits.get(item.dataset.wait) : stop?.visit;
  if (!visit) return;
  if (!isMovable(visit)) return say(day.mayChange ? `${numberOf(visit)} has begun or is over, so it stays.` : "You may look at the plan, not change it.");
  const place = stop ? { technician: day.byId.get(stop.technician), at: stop.starts, dayAt: stop.dayAt } : startFor(visit);
  if (!place) return;
  pickUp(visit, stop?.technician ?? null);
  go(place.technician, place.at, place.dayAt);
  say(`Picked up ${numberOf(visit)}. Arrows move it, Enter drops it, Escape lets it be. ${carriedWords()}`);
}

/* From the list: where it costs least driving, else at the first row. */
function startFor(visit) {
  const found = best(visit, shownTechnicians());
  if (found) return { technician: found.technician, at: Math.ceil(found.at / SNAP_S) * SNAP_S, dayAt: found.dayAt };
  const technician = shownTechnicians()[0];
  return technician ? { technician, at: snapped(technician.days[0].shifts[0]?.[0] ?? scale.days[0].from), dayAt: 0 } : null;
}

function shift(along, across, by) {
  const { technician, at } = carrying();
  const rows = shownTechnicians();
  const row = rows[Math.min(rows.length - 1, Math.max(0, indexOf(technician.id) + across))];
  const [time, dayAt] = later(at, along * by);
  go(row, time, dayAt);
  say(carriedWords());
}

/* Past the end of a shown day comes the beginning of the next one. */
function later(at, by) {
  const here = carrying().dayAt;
  const part = scale.days[here];
  const next = at + by;
  if (next < part.from) return here ? [scale.days[here - 1].to + by, here - 1] : [part.from, here];
  if (next >= part.to) return scale.days[here + 1] ? [scale.days[here + 1].from, here + 1] : [at, here];
  return [next, here];
}

function go(technician, at, dayAt) {
  reveal(technician.id, at, dayAt);
  showGaps();
  over(technician, at, dayAt);
}

function put() {
  const carried = letGo();
  focusBack(carried.visit, carried.from);
  drop(carried);
}

function leave() {
  const { visit, from } = letGo();
  focusBack(visit, from);
  say(`${numberOf(visit)} stays where it was.`);
}

function focusBack(visit, from) {
  const stop = from && stopsOf(from).find((one) => one.visit.id === visit.id);
  if (stop) choose(stop);
  else document.querySelector(`[data-wait="${visit.id}"]`)?.focus();
}

function lockIt() {
  const { visit, technician, starts } = chosenStop();
  if (visit.lock) return act(visit, "unlock", {}, `${numberOf(visit)} unlocked`);
  return act(visit, "lock", { technician_id: technician, from_at: starts, to_at: starts }, `${numberOf(visit)} locked in place`);
}

const hasStop = () => !carrying() && onTimeline() && Boolean(chosenStop());
const canPick = () => !carrying() && (hasStop() || Boolean(waiting()));
const mayChange = () => day.mayChange && hasStop();

shortcut("m", lift, { label: "Pick the visit up; arrows move it by 15 min or to the next technician, Enter drops, Escape lets it be", group: "Plan", when: () => canPick() && day.mayChange });
shortcut("delete", () => unplan(chosenStop().visit), { label: "Back to the list", group: "Plan", when: mayChange });
shortcut("l", lockIt, { label: "Lock in place, or unlock", group: "Plan", when: mayChange });
shortcut("u", undo, { label: "Take the last move back", group: "Plan", when: () => day.mayChange && !carrying() });
shortcut("enter", () => openDrawer(waiting()?.dataset.wait ?? chosenStop().visit.id), { label: "Open the visit", group: "Look", when: () => canPick() });
shortcut("r", () => say(stopWords(chosenStop())), { label: "Read the visit out again", group: "Look", when: hasStop });
shortcut("b", () => (chosenStop() ? choose(chosenStop()) : firstStop() && choose(firstStop())), { label: "To the board (arrows choose a visit)", group: "Look", when: () => !carrying() });
shortcut("w", () => document.querySelector("[data-wait]")?.focus(), { label: "To the list of visits not planned", group: "Look", when: () => !carrying() });
