/* The left pane: my work as the server lists it, kept true between two looks by what the socket says. */
import { element, icon } from "/static/core/icons.js";
import { duration, refreshTimes, serverNow, timeElement } from "/static/core/time.js";
import { markTab, notify, sound } from "./alerts.js";
import { keepOffers } from "./offers.js";
import { getHtml, parse } from "./net.js";
import { go, markCurrent, where } from "./navigation.js";
import { showSettings } from "./settings.js";
import { visible } from "./words.js";

const me = document.documentElement.dataset.reader;
const pane = () => document.querySelector("[data-work]");
const readHere = new Set(); // read on this screen, though the server may not have said so yet
let asking = null;
let again = false;

/** Fetches the list anew; many calls at once are one or two fetches. */
export async function refreshWork() {
  if (asking) {
    again = true;
    return asking;
  }
  asking = fetchWork();
  try {
    await asking;
  } finally {
    asking = null;
  }
  if (again) {
    again = false;
    return refreshWork();
  }
}

async function fetchWork() {
  const { status, html } = await getHtml("/desk/work");
  if (status !== 200) return;
  const fresh = parse(html);
  const focused = document.activeElement?.closest?.("[data-row]")?.dataset.row;
  const top = pane().querySelector("[data-lists]")?.scrollTop ?? 0;
  keepOffers(pane(), fresh);
  const changed = fresh.querySelector("[data-lists]");
  pane().querySelector("[data-lists]").replaceWith(changed);
  changed.scrollTop = top;
  if (focused) changed.querySelector(`[data-row="${focused}"]`)?.focus();
  refreshTimes(pane());
  showSettings(pane());
  settle();
}

/** After the pane was drawn: the open one is marked, the tab counts. */
export function settle() {
  markCurrent();
  for (const id of readHere) showRead(rowOf(id));
  countUnread();
}

function countUnread() {
  const total = [...document.querySelectorAll("[data-row][data-unread]")].reduce((sum, row) => sum + Number(row.dataset.count ?? counted(row)), 0);
  markTab({ unread: total });
}

const counted = (row) => Number(row.querySelector(".count [aria-hidden]")?.textContent) || 1;
const rowOf = (conversationId) => document.querySelector(`[data-row="${conversationId}"]`);

/** Rows in the order they stand, for the keys. */
export const rows = () => [...document.querySelectorAll("[data-row]")];

/** The agent has read it: no count, but it still waits for an answer. */
export function rowRead(conversationId) {
  readHere.add(conversationId);
  showRead(rowOf(conversationId));
  countUnread();
}

function showRead(row) {
  if (!row || !("unread" in row.dataset)) return;
  delete row.dataset.unread;
  delete row.dataset.count;
  const at = row.querySelector("[data-row-at] time")?.dateTime;
  row.querySelector("[data-row-mark]").replaceChildren(...(at ? [waits(at)] : []));
}

function waits(at) {
  const time = document.createElement("time");
  time.dateTime = at;
  time.dataset.since = "";
  time.textContent = duration(Math.max(0, (serverNow() - Date.parse(at)) / 1000));
  const mark = element("span", "work-waits", icon("reply"), element("span", "visually-hidden", "Waits for you since "), time);
  mark.title = "The customer waits for your answer";
  return mark;
}

/** A message came or went: the row shows it at once. */
export function rowSaid(message) {
  const row = rowOf(message.conversation_id);
  if (!row || !message.public || message.from === "system") return;
  const byVisitor = message.from === "visitor";
  const text = message.text.replace(/\s+/g, " ").trim() || message.attachments?.[0]?.name || "";
  row.querySelector("[data-row-preview]").textContent = (byVisitor ? "" : "You: ") + visible(text.slice(0, 140));
  row.querySelector("[data-row-at]").replaceChildren(timeElement(message.at));
  const mark = row.querySelector("[data-row-mark]");
  if (!byVisitor) {
    if (message.agent_id === me) {
      delete row.dataset.unread;
      delete row.dataset.count;
      mark.replaceChildren();
    }
    return countUnread();
  }
  const looking = row.getAttribute("aria-current") && !document.hidden && document.hasFocus();
  if (looking) return mark.replaceChildren(waits(message.at));
  readHere.delete(message.conversation_id);
  const count = ("unread" in row.dataset ? Number(row.dataset.count ?? counted(row)) : 0) + 1;
  row.dataset.unread = "";
  row.dataset.count = count;
  const number = element("span", "", count < 100 ? String(count) : "99+");
  number.setAttribute("aria-hidden", "true");
  mark.replaceChildren(element("span", "count count-new", number, element("span", "visually-hidden", `${count} unread`)));
  countUnread();
  sound("message");
  const name = row.querySelector(".work-name").textContent;
  notify(name, text, () => go(row.getAttribute("href")));
}

/** One up or down from the open one. */
export function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.getAttribute("href") === where() || row.getAttribute("aria-current"));
  go(all[(at + by + all.length) % all.length].getAttribute("href"));
}

export function goToRow(number) {
  const row = rows()[number - 1];
  if (row) go(row.getAttribute("href"));
}
