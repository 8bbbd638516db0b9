/* The softphone's cards: a call this window speaks in, one that rings for us, a callback for one's own
   telephone, a call that is open elsewhere. What a button does comes from phone.js as `does`. */
import { element, icon } from "/static/core/icons.js";
import { moment } from "/static/core/time.js";
import { toast } from "/static/core/toast.js";
import { openHandover } from "./handover.js";
import { go } from "./navigation.js";
import { keypad } from "./phone_keypad.js";
import { button, caller, head, isRinging, me, mine } from "./phone_parts.js";
import { soundBox } from "./phone_sound.js";
import { recordingStrip } from "./recording.js";
import { ask } from "./socket.js";
import { visible } from "./words.js";

const act = (event, more) => ask(event, more).catch((error) => toast(error.message, { tone: "danger" }));
const MODES = [
  ["listen", "Listen", "headphones"],
  ["whisper", "Whisper", "message-circle"],
  ["talk", "Join in", "users"],
];
const PLACING = { page: "Connecting your line", ordered: "Calling", ringing: "Ringing" };
const UNANSWERED = {
  no_answer: "Nobody answered.",
  busy: "The line was busy.",
  failed: "The call could not be placed.",
  page_lost: "Your line was lost before they answered.",
};

/** The card of a call, or null where this desk has nothing to show of it. */
export function cardOf(call, live, does) {
  if (call.callback) return call.agent_id === me ? ownCard(call, does) : null;
  const leg = mine(call);
  if (!leg) return null;
  if (live?.id === call.conversation_id) return callCard(call, leg, live, does);
  if (leg.state === "ringing" && leg.party === "colleague") return ringCard(call, leg, does);
  return elsewhereCard(call, leg, does);
}

/** Why a call of ours came to nothing, and what follows; told once, when it is over. */
export function tellEnd(call) {
  const { outcome, told, callback } = call?.dialled ?? {};
  if (!UNANSWERED[outcome]) return false;
  const again = callback?.again_at ? ` It is tried again ${moment(callback.again_at)}.` : callback?.state === "failed" ? " Not tried again: a ticket says so." : "";
  const open = () => go(`/desk/conversations/${call.conversation_id}`);
  toast(`${UNANSWERED[outcome]}${told ? ` ${told}` : ""}${again}`, { seconds: 10, act: callback ? null : open, actLabel: "Wrap up" });
  return true;
}

function standing(call, leg, live) {
  const them = caller(call);
  if (live.joining) return ["Opening the microphone", "info"];
  if (isRinging(call)) return [PLACING[call.dialled.state], "info"];
  if (!them) return ["The caller is gone", "danger"];
  if (them.lost) return ["Caller lost, waiting", "warning"];
  if (leg.party === "supervisor" && leg.mode !== "talk") return [leg.mode === "listen" ? "You listen" : "You whisper", "info"];
  if (call.state === "hold") return ["On hold", "warning"];
  if (["weak", "lost"].includes(live.voice?.state)) return ["Connection lost, trying again", "danger"];
  if (call.dialled?.machine) return ["A machine answered", "warning"];
  if (live.voice?.state === "connected") return ["Talking", "success"];
  return ["Connecting", "info"];
}

function callCard(call, leg, live, does) {
  const [told, tone] = standing(call, leg, live);
  const isAgent = leg.party === "agent";
  const rings = isRinging(call);
  const held = Boolean(caller(call)?.held);
  const muted = Boolean(live.voice?.muted);
  const row = element("div", "phone-actions");
  if (leg.party === "supervisor") {
    for (const [mode, label, picture] of MODES) {
      row.append(button(mode, label, picture, () => does.listenIn(call.conversation_id, mode), { pressed: leg.mode === mode }));
    }
  }
  if (!rings && (leg.party !== "supervisor" || leg.mode !== "listen")) {
    row.append(button("mute", muted ? "Muted" : "Mute", muted ? "mic-off" : "mic", does.mute, { keys: "U", pressed: muted }));
    if (isAgent) {
      row.append(button("hold", held ? "Resume" : "Hold", held ? "play" : "pause", does.hold, { keys: "H", pressed: held }));
      row.append(button("ask", "Bring in", "users", () => go(`/desk/conversations/${call.conversation_id}`).then(() => openHandover("consult")), { keys: "C" }));
    }
  }
  row.append(button("end", rings ? "Hang up" : isAgent ? "End call" : "Leave call", "phone-off", does.end, { kind: "btn-danger", keys: isAgent ? "E" : "" }));
  const card = element("article", "phone-card", head(call, told, tone, call.answered_at), row);
  card.setAttribute("aria-label", `Call with ${visible(call.customer || "an unknown visitor")}`);
  card.dataset.call = call.conversation_id;
  card.dataset.state = call.state;
  card.dataset.sound = live.voice?.state ?? "none";
  if (call.dialled) dialledParts(card, call, rings, isAgent, row);
  const others = call.legs.filter((one) => one.user_id && one.user_id !== me);
  if (others.length) card.append(parties(call, others, isAgent));
  const recording = recordingStrip(call, leg);
  if (recording) card.append(recording);
  if (!rings && live.voice?.canPress && leg.mode === "talk") card.append(keypad(live.voice));
  card.append(soundBox(live.voice));
  return card;
}

// A call that we place: whom it rings, and what a machine or a stranger at the other end leads to.
function dialledParts(card, call, rings, isAgent, row) {
  const { number, machine, callback, state } = call.dialled;
  card.dataset.dialled = state;
  if (rings) {
    const attempt = callback && callback.attempt > 1 ? `, try ${callback.attempt} of ${callback.attempts}` : "";
    // Who has no name goes by their number already.
    const told = `${number === call.customer ? "" : number}${attempt}`.replace(/^, t/, "T");
    if (told) row.before(element("p", "phone-dials number", told));
  }
  if (!isAgent || !callback) return;
  const id = call.conversation_id;
  const wrong = () => act("call.wrong_number", { conversation_id: id });
  if (!machine || callback.state === "reached") {
    if (!rings) row.append(button("wrong", "Wrong number", "x", wrong));
    return;
  }
  const say = (who) => () => act("call.answered_by", { conversation_id: id, who });
  const told = element("p", "phone-machine", "An answering machine seems to have answered. If you end the call, they are tried again later.");
  told.setAttribute("role", "status");
  row.before(told);
  row.append(button("message", "Left a message", "voicemail", say("message")), button("person", "It is a person", "user-check", say("person")));
}

function parties(call, others, isAgent) {
  const list = element("ul", "phone-parties");
  for (const one of others) {
    const what = one.state === "ringing" ? ", ringing" : one.lost ? ", lost" : one.party === "supervisor" && one.mode !== "talk" ? ` ${one.mode}s` : "";
    const line = element("li", "", icon(one.party === "agent" ? "user-check" : "users"), element("span", "grow clip", `${one.name}${what}`));
    if (isAgent && one.party === "colleague") {
      if (one.state === "joined") line.append(button(`over-${one.id}`, "Hand over", "phone-forwarded", () => handOver(call, one), { kind: "btn-primary" }));
      line.append(button(`out-${one.id}`, `Take ${one.name} out`, "x", () => act("call.send_out", { conversation_id: call.conversation_id, user_id: one.user_id }), { plain: true }));
    }
    list.append(line);
  }
  return list;
}

async function handOver(call, one) {
  try {
    await ask("call.hand_over", { conversation_id: call.conversation_id, user_id: one.user_id });
    toast(`${one.name} has the call now`, { tone: "success" });
  } catch (error) {
    toast(error.message, { tone: "danger" });
  }
}

function ringCard(call, leg, does) {
  const card = element("article", "phone-card phone-rings", head(call, `${leg.asked_by || "A colleague"} brings you in`, "info"));
  if (leg.question) card.append(element("p", "phone-question", visible(leg.question)));
  const id = call.conversation_id;
  const come = button("come", "Answer", "phone", () => (go(`/desk/conversations/${id}`), does.answer(id)), { kind: "btn-primary", keys: "A" });
  const no = button("no", "Not now", "x", () => act("call.leave", { conversation_id: id }), { keys: "D" });
  card.append(element("div", "phone-actions", come, no));
  card.dataset.rings = id;
  return card;
}

// A callback that is rung on the agent's own telephone: the page shows the number and takes what came of it.
function ownCard(call, does) {
  const { number, number_shown: shown, attempt, attempts, reached, refused } = call.callback;
  const id = call.conversation_id;
  const told = refused ? "Not to be rung" : reached ? "Talking on your phone" : attempt > 1 ? `Ring them, try ${attempt} of ${attempts}` : "Ring them";
  const who = shown === call.customer ? { ...call, customer: "Unknown caller" } : call;
  const card = element("article", "phone-card", head(who, told, refused ? "danger" : reached ? "success" : "info", reached ? call.answered_at : null));
  card.dataset.own = id;
  if (reached) {
    card.append(element("div", "phone-actions", button("end", "End call", "phone-off", () => act("conversation.end", { conversation_id: id }), { kind: "btn-danger", keys: "E" })));
    return card;
  }
  const not = (why, label, picture, kind = "") => button(why, label, picture, () => notReached(id, why, does), { kind });
  if (refused) {
    card.append(element("p", "phone-machine", refused), element("div", "phone-actions", not("wrong", "Close it", "x", "btn-primary")));
    return card;
  }
  const dial = element("a", "phone-number number", shown);
  dial.href = `tel:${number}`;
  card.append(
    dial,
    element(
      "div",
      "phone-actions",
      button("reached", "Reached", "phone-call", () => act("call.reached", { conversation_id: id }), { kind: "btn-primary" }),
      not("no_answer", "No answer", "phone-missed"),
      not("busy", "Busy", "phone-off"),
      not("wrong", "Wrong number", "x"),
    ),
  );
  return card;
}

async function notReached(id, why, does) {
  try {
    const { again_at: again } = await ask("call.not_reached", { conversation_id: id, why });
    does.drop(id);
    toast(again ? `Tried again ${moment(again)}` : "Not tried again. A ticket says so, and somebody writes instead.");
    go("/desk");
  } catch (error) {
    toast(error.message, { tone: "danger" });
  }
}

function elsewhereCard(call, leg, does) {
  const told = leg.state === "ringing" ? "Waits for you" : leg.lost ? "You lost the connection" : "Open in another window";
  const card = element("article", "phone-card", head(call, told, "warning"));
  card.append(element("div", "phone-actions", button("here", "Speak here", "phone", () => does.answer(call.conversation_id), { kind: "btn-primary" })));
  return card;
}
