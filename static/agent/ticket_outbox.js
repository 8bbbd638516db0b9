/* What was written on tickets and is not yet kept by the server. It outlives a lost line and a reload;
   each entry keeps its client_msg_id, so that the server takes it once however often it is sent. */
import { read, write } from "/static/core/storage.js";
import { postJson } from "./net.js";

const settled = new Map(); // what has to be over before an entry may leave

const KEY = `ticket-outbox:${document.documentElement.dataset.reader}`;
const AGAIN_MS = 3000;
let entries = load();
let busy = false;
let taken = () => {};
let refused = () => {};

function load() {
  try {
    return JSON.parse(read(KEY) ?? "[]");
  } catch {
    return [];
  }
}

function keep() {
  write(KEY, entries.length ? JSON.stringify(entries) : null);
  document.dispatchEvent(new CustomEvent("ticket-outbox"));
}

/** `run(entry, answer)` once the server has the words. */
export function onTaken(run) {
  taken = run;
}

/** `run(entry)` when the server won't have them. */
export function onRefused(run) {
  refused = run;
}

export const waitingOn = (ticketId) => entries.filter((entry) => entry.ticket_id === ticketId);

/** `later` is when they are meant for, `changes` what goes with them; `after` has to be over before they leave. */
export function put({ isPublic, ...words }, after = null) {
  const entry = { client_msg_id: crypto.randomUUID(), public: isPublic, attachments: [], then: "", changes: null, with: [], macro: "", later: "", seen_at: "", ...words, at: new Date().toISOString(), failed: "" };
  if (after) settled.set(entry.client_msg_id, after);
  entries.push(entry);
  keep();
  flush();
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

/** Sends what waits, in order; a refusal marks one as failed and goes on with the next. */
export async function flush() {
  if (busy) return;
  busy = true;
  try {
    for (let next = waiting(); next; next = waiting()) {
      if (!(await send(next))) break;
    }
  } finally {
    busy = false;
  }
}

const waiting = () => entries.find((entry) => !entry.failed);

async function send(entry) {
  try {
    await settled.get(entry.client_msg_id);
    const answer = await postJson(`/desk/tickets/${entry.ticket_id}/reply`, {
      client_msg_id: entry.client_msg_id,
      text: entry.text,
      public: entry.public,
      attachments: entry.attachments.map((file) => file.id),
      then: entry.then,
      changes: entry.changes ?? null,
      at: entry.later ?? "",
      seen_at: entry.seen_at ?? "",
    });
    entries = entries.filter((one) => one !== entry);
    settled.delete(entry.client_msg_id);
    taken(entry, answer);
  } catch (error) {
    if (error.status === 401) return false; // it waits here until somebody signs in again
    if (error.status === 0 || error.status === 429 || error.status >= 500) {
      setTimeout(flush, AGAIN_MS);
      return false;
    }
    entry.failed = error.message;
    refused(entry);
  }
  keep();
  return true;
}
