/* The editor of call flows: names of steps follow in every "goes to", and a pretended telephone that
   walks through the form as it stands. The server says what is heard; here it is shown and read out. */
import { toast } from "/static/core/toast.js";

document.addEventListener("input", (event) => {
  const step = event.target.dataset.stepName;
  if (!step) return;
  const name = event.target.value.trim() || "A step without a name";
  for (const select of document.querySelectorAll("select[data-goes]")) {
    const option = [...select.options].find((one) => one.value === step);
    if (option) option.textContent = name;
  }
});

const phone = document.querySelector("[data-try]");
const part = (name) => phone.querySelector(`[data-${name}]`);
const heard = part("heard");
const button = part("call");
const aloud = document.getElementById("read-aloud");
let state = null;
let ask = null;
let typed = "";
let turn = 0;

if (!("speechSynthesis" in window)) aloud.closest("label").hidden = true;

function line(text, by) {
  const place = document.createElement("p");
  place.textContent = text;
  place.dataset.by = by;
  heard.append(place);
  heard.scrollTop = heard.scrollHeight;
}

function read(texts, language) {
  if (!aloud.checked) return;
  speechSynthesis.cancel();
  for (const text of texts) {
    const words = new SpeechSynthesisUtterance(text);
    words.lang = language;
    speechSynthesis.speak(words);
  }
}

function show(answer) {
  state = answer.state;
  ask = answer.ask;
  typed = "";
  for (const text of answer.heard) line(text, "flow");
  if (answer.then) line(answer.then, "end");
  read(answer.heard, answer.language);
  const goesOn = Boolean(ask) || answer.rings;
  part("pad").hidden = !ask;
  part("say").hidden = !ask?.speech;
  part("rings").hidden = !answer.rings;
  part("digits").textContent = "";
  button.querySelector(".label").textContent = goesOn ? "Hang up" : "Call again";
  button.dataset.calling = goesOn ? "yes" : "";
}

async function send(given) {
  const mine = ++turn;
  const body = new FormData(document.getElementById("flow-form"));
  for (const name of ["_do", "_was"]) body.delete(name);
  for (const field of part("pretend").querySelectorAll("[name]")) body.set(field.name, field.value);
  body.set("state", state ? JSON.stringify(state) : "");
  for (const [name, value] of Object.entries(given)) body.set(name, value);
  try {
    const answer = await fetch(phone.dataset.try, { method: "POST", body: new URLSearchParams(body), headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const told = await answer.json();
    if (mine === turn) show(told);
  } catch {
    toast("That did not reach the server. The call stands where it was.", { tone: "danger" });
  }
}

function hangUp() {
  turn += 1;
  state = ask = null;
  if ("speechSynthesis" in window) speechSynthesis.cancel();
  for (const name of ["pad", "rings"]) part(name).hidden = true;
  line("You hung up.", "end");
  button.querySelector(".label").textContent = "Call again";
  button.dataset.calling = "";
}

function press(key) {
  if (!ask) return;
  const ends = ask.finish_key && key === ask.finish_key;
  if (!ends) typed += key;
  part("digits").textContent = typed;
  if (ends || (ask.digits && typed.length >= ask.digits)) {
    const digits = typed;
    ask = null;
    line(digits || "#", "caller");
    send({ digits });
  }
}

button.addEventListener("click", () => {
  if (button.dataset.calling) return hangUp();
  state = null;
  heard.replaceChildren();
  heard.hidden = false;
  part("before").hidden = true;
  send({});
});
part("pad").addEventListener("click", (event) => {
  const key = event.target.closest("[data-key]");
  if (key) return press(key.dataset.key);
  if (event.target.closest("[data-nothing]")) {
    line("…", "caller");
    send({});
  }
});
phone.addEventListener("keydown", (event) => {
  if (!ask || event.target.matches("input, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^[0-9*#]$/.test(event.key)) {
    event.preventDefault();
    press(event.key);
  }
});
part("pretend").addEventListener("submit", (event) => event.preventDefault());
part("say").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = event.target.querySelector("input");
  const speech = field.value.trim();
  if (!speech) return;
  field.value = "";
  line(speech, "caller");
  send({ speech });
});
part("rings").addEventListener("click", (event) => {
  const pressed = event.target.closest("[data-transfer]");
  if (pressed) send({ transfer: pressed.dataset.transfer });
});
