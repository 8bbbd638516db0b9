/* What was sent and not yet acknowledged. It outlives a lost socket and a reload; each entry keeps its
   client_msg_id, so that the server takes it once however often it is sent. */
import { read, write } from "/static/core/storage.js";
import { ask, socket } from "./socket.js";

const KEY = `outbox:${document.documentElement.dataset.reader}`;
let entries = load();
let busy = false;
let taken = () => {};

function load() {
  try {
    return JSON.parse(read(KEY) ?? "[]");
  } catch {
    return [];
  }
}

function keep() {
  write(KEY, entries.length ? JSON.stringify(entries) : null);
  document.dispatchEvent(new CustomEvent("outbox"));
}

/** `run(entry, seq)` once the server has a message. */
export function onTaken(run) {
  taken = run;
}

export function waitingIn(conversationId) {
  return entries.filter((entry) => entry.conversation_id === conversationId);
}

export function put({ conversation_id, text, isPublic, attachments = [] }) {
  const entry = {
    conversation_id,
    client_msg_id: crypto.randomUUID(),
    text,
    public: isPublic,
    attachments,
    at: new Date().toISOString(),
    failed: "",
  };
  entries.push(entry);
  keep();
  flush();
  return entry;
}

export function again(clientId) {
  const entry = entries.find((one) => one.client_msg_id === clientId);
  if (!entry) return;
  entry.failed = "";
  keep();
  flush();
}

/** Takes a failed one back; answers it, so that its text can return to the composer. */
export function drop(clientId) {
  const entry = entries.find((one) => one.client_msg_id === clientId);
  entries = entries.filter((one) => one !== entry);
  keep();
  return entry;
}

/** The message came over the socket before its acknowledgement did. */
export function arrived(clientId) {
  if (!entries.some((one) => one.client_msg_id === clientId)) return;
  entries = entries.filter((one) => one.client_msg_id !== clientId);
  keep();
}

/** Sends what waits, in order; a refusal marks one as failed and goes on with the next. */
export async function flush() {
  if (busy || !socket.connected) return;
  busy = true;
  try {
    for (let next = waiting(); next && socket.connected; next = waiting()) {
      if (!(await send(next))) break;
    }
  } finally {
    busy = false;
  }
}

const waiting = () => entries.find((entry) => !entry.failed);

async function send(entry) {
  try {
    const { seq } = await ask("message.send", {
      conversation_id: entry.conversation_id,
      client_msg_id: entry.client_msg_id,
      text: entry.text,
      public: entry.public,
      attachments: entry.attachments.map((file) => file.id),
    });
    entries = entries.filter((one) => one !== entry);
    taken(entry, seq);
  } catch (error) {
    if (error.status === 0) {
      setTimeout(flush, 2000);
      return false;
    }
    entry.failed = error.message;
  }
  keep();
  return true;
}
