/* Choosing an instant: a few that people name, and any other by the clock on their wall. The server says which
   there are, in the reader's zone. */
import { element } from "/static/core/icons.js";
import { moment } from "/static/core/time.js";

/** Fills `place` with choices [{word, at}]; answers {value(): what was chosen, focus(), other(text)}. */
export function makeMoments(place, items, zone) {
  const own = element("input", "form-control");
  own.type = "datetime-local";
  own.setAttribute("aria-label", `Day and time, by the clock in ${zone}`);
  const lines = items.map(({ word, at }, number) => {
    const radio = choice(at, number === 0);
    return element("label", "moment", radio, element("span", "grow", word), element("span", "muted number", moment(Date.parse(at))));
  });
  const other = choice("", items.length === 0);
  lines.push(element("label", "moment", other, element("span", "grow", "At"), own, element("span", "faint small moment-zone", zone)));
  own.addEventListener("input", () => (other.checked = true));
  own.addEventListener("focus", () => (other.checked = true));
  place.replaceChildren(...lines);

  function choice(value, checked) {
    const radio = element("input", "form-check-input");
    Object.assign(radio, { type: "radio", name: "moment", value, checked });
    return radio;
  }

  return {
    value: () => place.querySelector("input:checked")?.value || own.value,
    focus: () => place.querySelector("input:checked")?.focus(),
    other(text) {
      own.value = text;
      other.checked = true;
    },
  };
}
