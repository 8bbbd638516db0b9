/* The customer's card: forms that answer with the card anew, fields saved as they are left, the timeline's
   filter and older entries. What somebody is typing elsewhere on the card is never lost. */
import { clearDraft, restoreDrafts } from "/static/core/drafts.js";
import { read, write } from "/static/core/storage.js";
import { refreshTimes } from "/static/core/time.js";
import { toast } from "/static/core/toast.js";
import { getHtml, getJson, parse } from "./net.js";
import { textOf } from "./navigation.js";
import { visible } from "./words.js";

const card = () => document.querySelector("[data-card]");
let stale = false;

/** Puts a card in the place of the old one: focus, scroll, folds and unsent words stay. */
export function swapCard(fresh, sent = null) {
  const old = card();
  if (!old || !fresh) return;
  const focus = document.activeElement;
  const inside = old.contains(focus) ? focus : null;
  const caret = inside && "selectionStart" in inside ? [inside.selectionStart, inside.selectionEnd] : null;
  const top = old.querySelector("[data-card-scroll]")?.scrollTop ?? 0;
  const unsent = new Map();
  for (const field of old.querySelectorAll("input[id], textarea[id]")) {
    if (field.value !== field.defaultValue && field.form !== sent) unsent.set(field.id, field.value);
  }
  old.replaceWith(fresh);
  for (const [id, value] of unsent) {
    const field = document.getElementById(id);
    if (field) field.value = value;
  }
  dress(fresh);
  fresh.querySelector("[data-card-scroll]").scrollTop = top;
  const again = inside?.id && document.getElementById(inside.id);
  if (again) {
    again.focus();
    if (caret && again.type !== "date") again.setSelectionRange?.(...caret);
  }
  fresh.querySelector("[role=alert]")?.scrollIntoView({ block: "nearest" });
}

/** What a card needs after it was put on the page. */
export function dress(root = document) {
  for (const part of root.querySelectorAll("details[data-remember]")) {
    const kept = read(`fold:${part.id}`);
    if (kept) part.open = kept === "open";
  }
  for (const text of root.querySelectorAll("[data-outside]")) text.textContent = visible(text.textContent);
  restoreDrafts(root);
  refreshTimes(root);
}

export async function refreshCard(show = null) {
  const now = card();
  if (!now) return;
  const isTyping = now.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");
  if (isTyping || now.querySelector("[data-conflict]")) {
    stale = true; // after the field is left, or the question on the card is answered
    return;
  }
  stale = false;
  const wanted = new URLSearchParams();
  if (now.dataset.conversation) wanted.set("conversation", now.dataset.conversation);
  wanted.set("show", show ?? now.querySelector("[data-timeline][aria-pressed=true]")?.dataset.timeline ?? "all");
  const { status, html } = await getHtml(`/desk/customers/${now.dataset.card}/card?${wanted}`);
  if (status === 200 && card() === now) swapCard(parse(html).querySelector("[data-card]"));
}

document.addEventListener("card-arrived", (event) => {
  const fresh = event.detail.querySelector("[data-card]");
  const now = card();
  if (fresh && now && fresh.dataset.card === now.dataset.card) {
    if (fresh.dataset.version !== now.dataset.version) refreshCard().catch(() => {});
  } else if (fresh) {
    document.querySelector(".pane-customer").replaceChildren(...event.detail.childNodes);
    dress(card());
  }
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!("post" in form.dataset)) return;
  event.preventDefault();
  if ("cardVersion" in form.dataset && card()) form.elements.version.value = card().dataset.version;
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  const text = fields.get("tag") ?? fields.get("text");
  if (text !== null && !text.trim()) return;
  const draft = form.querySelector("[data-draft]")?.dataset.draft;
  try {
    const { status, html } = await getHtml(form.action, { form: fields });
    const fresh = parse(html).querySelector("[data-card]");
    if (!fresh) return toast(textOf(html), { tone: "danger" });
    if (status < 400 && draft) clearDraft(draft);
    swapCard(fresh, form);
  } catch (error) {
    toast(error.message, { tone: "danger" });
  }
});

document.addEventListener("change", (event) => {
  const field = event.target;
  if ("save" in (field.dataset ?? {})) field.form.requestSubmit();
});
document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (field.matches?.("[data-save]") && event.key === "Escape") {
    field.value = field.defaultValue;
    field.blur();
  }
  if (field.matches?.("[data-submit-with-ctrl]") && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    field.form.requestSubmit();
  }
});
document.addEventListener("focusout", () => {
  if (stale) setTimeout(() => refreshCard().catch(() => {}), 50);
});
document.addEventListener(
  "toggle",
  (event) => {
    const part = event.target;
    if (part.matches?.("details[data-remember]")) write(`fold:${part.id}`, part.open ? "open" : "closed");
  },
  true,
);

document.addEventListener("click", async (event) => {
  const filter = event.target.closest("[data-timeline]");
  if (filter) refreshCard(filter.dataset.timeline).catch(() => {});
  const older = event.target.closest("[data-older]");
  if (older) {
    older.disabled = true;
    try {
      const { html } = await getHtml(older.dataset.older);
      const more = parse(html);
      refreshTimes(more);
      older.closest("li").replaceWith(more);
    } catch (error) {
      older.disabled = false;
      toast(error.message, { tone: "danger" });
    }
  }
  const dismiss = event.target.closest("[data-dismiss]");
  if (dismiss) document.querySelector(dismiss.dataset.dismiss)?.remove();
  if (dismiss && stale) refreshCard().catch(() => {});
});

// Names of tags, offered while somebody types one.
let asked = null;
document.addEventListener("input", (event) => {
  if (!("tagNames" in (event.target.dataset ?? {}))) return;
  clearTimeout(asked);
  const field = event.target;
  asked = setTimeout(async () => {
    const { items } = await getJson(`/desk/tags?q=${encodeURIComponent(field.value)}`).catch(() => ({ items: [] }));
    field.list?.replaceChildren(...items.map((name) => new Option(name, name)));
  }, 150);
});
