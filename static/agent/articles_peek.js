/* An article looked at without leaving what is written: beside its line while the pointer rests there, or held open
   with the focus inside. Below 900 px it takes the foot of the screen. */
import { element } from "/static/core/icons.js";
import { getHtml, parse } from "./net.js";

const REST = 350;
const LEAVE = 250;
const KEPT = 30;
const known = new Map();
let box = null;
let back = null; // where the focus returns to; set while it is held open
let timer = null;
let wanted = "";

function made() {
  if (box?.isConnected) return box;
  box = element("section", "article-peek");
  box.hidden = true;
  box.setAttribute("aria-label", "Preview of an article");
  box.addEventListener("mouseenter", () => clearTimeout(timer));
  box.addEventListener("mouseleave", leave);
  box.addEventListener("click", (event) => event.target.closest("[data-peek-close]") && closePeek());
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    closePeek();
  });
  document.body.append(box);
  return box;
}

/** Says what a line of the list shows when it is looked at. */
export function peekable(line, item) {
  line.addEventListener("mouseenter", () => {
    if (back || !matchMedia("(hover: hover)").matches) return;
    clearTimeout(timer);
    timer = setTimeout(() => show(line, item), REST);
  });
  line.addEventListener("mouseleave", leave);
}

/** Opens it and keeps it open; the focus goes in and comes back. */
export async function holdPeek(line, item) {
  clearTimeout(timer);
  back = document.activeElement;
  await show(line, item);
  if (wanted === item.id) made().querySelector("[data-peek-close]")?.focus();
}

export function closePeek() {
  clearTimeout(timer);
  const from = wanted;
  wanted = "";
  if (box) box.hidden = true;
  // The list may have been drawn anew meanwhile.
  if (back) (back.isConnected ? back : document.querySelector(`[data-article="${from}"] .article-title`))?.focus();
  back = null;
}

function leave() {
  clearTimeout(timer);
  if (!back) timer = setTimeout(closePeek, LEAVE);
}

async function show(line, item) {
  wanted = item.id;
  const at = line.getBoundingClientRect();
  const pane = line.closest(".pane").getBoundingClientRect();
  const key = `${item.id} ${item.locale}`;
  if (!known.has(key)) {
    const { status, html } = await getHtml(`/desk/articles/${item.id}/preview?locale=${encodeURIComponent(item.locale)}`).catch((error) => ({ status: 0, html: "", error }));
    known.set(key, status === 200 ? html : "");
    if (known.size > KEPT) known.delete(known.keys().next().value);
  }
  if (wanted !== item.id) return;
  const html = known.get(key);
  const there = made();
  if (html) there.replaceChildren(parse(html));
  else {
    known.delete(key);
    const close = element("button", "btn btn-small", "Close");
    close.type = "button";
    close.dataset.peekClose = "";
    there.replaceChildren(element("p", "peek-none", "The article can't be shown now. Try again in a moment."), close);
  }
  there.hidden = false;
  there.style.right = `${Math.max(8, innerWidth - pane.left + 8)}px`;
  there.style.top = `${Math.max(56, Math.min(at.top - 24, innerHeight - there.offsetHeight - 16))}px`;
}
