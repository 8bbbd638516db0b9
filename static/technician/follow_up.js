/* Somebody has to come back: with a net the windows that are free, at the customer's table; without one a wish that the
   desk books. A part that is still to come holds the visit back until it is there. */
import { button, h, link, say } from "./draw.js";
import { add } from "./queue.js";
import { state, visit } from "./state.js";
import { complain } from "./trouble_words.js";
import { windows } from "./windows.js";

export function draw_next([id], { thumb }) {
  const one = visit(id);
  if (!one) return [h("h1", null, "Not on this phone"), link("To my day", "#/", { look: "button-main" })];
  const fields = {
    type: h("select", { class: "field", id: "next-type" }, state.day.types.map((each) => h("option", { value: each.id, selected: each.id === one.type.id }, each.name))),
    text: h("textarea", { class: "field", id: "next-text", rows: 3, maxlength: "500" }),
    part: h("select", { class: "field", id: "next-part" }, h("option", { value: "" }, "No part"), state.day.parts.map((each) => h("option", { value: each.id }, `${each.name} (${each.sku})`))),
    quantity: h("input", { class: "field", id: "next-quantity", type: "text", inputmode: "numeric", maxlength: "3", value: "1" }),
    expected: h("input", { class: "field", id: "next-expected", type: "date" }),
  };
  const offers = h("div", { class: "offers", "aria-live": "polite" });
  thumb(button("Let the desk book it", () => wish(one, fields), { look: "button-thumb", sign: "send" }));
  return [
    h("h1", null, "Follow-up"),
    one.follow_up && h("p", { class: "card calm" }, "A follow-up is asked for already."),
    asked("next-type", "What kind of visit", fields.type),
    asked("next-text", "What is to be done", fields.text),
    asked("next-part", "Part that is still to come", fields.part),
    asked("next-quantity", "How many", fields.quantity),
    asked("next-expected", "Expected on", fields.expected),
    button("Find a time with the customer", (event) => together(one, fields, offers, event.currentTarget), { sign: "calendar-days" }),
    offers,
  ];
}

function asked(id, words, field) {
  return h("div", { class: "asked" }, h("label", { for: id }, words), field);
}

function read(fields) {
  const quantity = Number.parseInt(fields.quantity.value, 10);
  return {
    type_id: fields.type.value,
    text: fields.text.value.trim(),
    part_id: fields.part.value || null,
    quantity: quantity > 0 ? Math.min(quantity, 999) : 1,
    expected_on: (fields.part.value && fields.expected.value) || null,
  };
}

/** Keeps the wish; null where something is missing or nothing more can be kept. */
async function kept(one, fields) {
  const body = read(fields);
  if (!body.text) {
    fields.text.focus();
    say("Say in a few words what is to be done.");
    return null;
  }
  try {
    return await add(one, "follow_up", body);
  } catch (error) {
    complain(error);
    return null;
  }
}

async function wish(one, fields) {
  if (await kept(one, fields)) {
    say("Kept. The desk books it.");
    location.hash = "#/";
  }
}

/** From here on the wish stands, and only its time is chosen. */
async function together(one, fields, offers, chosen) {
  const command = await kept(one, fields);
  if (!command) return;
  for (const field of Object.values(fields)) field.disabled = true;
  chosen.remove();
  document.querySelector("[data-thumb]").replaceChildren(link("To my day", "#/", { look: "button-thumb", sign: "check" }));
  await windows(command, offers);
}
