/* Keys pressed in a call: what menus of other companies ask for. Only where the line can send them. */
import { element, icon } from "/static/core/icons.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const WORDS = { "*": "Star", "#": "Hash" };
const SHOWN = 24;
let pressed = "";
let line = null;

const box = () => document.querySelector("[data-phone] [data-keypad]");

export function keypad(voice) {
  if (line !== voice) pressed = "";
  line = voice;
  const place = element("details", "phone-keypad");
  place.dataset.keypad = "";
  place.open = keypad.open ?? false;
  place.addEventListener("toggle", () => (keypad.open = place.open));
  const typed = element("output", "number clip grow", pressed);
  typed.setAttribute("aria-label", "Keys pressed");
  const summary = element("summary", "", icon("hash"), "Keypad", typed);
  summary.dataset.key = "keypad";
  summary.title = "Keypad (Alt P)";
  const keys = element("div", "phone-keys");
  for (const key of KEYS) {
    const made = element("button", "btn btn-small number", key);
    made.type = "button";
    made.dataset.key = `key-${key}`;
    made.setAttribute("aria-label", WORDS[key] ?? key);
    made.addEventListener("click", () => press(key));
    keys.append(made);
  }
  place.append(summary, keys);
  return place;
}

function press(key) {
  line?.press(key);
  pressed = (pressed + key).slice(-SHOWN);
  const typed = box()?.querySelector("output");
  if (typed) typed.textContent = pressed;
}

export function toggleKeypad() {
  const place = box();
  if (!place) return;
  place.open = !place.open;
  place.querySelector(place.open ? ".phone-keys button" : "summary").focus();
}

export const hasKeypad = () => Boolean(box());

// While the keypad is open, the keyboard's keys are its keys, before any shortcut of the desk.
document.addEventListener(
  "keydown",
  (event) => {
    if (!box()?.open || event.ctrlKey || event.metaKey || event.altKey || !KEYS.includes(event.key)) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable], [data-own-keys]") || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    event.stopPropagation();
    press(event.key);
  },
  true,
);
