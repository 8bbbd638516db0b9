/* One visit: what one needs at the door, in the order in which one needs it, and one next step at the thumb. */
import { button, h, icon, link, row, say, section } from "./draw.js";
import { missing, next_step } from "./overlay.js";
import { add } from "./queue.js";
import { state, part, visit } from "./state.js";
import { arrival, map_of, way_to } from "./route.js";
import { when } from "./day.js";
import { clock, count, minutes, short_day, STATES, STEPS } from "./words.js";
import { call_customer } from "./calling.js";
import { complain } from "./trouble_words.js";

const SIGNS = { depart: "truck", arrive: "map-pin", finish: "check" };

export function draw_visit([id], { thumb }) {
  const one = visit(id);
  if (!one) return gone();
  thumb(...next_of(one));
  return [
    h("h1", null, one.type.name),
    h("p", { class: "when" }, h("b", null, when(one)), h("span", { class: `pill pill-${one.state}` }, STATES[one.state]), h("span", { class: "quiet" }, `V-${one.number}`)),
    arrival(one) && h("p", { class: "quiet" }, arrival(one)),
    ...troubles(one),
    address(one),
    who(one),
    one.note && h("section", { class: "card note" }, h("h2", null, "From the desk"), h("p", { class: "kept" }, one.note)),
    one.crew.length > 0 && row("users", `Together with ${one.crew.join(", ")}`),
    to_do(one),
    one.asset && thing(one),
    story(one),
    bring(one),
    articles(one),
    history(one),
    more(one),
  ];
}

function gone() {
  return [h("h1", null, "Not on this phone"), h("p", null, "This visit is not in your days any more. What you did there is kept; look under what is not sent."), link("To my day", "#/", { look: "button-main" })];
}

function next_of(one) {
  const kind = next_step(one);
  if (!kind) return [one.state === "done" && !one.work.signature && link("Signature", `#/sign/${one.id}`, { look: "button-thumb", sign: "signature" })];
  if (kind === "finish") {
    return [
      link("Nobody opened", `#/end/${one.id}/no_access`, { look: "button-side", sign: "user-x" }),
      link("Done", `#/end/${one.id}/done`, { look: "button-thumb", sign: "check" }),
    ];
  }
  const next = button(STEPS[kind], () => step(one, kind), { look: "button-thumb", sign: SIGNS[kind], "data-key": "step" });
  if (one.state !== "travelling") return [next];
  return [button(STEPS.turn_back, () => step(one, "turn_back"), { look: "button-side", sign: "undo-2" }), next];
}

async function step(one, kind) {
  try {
    await add(one, kind, {});
    say(told(kind));
  } catch (error) {
    complain(error);
  }
}

function told(kind) {
  if (kind === "arrive") return "Arrived.";
  if (kind === "turn_back") return "Not on the way any more.";
  return navigator.onLine ? "On the way. The customer is told." : "On the way. The customer is told as soon as there is a net.";
}

function troubles(one) {
  return state.troubles
    .filter((each) => each.visit_id === one.id)
    .map((each) => h("a", { class: "card bad", href: "#/unsent" }, h("b", null, `${STEPS[each.kind] ?? each.kind}: not taken as said`), h("p", null, each.receipt.message)));
}

function address({ place }) {
  return section(
    "Where",
    h("p", { class: "kept" }, place.name && h("b", null, place.name, h("br")), place.address),
    place.access && h("p", { class: "kept access" }, icon("key-round"), h("span", null, place.access)),
    h("div", { class: "pair" }, link("Navigate", way_to(place), { look: "button-main", sign: "navigation" }), link("Map", map_of(place), { sign: "map", target: "_blank", rel: "noopener noreferrer" })),
  );
}

function who(one) {
  const { customer } = one;
  return section(
    "Who",
    h("p", null, customer.name),
    customer.can_call && button("Call the customer", () => call_customer(one), { sign: "phone-call" }),
    !customer.can_call && customer.phone && link(`Call ${customer.phone}`, `tel:${customer.phone.replace(/[^+\d]/g, "")}`, { sign: "phone-call" }),
    customer.can_call && h("p", { class: "quiet" }, "Our number rings your phone first, then the customer. Neither of you sees the other's number."),
    !customer.can_call && !customer.phone && h("p", { class: "quiet" }, "No number to call. The desk can call the customer for you."),
  );
}

function to_do(one) {
  const left = missing(one).length;
  const { work } = one;
  const parts = work.parts_used.map((used) => `${used.quantity} × ${part(used.part_id)?.name ?? "part"}`).join(", ");
  return section(
    "The work",
    h("ul", { class: "done-list" },
      line(left ? "circle" : "circle-check", left ? `${count(left, "line", "lines")} of the checklist left` : "Checklist complete"),
      line(one.files.length ? "circle-check" : "circle", one.files.length ? count(one.files.length, "picture", "pictures") : "No pictures"),
      line(parts ? "circle-check" : "circle", parts || "No parts used"),
      line(work.spent_s ? "circle-check" : "circle", work.spent_s ? `${minutes(work.spent_s)} of work` : "Time not entered"),
      line(work.signature ? "circle-check" : "circle", work.signature ? `Signed by ${work.signature.name}, ${clock(work.signature.at)}` : one.type.needs_signature ? "Signature is asked for" : "No signature"),
    ),
    h("div", { class: "pair" },
      link("Checklist, pictures, parts", `#/work/${one.id}`, { look: "button-main", sign: "clipboard-check" }),
      link("Signature", `#/sign/${one.id}`, { sign: "signature" }),
    ),
  );
}

function line(sign, text) {
  return h("li", { class: sign === "circle-check" ? "is-done" : "" }, icon(sign), h("span", null, text));
}

function thing({ asset }) {
  return section(
    "The device",
    h("p", null, h("b", null, asset.name)),
    h("dl", { class: "facts" },
      asset.serial && fact("Serial", asset.serial),
      fact("Warranty", asset.warranty),
      asset.installed_on && fact("In use since", short_day(asset.installed_on)),
    ),
    asset.history.length > 0 && h("details", null, h("summary", null, "What became of it"), h("ul", { class: "plain" }, asset.history.map((each) => h("li", null, h("span", { class: "quiet" }, short_day(each.at)), ` ${each.text}`)))),
  );
}

function fact(name, value) {
  return [h("dt", null, name), h("dd", null, value)];
}

function story({ ticket }) {
  if (!ticket) return null;
  return section(
    "What it is about",
    h("p", null, h("b", null, ticket.subject), h("span", { class: "quiet" }, ` ${ticket.name}`)),
    ticket.story.map((each) => h("div", { class: "said" }, h("p", { class: "quiet" }, `${each.who}, ${short_day(each.at)}`), h("p", { class: "kept" }, each.text))),
  );
}

function bring(one) {
  const wanted = Object.entries(one.parts);
  if (!wanted.length) return null;
  return section("Parts that are expected", h("ul", { class: "plain" }, wanted.map(([id, quantity]) => {
    const have = part(id)?.quantity ?? 0;
    return h("li", null, `${quantity} × ${part(id)?.name ?? "part"}`, h("span", { class: have < quantity ? "pill pill-warn" : "quiet" }, have < quantity ? `only ${Math.max(0, have)} in the van` : ` ${have} in the van`));
  })));
}

function articles(one) {
  const found = (state.articles.of[one.id] ?? []).map((id) => state.articles.articles[id]).filter(Boolean);
  if (!found.length) return null;
  return section("Articles at hand", h("ul", { class: "plain links" }, found.map((each) => h("li", null, h("a", { href: `#/article/${each.id}/${one.id}` }, icon("book-open"), h("span", null, each.title))))));
}

function history(one) {
  if (!one.before.length) return null;
  return section("Here before", h("ul", { class: "plain" }, one.before.map((each) => h("li", null, h("span", { class: "quiet" }, short_day(each.at)), ` ${each.type}`, each.note && h("p", { class: "kept quiet" }, each.note)))));
}

function more(one) {
  const notes = one.notes ?? [];
  return section(
    "More",
    notes.map((each) => h("p", { class: "said kept" }, each.text)),
    h("div", { class: "pair" }, link("Note for the desk", `#/note/${one.id}`, { sign: "sticky-note" }), link("Book a follow-up", `#/next/${one.id}`, { sign: "calendar-clock" })),
    one.follow_up && h("p", { class: "quiet" }, "A follow-up is asked for."),
    one.report && h("p", null, h("a", { href: one.report.url }, icon("file-text"), h("span", null, `Report, version ${one.report.version}`))),
  );
}
