/* Moving visits with mouse, pen or finger: from row to row, from the list and back to it. */
import { day, stopsOf } from "./day.js";
import { drop, unplan } from "./moves.js";
import { carrying, letGo, over, overNothing, pickUp, showGaps } from "./placing.js";
import { atX, snapped } from "./scale.js";
import { choose, nameWidth, timeline, under } from "./timeline.js";
import { isMovable, numberOf } from "./words.js";
import { element } from "/static/core/icons.js";
import { toast } from "/static/core/toast.js";

const FAR = 5; // pixels until a press becomes a drag
const EDGE = 48;
const HOLD_MS = 350; // a finger rests first, or it scrolls
let press = null;
let chip = null;
let rolling = null;

const movingLists = () => document.querySelector("[data-waiting]");

document.addEventListener("pointerdown", (event) => {
  if (event.button || press) return;
  const source = event.target.closest(".tl-visit, [data-wait]");
  if (!source) return;
  const visit = day.visits.get(source.dataset.visit ?? source.dataset.wait);
  if (!visit) return;
  const box = source.getBoundingClientRect();
  const isBlock = source.classList.contains("tl-visit");
  press = { visit, source, from: isBlock ? source.dataset.technician : null, grip: isBlock ? event.clientX - box.left : 12, x: event.clientX, y: event.clientY, id: event.pointerId, touch: event.pointerType === "touch", at: event.timeStamp, moves: false };
});

document.addEventListener("pointermove", (event) => {
  if (!press || event.pointerId !== press.id) return;
  if (!press.moves && !begins(event)) return;
  event.preventDefault();
  follow(event.clientX, event.clientY, event.altKey);
});

function begins(event) {
  const far = Math.hypot(event.clientX - press.x, event.clientY - press.y);
  if (press.touch && event.timeStamp - press.at < HOLD_MS) {
    if (far > FAR) press = null; // it scrolls
    return false;
  }
  if (far < FAR) return false;
  if (!isMovable(press.visit)) {
    const visit = press.visit;
    press = null;
    if (day.mayChange) toast(`${numberOf(visit)} has begun or is over, so it stays where it is.`);
    return false;
  }
  press.moves = true;
  press.source.setPointerCapture?.(press.id);
  pickUp(press.visit, press.from);
  chip = element("div", "dp-chip", numberOf(press.visit));
  document.body.append(chip);
  return true;
}

function follow(x, y, fine) {
  press.last = [x, y, fine];
  chip.style.transform = `translate(${x + 12}px, ${y + 12}px)`;
  const box = timeline.getBoundingClientRect();
  const inside = x > box.left + nameWidth() && x < box.right && y > box.top && y < box.bottom;
  const spot = inside ? under(x, y) : null;
  chip.hidden = Boolean(spot);
  movingLists()?.toggleAttribute("data-over", !spot && isOverList(x, y) && Boolean(press.from));
  if (!spot) overNothing();
  else {
    const { at, dayAt } = atX(spot.x - press.grip);
    over(spot.technician, snapped(at, fine ? 300 : 900), dayAt);
  }
  roll(x, y, box);
}

function isOverList(x, y) {
  const box = movingLists()?.getBoundingClientRect();
  return Boolean(box) && x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
}

/* Near an edge the timeline scrolls on by itself. */
function roll(x, y, box) {
  const dx = x > box.right - EDGE && x < box.right ? 1 : x < box.left + nameWidth() + EDGE && x > box.left + nameWidth() ? -1 : 0;
  const dy = y > box.bottom - EDGE && y < box.bottom ? 1 : y < box.top + EDGE * 1.6 && y > box.top ? -1 : 0;
  if (!dx && !dy) {
    cancelAnimationFrame(rolling);
    rolling = null;
    return;
  }
  rolling ??= requestAnimationFrame(() => {
    rolling = null;
    if (!press?.moves) return;
    timeline.scrollBy(dx * 14, dy * 10);
    showGaps();
    follow(...press.last);
  });
}

function end(event, isDropped) {
  if (!press || (event.pointerId !== undefined && event.pointerId !== press.id)) return;
  const was = press;
  press = null;
  cancelAnimationFrame(rolling);
  rolling = null;
  chip?.remove();
  chip = null;
  movingLists()?.removeAttribute("data-over");
  if (!was.moves) return;
  swallowClick();
  const overList = isOverList(event.clientX, event.clientY);
  const carried = letGo();
  if (!isDropped || !carried) return;
  if (carried.technician) drop(carried);
  else if (overList && was.from) unplan(was.visit);
}

/* Or the drop would also open what was dropped. */
function swallowClick() {
  const stop = (event) => {
    event.stopPropagation();
    event.preventDefault();
  };
  document.addEventListener("click", stop, { capture: true, once: true });
  setTimeout(() => document.removeEventListener("click", stop, { capture: true }), 0);
}

document.addEventListener("pointerup", (event) => end(event, true));
document.addEventListener("pointercancel", (event) => end(event, false));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !press?.moves) return;
  event.preventDefault();
  event.stopPropagation();
  end({ clientX: -1, clientY: -1 }, false);
}, true);

// A finger that has picked something up doesn't scroll.
document.addEventListener("touchmove", (event) => press?.moves && event.preventDefault(), { passive: false });

timeline.addEventListener("click", (event) => {
  const made = event.target.closest(".tl-visit");
  if (!made || carrying()) return;
  const stop = stopsOf(made.dataset.technician).find((one) => one.visit.id === made.dataset.visit);
  if (stop) choose(stop, { scroll: false });
});
