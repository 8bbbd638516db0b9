/* The supervisor's floor: asks for fresh figures when told that it changed, at most once a second, and
   shows when they are old. */
import { refreshTimes } from "/static/core/time.js";
import { toast } from "/static/core/toast.js";
import { getHtml, parse } from "./net.js";
import { onScreen, textOf } from "./navigation.js";
import { hear, tell } from "./socket.js";

const EVERY = 1000;
const AT_LEAST = 15000;
const OLD = 40000;
const place = () => document.querySelector("[data-floor]");
let watching = false;
let due = null;
let lastAt = Date.now(); // the page itself brought figures

function soon() {
  if (!place() || due) return;
  due = setTimeout(refresh, Math.max(0, lastAt + EVERY - Date.now()));
}

async function refresh() {
  due = null;
  const now = place();
  if (!now || now.querySelector("details[open]")) {
    if (now) due = setTimeout(refresh, EVERY); // somebody is choosing in a menu
    return;
  }
  try {
    const { status, html } = await getHtml("/floor/now");
    if (status !== 200 || place() !== now) return;
    const focus = document.activeElement?.closest("[data-floor] a")?.getAttribute("href");
    now.replaceChildren(parse(html));
    if (focus) now.querySelector(`a[href="${focus}"]`)?.focus();
    refreshTimes(now);
    lastAt = Date.now();
  } catch {
    // The sign below tells that the figures are old.
  }
  showAge();
}

function showAge() {
  const now = place();
  if (!now) return;
  const offline = document.documentElement.dataset.live === "offline";
  const old = offline || Date.now() - lastAt > OLD;
  now.toggleAttribute("data-stale", old);
  document.querySelector(".pane-conversation")?.toggleAttribute("data-floor-stale", old);
}

onScreen(() => {
  const wants = Boolean(place());
  if (wants) {
    lastAt = Date.now();
    showAge();
  } else {
    document.querySelector(".pane-conversation")?.removeAttribute("data-floor-stale");
  }
  if (wants !== watching) tell("floor.watch", { on: wants });
  watching = wants;
});

export function catchUpFloor() {
  if (!place()) return;
  watching = true;
  tell("floor.watch", { on: true });
  soon();
}

hear("changed", ({ subject }) => {
  if (subject === "floor" || subject === "all") soon();
});
document.addEventListener("live", showAge);
setInterval(() => {
  if (!place()) return;
  if (Date.now() - lastAt > AT_LEAST) soon();
  showAge();
}, 2000);

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!("setPresence" in form.dataset)) return;
  event.preventDefault();
  try {
    const { status, html } = await getHtml(form.action, { form: new URLSearchParams(new FormData(form, event.submitter)), part: true });
    if (status >= 400) return toast(textOf(html), { tone: "danger" });
    toast("Presence set");
    form.closest("details").open = false;
    soon();
  } catch (error) {
    toast(error.message, { tone: "danger" });
  }
});
