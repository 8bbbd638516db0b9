/* What the app knows at this moment, read from the phone at the start. Views draw from here and from nowhere else. */
import * as store from "./store.js";
import { overlaid } from "./overlay.js";
import { use_mark } from "./net.js";
import { use_zone } from "./words.js";

export const state = {
  day: null, // as it was last fetched
  queue: [], // commands of whoever signed in last, in order
  others: 0, // commands of somebody else who used this phone
  articles: { of: {}, articles: {} },
  files: [],
  troubles: [],
  net: "unknown", // live, sending, away, signed_out, stale
  full: false,
  sent_at: null,
};

const listeners = new Set();

export function listen(act) {
  listeners.add(act);
}

export function changed() {
  for (const act of listeners) act();
}

export async function load() {
  const [day, sent_at, articles] = await Promise.all(["day", "sent_at", "articles"].map((name) => store.get("kept", name)));
  Object.assign(state, { day: day ?? null, sent_at: sent_at ?? null, articles: articles ?? state.articles });
  use_mark(day?.csrf);
  use_zone(day?.zone);
  await reload();
}

/** Reads anew what waits; another tab may have sent some of it. */
export async function reload() {
  const [queue, files, troubles] = await Promise.all([store.all("queue"), store.all("files"), store.all("troubles")]);
  const me = state.day?.me.id;
  state.queue = queue.filter((one) => one.owner === me);
  state.others = queue.length - state.queue.length;
  state.files = files.filter((one) => one.owner === me);
  state.troubles = troubles.filter((one) => one.owner === me);
  changed();
}

export async function keep_day(day) {
  state.day = day;
  use_mark(day.csrf);
  use_zone(day.zone);
  await store.put("kept", day, "day");
  await reload();
}

export async function set_net(net) {
  if (state.net === net) return;
  state.net = net;
  changed();
}

export function visit(id) {
  const found = state.day?.visits[id];
  return found ? overlaid(found, state.queue) : null;
}

export function part(id) {
  return state.day?.parts.find((one) => one.id === id);
}

/** Pictures that still have bytes to send. */
export function unsent_files() {
  return state.files.filter((one) => !one.is_complete);
}

export function now() {
  return Date.now() + (state.day?.ahead ?? 0);
}
