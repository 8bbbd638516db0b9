/* My day: the visit that comes next, large, and the others of the route in order. */
import { button, h, icon, link } from "./draw.js";
import { state, visit } from "./state.js";
import { soon } from "./queue.js";
import { arrival, legs } from "./route.js";
import { clock, day_name, day_of, minutes, span, STATES } from "./words.js";

const OVER = new Set(["done", "no_access", "cancelled"]);

export function draw_day(rest, { thumb }) {
  if (!state.day) return nothing_yet();
  const today = day_of(Date.now() + state.day.ahead);
  const shown = state.day.days.filter((one) => one.day >= today || one.visits.some((id) => !OVER.has(visit(id)?.state)));
  const [first, ...later] = shown.length ? shown : state.day.days.slice(-1);
  const visits = (first?.visits ?? []).map(visit).filter(Boolean);
  const next = visits.find((one) => one.state === "travelling" || one.state === "on_site") ?? visits.find((one) => one.state === "booked");
  if (next) thumb(link(next.state === "booked" ? "Open the next visit" : "Open this visit", `#/visit/${next.id}`, { look: "button-thumb", sign: "chevron-right" }));
  return [
    h("h1", null, first ? title(first.day, today) : "My day"),
    state.net === "live" ? null : h("p", { class: "quiet" }, `As of ${clock(state.day.fetched_at)}.`),
    next ? large(next) : h("p", { class: "card calm" }, visits.length ? "All visits of this day are done." : "No visits are planned for you."),
    visits.length > (next ? 1 : 0) && h("h2", { class: "between" }, next ? "The whole route" : "Done"),
    route(visits, next),
    ...later.map((one) => other_day(one, today)),
  ];
}

function title(day, today) {
  return day === today ? `Today, ${day_name(day)}` : day_name(day);
}

function nothing_yet() {
  if (state.net === "signed_out") return [h("h1", null, "Sign in"), h("p", null, "Sign in to fetch your visits."), link("Sign in", "/sign-in?next=/tech", { look: "button-main", sign: "log-in" })];
  if (state.net === "refused") return [h("h1", null, "Not a technician"), h("p", null, "Visits are shown to technicians. Ask an administrator, or sign in as somebody else."), link("To the start", "/", { look: "button-main" })];
  if (state.net === "away") return [h("h1", null, "No net"), h("p", null, "Your visits have not been fetched on this phone yet. Find a place with a net once, then it works without."), button("Try again", () => soon(), { look: "button-main", sign: "refresh-cw" })];
  return [h("h1", null, "My day"), h("p", { class: "quiet" }, "Fetching your visits.")];
}

function large(one) {
  const there = arrival(one);
  return h(
    "a",
    { class: "card next", href: `#/visit/${one.id}`, "data-key": "next" },
    h("p", { class: "next-when" }, when(one)),
    h("p", { class: "next-who" }, one.place.name || one.customer.name),
    h("p", { class: "next-where" }, icon("map-pin"), h("span", null, one.place.address)),
    h("p", { class: "next-what" }, one.type.name),
    there && h("p", { class: "quiet" }, there),
    h("p", { class: `pill pill-${one.state}` }, STATES[one.state]),
  );
}

export function when(one) {
  if (one.window) return span(one.window.starts_at, one.window.ends_at);
  return one.planned_at ? clock(one.planned_at) : "No time";
}

function route(visits, next) {
  const between = legs(visits);
  return h("ol", { class: "route" }, visits.map((one, at) => stop(one, between[at], one === next)));
}

function stop(one, leg, is_next) {
  return h(
    "li",
    null,
    leg && h("p", { class: "leg" }, icon("truck"), h("span", null, leg)),
    h(
      "a",
      { class: `stop${OVER.has(one.state) ? " stop-over" : ""}`, href: `#/visit/${one.id}`, "data-key": one.id, "aria-current": is_next ? "step" : null },
      h("span", { class: "stop-when" }, one.planned_at ? clock(one.planned_at) : "–"),
      h("span", { class: "stop-what" }, h("b", null, one.place.name || one.customer.name), h("span", null, one.type.name), h("span", { class: "quiet" }, one.window ? `promised ${when(one)}` : one.place.address)),
      one.state !== "booked" && h("span", { class: `pill pill-${one.state}` }, STATES[one.state]),
    ),
  );
}

function other_day(one, today) {
  const visits = one.visits.map(visit).filter(Boolean);
  const hours = visits.reduce((sum, each) => sum + (each.duration_s ?? 0), 0);
  return h(
    "details",
    { class: "card later" },
    h("summary", null, title(one.day, today), h("span", { class: "quiet" }, visits.length ? `${visits.length} × visit, ${minutes(hours)} of work` : "nothing planned")),
    route(visits, null),
  );
}
