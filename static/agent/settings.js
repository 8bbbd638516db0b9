/* Small choices of this browser: sound, what Enter does, notifications. Buttons with data-setting. */
import { toast } from "/static/core/toast.js";
import { read, write } from "/static/core/storage.js";

const DEFAULTS = { sound: true, enter: true, notify: false };

export function setting(name) {
  const kept = read(`setting:${name}`);
  return kept === null ? DEFAULTS[name] : kept === "on";
}

export function choose(name, on) {
  write(`setting:${name}`, on ? "on" : "off");
  showSettings();
  document.dispatchEvent(new CustomEvent("setting", { detail: { name, on } }));
}

export function toggle(name) {
  choose(name, !setting(name));
}

export function showSettings(root = document) {
  for (const button of root.querySelectorAll("[data-setting]")) {
    button.setAttribute("aria-pressed", String(setting(button.dataset.setting)));
  }
  for (const hint of root.querySelectorAll("[data-enter-hint]")) {
    const isNote = hint.closest("form").elements.mode.value === "note";
    hint.textContent = setting("enter") ? "Shift Enter for a new line" : isNote ? "Ctrl Enter saves the note" : "Ctrl Enter sends";
  }
}

async function askToNotify() {
  if (!("Notification" in window)) return toast("This browser shows no notifications.");
  const answer = await Notification.requestPermission();
  choose("notify", answer === "granted");
  if (answer !== "granted") toast("Notifications are blocked. Allow them in the browser's settings.");
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-setting]");
  if (!button) return;
  if (button.dataset.setting === "notify" && !setting("notify")) askToNotify();
  else toggle(button.dataset.setting);
});
