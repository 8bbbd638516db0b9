/* The traffic panel: presses without a reload, figures every two seconds, copying logins. */
import { toast } from "/static/core/toast.js";
import { element } from "/static/core/icons.js";

const EVERY = 2000;
const form = document.querySelector("[data-traffic]");
const lines = document.querySelector("[data-lines]");
let shown = "";

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  body.set("action", event.submitter.value);
  try {
    const answer = await fetch("/demo/do", { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const state = await answer.json();
    show(state);
    toast(state.told);
  } catch {
    toast("That did not work. Load the page again and try once more.", { tone: "danger" });
  }
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    toast("Copied", { seconds: 2 });
  } catch {
    const text = button.parentElement.querySelector(".login-text");
    getSelection().selectAllChildren(text);
    toast("Marked it for you. Copy it with Ctrl-C.");
  }
});

function show({ figures, lines: told, ...switches }) {
  for (const place of document.querySelectorAll("[data-figure]")) place.textContent = figures[place.dataset.figure];
  for (const button of document.querySelectorAll("[data-toggle]")) {
    const on = switches[button.dataset.toggle] === true;
    button.setAttribute("aria-pressed", String(on));
    button.querySelector("[data-word]").textContent = on ? "On" : "Off";
  }
  showLines(told);
}

function showLines(told) {
  const key = JSON.stringify(told);
  if (key === shown || told.length === 0) return;
  shown = key;
  lines.replaceChildren(
    ...told.map(({ at, text }) => {
      const time = element("time", "", new Date(at).toLocaleTimeString([], { hour12: false }));
      time.dateTime = at;
      return element("li", "", time, element("span", "", text));
    }),
  );
}

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch("/demo/state", { headers: { Accept: "application/json" } });
    if (answer.ok) show(await answer.json());
  } catch {
    // The server is being started again; the next look will tell.
  }
}

look();
setInterval(look, EVERY);
