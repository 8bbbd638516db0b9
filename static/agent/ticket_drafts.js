/* What somebody writes on a ticket, kept twice: in this browser at once, and a breath later on the server, so that
   it follows them to another browser and outlives the tab. A reply and a note are two drafts. */
import { clearDraft, loadDraft, saveDraft } from "/static/core/drafts.js";
import { getJson, postJson } from "./net.js";

const AFTER = 900;
const AT_LATEST = 5000;
const AGAIN = 4000;
export const MODES = ["reply", "note"];

export const blank = () => ({ text: "", files: [], with: [], macro: "", at: "", seen_at: "" });
export const isBlank = (words) => !words.text.trim() && !words.files.length && !words.with.length;
export const draftKey = (ticketId, mode) => `ticket:${ticketId}${mode === "note" ? ":note" : ""}`;

/** Changes that go with words as the server takes them. */
export function changesOf(words) {
  if (!words.with.length) return null;
  const changes = {};
  for (const { name, value } of words.with) {
    if (name.endsWith("_tags")) (changes[name] ??= []).push(value);
    else changes[name] = value;
  }
  if (words.macro) changes.macro = words.macro;
  return changes;
}

/** A draft as the server tells it, as the composer holds it. */
export function wordsOf(draft) {
  const { macro = "", at = "" } = draft.then;
  return { text: draft.text, files: draft.files, with: draft.with, macro, at, seen_at: draft.seen_at };
}

const said = (words) => JSON.stringify([words.text.trim(), words.files.map((file) => file.id), words.with, words.at]);

/**
 * `held` {reply, note} is what the composer holds, changed in place by it; `show(mode)` is called when a draft
 * came from elsewhere, `clash(mode, draft)` when both sides have words of their own. While words of a mode are on
 * their way out (`inTransit(mode)`), the server's draft of them is about to go: nothing is read or kept then.
 */
export function makeDrafts(ticket, held, { show, clash, inTransit }) {
  const fresh = () => ({ version: 0, kept: said(blank()), saving: null, timer: null, since: 0, turn: 0, torn: false, isNew: true });
  const state = Object.fromEntries(MODES.map((mode) => [mode, fresh()]));
  let mark = 0;
  let over = false;
  const path = `/desk/tickets/${ticket.id}/draft`;
  const key = (mode) => draftKey(ticket.id, mode);
  const isDirty = (mode) => said(held[mode]) !== state[mode].kept;
  // After a reload this browser knows only the text; files and the rest come from the server.
  const isTouched = (mode) => (state[mode].isNew ? held[mode].text.trim() !== JSON.parse(state[mode].kept)[0] : isDirty(mode));

  for (const mode of MODES) {
    held[mode].text = loadDraft(key(mode));
    try {
      const { version, kept } = JSON.parse(loadDraft(`${key(mode)}:kept`) || "{}");
      if (version) Object.assign(state[mode], { version, kept });
    } catch {
      // Of another version of this page: it is as if nothing had been kept.
    }
  }

  function remember(mode) {
    const { version, kept } = state[mode];
    if (version) saveDraft(`${key(mode)}:kept`, JSON.stringify({ version, kept }));
    else clearDraft(`${key(mode)}:kept`);
  }

  function changed(mode) {
    saveDraft(key(mode), held[mode].text);
    if (!held[mode].seen_at && !isBlank(held[mode])) held[mode].seen_at = ticket.asOf;
    if (isBlank(held[mode])) held[mode].seen_at = "";
    later(mode);
  }

  function later(mode, wait = AFTER) {
    const one = state[mode];
    one.since ||= Date.now();
    clearTimeout(one.timer);
    one.timer = setTimeout(() => save(mode), Math.max(0, Math.min(wait, one.since + Math.max(wait, AT_LATEST) - Date.now())));
  }

  function save(mode, options = {}) {
    const one = state[mode];
    clearTimeout(one.timer);
    one.timer = null;
    one.since = 0;
    if (over || one.torn || !(isDirty(mode) || options.force)) return;
    if (one.saving || inTransit(mode)) return later(mode);
    mark += 1;
    one.saving = put(mode, options).finally(() => {
      one.saving = null;
      mark += 1;
    });
  }

  async function put(mode, options) {
    const one = state[mode];
    const words = held[mode];
    const kept = said(words);
    const turn = one.turn;
    try {
      const { stale, draft } = await postJson(path, {
        text: words.text,
        public: mode === "reply",
        files: words.files.map((file) => file.id),
        then: changesOf(words),
        at: words.at,
        seen_at: words.seen_at,
        version: one.version,
      }, options);
      if (turn !== one.turn) return; // sent meanwhile
      if (stale) return tear(mode, draft);
      Object.assign(one, { version: draft?.version ?? 0, kept });
      remember(mode);
      if (isDirty(mode)) later(mode);
    } catch (error) {
      // Kept in this browser in any case; a refusal is told when the words are sent.
      if (turn === one.turn && (error.status === 0 || error.status === 429 || error.status >= 500)) later(mode, AGAIN);
    }
  }

  function tear(mode, draft) {
    state[mode].torn = true;
    clash(mode, draft);
  }

  /** Words from elsewhere take the place of those here. */
  function adopt(mode, draft) {
    const one = state[mode];
    held[mode] = draft ? wordsOf(draft) : blank();
    Object.assign(one, { version: draft?.version ?? 0, kept: said(held[mode]), torn: false });
    saveDraft(key(mode), held[mode].text);
    remember(mode);
    show(mode);
  }

  /** What the server has of both, as it was asked for at `asked` (see `mark`). */
  function take(drafts, asked = mark) {
    if (asked !== mark) return;
    for (const mode of MODES) {
      const one = state[mode];
      const draft = drafts.find((other) => other.public === (mode === "reply")) ?? null;
      if (one.saving || one.torn || inTransit(mode)) continue;
      if (!draft) vanished(mode);
      else if (draft.version === one.version) stands(mode, draft);
      else if (isBlank(held[mode]) || !isTouched(mode) || draft.text.trim() === held[mode].text.trim()) adopt(mode, draft);
      else tear(mode, draft);
      one.isNew = false;
    }
  }

  /** The server has none: it was sent or removed elsewhere, or never got there. */
  function vanished(mode) {
    const one = state[mode];
    if (one.version && !isTouched(mode)) return adopt(mode, null);
    Object.assign(one, { version: 0, kept: said(blank()) });
    if (isBlank(held[mode])) return;
    held[mode].seen_at ||= ticket.asOf;
    later(mode);
  }

  function stands(mode, draft) {
    const rest = wordsOf(draft);
    held[mode].seen_at ||= rest.seen_at;
    if (state[mode].isNew && !(isBlank(held[mode]) && draft.text.trim())) {
      held[mode] = { ...rest, text: held[mode].text };
      show(mode);
    }
    if (isDirty(mode)) later(mode);
  }

  const onHide = () => {
    if (document.visibilityState === "visible") refresh();
    else for (const mode of MODES) save(mode, { keepalive: true });
  };
  document.addEventListener("visibilitychange", onHide);

  async function refresh() {
    const asked = mark;
    try {
      const { drafts } = await getJson(`/desk/tickets/${ticket.id}/drafts`);
      if (!over) take(drafts, asked);
    } catch {
      // The next look, or the next save, finds out.
    }
  }

  return {
    changed,
    take,
    adopt,
    refresh,
    mark: () => mark,
    /** The writer has seen what changed since they began. */
    seen(mode) {
      held[mode].seen_at = ticket.asOf;
      save(mode, { force: true });
    },
    /** What is here stands; the other text is overwritten. */
    keep(mode, draft) {
      Object.assign(state[mode], { version: draft?.version ?? 0, torn: false });
      save(mode);
    },
    /** The words are handed over; resolves when no save of theirs is on its way any more. */
    sent(mode) {
      const one = state[mode];
      clearTimeout(one.timer);
      const saving = one.saving ?? Promise.resolve();
      held[mode] = blank();
      Object.assign(one, { timer: null, since: 0, torn: false, isNew: false, kept: said(held[mode]), turn: one.turn + 1 });
      mark += 1;
      clearDraft(key(mode));
      remember(mode);
      return saving;
    },
    /** They were accepted: the server has no draft of this mode any more. */
    gone(mode) {
      state[mode].version = 0;
      mark += 1;
      remember(mode);
      if (isDirty(mode)) later(mode);
    },
    end() {
      for (const mode of MODES) save(mode);
      over = true;
      document.removeEventListener("visibilitychange", onHide);
    },
  };
}
