/* Short messages at the foot of the page, with undo where something can be taken back. Not for errors
   of a form (those stand beside the field) and not for what must be read (that is a banner). */
import { element, icon } from "./icons.js";
import { place } from "./toast_place.js";

const ICONS = { info: "info", success: "circle-check", danger: "circle-alert" };
const SHORT = 5000;
const WITH_UNDO = 8000;
const AT_MOST = 3;

/**
 * Shows `text`; with `undo` (a function, may be async) it carries an Undo button, with `act` one that leads on.
 * Resolves to "undone", "closed" or "gone", so that a caller may act only once the chance to undo is over.
 */
export function toast(text, { undo = null, undoLabel = "Undo", act = null, actLabel = "Open", tone = "info", seconds = null } = {}) {
  const region = document.getElementById("toasts") ?? makeRegion();
  while (region.children.length >= AT_MOST) region.firstElementChild.end("gone");

  const item = element("div", "toaster-item", icon(ICONS[tone]), element("span", "toaster-text", text));
  item.dataset.tone = tone;
  const { promise, resolve } = settled();
  let timer = null;
  const wait = seconds === null ? (undo || act ? WITH_UNDO : SHORT) : seconds * 1000;
  const start = () => (timer = setTimeout(() => item.end("gone"), wait));
  const hold = () => clearTimeout(timer);
  item.end = (how) => {
    hold();
    item.remove();
    resolve(how);
  };

  if (undo) {
    const button = element("button", "btn btn-quiet btn-small", undoLabel);
    button.type = "button";
    button.dataset.undo = "";
    button.addEventListener("click", async () => {
      item.end("undone");
      await undo();
    });
    item.append(button);
  }
  if (act) {
    const button = element("button", "btn btn-quiet btn-small", actLabel);
    button.type = "button";
    button.addEventListener("click", () => {
      item.end("closed");
      act();
    });
    item.append(button);
  }
  const close = element("button", "btn btn-icon btn-quiet btn-small", icon("x"));
  close.type = "button";
  close.setAttribute("aria-label", "Dismiss");
  close.addEventListener("click", () => item.end("closed"));
  item.append(close);

  // Someone who is reading or reaching for Undo gets all the time they need.
  item.addEventListener("pointerenter", hold);
  item.addEventListener("pointerleave", start);
  item.addEventListener("focusin", hold);
  item.addEventListener("focusout", start);
  region.append(item);
  place();
  start();
  return promise;
}

/** Presses Undo of the newest toast that has one; false if there is none. */
export function undoLast() {
  const buttons = document.querySelectorAll("#toasts [data-undo]");
  const last = buttons[buttons.length - 1];
  last?.click();
  return Boolean(last);
}

function settled() {
  let resolve;
  const promise = new Promise((done) => (resolve = done));
  return { promise, resolve };
}

function makeRegion() {
  const region = element("div", "toaster");
  region.id = "toasts";
  region.setAttribute("role", "region");
  region.setAttribute("aria-label", "Messages");
  region.setAttribute("aria-live", "polite");
  document.body.append(region);
  return region;
}
