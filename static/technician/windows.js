/* Windows that are free for a follow-up, asked of the same engine as everywhere. Needs a net. */
import { button, h, link, say } from "./draw.js";
import { ask, Away, SignedOut } from "./net.js";
import { soon } from "./queue.js";
import { day_name, day_of, span } from "./words.js";

export async function windows(one, wanted, place) {
  place.replaceChildren(h("p", { class: "quiet" }, "Looking for times."));
  const answer = await asked(`/tech/visits/${one.id}/windows`, wanted);
  if (typeof answer === "string") return place.replaceChildren(h("p", { class: "card warn" }, answer));
  if (!answer.items.length) return place.replaceChildren(h("p", { class: "card warn" }, answer.refusal || "No time is free. Let the desk book it."));
  place.replaceChildren(
    h("h2", null, "Times that are free"),
    ...answer.items.map((each) => button(`${day_name(day_of(each.starts_at))}, ${span(each.starts_at, each.ends_at)}`, () => take(one, each, wanted, place), { sign: "calendar" })),
  );
}

async function take(one, offer, wanted, place) {
  const answer = await asked(`/tech/visits/${one.id}/book`, { slot_id: offer.slot_id, text: wanted.text });
  if (typeof answer === "string") {
    say(answer);
    return windows(one, wanted, place);
  }
  place.replaceChildren(h("p", { class: "card calm" }, `Booked: V-${answer.number}, ${day_name(day_of(offer.starts_at))}, ${span(offer.starts_at, offer.ends_at)}.`), link("To my day", "#/", { look: "button-main" }));
  say("Booked. The customer gets a confirmation.");
  soon();
}

async function asked(path, json) {
  try {
    const { status, told } = await ask(path, { method: "POST", json });
    return status < 300 ? told : told.detail;
  } catch (error) {
    if (error instanceof SignedOut) return "Sign in first; what you entered stays here.";
    return error instanceof Away ? "Times need a net. Without one, let the desk book it." : "That did not work. Try again.";
  }
}
