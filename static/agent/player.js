/* The player of recordings and voice messages. Nothing is loaded before somebody presses play: the
   server is asked first, writes the listening down, and answers an address of the listener's own. */
import { element, icon } from "/static/core/icons.js";
import { toast } from "/static/core/toast.js";
import { postJson } from "./net.js";

const SPEEDS = [1, 1.25, 1.5, 2, 0.75];
const playing = new WeakMap(); // by player its audio
let heard = null; // one at a time: the audio that sounds

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
const part = (player, name) => player.querySelector(`[data-${name}]`);

/** A player for a file of a message, that may be saved as well: `path` is where it is asked for, `seconds` how long
    it lasts, where that is known. */
export function playerFor(path, label, seconds = null) {
  const play = element("button", "btn btn-icon btn-small", icon("play"));
  play.type = "button";
  play.dataset.play = "";
  play.title = "Play";
  play.setAttribute("aria-label", "Play");
  const seek = element("input");
  Object.assign(seek, { type: "range", min: 0, max: 0, step: 1, value: 0, disabled: true });
  seek.dataset.seek = "";
  seek.setAttribute("aria-label", "Position");
  const time = element("span", "player-time number small muted", seconds === null ? "" : clock(seconds));
  time.dataset.time = "";
  const speed = element("button", "btn btn-quiet btn-small number", "1×");
  speed.type = "button";
  speed.dataset.speed = "";
  speed.title = "Speed";
  speed.setAttribute("aria-label", "Speed");
  const save = element("a", "btn btn-icon btn-quiet btn-small", icon("download"));
  save.href = path;
  save.setAttribute("download", label);
  save.setAttribute("aria-label", `Download ${label}`);
  save.title = `Download ${label}`;
  const made = element("div", "player", play, element("span", "player-track", seek), time, speed, save);
  made.dataset.player = path;
  made.setAttribute("role", "group");
  made.setAttribute("aria-label", label);
  return made;
}

async function load(player) {
  const { url, seconds, pauses } = await postJson(`${player.dataset.player}/listen`);
  const audio = new Audio(url);
  audio.preload = "metadata";
  playing.set(player, audio);
  const show = () => draw(player, audio, seconds);
  for (const event of ["play", "pause", "timeupdate", "ended", "loadedmetadata", "durationchange"]) audio.addEventListener(event, show);
  audio.addEventListener("error", () => {
    playing.delete(player);
    draw(player, null, seconds);
    toast("The sound could not be loaded. Try again.", { tone: "danger" });
  });
  mark(player, pauses, seconds);
  part(player, "seek").disabled = false;
  return audio;
}

function draw(player, audio, seconds) {
  const length = Number.isFinite(audio?.duration) ? audio.duration : seconds ?? 0;
  const at = audio?.currentTime ?? 0;
  const seek = part(player, "seek");
  seek.max = Math.max(1, Math.round(length));
  if (seek !== document.activeElement || !seek.matches(":active")) seek.value = Math.round(at);
  seek.setAttribute("aria-valuetext", `${clock(at)} of ${clock(length)}`);
  part(player, "time").textContent = `${clock(at)} / ${clock(length)}`;
  const sounds = Boolean(audio && !audio.paused && !audio.ended);
  const play = part(player, "play");
  play.replaceChildren(icon(sounds ? "pause" : "play"));
  play.title = sounds ? "Pause" : "Play";
  play.setAttribute("aria-label", play.title);
}

/** Where the recording was paused: on the track, and in words. */
function mark(player, pauses, seconds) {
  if (!pauses.length || !seconds) return;
  const track = player.querySelector(".player-track");
  for (const { begins, ends } of pauses) {
    const gap = element("span", "player-gap");
    gap.style.insetInlineStart = `${(100 * begins) / seconds}%`;
    gap.style.inlineSize = `${(100 * (ends - begins)) / seconds}%`;
    track.append(gap);
  }
  const told = player.parentElement.querySelector("[data-gaps]");
  if (told) told.textContent = `Paused for card data: ${pauses.map(({ begins, ends }) => `${clock(begins)} to ${clock(ends)}`).join(", ")}`;
}

async function toggle(player) {
  const button = part(player, "play");
  if (button.disabled) return;
  try {
    let audio = playing.get(player);
    if (!audio) {
      button.disabled = true;
      audio = await load(player);
      button.disabled = false;
      button.focus();
    }
    if (!audio.paused) return audio.pause();
    if (heard && heard !== audio) heard.pause();
    heard = audio;
    audio.playbackRate = Number(player.dataset.rate ?? 1);
    await audio.play();
  } catch (error) {
    if (error.name !== "AbortError") toast(error.message, { tone: "danger" });
  } finally {
    button.disabled = false;
  }
}

function faster(player) {
  const next = SPEEDS[(SPEEDS.indexOf(Number(player.dataset.rate ?? 1)) + 1) % SPEEDS.length];
  player.dataset.rate = next;
  const audio = playing.get(player);
  if (audio) audio.playbackRate = next;
  const button = part(player, "speed");
  button.textContent = `${next}×`;
  button.setAttribute("aria-label", `Speed ${next}`);
}

async function holdRecording(button) {
  const id = button.closest("[data-recording]").dataset.recording;
  const on = button.dataset.holdRecording === "on";
  try {
    await postJson(`/desk/recordings/${id}/hold/${on ? "on" : "off"}`);
    button.dataset.holdRecording = on ? "off" : "on";
    button.setAttribute("aria-pressed", String(on));
    button.querySelector("span").textContent = on ? "On legal hold" : "Legal hold";
    toast(on ? "It stays until the hold is taken off." : "The hold is off. It goes when its days are over.");
  } catch (error) {
    toast(error.message, { tone: "danger" });
  }
}

// Pages come and go under the socket, so the listeners stand on the document.
document.addEventListener("click", (event) => {
  const at = (name) => event.target.closest?.(`[data-player] [data-${name}]`);
  if (at("play")) toggle(at("play").closest("[data-player]"));
  else if (at("speed")) faster(at("speed").closest("[data-player]"));
  else if (event.target.closest?.("[data-hold-recording]")) holdRecording(event.target.closest("[data-hold-recording]"));
});
document.addEventListener("input", (event) => {
  const seek = event.target.closest?.("[data-player] [data-seek]");
  const audio = seek && playing.get(seek.closest("[data-player]"));
  if (audio) audio.currentTime = Number(seek.value);
});
// Who leaves the page of a player hears it no longer.
new MutationObserver(() => {
  if (!heard || heard.paused) return;
  const shown = [...document.querySelectorAll("[data-player]")].some((player) => playing.get(player) === heard);
  if (!shown) heard.pause();
}).observe(document.body, { childList: true, subtree: true });
