/* Pieces of which the softphone's cards are made: a button, a head, who is who in a call. */
import { element, icon } from "/static/core/icons.js";
import { visible } from "./words.js";

export const me = document.documentElement.dataset.reader;
export const mine = (call) => call?.legs.find((leg) => leg.user_id === me) ?? null;
export const caller = (call) => call?.legs.find((leg) => leg.party === "caller") ?? null;
/** A call that we place and that nobody has answered yet. */
export const isRinging = (call) => ["page", "ordered", "ringing"].includes(call?.dialled?.state);

export function button(key, label, picture, run, { kind = "", keys = "", pressed = null, plain = false } = {}) {
  const made = element("button", `btn btn-small ${kind}`.trim(), icon(picture), plain ? "" : element("span", "phone-word", label));
  made.type = "button";
  made.dataset.key = key;
  made.title = keys ? `${label} (${keys})` : label;
  if (plain) {
    made.classList.add("btn-icon");
    made.setAttribute("aria-label", label);
  }
  if (pressed !== null) made.setAttribute("aria-pressed", String(pressed));
  made.addEventListener("click", run);
  return made;
}

export function head(call, told, tone, since) {
  const name = element("a", "phone-name clip", visible(call.customer || "Unknown visitor"));
  name.href = `/desk/conversations/${call.conversation_id}`;
  const clock = element("span", "number phone-time");
  if (since) clock.dataset.since = since;
  const mark = element("span", "channel-mark channel-call", icon("phone-call"));
  return element("div", "phone-head", mark, element("div", "grow", name, element("span", `pill pill-${tone}`, element("span", "clip", told))), clock);
}
