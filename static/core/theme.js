/* Light, dark, or like the device; follows the device while that is the choice, and other tabs. */
import { read, write } from "./storage.js";

const device = matchMedia("(prefers-color-scheme: dark)");

/** "light", "dark" or "system". */
export function chosenTheme() {
  const wanted = read("theme");
  return wanted === "light" || wanted === "dark" ? wanted : "system";
}

export function setTheme(choice) {
  write("theme", choice === "system" ? null : choice);
  show();
}

function show() {
  const choice = chosenTheme();
  const theme = choice === "system" ? (device.matches ? "dark" : "light") : choice;
  document.documentElement.dataset.theme = theme;
  for (const button of document.querySelectorAll("[data-set-theme]")) {
    button.setAttribute("aria-pressed", String(button.dataset.setTheme === choice));
  }
}

device.addEventListener("change", show);
addEventListener("storage", (event) => {
  if (event.key === "theme") show();
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-set-theme]");
  if (button) setTheme(button.dataset.setTheme);
});
show();
