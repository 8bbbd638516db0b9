/* The desk's three panes: folding the sides, and one pane at a time on a narrow screen. What was folded
   stays so; theme-early.js sets it again before the first paint. */
import { write } from "./storage.js";

const root = document.documentElement;
const NAMES = { work: "paneWork", customer: "paneCustomer" };
const panes = () => document.querySelector(".panes");
const folded = (side) => root.dataset[NAMES[side]] === "closed";

/** side: "work" or "customer"; without `open` it turns round. */
export function togglePane(side, open = folded(side)) {
  if (open) delete root.dataset[NAMES[side]];
  else root.dataset[NAMES[side]] = "closed";
  write(`pane:${side}`, open ? null : "closed");
  tell();
}

/** pane: "work", "conversation" or "customer"; matters below 900 px only. */
export function showPane(pane) {
  if (panes()) panes().dataset.pane = pane;
  tell();
}

function tell() {
  for (const button of document.querySelectorAll("[data-show-pane]")) {
    button.setAttribute("aria-pressed", String(button.dataset.showPane === panes()?.dataset.pane));
  }
  for (const button of document.querySelectorAll("[data-toggle-pane]")) {
    button.setAttribute("aria-expanded", String(!folded(button.dataset.togglePane)));
  }
}

document.addEventListener("click", (event) => {
  const show = event.target.closest("[data-show-pane]");
  if (show) showPane(show.dataset.showPane);
  const toggle = event.target.closest("[data-toggle-pane]");
  if (toggle) togglePane(toggle.dataset.togglePane);
});
tell();
