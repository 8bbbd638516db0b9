/* Where the agent writes: reply or note, files, emoji, canned replies. The draft is kept by core/drafts;
   sending empties it at once and the outbox carries the text from there. */
import { clearDraft, saveDraft } from "/static/core/drafts.js";
import { toast } from "/static/core/toast.js";
import { makeCanned } from "./canned.js";
import { makeEmoji } from "./emoji.js";
import { makeFiles } from "./files.js";
import * as outbox from "./outbox.js";
import { setting, showSettings } from "./settings.js";
import { tell } from "./socket.js";
import { makeTextBar } from "./text_talk.js";

const LONGEST = 10000;
const TOLD_EVERY = 3000;
const SILENT_AFTER = 5000;

/** Brings the form to life for `talk`; answers {focus, before, insert, toNote, toReply, isNote, bringBack, end}. */
export function makeComposer(form, talk) {
  const box = form.querySelector("textarea");
  const send = form.querySelector("[data-send] .label");
  const files = makeFiles(form, talk);
  const canned = makeCanned(form, box, talk);
  makeEmoji(form, box, insert);
  const textBar = makeTextBar(form, talk);
  const ends = new AbortController();
  let toldAt = 0;
  let silence = null;

  const isNote = () => form.elements.mode.value === "note";
  const notesOnly = form.dataset.notesOnly === "yes";

  function insert(text, from = box.selectionStart, to = box.selectionEnd) {
    box.focus();
    box.setRangeText(text, from, to, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function mode(note) {
    // In a call there are only notes; whoever asks for one must not write into the keys of the call.
    if (notesOnly) return box.focus();
    for (const radio of form.querySelectorAll("[name=mode]")) radio.checked = (radio.value === "note") === note;
    showMode();
    box.focus();
  }

  function showMode() {
    if (notesOnly) return;
    send.textContent = isNote() ? "Save note" : "Send";
    box.placeholder = isNote() ? "Write a note for your team" : "Write a reply, or / for a canned one";
    showSettings(form);
    textBar.look();
    if (isNote()) quiet();
  }

  function quiet() {
    clearTimeout(silence);
    if (toldAt) tell("typing", { conversation_id: talk.id, on: false });
    toldAt = 0;
  }

  function wrote() {
    canned.look();
    if (isNote() || !talk.isMine) return;
    if (!box.value) return quiet();
    if (Date.now() - toldAt > TOLD_EVERY) {
      toldAt = Date.now();
      tell("typing", { conversation_id: talk.id, on: true });
    }
    clearTimeout(silence);
    silence = setTimeout(quiet, SILENT_AFTER);
  }

  function submit(event) {
    event.preventDefault();
    const text = box.value.trim();
    if (files.busy()) return toast("Wait until the files are here, then send.");
    const attachments = files.ready();
    if (!text && !attachments.length) return box.focus();
    if (text.length > LONGEST) return toast("A message holds at most 10,000 characters. Send it in parts.", { tone: "danger" });
    quiet();
    outbox.put({ conversation_id: talk.id, text, isPublic: !isNote(), attachments });
    box.value = "";
    clearDraft(box.dataset.draft);
    files.clear();
    textBar.look();
    canned.close();
    talk.newFrom = 0;
    talk.log.draw();
    talk.log.toEnd();
    if (isNote() && !notesOnly) mode(false);
    box.focus();
  }

  function keydown(event) {
    if (canned.keydown(event)) return;
    if (event.key === "Escape" && isNote() && !notesOnly && !box.value) {
      event.preventDefault();
      return mode(false);
    }
    if (event.key !== "Enter" || event.isComposing) return;
    const plain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey;
    const wants = setting("enter") ? plain || event.ctrlKey || event.metaKey : event.ctrlKey || event.metaKey;
    if (!wants || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    form.requestSubmit();
  }

  form.addEventListener("submit", submit, { signal: ends.signal });
  form.addEventListener("change", showMode, { signal: ends.signal });
  box.addEventListener("keydown", keydown, { signal: ends.signal });
  box.addEventListener("input", wrote, { signal: ends.signal });
  form.querySelector("[data-canned]").addEventListener("click", () => canned.open(), { signal: ends.signal });
  form.classList.add("composer-alive");

  return {
    focus: () => box.focus(),
    before: () => box.value.slice(0, box.selectionStart),
    insert,
    isNote,
    toNote: () => mode(true),
    toReply: () => mode(false),
    bringBack(entry) {
      box.value = entry.text + (box.value ? `\n${box.value}` : "");
      saveDraft(box.dataset.draft, box.value);
      mode(!entry.public);
    },
    end() {
      quiet();
      textBar.end();
      ends.abort();
    },
  };
}
