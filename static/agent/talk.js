/* The conversation that is open: what came and what is being sent, read marks, typing, older messages.
   One at a time; the others live in the list at the left. */
import { element, icon } from "/static/core/icons.js";
import { restoreDrafts } from "/static/core/drafts.js";
import { refreshTimes } from "/static/core/time.js";
import { toast } from "/static/core/toast.js";
import { makeComposer } from "./composer.js";
import { makeLog } from "./log.js";
import { onScreen } from "./navigation.js";
import { getJson, postJson } from "./net.js";
import * as outbox from "./outbox.js";
import { showSettings } from "./settings.js";
import { ask, hear, tell } from "./socket.js";
import { isText, openTemplates } from "./text_talk.js";
import { rowRead } from "./work.js";
import { makeWrapUp } from "./wrap_up.js";

const me = document.documentElement.dataset.reader;
const people = {};
let open = null;

/** The open conversation: {id, name, customer, isMine, state, mode, node, composer} or null. */
export const current = () => open;

function place(root = document) {
  return root.querySelector("[data-talk]");
}

function start(node) {
  const talk = { id: node.dataset.talk, me, people, node, messages: new Map(), more: false, newFrom: 0 };
  readFacts(talk, node);
  const seen = Number(node.dataset.seen);
  take(talk, firstOf(node));
  const last = lastSeq(talk);
  for (const one of early) if (one.conversation_id === talk.id && one.seq > last) talk.messages.set(one.seq, one);
  if (talk.isMine && seen) {
    const unread = [...talk.messages.values()].find((one) => one.from === "visitor" && one.seq > seen);
    talk.newFrom = unread?.seq ?? 0;
  }
  talk.waiting = () => outbox.waitingIn(talk.id).filter((one) => !known(talk, one.client_msg_id));
  talk.again = outbox.again;
  talk.drop = (clientId) => {
    const entry = outbox.drop(clientId);
    if (entry) talk.composer?.bringBack(entry);
  };
  talk.scroll = node.querySelector("[data-scroll]");
  talk.log = makeLog(node.querySelector("[data-log]"), talk.scroll, talk);
  talk.scroll.addEventListener("scroll", () => scrolled(talk), { passive: true });
  open = talk;
  foot(talk);
  talk.log.draw();
  if (node.querySelector("[data-brief]")) talk.scroll.scrollTop = 0;
  else talk.log.toEnd();
  watch();
  if ("asked" in node.dataset) postJson(`/desk/conversations/${talk.id}/join`).catch(() => {});
  readNow();
  return talk;
}

function readFacts(talk, node) {
  const { name, customer, state, mode, channel, read } = node.dataset;
  Object.assign(talk, { name, customer, state, mode, channel, isMine: "mine" in node.dataset });
  talk.byText = isText(channel);
  talk.readSeq = Math.max(talk.readSeq ?? 0, Number(read));
}

function firstOf(node) {
  return JSON.parse(node.querySelector("script[data-first]").textContent);
}

const TOLD_KEPT = 200;
const toldLately = new Map();
const toldOf = (id, seq) => toldLately.get(`${id} ${seq}`);

function keepTold(id, seq, told) {
  const key = `${id} ${seq}`;
  const kept = { ...toldLately.get(key), ...told };
  toldLately.delete(key);
  toldLately.set(key, kept);
  if (toldLately.size > TOLD_KEPT) toldLately.delete(toldLately.keys().next().value);
}

function take(talk, page) {
  Object.assign(people, page.people ?? {});
  for (const message of page.messages) talk.messages.set(message.seq, { ...message, ...toldOf(talk.id, message.seq) });
  if (page.more !== undefined && (talk.more === false || page.older)) talk.more = page.more;
}

const known = (talk, clientId) => [...talk.messages.values()].some((one) => one.client_msg_id === clientId && one.from === "agent");
const lastSeq = (talk) => Math.max(0, ...talk.messages.keys());

function foot(talk) {
  talk.composer?.end();
  talk.composer = null;
  const form = talk.node.querySelector("[data-composer]");
  if (form) talk.composer = makeComposer(form, talk);
  const wrapUp = talk.node.querySelector("[data-wrap-up]");
  if (wrapUp) makeWrapUp(wrapUp, talk);
}

/** Tell the server what is on the screen, so that its rooms are joined. */
export function watch() {
  const card = document.querySelector(".pane-conversation [data-card], .pane-customer [data-card]");
  const wanted = {};
  if (open) wanted.conversation_id = open.id;
  if (card) wanted.customer_id = card.dataset.card;
  const ticket = document.querySelector("[data-ticket]");
  if (ticket) wanted.ticket_id = ticket.dataset.ticket;
  tell("watch", wanted);
}

/** After a reconnect: what came meanwhile. */
export async function catchUp() {
  watch();
  const talk = open;
  if (!talk) return;
  const { messages, state, visitor_read_seq } = await ask("conversation.since", { conversation_id: talk.id, seq: lastSeq(talk) });
  for (const message of messages) receive(message);
  talk.readSeq = Math.max(talk.readSeq, visitor_read_seq ?? 0);
  talk.log.draw();
  toldLately.clear(); // what was told while the line was down is on the page that is fetched now
  if (state !== talk.state || talk.byText) document.dispatchEvent(new CustomEvent("conversation-changed", { detail: talk.id }));
}

// What was said while the page with its conversation was on its way.
const EARLY_KEPT = 50;
const early = [];

function receive(message) {
  if (message.from === "agent") outbox.arrived(message.client_msg_id);
  const talk = open;
  if (!talk || message.conversation_id !== talk.id) {
    early.push(message);
    if (early.length > EARLY_KEPT) early.shift();
    return;
  }
  if (talk.messages.has(message.seq)) return;
  const atEnd = talk.log.isAtEnd();
  talk.messages.set(message.seq, { ...message, ...toldOf(talk.id, message.seq) });
  if (message.from === "visitor") typing(talk, false);
  if (message.agent_id && message.agent_id !== me && !people[message.agent_id]) learnNames();
  talk.log.draw();
  if (!atEnd && message.agent_id !== me) showJump(talk);
  readNow();
}

let learning = null;
function learnNames() {
  learning ??= getJson("/desk/people")
    .then((answer) => Object.assign(people, answer.people))
    .then(() => open?.log.draw())
    .catch(() => {})
    .finally(() => (learning = null));
}

outbox.onTaken((entry, seq) => {
  const talk = open;
  if (!talk || talk.id !== entry.conversation_id || talk.messages.has(seq)) return;
  talk.messages.set(seq, { ...entry, seq, from: "agent", agent_id: me, ...toldOf(talk.id, seq) });
});
document.addEventListener("outbox", () => open?.log.draw());

/** The customer's words count as read when the agent who has the chat can see them. */
function readNow() {
  const talk = open;
  if (!talk?.isMine || document.hidden || !document.hasFocus()) return;
  const spoken = [...talk.messages.values()].filter((one) => one.from === "visitor");
  const seq = Math.max(0, ...spoken.map((one) => one.seq));
  if (seq <= (talk.toldRead ?? Number(talk.node.dataset.seen))) return;
  talk.toldRead = seq;
  tell("conversation.read", { conversation_id: talk.id, seq });
  rowRead(talk.id);
}
document.addEventListener("click", (event) => {
  if (open && event.target.closest("[data-template]")) openTemplates(open).catch((error) => toast(error.message, { tone: "danger" }));
});
addEventListener("focus", readNow);
document.addEventListener("visibilitychange", readNow);

function scrolled(talk) {
  if (talk.log.isAtEnd()) talk.node.querySelector("[data-jump]")?.remove();
  if (talk.scroll.scrollTop < 240) older(talk);
}

async function older(talk) {
  if (!talk.more || talk.asking) return;
  talk.asking = true;
  try {
    const before = Math.min(...talk.messages.keys());
    const page = await getJson(`/desk/conversations/${talk.id}/messages?before=${before}`);
    talk.log.keepPlace(() => {
      take(talk, { ...page, older: true });
      talk.log.draw();
    });
  } catch (error) {
    toast(error.message, { tone: "danger" });
  } finally {
    talk.asking = false;
  }
}

function showJump(talk) {
  if (talk.node.querySelector("[data-jump]")) return;
  const button = element("button", "btn btn-small talk-jump", icon("arrow-down"), "New messages");
  button.type = "button";
  button.dataset.jump = "";
  button.addEventListener("click", () => talk.log.toEnd());
  talk.node.append(button);
}

function typing(talk, on) {
  clearTimeout(talk.typingEnds);
  talk.node.querySelector("[data-typing]").textContent = on ? `${talk.name} is writing` : "";
  if (on) talk.typingEnds = setTimeout(() => typing(talk, false), 6000);
}

// How far a text of ours has come, or that a file of the customer's is here. It may be told before its message, or
// while the page with the conversation is still on its way.
hear("text", ({ conversation_id, seq, ...told }) => {
  keepTold(conversation_id, seq, told);
  if (open?.id !== conversation_id) return;
  const known = open.messages.get(seq);
  if (known) Object.assign(known, told);
  open.log.draw();
});
hear("message", receive);
hear("typing", ({ conversation_id, on }) => open?.id === conversation_id && typing(open, on));
hear("read", ({ conversation_id, seq }) => {
  if (open?.id !== conversation_id) return;
  open.readSeq = Math.max(open.readSeq, seq);
  open.log.draw();
});

// A new screen: begin with its conversation. The same conversation anew: renew head and foot, and leave
// the messages, the scroll and whatever is being written alone.
function screenStands() {
  const node = place();
  if (node && open?.node === node) return;
  open?.composer?.end();
  open = null;
  if (node) start(node);
  else watch();
}
screenStands.keeps = (middle, right) => {
  const fresh = place(middle);
  if (!fresh || !open || open.id !== fresh.dataset.talk || !open.node.isConnected) return false;
  const talk = open;
  take(talk, { ...firstOf(fresh), more: undefined });
  const modeBefore = talk.mode;
  for (const [key, value] of Object.entries(fresh.dataset)) talk.node.dataset[key] = value;
  for (const key of ["mine", "asked"]) if (!(key in fresh.dataset)) delete talk.node.dataset[key];
  readFacts(talk, fresh);
  swap(talk, fresh, "[data-talk-head]");
  swap(talk, fresh, "[data-talk-note]");
  if (modeBefore !== talk.mode) {
    swap(talk, fresh, "[data-talk-foot]");
    restoreDrafts(talk.node);
    showSettings(talk.node);
    foot(talk);
    if (talk.mode === "wrap_up") talk.node.querySelector("[name=outcome]")?.focus();
  } else swap(talk, fresh, ".composer-note"); // a call that was handed over is somebody else's now
  refreshTimes(talk.node);
  talk.log.draw();
  document.dispatchEvent(new CustomEvent("card-arrived", { detail: right }));
  watch();
  readNow();
  return true;
};
onScreen(screenStands);

function swap(talk, fresh, part) {
  const old = talk.node.querySelector(part);
  const made = fresh.querySelector(part);
  if (old && made && !(old.contains(document.activeElement) && old.innerHTML === made.innerHTML)) old.replaceWith(made);
}

export { screenStands as begin };
