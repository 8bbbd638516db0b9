/* The bar at the top: where one is, and what is not sent yet. Always there, and never only a colour. */
import { h, icon } from "./draw.js";
import { state, unsent_files } from "./state.js";
import { clock, count } from "./words.js";

/** What the sign says: [look, icon, words]. */
export function standing() {
  const steps = state.queue.length;
  const pictures = unsent_files().length;
  const left = [steps && count(steps, "step", "steps"), pictures && count(pictures, "picture", "pictures")].filter(Boolean).join(", ");
  if (state.full) return ["bad", "triangle-alert", "Phone is full"];
  if (state.troubles.length) return ["bad", "triangle-alert", count(state.troubles.length, "to look at", "to look at")];
  if (state.net === "signed_out") return ["warn", "log-in", left ? `Sign in to send ${left}` : "Sign in"];
  if (state.net === "refused") return ["warn", "log-in", "Not a technician"];
  if (left && state.net === "sending") return ["busy", "upload", `Sending ${left}`];
  if (left) return ["warn", "cloud-off", `${left} not sent`];
  if (state.net === "live") return ["good", "check-check", `All sent ${clock(state.sent_at ?? state.day.fetched_at)}`];
  if (!state.day) return ["busy", "refresh-cw", "Looking"];
  return ["warn", "wifi-off", "No net, all sent"];
}

export function draw_top(place, name) {
  const [look, sign, words] = standing();
  const back = name ? h("a", { class: "back", href: back_of(name), "aria-label": "Back" }, icon("arrow-left")) : h("a", { class: "back", href: "#/me", "aria-label": "Me and this phone" }, icon("user-round"));
  place.replaceChildren(
    back,
    h("span", { class: "top-name", "aria-hidden": "true" }, name ? "" : "My visits"),
    h("a", { class: `sign sign-${look}`, href: "#/unsent", "data-standing": look }, icon(sign), h("span", null, words)),
  );
}

function back_of(name) {
  const [, , id] = location.hash.split("/");
  return ["work", "sign", "end", "note", "next"].includes(name) && id ? `#/visit/${id}` : name === "article" && location.hash.split("/")[3] ? `#/visit/${location.hash.split("/")[3]}` : "#/";
}
