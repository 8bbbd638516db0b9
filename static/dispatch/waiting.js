/* Visits that stand in no row: the list at the left, with why. Pages come as one scrolls on. */
import { element, icon } from "/static/core/icons.js";
import { ago, serverNow } from "/static/core/time.js";
import { getJson } from "/static/agent/net.js";
import { day, onDay } from "./day.js";
import { filters, letsVisit, onFilters } from "./filters.js";
import { whyNot } from "./fitting.js";
import { dayWord } from "./scale.js";
import { PRIORITIES, numberOf, skillWords, typeOf } from "./words.js";

const PRIORITY_ICONS = { 1: "zap", 2: "chevron-up", 3: "circle", 4: "chevron-down" };
const pane = document.querySelector("[data-waiting]");
const list = pane.querySelector("[data-waiting-list]");
const count = pane.querySelector("[data-waiting-count]");
const more = pane.querySelector("[data-waiting-more]");
let items = [];
let next = null;
let round = 0;

/** The first page anew. */
export async function loadWaiting() {
  const mine = ++round;
  const answer = await getJson(address(null));
  if (mine !== round) return;
  items = answer.items;
  next = answer.next;
  show();
}

function address(after) {
  const query = new URLSearchParams();
  if (after) query.set("after", after);
  if (filters.type) query.set("type", filters.type);
  if (filters.text) query.set("q", filters.text);
  return `/dispatch/waiting?${query}`;
}

async function loadMore() {
  if (!next) return;
  const mine = round;
  more.disabled = true;
  try {
    const answer = await getJson(address(next));
    if (mine !== round) return;
    items = [...items, ...answer.items];
    next = answer.next;
    show();
  } finally {
    more.disabled = false;
  }
}

function show() {
  const focused = document.activeElement?.dataset?.wait;
  items = items.map(known);
  const seen = items.filter(letsVisit);
  list.replaceChildren(...(seen.length ? seen.map(line) : [nothing()]));
  count.textContent = next ? `${seen.length}+` : String(seen.length);
  more.hidden = !next;
  if (focused) list.querySelector(`[data-wait="${focused}"]`)?.focus({ preventScroll: true });
  explain();
}

/* The page knows a visit once, whether it stands in the list or in a row. */
function known(item) {
  const one = day.visits.get(item.id);
  if (!one) day.visits.set(item.id, item);
  else if (one !== item) Object.assign(one, item);
  return day.visits.get(item.id);
}

function nothing() {
  const filtered = items.length || filters.text || filters.type;
  const made = element("li", "dp-none", icon(filtered ? "list-filter" : "check-check"));
  made.append(filtered ? "No visit fits the filter." : "Every visit is planned.");
  return made;
}

function line(visit) {
  const made = element("li");
  const card = element("button", "dp-wait");
  card.type = "button";
  card.dataset.wait = visit.id;
  card.dataset.priority = visit.priority;
  const who = element("span", "dp-wait-line", icon(PRIORITY_ICONS[visit.priority] ?? "circle", "dp-priority"), element("strong", "clip grow", visit.customer || "Unknown customer"), element("span", "muted number", numberOf(visit)));
  who.firstChild.after(element("span", "visually-hidden", `${PRIORITIES[visit.priority]} priority`));
  const what = element("span", "dp-wait-line", element("span", "clip grow", typeOf(visit)), element("span", "muted", `${Math.round(visit.duration / 60)} min`));
  const where = element("span", "dp-wait-line muted", element("span", "clip grow", visit.place || "No address"), ...due(visit));
  const why = element("span", "dp-why", icon("info"), element("span", "", ""));
  why.dataset.why = visit.id;
  card.append(who, what, where, ...skills(visit), why);
  card.title = `Waiting since ${ago(visit.created * 1000)}`;
  made.append(card);
  return made;
}

function due(visit) {
  if (!visit.due) return [element("span", "", ago(visit.created * 1000))];
  const late = visit.due * 1000 < serverNow();
  const made = element("span", late ? "dp-late" : "");
  if (late) made.append(icon("alarm-clock"));
  made.append(`due ${dayWord(visit.due)}`);
  if (late) made.append(element("span", "visually-hidden", ", late"));
  return [made];
}

function skills(visit) {
  const words = skillWords(visit.skills);
  if (visit.crew > 1) words.push(`${visit.crew} people`);
  if (!words.length) return [];
  return [element("span", "dp-tags", ...words.map((word) => element("span", "tag", word)))];
}

/* Costs some milliseconds for a hundred technicians, so it is done when there is nothing else to do. */
function explain() {
  const idle = window.requestIdleCallback ?? ((run) => setTimeout(run, 60));
  const mine = round;
  const todo = [...list.querySelectorAll("[data-why]")];
  const some = (deadline) => {
    if (mine !== round) return;
    while (todo.length && (deadline?.timeRemaining?.() ?? 8) > 4) tellWhy(todo.shift());
    if (todo.length) idle(some);
  };
  idle(some);
}

function tellWhy(place) {
  const visit = day.visits.get(place.dataset.why);
  if (!visit || !day.days.length) return;
  const words = whyNot(visit, serverNow() / 1000);
  place.lastChild.textContent = words;
  place.toggleAttribute("data-fits", words.startsWith("Fits"));
  place.firstChild.replaceWith(icon(words.startsWith("Fits") ? "check" : "info"));
}

more.addEventListener("click", loadMore);
onDay(({ technicians }) => {
  if (technicians === null) show();
  else explain();
});
onFilters((changed) => {
  if (changed.includes("text") || changed.includes("type")) loadWaiting().catch(() => {});
  else show();
});
