/* The end of a visit: what came of it, in one question. */
import { button, h, link, say } from "./draw.js";
import { missing } from "./overlay.js";
import { add } from "./queue.js";
import { visit } from "./state.js";
import { complain } from "./trouble_words.js";

export function draw_end([id, how], { thumb }) {
  const one = visit(id);
  if (!one) return [h("h1", null, "Not on this phone"), link("To my day", "#/", { look: "button-main" })];
  return how === "no_access" ? nobody(one, thumb) : finished(one, thumb);
}

function nobody(one, thumb) {
  const field = h("textarea", { class: "field", id: "why", rows: 3, maxlength: "300" });
  thumb(button("Nobody opened", () => end(one, "no_access", { note: field.value.trim() }), { look: "button-thumb", sign: "user-x" }));
  return [
    h("h1", null, "Nobody opened"),
    h("p", null, "The desk is told, and the visit has to be booked anew. A picture of the door helps."),
    h("p", null, link("Take a picture first", `#/work/${one.id}`, { sign: "camera" })),
    h("div", { class: "asked" }, h("label", { for: "why" }, "What you tried"), field),
  ];
}

function finished(one, thumb) {
  const left = missing(one);
  const choice = (value, text, hint) => h("label", { class: "choice" }, h("input", { type: "radio", name: "outcome", value, checked: value === "solved" }), h("span", null, h("b", null, text), h("span", { class: "quiet" }, hint)));
  const form = h("fieldset", null, h("legend", null, "What came of it?"), choice("solved", "It is solved", "Nothing more to do here"), choice("follow_up", "Somebody has to come back", "A part is missing, or more time is needed"));
  const mail = h("label", { class: "tick" }, h("input", { type: "checkbox", checked: true }), h("span", null, "Mail the report to the customer"));
  thumb(button("Done", () => end(one, "finish", { outcome: form.querySelector(":checked").value, mail: mail.querySelector("input").checked }), { look: "button-thumb", sign: "check" }));
  return [
    h("h1", null, "Done here"),
    left.length > 0 && h("section", { class: "card bad" }, h("h2", null, "Still open"), h("ul", { class: "plain" }, left.map((line) => h("li", null, line.text))), link("To the checklist", `#/work/${one.id}`, { sign: "clipboard-check" })),
    one.type.needs_signature && !one.work.signature && h("section", { class: "card warn" }, h("p", null, "Nobody has signed yet."), link("Signature", `#/sign/${one.id}`, { sign: "signature" })),
    form,
    mail,
  ];
}

async function end(one, kind, body) {
  try {
    await add(one, kind, body);
    say(kind === "finish" ? "Done." : "Noted that nobody opened.");
    location.hash = kind === "finish" && body.outcome === "follow_up" ? `#/next/${one.id}` : "#/";
  } catch (error) {
    complain(error);
  }
}
