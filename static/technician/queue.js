/* Every step is a command: kept on the phone first, shown as done, and sent in order when there is a net. The server
   answers each with a receipt; only then it leaves the phone. */
import * as store from "./store.js";
import { ask, Away, NotTechnician, SignedOut, Stale } from "./net.js";
import { changed, keep_day, reload, set_net, state } from "./state.js";
import { send_files } from "./uploads.js";

const MOST = 40; // commands in one batch
const LARGEST = 150_000; // characters in one batch
const ARTICLES_MS = 6 * 3_600_000;
const WAITS_S = [5, 10, 20, 40, 60];
let failures = 0;
let timer;
let wanted = false;

/** Keeps a command, and a picture with it in the same turn; throws store.Full where nothing more fits. */
export async function add(visit, kind, body, file) {
  const command = {
    id: crypto.randomUUID(),
    owner: state.day.me.id,
    kind,
    visit_id: visit?.id ?? null,
    pass: visit?.pass ?? "",
    base: visit?.version ?? 0,
    body,
    said_at: new Date().toISOString(),
  };
  try {
    await store.change(["queue", "files"], (queue, files) => {
      queue.add(command);
      if (file) files.add({ ...file, owner: command.owner });
    });
  } catch (error) {
    state.full = error instanceof store.Full;
    changed();
    throw error;
  }
  state.full = false;
  await reload();
  soon();
  return command;
}

export function soon(after_ms = 0) {
  clearTimeout(timer);
  timer = setTimeout(send, after_ms);
}

/** Sends what waits, then fetches the day. One tab at a time: the others hear of it through IndexedDB. */
export async function send() {
  wanted = true;
  await navigator.locks.request("technician-sync", { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    while (wanted) {
      wanted = false;
      await round();
    }
  });
}

async function round() {
  try {
    await reload();
    if (state.queue.length) await set_net("sending");
    await send_commands();
    await send_files();
    await fetch_day();
    failures = 0;
    state.full = false; // the day was kept, so there is room again
    changed();
    await set_net("live");
    soon(60_000);
  } catch (error) {
    await failed(error);
  }
}

async function failed(error) {
  if (error instanceof SignedOut) return set_net("signed_out");
  if (error instanceof NotTechnician) return set_net("refused");
  if (error instanceof store.Full) {
    state.full = true;
    return changed();
  }
  if (error instanceof Stale) {
    await fetch_day().catch(() => {});
  } else if (!(error instanceof Away)) {
    console.warn("sending stopped", error);
  }
  await set_net("away");
  soon(WAITS_S[Math.min(failures++, WAITS_S.length - 1)] * 1000);
}

async function send_commands() {
  while (state.queue.length) {
    await need_same_person();
    const batch = next_batch();
    const commands = batch.map(({ seq, owner, ...rest }) => rest);
    const { told } = await ask("/tech/sync", { method: "POST", json: { commands, sent_at: new Date().toISOString() } });
    if (!told.receipts) throw new Away();
    await settle(batch, new Map(told.receipts.map((one) => [one.id, one])));
  }
}

function next_batch() {
  const batch = [];
  let size = 0;
  for (const one of state.queue) {
    size += JSON.stringify(one).length;
    if (batch.length && (batch.length === MOST || size > LARGEST)) break;
    batch.push(one);
  }
  return batch;
}

const receipts_now = new Map(); // of commands sent since the app was started

export function receipt_of(id) {
  return receipts_now.get(id);
}

/** A receipt takes its command off the phone; a conflict stays as trouble until the technician has read it. */
async function settle(batch, receipts) {
  const said = batch.filter((one) => receipts.has(one.id));
  if (!said.length) throw new Away();
  await store.change(["queue", "troubles", "files"], (queue, troubles, files) => {
    for (const one of said) {
      const receipt = receipts.get(one.id);
      queue.delete(one.seq);
      if (receipt.state === "done") continue;
      troubles.put({ ...one, receipt });
      if (one.kind === "photo" && receipt.state === "refused") files.delete(one.body.file_id);
    }
  });
  for (const one of said) receipts_now.set(one.id, receipts.get(one.id));
  state.sent_at = new Date().toISOString();
  await store.put("kept", state.sent_at, "sent_at");
  await reload();
}

/** Nothing is sent in another person's name: the session may be a colleague's by now. */
async function need_same_person() {
  const { told } = await ask("/tech/hello");
  if (told.me.id !== state.day.me.id) return fetch_day();
}

export async function fetch_day() {
  const before = Date.now();
  const { status, told } = await ask("/tech/day");
  if (status !== 200) throw new Away();
  const ahead = Date.parse(told.now) - (before + Date.now()) / 2;
  await keep_day({ ...told, ahead, fetched_at: new Date().toISOString() });
  await fetch_articles();
}

/** Articles change seldom: they are fetched when the visits are others, and twice a day. */
async function fetch_articles() {
  const ids = Object.keys(state.day.visits).sort();
  const kept = state.articles;
  if (!ids.length || (kept.for === ids.join() && Date.now() - Date.parse(kept.at) < ARTICLES_MS)) return;
  const { status, told } = await ask(`/tech/articles?visits=${ids.join(",")}`);
  if (status !== 200) return;
  state.articles = { ...told, for: ids.join(), at: new Date().toISOString() };
  await store.put("kept", state.articles, "articles");
}

export async function forget_trouble(id) {
  await store.remove("troubles", id);
  await reload();
}
