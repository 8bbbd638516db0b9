/* What the admin forms gain by script: a warning before unsaved work is left, copy buttons, undo as a
   toast, lists that can be searched. Every one of them works without; the server draws all rows. */
import { shortcut } from "/static/core/shortcuts.js";
import { toast } from "/static/core/toast.js";

document.documentElement.classList.add("scripted");

// The menu is longer than the window, or one line on a narrow screen: it begins where one is.
const menu = document.querySelector(".side-nav");
const here = menu?.querySelector("[aria-current]");
if (here) {
  menu.scrollLeft = here.offsetLeft + (here.offsetWidth - menu.clientWidth) / 2;
  const [place, shown] = [here.getBoundingClientRect(), menu.getBoundingClientRect()];
  if (place.bottom > shown.bottom) menu.scrollTop += place.top - shown.top - shown.height / 2;
}

const guarded = () => document.querySelector("form[data-guard]");
let leaving = false;

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-guard]");
  if (form && event.target.name) form.dataset.dirty = "";
});
document.addEventListener("submit", (event) => {
  // A button that only changes rows is taken by htmx and leaves nothing.
  if (!event.defaultPrevented && event.target.matches("form[data-guard]")) leaving = true;
});
window.addEventListener("beforeunload", (event) => {
  if (!leaving && guarded()?.dataset.dirty !== undefined) event.preventDefault();
});
window.addEventListener("pageshow", () => (leaving = false));
// The chief button: others before it in the bar look at the form or go further than saving.
shortcut("ctrl+s", () => guarded()?.requestSubmit(guarded().querySelector(".save-bar .btn-primary[type=submit]")), {
  label: "Save",
  group: "Form",
  when: () => Boolean(guarded()?.querySelector(".save-bar")),
  inFields: true,
});

// Whoever typed into a search before this page had its scripts is answered too.
addEventListener("load", () => {
  for (const box of document.querySelectorAll("form[hx-get] [type=search]")) {
    if (box.value !== box.defaultValue) window.htmx.trigger(box.form, "change");
  }
});

// Rows that came or went are a change like any other; the focus goes to what was added.
document.addEventListener("htmx:afterSwap", (event) => {
  const button = event.detail.requestConfig?.elt;
  const group = button?.dataset?.rows;
  if (!group) return;
  const form = guarded();
  if (form) form.dataset.dirty = "";
  const place = document.getElementById(`rows-${group}`);
  const named = button.dataset.focusName && place?.querySelector(`[name="${button.dataset.focusName}"]`);
  const rows = place?.querySelectorAll(".row-line") ?? [];
  const [what, , from] = button.value.split(":");
  const added = what === "add";
  if (what === "up" || what === "down") {
    // The row that moved keeps the focus, on the same button where that still leads somewhere.
    const moved = rows[Number(from) + (what === "up" ? -1 : 1)];
    const again = moved?.querySelector(`[value^="${what}:"]:enabled`) ?? moved?.querySelector("[value^='up:']:enabled, [value^='down:']:enabled");
    if (again) return again.focus();
  }
  const target = named || (added && rows[rows.length - 1]?.querySelector("input:not([type=hidden]), select"));
  (target || place?.querySelector("button"))?.focus();
});
document.addEventListener("htmx:afterSwap", () => {
  for (const part of document.querySelectorAll("[data-share]")) part.style.setProperty("--share", part.dataset.share);
});
document.addEventListener("htmx:responseError", () => {
  toast("That did not reach the server. What you typed is still here.", { tone: "danger" });
});

document.addEventListener("change", (event) => {
  const select = event.target.closest("[data-act-select]");
  if (select) select.closest("[data-act]").dataset.act = select.value;
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(field.value);
    toast("Copied.", { tone: "success" });
  } catch {
    field.select();
    toast("Press Ctrl C to copy what is selected.");
  }
});

document.addEventListener("input", (event) => {
  const box = event.target;
  if (box.dataset.find !== undefined) {
    const words = box.value.toLowerCase().trim();
    for (const line of box.closest("[data-picker]").querySelectorAll("[data-words]")) {
      line.hidden = !line.dataset.words.includes(words);
    }
  }
  if (box.dataset.colourFor) {
    const field = document.getElementById(box.dataset.colourFor);
    field.value = box.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
});
document.addEventListener("change", (event) => {
  const values = event.target.closest("[data-values]");
  if (values) return showValues(values);
  const picker = event.target.closest("[data-picker]");
  if (!picker) return;
  const all = picker.querySelectorAll("[data-words] input");
  const picked = [...all].filter((box) => box.checked).length;
  picker.querySelector("[data-picked]").textContent = `${picked} of ${all.length}`;
});
function showValues(place) {
  const ticked = [...place.querySelectorAll("label:has(:checked)")].map((line) => line.textContent.trim());
  place.querySelector("[data-values-shown]").textContent = ticked.join(", ") || "Choose";
  place.querySelector("summary").setAttribute("aria-label", `Values: ${ticked.join(", ") || "none yet"}`);
}
// A list of values closes when somebody goes elsewhere.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("[data-values][open]")) if (!open.contains(event.target)) open.open = false;
});
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && event.target.closest("[data-values][open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
// Enter in the search of a picker must not save the whole form.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.dataset?.find !== undefined) event.preventDefault();
});

// A page that was drawn by a button has an address of its own, so that reloading asks for nothing twice.
const path = document.querySelector("[data-replace-path]")?.dataset.replacePath;
if (path) history.replaceState(null, "", path);
else if (new URLSearchParams(location.search).has("note")) {
  const plain = new URL(location.href);
  plain.searchParams.delete("note");
  history.replaceState(null, "", plain);
}

const said = document.querySelector("[data-said]");
if (said) {
  toast(said.textContent.trim(), { tone: "success" });
  said.remove();
}
for (const form of document.querySelectorAll("[data-undo-form]")) {
  form.hidden = true;
  toast(form.dataset.text, { undo: () => form.submit(), seconds: 20 });
}
