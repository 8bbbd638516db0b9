/* On a narrow screen the composer is one line until somebody writes, so that there is room to read (narrow.css).
   Whether it is open is kept here rather than asked of :focus-within: pressing a label or the empty space
   inside takes the focus away for a moment, and what one presses must not move. */
const composer = () => document.querySelector(".talk [data-composer]");

function look(event) {
  // Who answers a question of the composer's is still writing.
  if (event.target.closest?.("dialog")) return;
  // Nor does the page move by itself as it opens, because its composer has the focus.
  if (event.type === "focusin" && navigator.userActivation?.hasBeenActive === false) return;
  composer()?.toggleAttribute("data-writing", composer().contains(event.target));
}

document.addEventListener("focusin", look);
document.addEventListener("pointerdown", look);
document.addEventListener("input", look);
