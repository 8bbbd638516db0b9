/* What someone typed is never lost: any field with data-draft="KEY" is kept in this browser until it is
   sent. Not for passwords, and not shared between people: the key carries the reader's id. */
import { keys, read, write } from "./storage.js";

const PREFIX = "draft:";
const KEEP_DAYS = 30;

function name(key) {
  return `${PREFIX}${document.documentElement.dataset.reader ?? ""}:${key}`;
}

export function loadDraft(key) {
  try {
    return JSON.parse(read(name(key)) ?? "null")?.text ?? "";
  } catch {
    return "";
  }
}

export function saveDraft(key, text) {
  return write(name(key), text ? JSON.stringify({ text, at: Date.now() }) : null);
}

/** Call it once the server has taken the text. */
export function clearDraft(key) {
  write(name(key), null);
}

/** Fills empty fields under `root` from their drafts; call it after putting a fragment on the page. */
export function restoreDrafts(root = document) {
  for (const field of root.querySelectorAll("[data-draft]")) {
    const text = loadDraft(field.dataset.draft);
    if (!text || field.value) continue;
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function dropOld() {
  const oldest = Date.now() - KEEP_DAYS * 86400000;
  for (const key of keys(PREFIX)) {
    try {
      if (JSON.parse(read(key)).at < oldest) write(key, null);
    } catch {
      write(key, null);
    }
  }
}

document.addEventListener("input", (event) => {
  const key = event.target.dataset?.draft;
  if (key) saveDraft(key, event.target.value);
});
document.addEventListener("htmx:afterSettle", () => restoreDrafts());
dropOld();
restoreDrafts();
