/* What goes with the words: changes that a macro brought and the time they are meant for, as chips to take away. */
import { element, icon } from "/static/core/icons.js";
import { moment } from "/static/core/time.js";
import { visible } from "./words.js";

/** `remove(chip)`; without a chip the time is meant. */
export function makeWith(place, remove) {
  function chip(picture, word, label, run) {
    const drop = element("button", "with-drop", icon("x"));
    drop.type = "button";
    drop.setAttribute("aria-label", label);
    drop.addEventListener("click", run);
    return element("li", "with-chip", icon(picture), element("span", "clip", word), drop);
  }

  return {
    draw(words) {
      const chips = words.with.map((one) => chip(one.name.endsWith("_tags") ? "tag" : "arrow-right", visible(one.word), `Without ${visible(one.word)}`, () => remove(one)));
      if (words.at) chips.unshift(chip("calendar-clock", moment(Date.parse(words.at)), "Send at once instead", () => remove(null)));
      place.hidden = chips.length === 0;
      place.replaceChildren(...(chips.length ? [element("li", "with-head muted small", words.macro ? `With it, by “${visible(words.macro)}”` : "With it"), ...chips] : []));
    },
  };
}
