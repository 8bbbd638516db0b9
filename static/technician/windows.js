/* Windows that are free for a follow-up, asked of the same engine as everywhere. The wish itself is kept and sent first,
   so that nothing is lost where there is no net, or no window that fits. */
import { button, h, link, say } from "./draw.js";
import { ask, Away, SignedOut } from "./net.js";
import { receipt_of, send, soon } from "./queue.js";
import { day_name, day_of, span } from "./words.js";

const NO_NET = "Times need a net. What is to be done is kept; the desk books it, or try again later.";

/** `wish` is the command of the follow-up. */
export async function windows(wish, place) {
  place.replaceChildren(h("p", { class: "quiet" }, "Looking for times."));
  if (!receipt_of(wish.id)) await send();
  const id = receipt_of(wish.id)?.follow_up_id;
  if (!id) return warn(place, NO_NET, wish);
  const answer = await asked(`/tech/follow-ups/${id}/windows`);
  if (typeof answer === "string") return warn(place, answer, wish);
  if (!answer.items.length) return warn(place, `${answer.refusal || "No time is free."} The desk has the wish and books it.`, wish);
  place.replaceChildren(
    h("h2", null, "Times that are free"),
    ...answer.items.map((each) => button(`${day_name(day_of(each.starts_at))}, ${span(each.starts_at, each.ends_at)}`, () => take(wish, id, each, place), { sign: "calendar" })),
  );
}

function warn(place, words, wish) {
  place.replaceChildren(h("p", { class: "card warn" }, words), button("Look again", () => windows(wish, place), { sign: "refresh-cw" }));
}

async function take(wish, id, offer, place) {
  const answer = await asked(`/tech/follow-ups/${id}/book`, { slot_id: offer.slot_id });
  if (typeof answer === "string") {
    say(answer);
    return windows(wish, place);
  }
  place.replaceChildren(h("p", { class: "card calm" }, `Booked: V-${answer.number}, ${day_name(day_of(answer.starts_at))}, ${span(answer.starts_at, answer.ends_at)}.`));
  say("Booked. The customer gets a confirmation.");
  soon();
}

async function asked(path, json) {
  try {
    const { status, told } = await ask(path, { method: "POST", json: json ?? {} });
    return status < 300 ? told : told.detail;
  } catch (error) {
    if (error instanceof SignedOut) return "Sign in first; what you entered is kept.";
    return error instanceof Away ? NO_NET : "That did not work. Try again.";
  }
}
