/* Calling for attention: a short sound, the title, the favicon, a browser notification. Once for each
   thing, and never while it can be seen anyway. */
import { setting } from "./settings.js";

let audio = null;
let marks = { offers: 0, unread: 0, name: "" };

// Browsers allow sound only after somebody has touched the page.
function wake() {
  audio ??= window.AudioContext ? new AudioContext() : null;
  audio?.resume();
}
addEventListener("pointerdown", wake, { once: true });
addEventListener("keydown", wake, { once: true });

function note(frequency, from, length) {
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.type = "sine";
  tone.frequency.value = frequency;
  volume.gain.setValueAtTime(0, from);
  volume.gain.linearRampToValueAtTime(0.18, from + 0.015);
  volume.gain.exponentialRampToValueAtTime(0.001, from + length);
  tone.connect(volume).connect(audio.destination);
  tone.start(from);
  tone.stop(from + length);
}

/** "offer" rises and is heard across a room, "message" is one soft tone. */
export function sound(kind) {
  document.documentElement.dataset.lastSound = kind;
  if (!setting("sound") || audio?.state !== "running") return;
  const now = audio.currentTime;
  if (kind === "offer") [587, 740, 880].forEach((tone, at) => note(tone, now + at * 0.13, 0.35));
  else note(660, now, 0.18);
}

export function notify(title, text, run) {
  if (!document.hidden || !setting("notify") || window.Notification?.permission !== "granted") return;
  const shown = new Notification(title, { body: text, tag: title });
  shown.onclick = () => {
    window.focus();
    shown.close();
    run?.();
  };
}

/** What waits for the agent, for the title and the icon of the tab. */
export function markTab(changes) {
  marks = { ...marks, ...changes };
  const plain = document.title.replace(/^(\(\d+\) |● [^:]*: )+/, "");
  const prefix = marks.offers ? `● New: ${marks.name.replaceAll(":", " ")}: ` : marks.unread ? `(${marks.unread}) ` : "";
  if (document.title !== prefix + plain) document.title = prefix + plain;
  const icon = document.getElementById("favicon");
  icon.dataset.plain ??= icon.getAttribute("href");
  icon.href = marks.offers || marks.unread ? "/static/design/favicon-alert.svg" : icon.dataset.plain;
}

document.addEventListener("title", () => markTab({}));
