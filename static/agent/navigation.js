/* Going from screen to screen without leaving the page: the socket stays open, my work stays in view, and
   drafts and offers are where they were. Links work as links wherever script does not. */
import { showPane } from "/static/core/panes.js";
import { restoreDrafts } from "/static/core/drafts.js";
import { refreshTimes } from "/static/core/time.js";
import { element } from "/static/core/icons.js";
import { toast } from "/static/core/toast.js";
import { showSettings } from "./settings.js";
import { getHtml, parse } from "./net.js";

const SLOW = 200;
const KEPT = 24;
const seen = new Map(); // conversations as they were last fetched, to show at once
const scrolled = new Map();
const main = () => document.querySelector(".pane-conversation");
const side = () => document.querySelector(".pane-customer");
let asking = null;
let here = location.pathname + location.search;

/** Registers what runs whenever a new screen stands; `run({fresh})`, fresh = not from memory. */
const listeners = [];
export function onScreen(run) {
  listeners.push(run);
}

export const where = () => here;

/** Shows the screen at `path`. From memory at once where possible, then as it is now. */
export async function go(path, { push = true, focus = null } = {}) {
  const wanted = path;
  rememberScroll();
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  if (push && path !== here) history.pushState({}, "", path);
  mark(path);
  const kept = seen.get(path);
  here = path;
  if (kept) put(kept, { fresh: false, focus });
  const slow = setTimeout(() => kept || skeleton(), SLOW);
  try {
    const answer = await getHtml(path, { part: true, signal });
    if (here !== wanted) return;
    await arrive(answer, { kept: Boolean(kept), focus });
  } catch (error) {
    if (error.name === "AbortError") return;
    toast(error.message, { tone: "danger" });
  } finally {
    clearTimeout(slow);
  }
}

/** The address of the screen that stands, said anew without another entry in the history. */
export function standsAt(path) {
  history.replaceState({}, "", path);
  here = path;
}

/** The same screen as it is now. */
export async function reload() {
  const path = here;
  const answer = await getHtml(path, { part: true });
  if (here === path && answer.status < 400) await arrive(answer, { kept: true, focus: null });
}

export function forget(path) {
  seen.delete(path);
}

async function arrive(answer, { kept, focus }) {
  if (answer.status >= 400 && !answer.html.includes("data-screen")) {
    const box = element("div", "pane-scroll");
    const inner = element("div", "screen");
    inner.append(parse(answer.html));
    box.append(inner);
    main().replaceChildren(box);
    side().replaceChildren();
    layOut();
    return;
  }
  if (answer.path !== here) {
    history.replaceState({}, "", answer.path);
    here = answer.path;
  }
  if (/^\/desk\/(conversations|tickets)\/[^/]{5,}$/.test(here)) {
    seen.delete(here);
    seen.set(here, answer.html);
    if (seen.size > KEPT) seen.delete(seen.keys().next().value);
  }
  put(answer.html, { fresh: true, focus, again: kept });
}

function put(html, { fresh, focus, again = false }) {
  const nodes = parse(html);
  const screen = nodes.querySelector("[data-screen]");
  if (!screen) return location.assign(here);
  const middle = screen.querySelector("[data-into=conversation]");
  const right = screen.querySelector("[data-into=customer]");
  document.title = `${screen.dataset.title} · Helpdesk`;
  document.dispatchEvent(new CustomEvent("title"));
  for (const item of document.querySelectorAll(".bar-nav .nav-item")) {
    const area = item.getAttribute("href").replace("/desk/", "").replace("/", "");
    if (area === screen.dataset.area) item.setAttribute("aria-current", "page");
    else item.removeAttribute("aria-current");
  }
  const isSame = again && listeners.some((run) => run.keeps?.(middle, right));
  if (!isSame) {
    main().replaceChildren(...middle.childNodes);
    side().replaceChildren(...right.childNodes);
    layOut();
    restoreDrafts(main());
    restoreDrafts(side());
    if (!again) showPane(focus ?? screen.dataset.focusPane);
  }
  refreshTimes();
  showSettings();
  restoreScroll();
  for (const run of listeners) run({ fresh, again });
}

/** Screens without a customer beside them get the whole width. */
export function layOut() {
  const has = side().childElementCount > 0;
  document.body.classList.toggle("desk-wide", !has);
  const button = document.querySelector("[data-show-pane=customer]");
  if (button) button.disabled = !has;
}

function mark(path) {
  for (const row of document.querySelectorAll("[data-row]")) {
    if (row.getAttribute("href") === path) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}

export function markCurrent() {
  const talk = document.querySelector("[data-talk]");
  const ticket = document.querySelector("[data-ticket]");
  mark(talk ? `/desk/conversations/${talk.dataset.talk}` : ticket ? `/desk/tickets/${ticket.dataset.ticket}` : here);
}

function skeleton() {
  const bones = element("div", "skeleton");
  bones.setAttribute("role", "status");
  bones.setAttribute("aria-label", "Loading");
  for (let n = 0; n < 5; n += 1) bones.append(element("span"));
  const box = element("div", "screen");
  box.append(bones);
  main().replaceChildren(box);
}

const keeper = () => main().querySelector("[data-scroll-kept]");
function rememberScroll() {
  if (keeper()) scrolled.set(here, keeper().scrollTop);
}
function restoreScroll() {
  if (keeper() && scrolled.has(here)) keeper().scrollTop = scrolled.get(here);
}

const ours = (path) => (path === "/desk" || path.startsWith("/desk/") || path.startsWith("/floor")) && !path.startsWith("/desk/files/");

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const to = new URL(link.href, location.href);
  if (to.origin !== location.origin || link.target || "leaveDesk" in link.dataset || !ours(to.pathname)) return;
  if (to.hash && to.pathname === location.pathname) return;
  event.preventDefault();
  go(to.pathname + to.search);
});

// Forms that lead to another screen: GET with its fields in the address, POST with where it redirects.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!("go" in form.dataset)) return;
  event.preventDefault();
  const fields = new FormData(form, event.submitter);
  if (form.method === "get") {
    go(`${new URL(form.action).pathname}?${new URLSearchParams(fields)}`);
    return;
  }
  const button = event.submitter;
  if (button) button.disabled = true;
  try {
    const answer = await getHtml(form.action, { part: true, form: new URLSearchParams(fields) });
    if (answer.status < 400) history.pushState({}, "", answer.path);
    here = location.pathname + location.search;
    if (answer.status >= 400 && !answer.html.includes("data-screen")) toast(textOf(answer.html), { tone: "danger" });
    else put(answer.html, { fresh: true, focus: "conversation" });
    main().querySelector("[data-focus]")?.focus();
  } catch (error) {
    toast(error.message, { tone: "danger" });
  } finally {
    if (button) button.disabled = false;
  }
});

/** An error fragment as a sentence. */
export function textOf(html) {
  return parse(html).textContent.replace(/\s+/g, " ").trim() || "That did not work. Try again.";
}

addEventListener("popstate", () => go(location.pathname + location.search, { push: false }));
