/* What is kept here and not sent yet, in order, and what the server could not take as it was said. */
import { button, h, icon, link } from "./draw.js";
import { forget_trouble, soon } from "./queue.js";
import { state, unsent_files } from "./state.js";
import { bytes, clock, count, STEPS } from "./words.js";

const WHY = {
  away: "There is no net, or our server does not answer. Everything is kept here and is sent by itself later.",
  signed_out: "Your session has ended. Nothing is lost: sign in, and it is sent.",
  refused: "Whoever is signed in now is no technician. Sign in as yourself, and it is sent.",
  sending: "It is being sent now.",
};

export function draw_unsent(rest, { thumb }) {
  const files = unsent_files();
  const waits = state.queue.length + files.length > 0;
  if (state.net === "signed_out" || state.net === "refused") thumb(link("Sign in", "/sign-in?next=/tech", { look: "button-thumb", sign: "log-in" }));
  else if (waits) thumb(button("Try to send now", () => soon(), { look: "button-thumb", sign: "refresh-cw", "data-key": "send" }));
  return [
    h("h1", null, waits ? "Not sent yet" : state.troubles.length ? "To look at" : "All is sent"),
    state.full && h("p", { class: "card bad" }, "This phone has no space left, so nothing new can be kept. What is listed here is safe. Free some space, or find a net so that it can be sent."),
    h("p", { class: "quiet" }, waits ? (WHY[state.net] ?? "It is sent as soon as there is a net.") : "Everything that you did has arrived."),
    state.others > 0 && h("p", { class: "card warn" }, `${count(state.others, "step", "steps")} of somebody else lie on this phone. They are sent when that person signs in here.`),
    ...state.troubles.map(trouble),
    waits && h("ol", { class: "waits" }, state.queue.map(waiting), files.map(picture)),
  ];
}

function place_of(one) {
  const visit = state.day?.visits[one.visit_id];
  return visit ? visit.place.name || visit.customer.name : "";
}

function waiting(one) {
  return h("li", null, icon("clock"), h("span", null, h("b", null, STEPS[one.kind] ?? one.kind), h("span", { class: "quiet" }, [clock(one.said_at), place_of(one)].filter(Boolean).join(", "))));
}

function picture(file) {
  const told = file.refused ?? `${bytes(file.sent ?? 0)} of ${bytes(file.size)} sent`;
  return h("li", null, icon(file.refused ? "triangle-alert" : "image"), h("span", null, h("b", null, file.name), h("span", { class: "quiet" }, told)));
}

function trouble(one) {
  return h(
    "section",
    { class: "card bad", "data-trouble": one.id },
    h("h2", null, `${STEPS[one.kind] ?? one.kind}, ${clock(one.said_at)}`),
    h("p", { class: "quiet" }, place_of(one)),
    h("p", null, one.receipt.message),
    h("p", null, one.receipt.state === "conflict" ? "What you said is kept, and the dispatcher sees it." : "This could not be taken."),
    one.body.text && h("blockquote", { class: "kept" }, one.body.text),
    button("I have read this", () => forget_trouble(one.id), { sign: "check", "data-key": one.id }),
  );
}
