/* The softphone: the call this window speaks in, and calls that ring for us. The server says who is in a
   call (frame "call"); sound takes the call's own line (lines.js). A reload comes back into the call, a
   lost socket keeps the sound. Not for how it looks (phone_cards.js) nor for devices (phone_sound.js). */
import { shortcut } from "/static/core/shortcuts.js";
import { toast } from "/static/core/toast.js";
import { openMicrophone } from "/static/core/voice.js";
import { sound } from "./alerts.js";
import { startHeadset } from "./headset.js";
import { openLine } from "./lines.js";
import { accept, firstOffer } from "./offers.js";
import { cardOf, tellEnd } from "./phone_cards.js";
import { hasKeypad, toggleKeypad } from "./phone_keypad.js";
import { caller, me, mine } from "./phone_parts.js";
import { forgetQuality, listDevices, microphone, speaker, startSound } from "./phone_sound.js";
import { ask, hear, tell } from "./socket.js";

const place = () => document.querySelector("[data-phone]");
const calls = new Map(); // every call that concerns this desk, as the server said last
let live = null; // {id, voice, leg, session}: the one this window speaks in
let wanted = null; // the call that this window has just accepted or asked to join
let opening = null; // the microphone, while an offer is being accepted

/** The call in which this window speaks: {id, call, voice} or null. */
export const speaking = () => (live ? { ...live, call: calls.get(live.id) } : null);

/** The offer of a call was accepted in this window: come in. */
export async function answer(conversationId) {
  wanted = conversationId;
  const call = calls.get(conversationId) ?? (await ask("call.look", { conversation_id: conversationId }).catch(() => ({}))).call;
  if (!call?.callback) return join(conversationId);
  wanted = null; // rung on one's own telephone
  letGo();
  return draw();
}

/** A supervisor comes into somebody's call: to listen, to whisper to our own people, or to talk. */
export async function listenIn(conversationId, mode = "listen") {
  if (live && live.id !== conversationId) return toast("You are in another call. End it first.", { tone: "danger" });
  try {
    await ask("call.listen", { conversation_id: conversationId, mode });
  } catch (error) {
    return toast(error.message, { tone: "danger" });
  }
  if (!live) await join(conversationId);
}

function heard(call) {
  const before = calls.get(call.conversation_id);
  if (before && before.version > call.version) return;
  calls.set(call.conversation_id, call);
  const leg = mine(call);
  const own = call.carrier === "own" && call.agent_id === me && call.state !== "ended";
  if (own) return draw();
  if (!leg || call.state === "ended") {
    calls.delete(call.conversation_id);
    if (live?.id === call.conversation_id) hangUp(before, call);
    draw();
    return;
  }
  if (leg.state === "ringing" && leg.party === "colleague" && !before?.legs.some((one) => one.id === leg.id)) sound("offer");
  if (live?.id === call.conversation_id) {
    if (live.voice?.overCarrier) {
      if (!live.joining && leg.state === "joined" && !live.voice.is(leg.line)) leaveToOther();
    } else if (leg.state === "joined" && leg.session === live.session) live.voice.update(leg.id, leg.session, leg.peers);
    else if (leg.state === "joined" && leg.session > live.session && !live.joining) leaveToOther();
  } else if (leg.party === "agent" && leg.state === "ringing" && wanted === call.conversation_id) {
    join(call.conversation_id);
  } else if (!live && leg.lost && hadHere(call)) {
    join(call.conversation_id); // this page was loaded anew, and the carrier has noticed
  }
  draw();
}

// A line over a carrier outlives the page's socket; which window had it is remembered for its reload.
const HAD = "helpdesk:line";
const hadHere = (call) => call.carrier === "twilio" && sessionStorage.getItem(HAD) === call.conversation_id;

// Another window of ours has taken the call over.
function leaveToOther() {
  closeLine();
  toast("The call goes on in your other window.");
}

function closeLine() {
  live.voice?.close();
  live = null;
  sessionStorage.removeItem(HAD);
}

function hangUp(call, now = null) {
  closeLine();
  wanted = null;
  forgetQuality();
  if (tellEnd(now)) return;
  if (call?.legs.find((leg) => leg.user_id === me)?.party !== "agent") toast("You are out of the call.");
}

// A microphone that was opened for a call which somebody else got, or which needs none.
function letGo() {
  opening?.then((stream) => stream.getTracks().forEach((track) => track.stop())).catch(() => {});
  opening = null;
}

async function join(id) {
  if (live?.joining) return;
  if (live && live.id !== id) return toast("You are in another call. End it first.", { tone: "danger" });
  let stream;
  // Signals may be quicker than the answer to our own coming in.
  live = { id, joining: true, early: [], voice: live?.voice ?? null, leg: "", session: -1 };
  draw();
  try {
    stream = (await isQuiet(id)) ? null : await (opening ?? openMicrophone(microphone()));
    opening = null;
    const joined = await ask("call.join", { conversation_id: id });
    live.voice?.close();
    const voice = await openLine(joined, {
      send: (to, data) => tell("call.signal", { conversation_id: id, to, data }),
      renew: () => ask("call.join", { conversation_id: id }),
      changed: soundChanged,
    });
    const { early } = live;
    live = { id, voice, leg: joined.leg, session: joined.session };
    if (voice.overCarrier) sessionStorage.setItem(HAD, id);
    draw();
    for (const signal of early) voice.receive(signal);
    await voice.use(stream);
    if (live?.voice !== voice) return voice.close(); // the call went elsewhere meanwhile
    if (speaker()) voice.playOn(speaker());
    heard(joined.call);
    const leg = mine(calls.get(id));
    if (leg) voice.update(leg.id, leg.session, leg.peers);
    listDevices();
  } catch (error) {
    opening = null;
    for (const track of stream?.getTracks() ?? []) track.stop();
    if (live && live.id !== id) return;
    live?.voice?.close();
    live = null;
    toast(error.message, { tone: "danger", seconds: 12 });
  }
  draw();
}

// Telephone calls of a demo have no sound, and need no microphone.
async function isQuiet(id) {
  if (!("soundless" in document.body.dataset)) return false;
  const call = calls.get(id) ?? (await ask("call.look", { conversation_id: id })).call;
  return call.carrier !== "browser";
}

/** The sound came or went. A line over a carrier that broke off by itself is placed anew, unless the
    server is about to say that the call is over. */
function soundChanged() {
  draw();
  const lost = live?.voice;
  if (!lost?.overCarrier || lost.state !== "lost" || lost.closing) return;
  lost.closing = true;
  setTimeout(() => {
    if (live?.voice !== lost || !calls.has(live.id)) return;
    toast("The line broke off. Connecting again.");
    join(live.id);
  }, 1500);
}

/** After every connect: what concerns us, and our own line again. */
export async function catchUpCalls() {
  const { calls: running } = await ask("call.mine");
  const ids = new Set(running.map((call) => call.conversation_id));
  for (const id of [...calls.keys()]) {
    if (ids.has(id)) continue;
    const before = calls.get(id);
    calls.delete(id);
    if (live?.id === id) hangUp(before);
  }
  for (const call of running) heard(call);
  if (live?.voice?.overCarrier) {
    // The carrier holds the line; the socket was only how the desk hears of it.
  } else if (live && !live.joining && calls.has(live.id)) {
    const kept = await ask("call.join", { conversation_id: live.id, session: live.session }).catch(() => null);
    if (kept && live) {
      live.session = kept.session;
      heard(kept.call);
    }
  } else if (!live) {
    // This page was loaded anew in the middle of a call.
    const lost = running.find((call) => mine(call)?.lost || hadHere(call) || (mine(call)?.party === "agent" && mine(call).state === "ringing" && wanted === call.conversation_id));
    if (lost) join(lost.conversation_id);
  }
  draw();
}

const act = (event, more) => ask(event, more).catch((error) => toast(error.message, { tone: "danger" }));

export function mute() {
  if (!live?.voice) return;
  live.voice.mute(!live.voice.muted);
  draw();
}

export function hold() {
  const call = calls.get(live?.id);
  if (call && mine(call)?.party === "agent") act("call.hold", { conversation_id: call.conversation_id, on: !caller(call)?.held });
}

function end() {
  const call = calls.get(live?.id);
  if (!call) return;
  if (mine(call)?.party === "agent") act("conversation.end", { conversation_id: call.conversation_id });
  else act("call.leave", { conversation_id: call.conversation_id });
}

// Beside an open work pane the strip lies on it, and the list below makes room.
function makeRoom() {
  const section = place();
  document.documentElement.style.setProperty("--phone-height", section.hidden ? "0px" : `${section.offsetHeight}px`);
}

const DOES = {
  mute,
  hold,
  end,
  answer,
  listenIn,
  drop(id) {
    calls.delete(id);
    draw();
  },
};

function draw() {
  const section = place();
  if (!section) return;
  const cards = [...calls.values()].map((call) => cardOf(call, live, DOES)).filter(Boolean);
  const focus = section.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  section.replaceChildren(...cards);
  section.hidden = !cards.length;
  makeRoom();
  if (focus) section.querySelector(`[data-key="${focus}"]`)?.focus();
}

document.addEventListener("call-accepting", () => {
  opening = live || "soundless" in document.body.dataset ? null : openMicrophone(microphone());
  opening?.catch(() => {}); // told where it is waited for
});
document.addEventListener("call-accepted", ({ detail }) => answer(detail));
document.addEventListener("call-refused", letGo);
hear("call", heard);
hear("call.signal", (signal) => {
  if (live?.id !== signal.conversation_id) return;
  if (live.joining) live.early.push(signal);
  else live.voice.receive(signal);
});

// The key of a headset that lifts and lays down: whatever waits is answered, what goes on is ended.
function hook(lifted) {
  if (!lifted) return live ? end() : undefined;
  const rung = document.querySelector('[data-rings] [data-key="come"]');
  if (rung) rung.click();
  else if (!live && document.querySelector("[data-offers] :is(.channel-call, .channel-callback)")) accept(firstOffer());
}

export function startPhone() {
  startSound(() => live?.voice ?? null, draw);
  startHeadset({ mute, end, hook });
  new ResizeObserver(makeRoom).observe(place());
  const inCall = () => Boolean(live);
  const rung = (key) => document.querySelector(`[data-rings] [data-key="${key}"]`);
  const isRung = () => !firstOffer() && Boolean(rung("come"));
  shortcut("a", () => rung("come").click(), { label: "Answer a colleague who brings you in", group: "Call", when: isRung });
  shortcut("alt+a", () => rung("come").click(), { group: "Call", when: isRung, inFields: true });
  shortcut("d", () => rung("no").click(), { label: "Not now", group: "Call", when: isRung });
  shortcut("u", mute, { label: "Mute or speak", group: "Call", when: inCall });
  shortcut("alt+u", mute, { label: "Mute or speak while writing", group: "Call", when: inCall, inFields: true });
  shortcut("alt+p", toggleKeypad, { label: "Keypad", group: "Call", when: hasKeypad, inFields: true });
  shortcut("h", hold, { label: "Hold or resume", group: "Call", when: inCall });
}

// The page goes: the carrier hears so at once, and does not have to miss us first.
addEventListener("pagehide", () => live?.voice?.overCarrier && live.voice.close());

addEventListener("beforeunload", (event) => {
  if (live && !live.joining) event.preventDefault();
});
