/* The softphone: the call this window speaks in, calls that ring for us, microphone and loudspeaker.
   The server says who is in a call (frame "call"); sound takes the call's own line (lines.js). A reload
   comes back into the call, a lost socket keeps the sound. */
import { element, icon } from "/static/core/icons.js";
import { read, write } from "/static/core/storage.js";
import { duration, moment, serverNow } from "/static/core/time.js";
import { shortcut } from "/static/core/shortcuts.js";
import { toast } from "/static/core/toast.js";
import { openMicrophone } from "/static/core/voice.js";
import { sound } from "./alerts.js";
import { openHandover } from "./handover.js";
import { openLine } from "./lines.js";
import { go } from "./navigation.js";
import { firstOffer } from "./offers.js";
import { recordingStrip } from "./recording.js";
import { ask, hear, tell } from "./socket.js";
import { visible } from "./words.js";

const me = document.documentElement.dataset.reader;
const place = () => document.querySelector("[data-phone]");
const calls = new Map(); // every call that concerns this desk, as the server said last
let live = null; // {id, voice, leg, session}: the one this window speaks in
let wanted = null; // the call that this window has just accepted or asked to join
let measured = null;
let opening = null; // the microphone, while an offer is being accepted

const mine = (call) => call?.legs.find((leg) => leg.user_id === me) ?? null;
const caller = (call) => call?.legs.find((leg) => leg.party === "caller") ?? null;

/** The call in which this window speaks: {id, call, voice} or null. */
export const speaking = () => (live ? { ...live, call: calls.get(live.id) } : null);

/** The offer of a call was accepted in this window: come in. */
export function answer(conversationId) {
  if (calls.get(conversationId)?.callback) {
    letGo();
    return draw();
  }
  wanted = conversationId;
  return join(conversationId);
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
    if (live?.id === call.conversation_id) hangUp(before);
    draw();
    return;
  }
  if (leg.state === "ringing" && leg.party !== "agent" && !before?.legs.some((one) => one.id === leg.id)) sound("offer");
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

function hangUp(call) {
  closeLine();
  wanted = null;
  measured = null;
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
    stream = (await isQuiet(id)) ? null : await (opening ?? openMicrophone(read("phone:microphone") ?? ""));
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
    if (read("phone:speaker")) voice.playOn(read("phone:speaker"));
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

// What the strip shows.
function standing(call) {
  const leg = mine(call);
  const them = caller(call);
  if (!them) return ["The caller is gone", "danger"];
  if (them.lost) return ["Caller lost, waiting", "warning"];
  if (live?.joining) return ["Opening the microphone", "info"];
  if (leg.party === "supervisor" && leg.mode !== "talk") return [leg.mode === "listen" ? "You listen" : "You whisper", "info"];
  if (call.state === "hold") return ["On hold", "warning"];
  if (["weak", "lost"].includes(live?.voice?.state)) return ["Connection lost, trying again", "danger"];
  if (live?.voice?.state === "connected") return ["Talking", "success"];
  return ["Connecting", "info"];
}

function draw() {
  const section = place();
  if (!section) return;
  const cards = [];
  for (const call of calls.values()) {
    if (call.callback) {
      if (call.agent_id === me) cards.push(ownCard(call));
      continue;
    }
    const leg = mine(call);
    if (!leg) continue;
    if (live?.id === call.conversation_id) cards.push(callCard(call, leg));
    else if (leg.state === "ringing" && leg.party !== "agent") cards.push(ringCard(call, leg));
    else cards.push(elsewhereCard(call, leg));
  }
  const focus = section.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  section.replaceChildren(...cards);
  section.hidden = !cards.length;
  // Beside an open work pane the strip lies on it, and the list below makes room.
  document.documentElement.style.setProperty("--phone-height", cards.length ? `${section.offsetHeight}px` : "0px");
  if (focus) section.querySelector(`[data-key="${focus}"]`)?.focus();
}

function button(key, label, picture, run, { kind = "", keys = "", pressed = null, plain = false } = {}) {
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

function head(call, told, tone, since) {
  const name = element("a", "phone-name clip", visible(call.customer || "Unknown visitor"));
  name.href = `/desk/conversations/${call.conversation_id}`;
  const clock = element("span", "number phone-time");
  if (since) clock.dataset.since = since;
  const mark = element("span", "channel-mark channel-call", icon("phone-call"));
  return element("div", "phone-head", mark, element("div", "grow", name, element("span", `pill pill-${tone}`, element("span", "clip", told))), clock);
}

function callCard(call, leg) {
  const [told, tone] = standing(call);
  const isAgent = leg.party === "agent";
  const held = Boolean(caller(call)?.held);
  const muted = Boolean(live?.voice?.muted);
  const row = element("div", "phone-actions");
  row.append(button("mute", muted ? "Muted" : "Mute", muted ? "mic-off" : "mic", mute, { keys: "U", pressed: muted }));
  if (isAgent) {
    row.append(button("hold", held ? "Resume" : "Hold", held ? "play" : "pause", hold, { keys: "H", pressed: held }));
    row.append(button("ask", "Bring in", "users", () => go(`/desk/conversations/${call.conversation_id}`).then(() => openHandover("consult")), { keys: "C" }));
  }
  row.append(button("end", isAgent ? "End call" : "Leave call", "phone-off", end, { kind: "btn-danger", keys: isAgent ? "E" : "" }));
  const card = element("article", "phone-card", head(call, told, tone, call.answered_at), row);
  card.setAttribute("aria-label", `Call with ${visible(call.customer || "an unknown visitor")}`);
  card.dataset.call = call.conversation_id;
  card.dataset.state = call.state;
  card.dataset.sound = live?.voice?.state ?? "none";
  const others = call.legs.filter((one) => one.user_id && one.user_id !== me);
  if (others.length) card.append(parties(call, others, isAgent));
  const recording = recordingStrip(call, leg);
  if (recording) card.append(recording);
  card.append(devices());
  return card;
}

function parties(call, others, isAgent) {
  const list = element("ul", "phone-parties");
  for (const one of others) {
    const what = one.state === "ringing" ? ", ringing" : one.lost ? ", lost" : one.party === "supervisor" && one.mode !== "talk" ? " listens" : "";
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

function ringCard(call, leg) {
  const card = element("article", "phone-card phone-rings", head(call, `${leg.asked_by || "A colleague"} asks you in`, "info"));
  if (leg.question) card.append(element("p", "phone-question", visible(leg.question)));
  const id = call.conversation_id;
  const come = button("come", "Answer", "phone", () => (go(`/desk/conversations/${id}`), answer(id)), { kind: "btn-primary", keys: "A" });
  const no = button("no", "Not now", "x", () => act("call.leave", { conversation_id: id }), { keys: "D" });
  card.append(element("div", "phone-actions", come, no));
  card.dataset.rings = id;
  return card;
}

// A callback that is rung on the agent's own telephone: the page shows the number and takes what came of it.
function ownCard(call) {
  const { number, attempt, attempts, reached } = call.callback;
  const id = call.conversation_id;
  const told = reached ? "Talking on your phone" : attempt > 1 ? `Ring them, try ${attempt} of ${attempts}` : "Ring them";
  const card = element("article", "phone-card", head(call, told, reached ? "success" : "info", reached ? call.answered_at : null));
  card.dataset.own = id;
  if (reached) {
    card.append(element("div", "phone-actions", button("end", "End call", "phone-off", () => act("conversation.end", { conversation_id: id }), { kind: "btn-danger", keys: "E" })));
    return card;
  }
  const dial = element("a", "phone-number number", number);
  dial.href = `tel:${number}`;
  const not = (why, label, picture) => button(why, label, picture, () => notReached(id, why));
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

async function notReached(id, why) {
  try {
    const { again_at: again } = await ask("call.not_reached", { conversation_id: id, why });
    calls.delete(id);
    draw();
    toast(again ? `Tried again ${moment(again)}` : "Not tried again. A ticket says so, and somebody writes instead.");
    go("/desk");
  } catch (error) {
    toast(error.message, { tone: "danger" });
  }
}

function elsewhereCard(call, leg) {
  const told = leg.state === "ringing" ? "Waits for you" : leg.lost ? "You lost the connection" : "Open in another window";
  const card = element("article", "phone-card", head(call, told, "warning"));
  card.append(element("div", "phone-actions", button("here", "Speak here", "phone", () => answer(call.conversation_id), { kind: "btn-primary" })));
  return card;
}

// Devices: chosen once, remembered in this browser.
let known = [];
async function listDevices() {
  known = (await navigator.mediaDevices?.enumerateDevices?.().catch(() => [])) ?? [];
  draw();
}
navigator.mediaDevices?.addEventListener?.("devicechange", listDevices);

function devices() {
  const box = element("details", "phone-devices");
  box.open = devices.open ?? false;
  box.addEventListener("toggle", () => {
    if (devices.open === box.open) return;
    devices.open = box.open;
    draw();
  });
  const summary = element("summary", "", icon("headphones"), "Sound", element("span", "grow"), quality());
  summary.dataset.key = "devices";
  box.append(summary, choice("microphone", "Microphone", "audioinput", async (id) => live?.voice?.use(await openMicrophone(id))));
  if ("setSinkId" in HTMLMediaElement.prototype) box.append(choice("speaker", "Loudspeaker", "audiooutput", (id) => live?.voice?.playOn(id)));
  return box;
}

function choice(name, label, kind, run) {
  const select = element("select", "form-select");
  select.dataset.key = name;
  select.setAttribute("aria-label", label);
  const chosen = read(`phone:${name}`) ?? "";
  const found = known.filter((one) => one.kind === kind && one.deviceId && one.deviceId !== "default");
  for (const one of [{ deviceId: "", label: `${label} of the system` }, ...found]) {
    const option = element("option", "", one.label || label);
    option.value = one.deviceId;
    option.selected = one.deviceId === chosen;
    select.append(option);
  }
  select.addEventListener("change", async () => {
    write(`phone:${name}`, select.value);
    try {
      await run(select.value);
    } catch (error) {
      toast(error.message, { tone: "danger" });
    }
  });
  return select;
}

function quality() {
  if (live?.voice?.quiet) return element("span", "pill pill-quiet", "No sound");
  if (!measured) return element("span", "muted small", "");
  const { loss, jitter_ms: jitter, trip_ms: trip } = measured;
  const bad = loss > 5 || jitter > 60 || trip > 500;
  const fair = loss > 1 || jitter > 30 || trip > 250;
  const told = element("span", `pill pill-${bad ? "danger" : fair ? "warning" : "quiet"}`, bad ? "Poor line" : fair ? "Fair line" : "Good line");
  told.title = `${Math.round(trip)} ms there and back, ${loss.toFixed(1)} % lost, ${Math.round(jitter)} ms jitter`;
  return told;
}

let last = null;
async function look() {
  for (const clock of document.querySelectorAll("[data-phone] [data-since]")) {
    clock.textContent = duration((serverNow() - Date.parse(clock.dataset.since)) / 1000);
  }
  if (!live?.voice || live.voice.state === "none") {
    measured = last = null;
    return;
  }
  const now = await live.voice.measure();
  const fresh = last ? now.received - last.received : 0;
  const lost = last ? now.lost - last.lost : 0;
  const was = measured;
  measured = { ...now, loss: fresh + lost > 0 ? (100 * Math.max(0, lost)) / (fresh + lost) : 0 };
  last = now;
  if (!was) draw();
}
setInterval(() => look().catch(() => {}), 1000);

document.addEventListener("call-accepting", () => {
  opening = live || "soundless" in document.body.dataset ? null : openMicrophone(read("phone:microphone") ?? "");
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

// A headset's own keys, where the browser hands them on.
try {
  navigator.mediaSession?.setActionHandler("togglemicrophone", mute);
  navigator.mediaSession?.setActionHandler("hangup", end);
} catch {
  // an older browser: its keys stay its own
}

export function startPhone() {
  const inCall = () => Boolean(live);
  const rung = (key) => document.querySelector(`[data-rings] [data-key="${key}"]`);
  const isRung = () => !firstOffer() && Boolean(rung("come"));
  shortcut("a", () => rung("come").click(), { label: "Answer a colleague who asks you in", group: "Call", when: isRung });
  shortcut("alt+a", () => rung("come").click(), { group: "Call", when: isRung, inFields: true });
  shortcut("d", () => rung("no").click(), { label: "Not now", group: "Call", when: isRung });
  shortcut("u", mute, { label: "Mute or speak", group: "Call", when: inCall });
  shortcut("alt+u", mute, { label: "Mute or speak while writing", group: "Call", when: inCall, inFields: true });
  shortcut("h", hold, { label: "Hold or resume", group: "Call", when: inCall });
}

// The page goes: the carrier hears so at once, and does not have to miss us first.
addEventListener("pagehide", () => live?.voice?.overCarrier && live.voice.close());

addEventListener("beforeunload", (event) => {
  if (live && !live.joining) event.preventDefault();
});
