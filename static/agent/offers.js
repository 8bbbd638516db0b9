/* Offers: the one thing that may raise its voice. A card slides in, sounds once and counts down; A or Enter
   accepts. Accepting is the server's word: two may press at once and one gets it. */
import { element, icon } from "/static/core/icons.js";
import { refreshTimes, serverNow } from "/static/core/time.js";
import { toast } from "/static/core/toast.js";
import { markTab, notify, sound } from "./alerts.js";
import { go } from "./navigation.js";
import { getHtml, parse } from "./net.js";
import { ask } from "./socket.js";
import { visible } from "./words.js";

const CHANNELS = { chat: ["message-circle", "chat"], call: ["phone", "call"], callback: ["phone-incoming", "callback"], email: ["mail", "e-mail"], sms: ["smartphone", "text message"], form: ["file-text", "message"], ticket: ["ticket", "ticket"] };
const GONE = {
  customer_left: "The customer has left.",
  no_answer: "The offer ran out and goes to others.",
  expired: "The offer ran out and goes to others.",
  in_a_call: "You are in a call: a ticket that was offered goes to others.",
  browser_gone: "The offer went to others while you were away.",
  stepped_away: "The offer went to others, because you are not available.",
};
const place = () => document.querySelector("[data-offers]");
const cards = () => [...document.querySelectorAll("[data-offers] [data-offer]")];
const busy = new Set();
const over = new Set();

export const firstOffer = () => cards()[0]?.dataset.offer ?? null;

/** Shows one that came over the socket; one that is there already stays as it is. */
export function showOffer(offer) {
  if (over.has(offer.offer_id) || document.getElementById(`offer-${offer.offer_id}`)) return;
  if (Date.parse(offer.expires_at) <= serverNow()) return;
  const card = cardOf(offer);
  // What ends first stands first, and has the keys: a call before a ticket that has minutes.
  const later = cards().find((one) => Date.parse(one.querySelector("[data-countdown]").dataset.countdown) > Date.parse(offer.expires_at));
  place().insertBefore(card, later ?? null);
  refreshTimes(card);
  tellBefore(card);
  sound("offer");
  notify(`New ${kindOf(offer.channel)[1]}: ${offer.customer || "Unknown visitor"}`, offer.reason, () => card.querySelector("[data-accept]")?.focus());
  tally();
}

// Why they probably come, told before anybody answers; an offer does without it where it is late.
async function tellBefore(card) {
  try {
    const { status, html } = await getHtml(`/desk/offers/${card.dataset.offer}/before`);
    const told = status === 200 ? parse(html).querySelector("ul") : null;
    if (told && card.isConnected && !card.querySelector(".offer-before")) card.querySelector(".offer-why").before(told);
  } catch {
    // the offer stands by itself
  }
}
for (const card of cards()) tellBefore(card);

const kindOf = (channel) => CHANNELS[channel] ?? ["inbox", channel];

function cardOf(offer) {
  const card = document.querySelector("[data-offer-template]").content.firstElementChild.cloneNode(true);
  const [picture, word] = kindOf(offer.channel);
  const name = visible(offer.customer || "Unknown visitor");
  card.id = `offer-${offer.offer_id}`;
  card.dataset.offer = offer.offer_id;
  card.setAttribute("aria-labelledby", `${card.id}-who`);
  const mark = card.querySelector(".channel-mark");
  mark.className = `channel-mark channel-${offer.channel}`;
  mark.replaceChildren(icon(picture));
  card.querySelector(".offer-kind").textContent = `New ${word}${offer.number ? ` T-${offer.number}` : ""} · ${offer.queue}`;
  const who = card.querySelector(".offer-customer");
  who.id = `${card.id}-who`;
  who.textContent = name;
  const reason = card.querySelector(".offer-reason");
  reason.textContent = visible(offer.reason ?? "");
  reason.hidden = !offer.reason;
  card.querySelector(".offer-why").replaceChildren(element("span", "pill pill-quiet", icon("check"), element("span", "clip", offer.why)));
  const ring = card.querySelector("[data-countdown]");
  ring.dataset.countdown = offer.expires_at;
  ring.dataset.total = Math.round((Date.parse(offer.expires_at) - Date.parse(offer.made_at)) / 1000) || 30;
  card.querySelector("[data-accept]").dataset.accept = offer.offer_id;
  card.querySelector("[data-decline]").dataset.decline = offer.offer_id;
  return card;
}

/** It is over, whoever ended it; says so only where the agent did not. */
export function dropOffer(offerId, reason = "") {
  over.add(offerId);
  const card = document.getElementById(`offer-${offerId}`);
  if (!card) return;
  const had = card.contains(document.activeElement);
  card.remove();
  busy.delete(offerId);
  tally();
  if (had) document.querySelector("[data-lists]")?.focus();
  const told = GONE[reason];
  if (told && !document.getElementById("toasts").textContent.includes(told)) toast(told);
}

/** When the pane is drawn anew: cards that stand stay, so that nothing flashes or starts again. */
export function keepOffers(pane, fresh) {
  const wanted = new Set([...fresh.querySelectorAll("[data-offers] [data-offer]")].map((card) => card.dataset.offer));
  for (const card of cards()) if (!wanted.has(card.dataset.offer)) card.remove();
  for (const card of fresh.querySelectorAll("[data-offers] [data-offer]")) {
    if (over.has(card.dataset.offer) || document.getElementById(card.id)) continue;
    place().append(card);
    tellBefore(card);
    sound("offer");
  }
  tally();
}

export async function accept(offerId) {
  const card = document.getElementById(`offer-${offerId}`);
  if (!card || busy.has(offerId)) return;
  busy.add(offerId);
  card.dataset.state = "accepting";
  // The microphone takes a moment: it opens while the server is asked.
  const spoken = "canCall" in document.body.dataset ? ".channel-call, .channel-callback" : ".channel-call";
  const isCall = Boolean(card.querySelector(spoken));
  if (isCall) document.dispatchEvent(new CustomEvent("call-accepting"));
  try {
    const { conversation_id, ticket_id, channel } = await ask("offer.accept", { offer_id: offerId });
    dropOffer(offerId);
    if (isCall) document.dispatchEvent(new CustomEvent("call-accepted", { detail: conversation_id }));
    await go(ticket_id ? `/desk/tickets/${ticket_id}` : `/desk/conversations/${conversation_id}`);
    if (channel === "call" || channel === "callback") return; // its notes can wait; the keys of a call must be keys
    // A chat wants words at once. A ticket is read first, and its keys must mean keys.
    document.querySelector(ticket_id ? "[data-ticket] [data-scroll]" : "[data-composer] textarea")?.focus();
  } catch (error) {
    busy.delete(offerId);
    delete card.dataset.state;
    if (isCall) document.dispatchEvent(new CustomEvent("call-refused"));
    if (error.code === "offer_gone" || error.code === "offer_not_found" || error.code === "conversation_ended") dropOffer(offerId);
    toast(error.message, { tone: "danger" });
  }
}

export async function decline(offerId) {
  const card = document.getElementById(`offer-${offerId}`);
  if (!card || busy.has(offerId)) return;
  busy.add(offerId);
  card.dataset.state = "declining";
  try {
    await ask("offer.decline", { offer_id: offerId, reason: "declined" });
    dropOffer(offerId);
    toast("Declined. It goes to somebody else.");
  } catch (error) {
    busy.delete(offerId);
    delete card.dataset.state;
    if (error.status) dropOffer(offerId);
    toast(error.message, { tone: "danger" });
  }
}

export function tally() {
  const all = cards();
  markTab({ offers: all.length, name: all[0]?.querySelector(".offer-customer")?.textContent ?? "" });
  // On a phone they may stand behind another pane.
  const tab = document.querySelector("[data-show-pane=work]");
  if (!tab) return;
  tab.dataset.offers = all.length || "";
  tab.setAttribute("aria-label", all.length ? `Work, ${all.length} offered` : "Work");
}

document.addEventListener("click", (event) => {
  const yes = event.target.closest("[data-accept]");
  if (yes) accept(yes.dataset.accept);
  const no = event.target.closest("[data-decline]");
  if (no) decline(no.dataset.decline);
});

// The deadline stands in the database; here it is only no longer pressed.
document.addEventListener("countdown:end", (event) => {
  const card = event.target.closest?.("[data-offer]");
  if (!card || busy.has(card.dataset.offer)) return;
  card.dataset.state = "over";
  setTimeout(() => card.isConnected && dropOffer(card.dataset.offer, "no_answer"), 2500);
});
