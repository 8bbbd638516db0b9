/* A few emoji that support work needs; the arrow keys walk, Enter takes one. The device's own picker has
   the rest. */
import { element } from "/static/core/icons.js";

const COLUMNS = 8;
const EMOJI = [
  ["🙂", "slight smile"], ["😊", "smile"], ["😀", "grin"], ["😉", "wink"], ["😅", "phew"], ["🤔", "thinking"], ["😕", "confused"], ["😟", "worried"],
  ["🙏", "thank you"], ["👍", "thumbs up"], ["👋", "wave"], ["👏", "applause"], ["🤝", "handshake"], ["💪", "strong"], ["👌", "all good"], ["🤞", "fingers crossed"],
  ["✅", "done"], ["❌", "no"], ["⚠️", "careful"], ["❓", "question"], ["💡", "idea"], ["🔧", "wrench"], ["🔒", "locked"], ["🔑", "key"],
  ["📎", "paper clip"], ["📷", "photo"], ["📞", "phone"], ["📧", "e-mail"], ["📅", "calendar"], ["⏳", "please wait"], ["🚚", "on its way"], ["🏠", "home"],
  ["❤️", "heart"], ["🎉", "celebrate"], ["☀️", "sun"], ["🌧️", "rain"], ["🔥", "fire"], ["❄️", "cold"], ["☕", "coffee"], ["⭐", "star"],
]; // prettier-ignore

export function makeEmoji(form, box, insert) {
  const opener = form.querySelector("[data-emoji]");
  const grid = form.querySelector("[data-emoji-list]");

  function fill() {
    if (grid.childElementCount) return;
    for (let at = 0; at < EMOJI.length; at += COLUMNS) {
      const row = element("div", "emoji-row");
      row.setAttribute("role", "row");
      for (const [sign, name] of EMOJI.slice(at, at + COLUMNS)) {
        const button = element("button", "emoji-one", sign);
        button.type = "button";
        button.title = name;
        button.tabIndex = -1;
        button.setAttribute("aria-label", name);
        const cell = element("div", "", button);
        cell.setAttribute("role", "gridcell");
        row.append(cell);
      }
      grid.append(row);
    }
  }

  function show(open) {
    fill();
    grid.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    if (open) grid.querySelector("button").focus();
  }

  opener.addEventListener("click", () => show(grid.hidden));
  grid.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    show(false);
    insert(button.textContent);
  });
  grid.addEventListener("keydown", (event) => {
    const buttons = [...grid.querySelectorAll("button")];
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
    if (step) {
      event.preventDefault();
      const next = buttons.indexOf(document.activeElement) + step;
      buttons[(next + buttons.length) % buttons.length].focus();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      show(false);
      box.focus();
    }
  });
  grid.addEventListener("focusout", (event) => {
    if (!grid.contains(event.relatedTarget) && event.relatedTarget !== opener) show(false);
  });
}
