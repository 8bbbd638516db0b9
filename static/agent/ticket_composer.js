/* Where a ticket is written on: a reply or a note, each with a draft of its own, files, what changes with the words.
   The second half of the button says what becomes of the ticket, or that it goes out later. */
import { closeMenus } from "/static/core/menu.js";
import { moment } from "/static/core/time.js";
import { toast } from "/static/core/toast.js";
import { makeCanned } from "./canned.js";
import { makeFiles } from "./files.js";
import { blank, changesOf, draftKey, isBlank, makeDrafts } from "./ticket_drafts.js";
import { makeMentions } from "./ticket_mentions.js";
import * as outbox from "./ticket_outbox.js";
import { makeStrips } from "./ticket_strips.js";
import { askWhen } from "./ticket_later.js";
import { makeSuggestion, openPromise } from "./ticket_promises.js";
import { undoable } from "./ticket_undo.js";
import { makeWith } from "./ticket_with.js";

const LONGEST = 10000;
const PUBLIC = { reply: true, note: false };

/** Brings the form to life; see what it answers at its end. `isFresh`: the page's drafts are the server's present ones. */
export function makeTicketComposer(form, ticket, isFresh = true) {
  const box = form.querySelector("textarea");
  const label = form.querySelector("[data-send] .label");
  const more = form.querySelector("[data-send-more]");
  const held = { reply: blank(), note: blank() };
  const strips = makeStrips(ticket);
  const files = makeFiles(form, ticket, filesChanged);
  const canned = makeCanned(form, box, ticket);
  const mentions = makeMentions(form, box, () => mode === "note");
  const chips = makeWith(form.querySelector("[data-with]"), remove);
  const suggest = makeSuggestion(form.querySelector("[data-suggest]"), box, () => openPromise(ticket));
  const ends = new AbortController();
  const { signal } = ends;
  let mode = form.elements.mode.value === "note" ? "note" : "reply";
  const drafts = makeDrafts(ticket, held, {
    show: (which) => (which === mode ? put() : marks()),
    clash: (which, draft) => which === mode ? clash(draft) : drafts.keep(which, draft),
    inTransit: (which) => outbox.waitingOn(ticket.id).some((entry) => !entry.failed && entry.public === PUBLIC[which]),
  });

  // A reply that would reach nobody cannot be sent; other ways stand in the button's place.
  const reaches = () => mode === "note" || !form.querySelector("[data-unreachable]");

  /** What is held of this mode, into the form. */
  function put() {
    const words = held[mode];
    box.dataset.draft = draftKey(ticket.id, mode);
    if (box.value !== words.text) box.value = words.text;
    files.put(words.files);
    marks();
    since();
  }

  function marks() {
    const words = held[mode];
    chips.draw(words);
    suggest(mode === "reply");
    label.textContent = mode === "note" ? "Save note" : words.at ? `Send ${moment(Date.parse(words.at))}` : "Send";
    box.placeholder = mode === "note" ? "Write a note for your team" : reaches() ? "Write to the customer, or / for a canned reply" : "What you write is kept until there is an address";
    more.hidden = mode === "note";
    form.querySelector("[data-send]").parentElement.hidden = !reaches();
    const other = form.querySelector("[data-other-ways]");
    if (other) other.hidden = !form.querySelector("[data-unreachable]");
    form.querySelector("[data-way-out]").textContent = mode === "note" ? "Ctrl Enter saves the note" : reaches() ? "Ctrl Enter sends" : "";
    form.querySelector("[data-mention]").hidden = mode !== "note";
    for (const radio of form.querySelectorAll("[name=mode]")) {
      radio.checked = radio.value === mode;
      const waits = radio.value !== mode && !isBlank(held[radio.value]);
      radio.parentElement.classList.toggle("has-draft", waits);
      radio.parentElement.title = waits ? `You have begun a ${radio.value}` : "";
    }
  }

  function turn(to, { focus = true } = {}) {
    if (to !== mode) {
      if (files.busy()) {
        marks();
        return toast("Wait until the files are here.");
      }
      mode = to;
      strips.clear();
      canned.close();
      mentions.close();
      put();
      if (mode === "note") mentions.ready();
    }
    if (focus) box.focus();
  }

  const since = () => strips.since(held[mode], () => {
    drafts.seen(mode);
    since();
    box.focus();
  });

  function changed() {
    drafts.changed(mode);
    marks();
    since();
  }

  function filesChanged(ready) {
    held[mode].files = ready;
    changed();
  }

  /** Takes a chip away; without one the time. */
  function remove(chip) {
    const words = held[mode];
    if (chip) words.with = words.with.filter((one) => one !== chip);
    else words.at = "";
    if (!words.with.length) words.macro = "";
    changed();
    box.focus();
  }

  function clash(draft) {
    const which = mode;
    strips.clash(draft, (chosen) => {
      box.focus();
      if (chosen === "mine") return drafts.keep(which, draft);
      const mine = { ...held[which] };
      drafts.adopt(which, draft);
      toast("Taken from the other window", { undo: () => restore(which, mine) });
    });
  }

  /** Puts words back that stood here before. */
  function restore(which, words) {
    held[which] = words;
    turn(which);
    put();
    changed();
  }

  function canSend() {
    const { text, files: ready, with: changes } = held[mode];
    const isEmpty = !text.trim() && !ready.length;
    if (!reaches()) toast("There is no e-mail address yet. What you write is kept as a draft.");
    else if (files.busy()) toast("Wait until the files are here, then send.");
    else if (isEmpty && changes.length) toast("Write something to go with the changes.");
    else if (text.length > LONGEST) toast("A message holds at most 10,000 characters. Send it in parts.", { tone: "danger" });
    else if (!isEmpty) return true;
    box.focus();
    return false;
  }

  function send(then = "", { at = held[mode].at } = {}) {
    if (!canSend()) return;
    const words = held[mode];
    const isPublic = PUBLIC[mode];
    const saving = drafts.sent(mode);
    outbox.put({
      ticket_id: ticket.id,
      number: ticket.number,
      text: words.text.trim(),
      isPublic,
      attachments: words.files,
      then: isPublic ? then : "",
      changes: changesOf(words),
      with: words.with,
      macro: words.macro,
      later: isPublic ? at : "",
      seen_at: words.seen_at,
    }, saving);
    canned.close();
    mentions.close();
    strips.clear();
    closeMenus();
    ticket.here.stopped();
    put();
    ticket.log.draw();
    ticket.log.toEnd();
    turn(form.querySelector("[data-unreachable]") ? "note" : "reply");
  }

  function later() {
    if (mode === "note") turn("reply");
    if (canSend()) askWhen(ticket, async (at) => send("", { at }));
  }

  function keydown(event) {
    if (mentions.keydown(event) || canned.keydown(event)) return;
    if (event.key === "Escape" && mode === "note" && !box.value) {
      event.preventDefault();
      return turn("reply");
    }
    if (event.key !== "Enter" || event.isComposing || !(event.ctrlKey || event.metaKey)) return;
    if (isBlank(held[mode]) && undoable() && !event.shiftKey && !event.altKey) return; // "send now", by the page's keys
    event.preventDefault();
    send(event.shiftKey ? "resolved" : event.altKey ? "waiting_on_customer" : "");
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(event.submitter?.name === "then" ? event.submitter.value : "");
  }, { signal });
  form.addEventListener("change", (event) => {
    if (event.target.name === "mode") turn(event.target.value);
  }, { signal });
  box.addEventListener("keydown", keydown, { signal });
  box.addEventListener("input", () => {
    held[mode].text = box.value;
    canned.look();
    mentions.look();
    changed();
    if (box.value) ticket.here.wrote();
  }, { signal });
  form.querySelector("[data-canned]").addEventListener("click", () => canned.open(), { signal });
  form.querySelector("[data-mention]").addEventListener("click", () => mentions.open(), { signal });
  form.querySelector("[data-later]").addEventListener("click", later, { signal });
  // A draft was typed as a note and nothing as a reply: who comes back goes on with it.
  if (isFresh) drafts.take(ticket.drafted);
  if (isBlank(held.reply) && (!isBlank(held.note) || !reaches())) mode = "note";
  put();
  if (mode === "note") mentions.ready();
  for (const part of ["[data-ticket-foot]", ".ticket-strips"]) ticket.node.querySelector(part).classList.add("is-ready");

  return {
    box,
    focus: () => box.focus(),
    isNote: () => mode === "note",
    isEmpty: () => isBlank(held[mode]),
    toNote: () => turn("note"),
    toReply: () => turn("reply"),
    send,
    later,
    since,
    marks,
    drafts,
    /** What a macro brings: words at the caret, changes beside those that are there. Answers how to take it back. */
    bring({ text, isPublic, with: more, macro }) {
      turn(isPublic ? "reply" : "note");
      const which = mode;
      const before = { ...held[which] };
      if (text) {
        const gap = box.value && !/\n$/.test(box.value.slice(0, box.selectionStart)) && box.selectionStart > 0 ? "\n\n" : "";
        box.setRangeText(gap + text, box.selectionStart, box.selectionEnd, "end");
        held[which].text = box.value;
      }
      const names = new Set(more.filter((one) => !one.name.endsWith("_tags")).map((one) => one.name));
      const kept = held[which].with.filter((one) => !names.has(one.name) && !more.some((other) => other.value === one.value && other.name === one.name));
      Object.assign(held[which], { with: [...kept, ...more], macro: more.length ? macro : held[which].macro });
      changed();
      box.focus();
      return () => restore(which, before);
    },
    /** Words that were on their way and came back: a draft of the server, or an entry of the outbox. */
    bringBack(draft) {
      if (!draft) return;
      const which = draft.public ? "reply" : "note";
      turn(which, { focus: false });
      if ("version" in draft) drafts.adopt(which, draft);
      else restore(which, { ...blank(), text: [draft.text, held[which].text].filter(Boolean).join("\n\n"), files: draft.attachments ?? [], with: draft.with ?? [], macro: draft.macro ?? "", at: draft.later ?? "" });
      box.focus();
      box.setSelectionRange(box.value.length, box.value.length);
    },
    end() {
      drafts.end();
      ends.abort();
    },
  };
}
