/* A note for the desk: it stands in the customer's one timeline, and the customer does not read it. */
import { button, h, link, say } from "./draw.js";
import { add } from "./queue.js";
import { visit } from "./state.js";
import { remove, put, get } from "./store.js";
import { complain } from "./trouble_words.js";

export function draw_note([id], { thumb }) {
  const one = visit(id);
  if (!one) return [h("h1", null, "Not on this phone"), link("To my day", "#/", { look: "button-main" })];
  const place = `note:${id}`;
  const field = h("textarea", { class: "field", id: "note", rows: 6, maxlength: "2000" });
  get("drafts", place).then((text) => (field.value ||= text ?? ""));
  field.addEventListener("input", () => put("drafts", field.value, place).catch(() => {}));
  thumb(button("Keep the note", () => keep(one, field, place), { look: "button-thumb", sign: "check" }));
  return [h("h1", null, "Note for the desk"), h("div", { class: "asked" }, h("label", { for: "note" }, "Colleagues read this, the customer does not"), field)];
}

async function keep(one, field, place) {
  const text = field.value.trim();
  if (!text) return field.focus();
  try {
    await add(one, "note", { text });
    await remove("drafts", place);
    say("Kept.");
    location.hash = `#/visit/${one.id}`;
  } catch (error) {
    complain(error);
  }
}
