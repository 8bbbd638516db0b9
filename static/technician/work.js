/* The work itself: checklist, pictures, parts from the van, time, what was done. Every answer is kept at once. */
import { button, h, link, section } from "./draw.js";
import { add } from "./queue.js";
import { state, visit } from "./state.js";
import { pictures } from "./pictures.js";
import { complain } from "./trouble_words.js";
import { minutes } from "./words.js";

export function draw_work([id], { thumb, again }) {
  const one = visit(id);
  if (!one) return [h("h1", null, "Not on this phone"), link("To my day", "#/", { look: "button-main" })];
  thumb(link("Back to the visit", `#/visit/${id}`, { look: "button-thumb", sign: "check" }));
  const lines = one.type.checklist.filter((line) => line.kind !== "photo");
  const shots = one.type.checklist.filter((line) => line.kind === "photo");
  return [
    h("h1", null, "The work"),
    h("p", { class: "quiet" }, `${one.type.name} · ${one.place.name || one.customer.name}`),
    lines.length > 0 && section("Checklist", lines.map((line) => answer(one, line))),
    section("Pictures", ...shots.map((line) => pictures(one, line, again)), pictures(one, null, again)),
    section("Parts used", ...parts(one)),
    section("Time", time(one)),
    section("What was done", remark(one)),
  ];
}

function keep(one, kind, body) {
  return add(one, kind, body).catch(complain);
}

function answer(one, line) {
  const id = `line-${line.key}`;
  const value = one.work.checklist[line.key];
  const told = (given) => keep(one, "checklist", { answers: { [line.key]: given } });
  const mark = line.needed ? h("span", { class: "quiet" }, " (needed)") : null;
  if (line.kind === "check") {
    return h("label", { class: "tick" }, h("input", { type: "checkbox", id, checked: value === true, onchange: (event) => told(event.target.checked) }), h("span", null, line.text, mark));
  }
  const field = h("input", { id, class: "field", type: "text", maxlength: "300", inputmode: line.kind === "number" ? "decimal" : null, value: value ?? "", onchange: (event) => told(event.target.value.trim()) });
  return h("div", { class: "asked" }, h("label", { for: id }, line.text, mark), field);
}

function parts(one) {
  const used = new Map(one.work.parts_used.map((each) => [each.part_id, each.quantity]));
  const near = state.day.parts.filter((each) => used.has(each.id) || each.quantity > 0 || one.parts[each.id]);
  near.sort((a, b) => Boolean(one.parts[b.id]) - Boolean(one.parts[a.id]));
  const others = state.day.parts.filter((each) => !near.includes(each));
  const list = h("div", { class: "parts" }, near.map((each) => counter(one, each, used)));
  return [near.length ? list : h("p", { class: "quiet" }, "Nothing is booked into your van."), others.length > 0 && another(one, others, used, list)];
}

function counter(one, each, used) {
  const shown = h("output", { "aria-live": "polite" }, String(used.get(each.id) ?? 0));
  const move = (by) => () => {
    const now = Math.max(0, (used.get(each.id) ?? 0) + by);
    used.set(each.id, now);
    shown.textContent = String(now);
    keep(one, "parts", { used: { [each.id]: now } });
  };
  return h(
    "div",
    { class: "counter" },
    h("span", null, each.name, h("span", { class: "quiet" }, `${each.sku}, ${each.quantity} in the van`)),
    h("span", { class: "counting" }, button("Less", move(-1), { look: "button-round", sign: "minus", "aria-label": `One less: ${each.name}` }), shown, button("More", move(1), { look: "button-round", sign: "plus", "aria-label": `One more: ${each.name}` })),
  );
}

function another(one, others, used, list) {
  const choice = h("select", { class: "field", id: "another" }, h("option", { value: "" }, "Choose a part"), others.map((each) => h("option", { value: each.id }, `${each.name} (${each.sku})`)));
  choice.addEventListener("change", () => {
    const found = others.find((each) => each.id === choice.value);
    if (!found) return;
    list.append(counter(one, found, used));
    choice.querySelector(`[value="${CSS.escape(found.id)}"]`).remove();
    choice.value = "";
  });
  return h("div", { class: "asked" }, h("label", { for: "another" }, "Another part"), choice);
}

function time(one) {
  const since = one.arrived_at ? Math.max(1, Math.round((Date.now() + state.day.ahead - Date.parse(one.arrived_at)) / 60000)) : null;
  const told = (text) => {
    const whole = Number.parseInt(text, 10);
    if (whole >= 0 && whole < 6000) keep(one, "time", { minutes: whole });
  };
  const field = h("input", { class: "field", id: "minutes", type: "text", inputmode: "numeric", maxlength: "4", value: one.work.spent_s === null ? "" : String(Math.round(one.work.spent_s / 60)), onchange: (event) => told(event.target.value) });
  const fill = () => {
    field.value = String(since);
    told(field.value);
  };
  return h("div", { class: "asked" }, h("label", { for: "minutes" }, "Minutes of work"), field, since !== null && one.state === "on_site" && button(`Since arriving: ${minutes(since * 60)}`, fill, { sign: "timer" }));
}

function remark(one) {
  const field = h("textarea", { class: "field", id: "remark", rows: 4, maxlength: "2000", onchange: (event) => keep(one, "remark", { text: event.target.value.trim() }) }, one.work.note);
  return h("div", { class: "asked" }, h("label", { for: "remark" }, "In a few words, as the customer reads it in the report"), field);
}
