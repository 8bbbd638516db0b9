/* What one speaks into and hears with: devices, a test of both, and how good the line is. Chosen once,
   remembered in this browser. */
import { openDialog } from "/static/core/dialog.js";
import { element, icon } from "/static/core/icons.js";
import { read, write } from "/static/core/storage.js";
import { duration, serverNow } from "/static/core/time.js";
import { toast } from "/static/core/toast.js";
import { openMicrophone } from "/static/core/voice.js";
import { headsetButton } from "./headset.js";

let known = [];
let measured = null;
let last = null;
let current = () => null; // the line of the call this window speaks in
let redraw = () => {};

export const microphone = () => read("phone:microphone") ?? "";
export const speaker = () => read("phone:speaker");

export async function listDevices() {
  known = (await navigator.mediaDevices?.enumerateDevices?.().catch(() => [])) ?? [];
  redraw();
}
navigator.mediaDevices?.addEventListener?.("devicechange", listDevices);

/** In a call: the choice, folded away, with the state of the line in its head. */
export function soundBox(line) {
  const box = element("details", "phone-devices");
  box.open = soundBox.open ?? false;
  box.addEventListener("toggle", () => {
    if (soundBox.open === box.open) return;
    soundBox.open = box.open;
    redraw();
  });
  const summary = element("summary", "", icon("headphones"), "Sound", element("span", "grow"), quality(line));
  summary.dataset.key = "devices";
  box.append(summary, ...choices(), headsetButton());
  return box;
}

function choices(changed = () => {}) {
  const found = [choice("microphone", "Microphone", "audioinput", async (id) => (await current()?.use(await openMicrophone(id)), changed()))];
  if ("setSinkId" in HTMLMediaElement.prototype) found.push(choice("speaker", "Loudspeaker", "audiooutput", (id) => (current()?.playOn(id), changed())));
  return found;
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
  return element("div", "select-wrap", select, icon("chevron-down"));
}

function quality(line) {
  if (line?.quiet) {
    const told = element("span", "pill pill-quiet", "Demo: no sound");
    told.title = "Calls of the demo's telephone have no sound. What the caller says is written down in the call.";
    return told;
  }
  if (!measured) return element("span", "muted small", "");
  const { loss, jitter_ms: jitter, trip_ms: trip } = measured;
  const bad = loss > 5 || jitter > 60 || trip > 500;
  const fair = loss > 1 || jitter > 30 || trip > 250;
  const told = element("span", `pill pill-${bad ? "danger" : fair ? "warning" : "quiet"}`, bad ? "Poor line" : fair ? "Fair line" : "Good line");
  told.title = `${Math.round(trip)} ms there and back, ${loss.toFixed(1)} % lost, ${Math.round(jitter)} ms jitter`;
  return told;
}

async function look() {
  for (const clock of document.querySelectorAll("[data-phone] [data-since]")) {
    clock.textContent = duration((serverNow() - Date.parse(clock.dataset.since)) / 1000);
  }
  const line = current();
  if (!line || line.state === "none") {
    measured = last = null;
    return;
  }
  const now = await line.measure();
  const fresh = last ? now.received - last.received : 0;
  const lost = last ? now.lost - last.lost : 0;
  const was = measured;
  measured = { ...now, loss: fresh + lost > 0 ? (100 * Math.max(0, lost)) / (fresh + lost) : 0 };
  last = now;
  if (!was) redraw();
}

export const forgetQuality = () => (measured = null);

/** `line` answers the line one speaks on, `draw` draws the cards anew. */
export function startSound(line, draw) {
  current = line;
  redraw = draw;
  setInterval(() => look().catch(() => {}), 1000);
}

// The test, apart from any call: does the microphone hear me, does the loudspeaker sound.
export async function testSound() {
  const dialog = document.getElementById("sound-test");
  const places = dialog.querySelector("[data-devices]");
  const told = dialog.querySelector("[data-told]");
  const meter = dialog.querySelector("meter");
  let test = null;
  const begin = async () => {
    test?.stop();
    try {
      test = listen(await openMicrophone(microphone()), meter, told);
    } catch (error) {
      test = null;
      told.textContent = error.message;
    }
    await listDevices();
    places.replaceChildren(...choices(begin), headsetButton());
  };
  dialog.querySelector("[data-chime]").onclick = chime;
  told.textContent = "Opening the microphone";
  await begin();
  await openDialog(dialog);
  test?.stop();
}

function listen(stream, meter, told) {
  const audio = new AudioContext();
  const heard = audio.createAnalyser();
  audio.createMediaStreamSource(stream).connect(heard);
  const wave = new Uint8Array(heard.fftSize);
  let loud = false;
  told.textContent = "Say something.";
  const timer = setInterval(() => {
    heard.getByteTimeDomainData(wave);
    const level = Math.max(...wave.map((one) => Math.abs(one - 128))) / 128;
    meter.value = Math.min(1, level * 2);
    if (level > 0.1 && !loud) told.textContent = "The microphone hears you.";
    loud ||= level > 0.1;
  }, 100);
  return {
    stop() {
      clearInterval(timer);
      for (const track of stream.getTracks()) track.stop();
      audio.close();
      meter.value = 0;
    },
  };
}

async function chime() {
  const audio = new AudioContext();
  if (speaker() && audio.setSinkId) await audio.setSinkId(speaker()).catch(() => {});
  [523, 659, 784].forEach((pitch, at) => {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const from = audio.currentTime + at * 0.2;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.2, from);
    volume.gain.exponentialRampToValueAtTime(0.001, from + 0.5);
    tone.connect(volume).connect(audio.destination);
    tone.start(from);
    tone.stop(from + 0.5);
  });
  setTimeout(() => audio.close(), 1500);
}
