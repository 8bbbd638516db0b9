/* The dispatch board's page: which days are shown, how wide an hour is, what stands beside the timeline. */
import "/static/core/page.js";
import { shortcut } from "/static/core/shortcuts.js";
import { addCommands } from "/static/core/palette.js";
import { read, write } from "/static/core/storage.js";
import { serverNow, setServerNow } from "/static/core/time.js";
import { toast } from "/static/core/toast.js";
import { getJson, postJson } from "/static/agent/net.js";
import { day, onDay, take, takeFaults } from "./day.js";
import { openDrawer } from "./drawer.js";
import { onFilters, technicians } from "./filters.js";
import { ZOOMS, dayWord, scale, xOf } from "./scale.js";
import { drawAll, onChosen, redraw, timeline } from "./timeline.js";
import { lockDay, onMoved, refresh } from "./moves.js";
import { loadWaiting } from "./waiting.js";
import { refreshPlans, togglePlans } from "./plans.js";
import { drawNarrow } from "./narrow.js";
import { listen } from "./live.js";
import "./drag.js";
import "./keys.js";

const page = document.querySelector("[data-board]");
const picker = document.querySelector("[data-pick-day]");
const STALE_MS = 60_000;
let shown = { day: page.dataset.day, days: Number(page.dataset.days) };
let asked = 0;
let lastAt = 0;

scale.hour = Number(read("dispatch:hour")) || 96;

async function load({ keep = false } = {}) {
  const mine = ++asked;
  const query = new URLSearchParams({ day: shown.day, days: String(shown.days) });
  const slow = setTimeout(() => keep || page.setAttribute("data-loading", ""), 200);
  try {
    const answer = await getJson(`/dispatch/day?${query}`);
    clearTimeout(slow);
    if (mine !== asked) return;
    setServerNow(answer.at);
    lastAt = Date.now();
    const at = keep ? { x: timeline.scrollLeft, y: timeline.scrollTop } : null;
    take(answer);
    page.removeAttribute("data-loading");
    page.toggleAttribute("data-empty", !day.technicians.length);
    if (at) timeline.scrollTo(at.x, at.y);
    else toNow();
    performance.mark("board:drawn");
    await faults();
  } finally {
    clearTimeout(slow);
  }
}

async function faults() {
  const mine = asked;
  const query = new URLSearchParams({ day: shown.day, days: String(shown.days) });
  const { faults: found } = await getJson(`/dispatch/faults?${query}`);
  if (mine === asked) takeFaults(found);
}

function toNow() {
  const now = serverNow() / 1000;
  const part = scale.days.findIndex((one) => now >= one.from && now <= one.to);
  timeline.scrollTo(part < 0 ? 0 : Math.max(0, xOf(now, part) - 160), 0);
}

/** Other days: the address keeps them, so that a reload shows the same. */
function show(next) {
  shown = { ...shown, ...next };
  history.replaceState({}, "", `/dispatch?day=${shown.day}&days=${shown.days}`);
  picker.value = shown.day;
  for (const one of document.querySelectorAll("[data-show-days]")) one.setAttribute("aria-pressed", String(Number(one.dataset.showDays) === shown.days));
  load().then(
    () => refreshPlans({ isOther: true }),
    (error) => toast(error.message, { tone: "danger" }),
  );
}

function step(by) {
  const at = new Date(`${shown.day}T12:00:00Z`);
  at.setUTCDate(at.getUTCDate() + by);
  show({ day: at.toISOString().slice(0, 10) });
}

const today = () => new Intl.DateTimeFormat("en-CA", { timeZone: page.dataset.zone }).format(serverNow());

function zoom(by) {
  const at = Math.max(0, ZOOMS.indexOf(scale.hour));
  const next = ZOOMS[Math.min(ZOOMS.length - 1, Math.max(0, at + by))];
  const share = (timeline.scrollLeft + timeline.clientWidth / 2) / Math.max(1, scale.width);
  scale.hour = next;
  write("dispatch:hour", String(next));
  drawAll(technicians());
  timeline.scrollLeft = share * scale.width - timeline.clientWidth / 2;
}

async function toggleMap() {
  const is = page.toggleAttribute("data-map");
  write("dispatch:map", is ? "open" : null);
  document.querySelector("[data-toggle-map]").setAttribute("aria-pressed", String(is));
  if (is) (await import("./map.js")).openMap();
}

function toggleWaiting() {
  const is = page.toggleAttribute("data-no-list");
  write("dispatch:list", is ? "closed" : null);
  document.querySelector("[data-toggle-list]").setAttribute("aria-pressed", String(!is));
}

const CLICKS = {
  "[data-step]": (button) => step(Number(button.dataset.step)),
  "[data-today]": () => show({ day: today() }),
  "[data-show-days]": (button) => show({ days: Number(button.dataset.showDays) }),
  "[data-zoom]": (button) => zoom(Number(button.dataset.zoom)),
  "[data-toggle-map]": toggleMap,
  "[data-toggle-list]": toggleWaiting,
  "[data-person]": (button) => openPerson(button.dataset.person),
};
document.addEventListener("click", (event) => {
  for (const [selector, run] of Object.entries(CLICKS)) {
    const hit = event.target.closest(selector);
    if (hit) return run(hit);
  }
  const item = event.target.closest("[data-wait], .tl-visit, [data-open-visit]");
  if (item) openDrawer(item.dataset.visit ?? item.dataset.wait ?? item.dataset.openVisit, { focus: Boolean(item.dataset.openVisit) });
});
picker.addEventListener("change", () => picker.value && show({ day: picker.value }));

/* A technician's name: lock the day, print its sheet. */
function openPerson(id) {
  const one = day.byId.get(id);
  const dialog = document.getElementById("person");
  dialog.querySelector("h2").textContent = one.name;
  const lines = one.days.map((part) => personDay(one, part));
  dialog.querySelector("[data-person-days]").replaceChildren(...lines);
  if (!dialog.open) dialog.showModal();
}

function personDay(one, part) {
  const made = document.getElementById("person-day").content.cloneNode(true);
  made.querySelector("[data-name]").textContent = dayWord(Date.parse(`${part.day}T12:00:00Z`) / 1000);
  made.querySelector("[data-sheet]").href = `/dispatch/sheets/${one.id}?day=${part.day}`;
  const lock = made.querySelector("[data-lock-day]");
  if (lock) {
    lock.querySelector("span").textContent = part.locked ? "Unlock the day" : "Lock the day";
    lock.addEventListener("click", async () => {
      document.getElementById("person").close();
      await lockDay(one, part, !part.locked);
    });
  }
  made.querySelector("[data-ill]")?.addEventListener("click", async () => {
    document.getElementById("person").close();
    try {
      const { told } = await postJson(`/dispatch/technicians/${one.id}/away`, { day: part.day, kind: "ill" });
      toast(`${one.name}: ${told}`);
      await refresh([one.id]);
      await faults();
    } catch (error) {
      toast(error.message, { tone: "danger" });
    }
  });
  return made;
}

onDay(({ technicians: ids }) => {
  if (ids === null) drawAll(technicians());
  else redraw(ids);
  drawNarrow();
});
onFilters(() => {
  drawAll(technicians());
  drawNarrow();
});
onMoved(() => loadWaiting().catch(() => {}));
onChosen((stop) => page.toggleAttribute("data-has-choice", Boolean(stop)));

shortcut("[", () => step(-1), { label: "The day before", group: "Look" });
shortcut("]", () => step(1), { label: "The day after", group: "Look" });
shortcut("t", () => show({ day: today() }), { label: "Today", group: "Look" });
shortcut("+", () => zoom(1), { label: "Wider hours", group: "Look" });
shortcut("-", () => zoom(-1), { label: "Narrower hours", group: "Look" });
shortcut("p", toggleMap, { label: "Map beside it, or not", group: "Look" });
shortcut("o", togglePlans, { label: "Optimise the day, and what was proposed", group: "Plan" });
shortcut("/", () => document.querySelector("[data-filters] [name=text]").focus(), { label: "Find a technician, customer or visit", group: "Look" });
addCommands([
  { title: "Today", group: "Board", icon: "calendar", run: () => show({ day: today() }) },
  { title: "Map beside the timeline", group: "Board", icon: "map-pin", run: toggleMap },
  { title: "Optimise the day", group: "Board", icon: "sparkles", keys: "o", run: togglePlans },
  { title: "List of visits not planned", group: "Board", icon: "list", run: toggleWaiting },
]);

if (read("dispatch:list") === "closed") toggleWaiting();
setInterval(() => {
  const offline = document.documentElement.dataset.live === "offline";
  page.toggleAttribute("data-stale", offline && Date.now() - lastAt > STALE_MS / 12);
}, 1000);
load().then(
  () => {
    if (read("dispatch:map") === "open") toggleMap();
    refreshPlans();
  },
  (error) => toast(error.message, { tone: "danger" }),
);
loadWaiting().catch(() => {});
listen(() => Promise.all([load({ keep: true }), loadWaiting()]));
