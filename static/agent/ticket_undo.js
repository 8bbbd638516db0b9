/* Replies that go out in a moment: a bar with the seconds that are left, to take one back or not to wait. It
   stands above the composer of its ticket and, on other screens, at the foot of the page; also after a reload. */
import { element, icon } from "/static/core/icons.js";
import { keyCaps } from "/static/core/shortcuts.js";
import { read, write } from "/static/core/storage.js";
import { serverNow } from "/static/core/time.js";
import { toast } from "/static/core/toast.js";
import { postJson } from "./net.js";

const KEY = `undoable:${document.documentElement.dataset.reader}`;
const TICK = 500;
const BREATH = 1000;
const GIVE_UP = 60000; // whatever became of it, the bar is no longer of use
let items = load();
let timer = null;
let desk = { ticket: () => null, open() {}, refresh() {}, taken() {} };

function load() {
  try {
    const kept = JSON.parse(read(KEY) ?? "[]").filter((one) => Date.parse(one.send_at) + GIVE_UP > Date.now());
    return kept.map((one) => ({ ...one, busy: "" }));
  } catch {
    return [];
  }
}

function keep() {
  write(KEY, items.length ? JSON.stringify(items) : null);
  draw();
}

/** `of` {ticket(): the open one, open(ticketId), refresh(), back(draft)}: what the bar needs of the page. */
export function startUndo(of) {
  desk = of;
  draw();
}

/** A reply of mine waits from now on. */
export function waits(pending, ticket) {
  items = [...items.filter((one) => one.id !== pending.id), { id: pending.id, ticket_id: ticket.id, number: ticket.number, send_at: pending.send_at, then: pending.then.state ?? "", came: Date.now() }];
  keep();
}

/** What the server says waits on this ticket; the rest of it is over. */
export function known(ticket, pending) {
  const mine = pending.filter((one) => one.kind === "undoable" && one.state === "pending" && one.user_id === ticket.me);
  const others = items.filter((one) => one.ticket_id !== ticket.id);
  const standing = new Map(items.map((one) => [one.id, one]));
  const now = mine.map((one) => ({ came: 0, ...standing.get(one.id), id: one.id, ticket_id: ticket.id, number: ticket.number, send_at: one.send_at, then: one.then.state ?? "" }));
  items = [...others, ...now];
  keep();
}

/** Whether there is something to take back here, and not yet on its way. */
export const undoable = () => newest() !== null;
/** Whether a key may end the wait: not in the same breath as the one that sent it, which may be held down. */
export const mayHurry = () => undoable() && Date.now() - newest().came > BREATH;
const newest = () => items.filter((one) => !one.busy && shownHere(one)).at(-1) ?? null;
const shownHere = (one) => one.ticket_id === desk.ticket()?.id || !items.some((other) => other.ticket_id === desk.ticket()?.id);

export async function undo(one = newest()) {
  if (!one || one.busy) return;
  one.busy = "undo";
  draw();
  try {
    const { draft } = await postJson(`/desk/pending/${one.id}/undo`);
    items = items.filter((other) => other !== one);
    keep();
    await desk.back(one, draft);
  } catch (error) {
    one.busy = "";
    if (error.code === "already_sent") items = items.filter((other) => other !== one);
    keep();
    toast(error.code === "already_sent" ? "Too late: it has gone out." : error.message, { tone: "danger" });
    desk.refresh();
  }
}

export async function sendNow(one = newest()) {
  if (!one || one.busy) return;
  one.busy = "now";
  draw();
  try {
    await postJson(`/desk/pending/${one.id}/step`, { what: "now" });
    items = items.filter((other) => other !== one);
    keep();
    desk.taken(one);
  } catch (error) {
    one.busy = "";
    if (error.code === "already_sent") items = items.filter((other) => other !== one);
    keep();
    if (error.code !== "already_sent") toast(error.message, { tone: "danger" });
  }
  desk.refresh();
}

const left = (one) => Math.ceil((Date.parse(one.send_at) - serverNow()) / 1000);

function wordFor(one) {
  const what = { resolved: " and resolving", waiting_on_customer: ", then waiting" }[one.then] ?? "";
  const where = one.ticket_id === desk.ticket()?.id ? "" : `${one.number}: `;
  const seconds = left(one);
  if (one.busy === "undo") return `${where}Taking it back`;
  return one.busy || seconds <= 0 ? `${where}Sending${what}` : `${where}Sending${what} in ${seconds} s`;
}

function bar(one) {
  const words = element("span", "undo-words grow");
  words.dataset.undoWords = "";
  const back = element("button", "btn btn-small", icon("undo-2"), "Undo", caps("ctrl+z"));
  const now = element("button", "btn btn-small", icon("send-horizontal"), "Send now", caps("ctrl+enter"));
  back.dataset.undoSend = "";
  now.dataset.sendNow = "";
  for (const button of [back, now]) button.type = "button";
  back.addEventListener("click", () => undo(one));
  now.addEventListener("click", () => sendNow(one));
  const made = element("div", "undo-bar", element("span", "undo-ring"), words, back, now);
  made.dataset.pending = one.id;
  made.setAttribute("role", "status");
  return made;
}

function caps(keys) {
  const made = element("span", "keys", ...keyCaps(keys));
  made.setAttribute("aria-hidden", "true");
  return made;
}

/** The bars where they belong; nodes that stand are kept, so that focus and buttons stay. */
export function draw() {
  const here = desk.ticket()?.node.querySelector("[data-undo-bars]") ?? null;
  const foot = footOfPage();
  if (here) place(here, items.filter((one) => one.ticket_id === desk.ticket().id));
  place(foot, items.filter((one) => !here || one.ticket_id !== desk.ticket().id));
  tick();
  clearInterval(timer);
  timer = items.length ? setInterval(tick, TICK) : null;
}

function place(region, wanted) {
  const standing = new Map([...region.children].map((node) => [node.dataset.pending, node]));
  for (const [id, node] of standing) if (!wanted.some((one) => one.id === id)) node.remove();
  for (const one of wanted) {
    const node = standing.get(one.id) ?? bar(one);
    node.item = one;
    if (!node.isConnected) region.append(node);
  }
  region.hidden = wanted.length === 0;
}

function tick() {
  for (const node of document.querySelectorAll("[data-pending]")) {
    const one = node.item;
    const total = Math.max(1, Number(node.dataset.total) || left(one));
    node.dataset.total ||= total;
    const words = node.querySelector("[data-undo-words]");
    const said = wordFor(one);
    if (words.textContent !== said) words.textContent = said;
    node.style.setProperty("--left", Math.max(0, Math.min(1, left(one) / total)));
    const over = left(one) <= 0;
    for (const button of node.querySelectorAll("button")) button.disabled = Boolean(one.busy) || over;
    node.toggleAttribute("data-may-hurry", Date.now() - one.came > BREATH);
  }
  const late = items.filter((one) => left(one) <= -2 && !one.asked);
  for (const one of late) one.asked = true;
  if (late.some((one) => one.ticket_id === desk.ticket()?.id)) desk.refresh();
  const spent = items.filter((one) => left(one) <= -GIVE_UP / 1000 || (left(one) <= -3 && one.ticket_id !== desk.ticket()?.id));
  if (spent.length) {
    items = items.filter((one) => !spent.includes(one));
    keep();
  }
}

function footOfPage() {
  let region = document.getElementById("undo-foot");
  if (!region) {
    region = element("div", "undo-foot");
    region.id = "undo-foot";
    region.dataset.undoBars = "foot";
    document.body.append(region);
  }
  return region;
}
