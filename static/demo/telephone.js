/* The pretended telephone: somebody calls, presses keys, speaks and texts; what would be heard is written
   down as it comes. The exchange knows how the call stands; this only asks and shows. */
import { element, icon } from "/static/core/icons.js";
import { read, write } from "/static/core/storage.js";
import { duration } from "/static/core/time.js";
import { toast } from "/static/core/toast.js";

const IN_CALL = 600;
const IDLE = 2500;
const SIGNS = {
  ringing: ["phone-outgoing", "It rings"],
  music: ["volume-2", "Music"],
  beep: ["voicemail", "Beep"],
};
const VOICES = { say: "volume-2", voice: "user" };

const part = (name) => document.querySelector(`[data-${name}]`);
const who = part("who");
const log = part("heard");
const texts = part("texts");
const aloud = part("aloud");
let state = null; // as the exchange said last
const FRESH = { call: null, heard: 0, voices: 0, texts: "", last: "" };
let shown = { ...FRESH };
let timer = 0;
let asked = 0;

const inCall = () => Boolean(state?.in_call_with);
const rings = () => Boolean(state?.ringing_from);

async function look() {
  clearTimeout(timer);
  const number = who.value;
  const turn = ++asked;
  try {
    const answer = await fetch(`/demo/phone/state?who=${encodeURIComponent(number)}`, { headers: { Accept: "application/json" } });
    if (answer.ok && number === who.value && turn === asked) show(await answer.json());
  } catch {
    // The server is being started again; the next look will tell.
  }
  if (!inCall() && !rings()) await lookAround(turn);
  if (turn !== asked) return; // another look has begun meanwhile, and goes on
  if (!document.hidden) timer = setTimeout(look, inCall() || rings() ? IN_CALL : IDLE);
}

/** Another telephone rings: the page turns into that one, whose ever it is. */
async function lookAround(turn) {
  const answer = await fetch("/demo/phone/ringing", { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || turn !== asked) return;
  const [found] = (await answer.json()).phones;
  if (!found || found.number === who.value) return;
  if (![...who.options].some((one) => one.value === found.number)) {
    const made = new Option(`${found.name}, ${found.shown}`, found.number);
    made.dataset.customerNumber = found.customer_number;
    who.append(made);
  }
  who.value = found.number;
  who.dispatchEvent(new Event("change"));
  toast(`${found.name}'s telephone rings`);
}

async function act(deed, value = "") {
  const body = new URLSearchParams({ _csrf: document.body.dataset.csrf, who: who.value, deed, value });
  ++asked; // what was on its way is older than this
  try {
    const answer = await fetch("/demo/phone/do", { method: "POST", body, headers: { Accept: "application/json" } });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.detail || "That did not work. Load the page again and try once more.");
    show(told);
    clearTimeout(timer);
    timer = setTimeout(look, IN_CALL / 2);
    return true;
  } catch (error) {
    toast(error.message, { tone: "danger" });
    clearTimeout(timer);
    timer = setTimeout(look, IDLE);
    return false;
  }
}

function show(now) {
  const was = state;
  state = now;
  if (now.call_sid !== shown.call) begin(now);
  for (const what of now.heard.slice(shown.heard)) heard(what);
  if (now.voices > 0 && !shown.voices) line("sign", "phone-call", "Somebody is on the line");
  if (!now.voices && shown.voices && now.in_call_with) line("sign", "circle-pause", "Nobody is on the line");
  shown.voices = now.voices;
  shown.heard = now.heard.length;
  if (was?.in_call_with && !now.in_call_with && was.call_sid === now.call_sid) line("sign", "phone-off", "The call has ended");
  showTexts(now.texts);
  screen(now);
}

function begin(now) {
  shown = { ...shown, call: now.call_sid, heard: 0, voices: 0, last: "" };
  if (now.call_sid) log.replaceChildren();
  else if (!log.querySelector("[data-empty]")) log.replaceChildren(nothing("Nothing yet. Press Call."));
}

function nothing(text) {
  const made = element("li", "muted", text);
  made.dataset.empty = "";
  return made;
}

function screen(now) {
  const talks = inCall();
  const place = part("screen");
  place.dataset.state = rings() ? "rings" : talks ? "talk" : "";
  part("word").textContent = word(now);
  part("clock").textContent = talks && now.seconds !== null ? duration(now.seconds) : "";
  const call = part("call");
  call.disabled = talks;
  call.querySelector(".label").textContent = rings() ? "Answer" : "Call";
  part("hang-up").disabled = !talks && !rings();
  part("machine").hidden = !rings();
  who.disabled = talks || rings();
  for (const field of document.querySelectorAll("[data-key], [data-say] input, [data-say] button")) field.disabled = !talks;
}

function word(now) {
  if (rings()) return "Nordlicht Energie rings";
  if (!inCall()) return "Ready";
  if (now.is_machine) return "The answering machine listens";
  if (now.voices > 0) return "Talking";
  return now.call_status === "in-progress" ? "In a call" : "Calling";
}

// What stands in the log.
function heard(what) {
  const [kind, words] = what.includes(": ") ? [what.slice(0, what.indexOf(": ")), what.slice(what.indexOf(": ") + 2)] : [what, ""];
  if (what === shown.last && !VOICES[kind]) return; // music again
  shown.last = what;
  if (VOICES[kind]) {
    line("", VOICES[kind], words);
    speak(words);
  } else if (kind === "play") line("sign", "volume-2", "Music or a sound");
  else if (kind === "keys") line("sign", "hash", `Tones of keys: ${words}`);
  else line("sign", ...(SIGNS[kind] ?? ["volume-2", what]));
}

function line(kind, picture, text) {
  log.querySelector("[data-empty]")?.remove();
  log.append(element("li", kind, icon(picture), element("span", "", text)));
  part("last").textContent = text; // on a phone the log is below the keys
  log.scrollTop = log.scrollHeight;
}

function speak(words) {
  if (!aloud.checked || !("speechSynthesis" in globalThis)) return;
  const spoken = new SpeechSynthesisUtterance(words);
  spoken.lang = "en-GB";
  speechSynthesis.speak(spoken);
}

function showTexts(now) {
  const key = JSON.stringify(now);
  if (key === shown.texts) return;
  shown.texts = key;
  const own = (one) => (one.from === state.number ? "own" : "");
  texts.replaceChildren(...(now.length ? now.map((one) => element("li", own(one), one.body)) : [nothing("None yet. Write one: it comes to the desk like a chat.")]));
  texts.scrollTop = texts.scrollHeight;
}

function proof() {
  const number = who.selectedOptions[0].dataset.customerNumber;
  part("proof").hidden = !number;
  part("proof").textContent = `Customer number ${number}: on the telephone its six digits.`;
}

async function press(key) {
  if (!inCall()) return;
  globalThis.speechSynthesis?.cancel(); // one types over what is being read out
  line("own", "keyboard", `Key ${key}`);
  await act("press", key);
}

part("call").addEventListener("click", () => (rings() ? act("answer") : act("dial")));
part("machine").addEventListener("click", () => act("machine"));
part("hang-up").addEventListener("click", () => act("hang_up"));
for (const key of document.querySelectorAll("[data-key]")) key.addEventListener("click", () => press(key.dataset.key));

part("say").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = event.target.elements.words;
  const words = field.value.trim();
  if (!words) return;
  field.value = "";
  line("own", "mic", `You say: ${words}`);
  await act("speak", words);
});

part("text").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = event.target.elements.words;
  const words = field.value.trim();
  if (words && (await act("text", words))) field.value = "";
});

who.addEventListener("change", () => {
  shown = { ...FRESH };
  log.replaceChildren(nothing("Nothing yet. Press Call."));
  state = null;
  proof();
  look();
});

aloud.checked = read("telephone:aloud") === "1";
aloud.addEventListener("change", () => {
  write("telephone:aloud", aloud.checked ? "1" : "");
  if (!aloud.checked) globalThis.speechSynthesis?.cancel();
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1 || !"0123456789*#".includes(event.key)) return;
  event.preventDefault();
  press(event.key);
});
document.addEventListener("visibilitychange", () => !document.hidden && look());

proof();
look();
