/* The ticket that is open: its words, its parts as they change, who else looks at it. One at a time; sockets
   only say that something changed, and the page asks. */
import { element, icon } from "/static/core/icons.js";
import { moment, refreshTimes } from "/static/core/time.js";
import { toast } from "/static/core/toast.js";
import { dress } from "./card.js";
import { makeLog, small } from "./log.js";
import { forget, go, markCurrent, onScreen } from "./navigation.js";
import { getHtml, getJson, parse } from "./net.js";
import { hear } from "./socket.js";
import { makeHere } from "./ticket_here.js";
import { makeTicketComposer } from "./ticket_composer.js";
import { guiseOf } from "./ticket_guise.js";
import * as outbox from "./ticket_outbox.js";
import { plannedLines } from "./ticket_planned.js";
import * as undo from "./ticket_undo.js";

const SOON = 120;
const me = document.documentElement.dataset.reader;
const people = {};
let open = null;

/** The open ticket: {id, number, name, node, composer, ...} or null. */
export const currentTicket = () => open;

const place = (root = document) => root.querySelector("[data-ticket]");
const firstOf = (node) => JSON.parse(node.querySelector("script[data-first]").textContent);
const unsaidOf = (node) => JSON.parse(node.querySelector("script[data-unsaid]").textContent);

function start(node, isFresh) {
  const ticket = { id: node.dataset.ticket, me, people, node, messages: new Map(), more: false, cursor: null, newFrom: 0, readSeq: 0 };
  readFacts(ticket, node);
  const first = firstOf(node);
  take(ticket, first);
  ticket.more = first.more;
  ticket.cursor = first.cursor;
  ticket.uploads = `/desk/tickets/${ticket.id}/files`;
  takeUnsaid(ticket, unsaidOf(node));
  ticket.planned = () => plannedLines(ticket);
  ticket.waiting = () => outbox.waitingOn(ticket.id).filter((one) => !known(ticket, one.client_msg_id));
  ticket.again = outbox.again;
  ticket.drop = (clientId) => {
    const entry = outbox.drop(clientId);
    if (entry) ticket.composer.bringBack(entry);
  };
  ticket.guise = guiseOf(ticket, small);
  ticket.scroll = node.querySelector("[data-scroll]");
  ticket.log = makeLog(node.querySelector("[data-log]"), ticket.scroll, ticket);
  ticket.scroll.addEventListener("scroll", () => scrolled(ticket), { passive: true });
  open = ticket;
  ticket.here = makeHere(ticket);
  ticket.composer = makeTicketComposer(node.querySelector("[data-ticket-composer]"), ticket, isFresh);
  if (isFresh) undo.known(ticket, ticket.pending);
  else undo.draw();
  ticket.here.draw();
  ticket.log.draw();
  ticket.log.toEnd();
  markCurrent();
  outbox.flush();
  document.dispatchEvent(new CustomEvent("ticket-opened", { detail: ticket }));
  return ticket;
}

/** Words that are not said yet, as the server has them. */
function takeUnsaid(ticket, unsaid) {
  for (const { user_id, user } of unsaid.pending) if (user) people[user_id] ??= user;
  Object.assign(ticket, { asOf: unsaid.as_of, drafted: unsaid.drafts, pending: unsaid.pending, begun: unsaid.begun, changes: unsaid.changes });
}

function readFacts(ticket, node) {
  const { number, state, customer, name, assignee, queue, side } = node.dataset;
  Object.assign(ticket, { number, state, customer, name, assignee, queue, side, isMine: "mine" in node.dataset });
}

function take(ticket, page) {
  Object.assign(people, page.people ?? {});
  for (const message of page.messages) ticket.messages.set(message.id, message);
}

const known = (ticket, clientId) => [...ticket.messages.values()].some((one) => one.client_msg_id === clientId);
const lastAt = (ticket) => [...ticket.messages.values()].reduce((at, one) => (one.at > at ? one.at : at), "");

/** What to add to an address so that the answer has what is new, and the side that is shown. */
export function looks(more = {}) {
  const asked = new URLSearchParams({ side: open.side, ...more });
  const since = lastAt(open);
  if (since) asked.set("since", since);
  return asked;
}

let due = null;
let asking = false;
let again = false;
/** Asks for the ticket as it is now; many calls at once are one, and one answer is awaited before the next. */
export function refreshTicket() {
  again = asking;
  if (!open || due || asking) return;
  due = setTimeout(askNow, SOON);
}

async function askNow() {
  due = null;
  const ticket = open;
  if (!ticket) return;
  asking = true;
  try {
    const asked = ticket.composer.drafts.mark();
    const { status, html } = await getHtml(`/desk/tickets/${ticket.id}/now?${looks()}`, { part: true });
    if (status === 200 && open === ticket) renew(parse(html), { asked, unasked: true });
  } catch {
    // The next change, or the next connect, asks again.
  } finally {
    asking = false;
    if (again) refreshTicket();
  }
}

/**
 * Puts the fresh parts in their places; the words, the composer and what is being typed stay. What nobody waits for
 * (`unasked`) is left out when something newer stands already: answers may overtake each other.
 */
export function renew(nodes, { sent = null, asked = undefined, unasked = false } = {}) {
  const ticket = open;
  const fresh = place(nodes);
  if (!ticket || !fresh || fresh.dataset.ticket !== ticket.id) return false;
  const unsaid = unsaidOf(fresh);
  if (unasked && unsaid.as_of < ticket.asOf) return true;
  // Asked for before another side was chosen: the rest of it is good.
  const isSide = fresh.dataset.side === ticket.side;
  if (!isSide) fresh.dataset.side = ticket.side;
  const atEnd = ticket.log.isAtEnd();
  const before = ticket.messages.size;
  take(ticket, firstOf(fresh));
  takeUnsaid(ticket, unsaid);
  for (const key of Object.keys(ticket.node.dataset)) if (!(key in fresh.dataset)) delete ticket.node.dataset[key];
  Object.assign(ticket.node.dataset, fresh.dataset);
  readFacts(ticket, fresh);
  swap(ticket.node.querySelector("[data-ticket-head]"), fresh.querySelector("[data-ticket-head]"), sent);
  const side = document.querySelector(".pane-customer [data-ticket-side]");
  const madeSide = nodes.querySelector("[data-ticket-side]");
  if (side && madeSide && isSide) swap(side, madeSide, sent);
  const way = ticket.node.querySelector("[data-goes-to]");
  const madeWay = fresh.querySelector("[data-goes-to]");
  if (way && madeWay) way.replaceWith(madeWay);
  ticket.composer.marks();
  const title = nodes.querySelector("[data-screen]")?.dataset.title;
  if (title) document.title = `${title} · Helpdesk`;
  document.dispatchEvent(new CustomEvent("title"));
  ticket.here.draw();
  ticket.composer.drafts.take(unsaid.drafts, asked);
  ticket.composer.since();
  undo.known(ticket, ticket.pending);
  ticket.log.draw();
  if (!atEnd && ticket.messages.size > before) showJump(ticket);
  if (!isSide) refreshTicket();
  return true;
}

/* Focus, scroll, folds and unsent words stay; a field that is being typed in keeps the value its writer saw,
   so that a colleague's change to it is noticed when it is sent. */
function swap(old, fresh, sent) {
  const focus = old.contains(document.activeElement) ? document.activeElement : null;
  const caret = focus && "selectionStart" in focus && focus.type === "text" ? [focus.selectionStart, focus.selectionEnd] : null;
  const scrolledTo = [...old.querySelectorAll(".pane-scroll")].map((one) => one.scrollTop);
  const openMenus = [...old.querySelectorAll("details[data-menu][open] > summary")].map((one) => one.title || one.ariaLabel);
  const unsent = new Map();
  for (const field of old.querySelectorAll("input[id], textarea[id], select[id]")) {
    const first = field.matches("select") ? ([...field.options].find((one) => one.defaultSelected)?.value ?? field.options[0]?.value) : field.defaultValue;
    if (field.type !== "checkbox" && field.value !== first && field.form !== sent) unsent.set(field.id, [field.value, field.form?.elements.was?.value]);
  }
  old.replaceWith(fresh);
  dress(fresh);
  for (const [id, [value, was]] of unsent) {
    const field = document.getElementById(id);
    if (!field) continue;
    field.value = value;
    if (was !== undefined && field.form?.elements.was) field.form.elements.was.value = was;
  }
  fresh.querySelectorAll(".pane-scroll").forEach((one, at) => (one.scrollTop = scrolledTo[at] ?? 0));
  for (const summary of fresh.querySelectorAll("details[data-menu] > summary")) {
    if (!sent && openMenus.includes(summary.title || summary.ariaLabel)) summary.parentElement.open = true;
  }
  const again = focus?.id && document.getElementById(focus.id);
  if (again) {
    again.focus();
    if (caret) again.setSelectionRange?.(...caret);
  } else if (focus) {
    const label = focus.title || focus.ariaLabel || focus.textContent;
    const twin = [...fresh.querySelectorAll("button, summary, a")].find((one) => (one.title || one.ariaLabel || one.textContent) === label);
    (twin ?? document.querySelector("[data-ticket] [data-scroll]"))?.focus();
  }
  refreshTimes(fresh);
}

/** Shows another side of the ticket, or an older page of its history. */
export async function showSide(side, more = {}) {
  const ticket = open;
  if (!ticket) return;
  ticket.side = side;
  try {
    const { status, html } = await getHtml(`/desk/tickets/${ticket.id}/now?${looks(more)}`, { part: true });
    if (status !== 200 || open !== ticket) return;
    renew(parse(html));
    document.dispatchEvent(new CustomEvent("watched"));
  } catch (error) {
    toast(error.message, { tone: "danger" });
  }
}

function scrolled(ticket) {
  if (ticket.log.isAtEnd()) ticket.node.querySelector("[data-jump]")?.remove();
  if (ticket.scroll.scrollTop < 240) older(ticket);
}

async function older(ticket) {
  if (!ticket.more || ticket.asking) return;
  ticket.asking = true;
  try {
    const page = await getJson(`/desk/tickets/${ticket.id}/words?cursor=${encodeURIComponent(ticket.cursor)}`);
    ticket.log.keepPlace(() => {
      take(ticket, page);
      ticket.cursor = page.cursor;
      ticket.more = page.more;
      ticket.log.draw();
    });
  } catch (error) {
    toast(error.message, { tone: "danger" });
  } finally {
    ticket.asking = false;
  }
}

function showJump(ticket) {
  if (ticket.node.querySelector("[data-jump]")) return;
  const button = element("button", "btn btn-small talk-jump", icon("arrow-down"), "New messages");
  button.type = "button";
  button.dataset.jump = "";
  button.addEventListener("click", () => ticket.log.toEnd());
  ticket.node.append(button);
}

outbox.onTaken((entry, answer) => {
  forget(`/desk/tickets/${entry.ticket_id}`);
  const { pending } = answer;
  if (pending?.kind === "undoable" && pending.state === "pending") undo.waits(pending, { id: answer.ticket_id, number: entry.number ?? "" });
  if (answer.refused) toast(`Your words are kept. ${answer.refused}`, { tone: "danger", seconds: 12 });
  else if (answer.elsewhere) toast("The ticket was merged. Your words stand in the other one.");
  else if (pending?.kind === "scheduled") toast(`Planned for ${moment(Date.parse(pending.send_at))}`, { tone: "success", seconds: 4 });
  else if (entry.then && !pending) toast(DONE[entry.then], { tone: "success", seconds: 4 });
  if (open?.id !== entry.ticket_id) return;
  open.composer.drafts.gone(entry.public ? "reply" : "note");
  if (pending) open.pending = [...open.pending.filter((one) => one.id !== pending.id), pending];
  take(open, answer);
  open.log.draw();
  refreshTicket();
});

const DONE = { resolved: "Sent and resolved", waiting_on_customer: "Sent. The ticket waits now.", waiting_on_third_party: "Sent. The ticket waits now.", open: "Sent" };

undo.startUndo({
  ticket: () => open,
  refresh: refreshTicket,
  async back(item, draft) {
    forget(`/desk/tickets/${item.ticket_id}`);
    if (open?.id !== item.ticket_id) {
      await go(`/desk/tickets/${item.ticket_id}`);
      return open?.composer.focus();
    }
    open.pending = open.pending.filter((one) => one.id !== item.id);
    open.composer.bringBack(draft);
    open.log.draw();
    refreshTicket();
  },
  taken(item) {
    forget(`/desk/tickets/${item.ticket_id}`);
    if (item.then) toast(DONE[item.then] ?? "Sent", { tone: "success", seconds: 4 });
  },
});
document.addEventListener("ticket-changed", refreshTicket);
document.addEventListener("ticket-outbox", () => open?.log.draw());
document.addEventListener("live", () => {
  outbox.flush();
  if (document.documentElement.dataset.live === "live") open?.here.say(true); // the rooms are joined by now
});
addEventListener("online", () => outbox.flush());

hear("message", ({ conversation_id }) => {
  if (open && [...open.messages.values()].some((one) => one.conversation_id === conversation_id)) refreshTicket();
});
hear("changed", ({ subject, id }) => {
  if (subject === "ticket") {
    forget(`/desk/tickets/${id}`);
    if (open?.id === id) refreshTicket();
  } else if (subject === "all") refreshTicket();
});

// A new screen: begin with its ticket. The same ticket anew: renew its parts.
function screenStands({ fresh = true } = {}) {
  const node = place();
  if (node && open?.node === node) return;
  open?.composer.end();
  open?.here.end();
  open = null;
  if (node) start(node, fresh);
  else undo.draw();
}
screenStands.keeps = (middle, right) => {
  const fresh = place(middle);
  if (!fresh || !open || open.id !== fresh.dataset.ticket || !open.node.isConnected) return false;
  open.side = fresh.dataset.side;
  const both = document.createDocumentFragment();
  both.append(middle.cloneNode(true), right.cloneNode(true));
  return renew(both);
};
onScreen(screenStands);

export { screenStands as beginTicket };
