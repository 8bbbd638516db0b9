/* Where a ticket is written on: reply or note, files, canned replies, names of colleagues. The second half of
   the button says what becomes of the ticket. The draft is kept by core/drafts until it is sent. */
import { clearDraft, saveDraft } from "/static/core/drafts.js";
import { closeMenus } from "/static/core/menu.js";
import { toast } from "/static/core/toast.js";
import { makeCanned } from "./canned.js";
import { makeFiles } from "./files.js";
import { makeMentions } from "./ticket_mentions.js";
import * as outbox from "./ticket_outbox.js";

const LONGEST = 10000;

/** Brings the form to life; answers {focus, isNote, toNote, toReply, send, bringBack, end}. */
export function makeTicketComposer(form, ticket) {
  const box = form.querySelector("textarea");
  const label = form.querySelector("[data-send] .label");
  const more = form.querySelector("[data-send-more]");
  const isNote = () => form.elements.mode.value === "note";
  const files = makeFiles(form, ticket);
  const canned = makeCanned(form, box, ticket);
  const mentions = makeMentions(form, box, isNote);
  const ends = new AbortController();
  const { signal } = ends;

  function mode(note) {
    for (const radio of form.querySelectorAll("[name=mode]")) radio.checked = (radio.value === "note") === note;
    showMode();
    box.focus();
  }

  function showMode() {
    label.textContent = isNote() ? "Save note" : "Send";
    box.placeholder = isNote() ? "Write a note for your team" : "Write to the customer, or / for a canned reply";
    more.hidden = isNote();
    form.querySelector("[data-mention]").hidden = !isNote();
  }

  function send(then = "") {
    const text = box.value.trim();
    if (files.busy()) return toast("Wait until the files are here, then send.");
    const attachments = files.ready();
    if (!text && !attachments.length) return box.focus();
    if (text.length > LONGEST) return toast("A message holds at most 10,000 characters. Send it in parts.", { tone: "danger" });
    outbox.put({ ticket_id: ticket.id, text, isPublic: !isNote(), attachments, then: isNote() ? "" : then });
    box.value = "";
    clearDraft(box.dataset.draft);
    files.clear();
    canned.close();
    mentions.close();
    closeMenus();
    ticket.here.stopped();
    ticket.log.draw();
    ticket.log.toEnd();
    if (isNote()) mode(false);
    box.focus();
  }

  function keydown(event) {
    if (mentions.keydown(event) || canned.keydown(event)) return;
    if (event.key === "Escape" && isNote() && !box.value) {
      event.preventDefault();
      return mode(false);
    }
    if (event.key !== "Enter" || event.isComposing || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    send(event.shiftKey ? "resolved" : event.altKey ? "waiting_on_customer" : "");
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(event.submitter?.name === "then" ? event.submitter.value : "");
  }, { signal });
  form.addEventListener("change", showMode, { signal });
  box.addEventListener("keydown", keydown, { signal });
  box.addEventListener("input", () => {
    canned.look();
    mentions.look();
    if (box.value) ticket.here.wrote();
  }, { signal });
  form.querySelector("[data-canned]").addEventListener("click", () => canned.open(), { signal });
  form.querySelector("[data-mention]").addEventListener("click", () => mentions.open(), { signal });
  showMode();

  return {
    focus: () => box.focus(),
    isNote,
    toNote: () => mode(true),
    toReply: () => mode(false),
    send,
    bringBack(entry) {
      box.value = entry.text + (box.value ? `\n${box.value}` : "");
      saveDraft(box.dataset.draft, box.value);
      mode(!entry.public);
    },
    end: () => ends.abort(),
  };
}
