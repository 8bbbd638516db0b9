/* What lies on the phone: the day as it was last fetched, commands that wait, photos, words being typed. One
   database for all who sign in on this phone; each row names its owner, and only its owner's are sent. */

const NAME = "helpdesk-technician";
const VERSION = 1;
let opened;

export class Full extends Error {}

export function open() {
  opened ??= new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, VERSION);
    asked.onupgradeneeded = () => {
      const base = asked.result;
      base.createObjectStore("kept"); // the day, settings: by name
      base.createObjectStore("queue", { keyPath: "seq", autoIncrement: true });
      base.createObjectStore("files", { keyPath: "id" });
      base.createObjectStore("drafts"); // words being typed: by place
      base.createObjectStore("troubles", { keyPath: "id" });
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  return opened;
}

/** Runs `act(stores)` in one transaction: either all of it is kept or nothing. */
export async function change(names, act) {
  const base = await open();
  return new Promise((done, failed) => {
    const turn = base.transaction(names, "readwrite", { durability: "strict" });
    let result;
    turn.oncomplete = () => done(result?.result ?? result);
    turn.onabort = () => failed(isFull(turn.error) ? new Full() : turn.error);
    try {
      result = act(...[].concat(names).map((name) => turn.objectStore(name)));
    } catch (error) {
      turn.abort();
      failed(isFull(error) ? new Full() : error);
    }
  });
}

async function look(name, act) {
  const base = await open();
  return new Promise((done, failed) => {
    const asked = act(base.transaction(name, "readonly").objectStore(name));
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}

export const get = (name, key) => look(name, (store) => store.get(key));
export const all = (name) => look(name, (store) => store.getAll());
export const keys = (name) => look(name, (store) => store.getAllKeys());
export const put = (name, value, key) => change(name, (store) => store.put(value, key));
export const remove = (name, key) => change(name, (store) => store.delete(key));

/** Bytes that the browser still lets us keep; null where it does not say. */
export async function room() {
  const told = await navigator.storage?.estimate?.().catch(() => null);
  return told?.quota ? told.quota - told.usage : null;
}

/** Asks the browser not to clear what is kept when the phone runs out of space. */
export async function ask_to_keep() {
  return (await navigator.storage?.persist?.().catch(() => false)) ?? false;
}

function isFull(error) {
  return error?.name === "QuotaExceededError" || error?.inner?.name === "QuotaExceededError";
}
