/* Recording in the softphone: whether this call is recorded, the pause for card data, and stopping it.
   Card data is safe only while the carrier has confirmed the pause; until then the strip says no. */
import { element, icon } from "/static/core/icons.js";
import { serverNow } from "/static/core/time.js";
import { toast } from "/static/core/toast.js";
import { postJson } from "./net.js";

const SAID = {
  asked: ["hourglass", "They hear about recording first"],
  refused: ["mic-off", "Not recorded: the caller did not agree"],
  withdrawn: ["mic-off", "Not recorded: the caller does not want it"],
  starting: ["mic", "Recording starts"],
  running: ["mic", "Recording"],
  pausing: ["hourglass", "Pausing. Do not take card data yet"],
  paused: ["shield-check", "Recording paused. Safe to take card data"],
  resuming: ["hourglass", "Recording goes on. No card data now"],
  failed: ["mic-off", "Not recorded: the carrier did not begin it"],
};
const LATE = "Not paused: the carrier does not confirm it. Do not take card data";

/** The strip of a call, or null where recording is no matter. */
export function recordingStrip(call, leg) {
  const told = call.recording;
  if (!told || !SAID[told.state]) return null;
  const strip = element("div", "phone-recording");
  strip.setAttribute("role", "status");
  draw(strip, call, leg, told);
  return strip;
}

function draw(strip, call, leg, told) {
  const wait = told.state === "pausing" ? Date.parse(told.late_at) - serverNow() : 1;
  const late = wait <= 0;
  const [picture, words] = late ? ["circle-alert", LATE] : SAID[told.state];
  strip.dataset.recording = late ? "late" : told.state;
  strip.replaceChildren(element("span", "phone-recording-told", icon(picture), element("span", "", words)));
  if (leg.party === "agent") strip.append(...deeds(call, told.state, late));
  if (told.state === "pausing" && !late) setTimeout(() => strip.isConnected && draw(strip, call, leg, told), wait + 50);
}

function deeds(call, state, late) {
  const made = [];
  const deed = (name, label, picture, kind = "") => {
    const button = element("button", `btn btn-small ${kind}`.trim(), icon(picture), element("span", "", label));
    button.type = "button";
    button.dataset.key = `recording-${name}`;
    button.addEventListener("click", () => run(call, name, button));
    made.push(button);
  };
  if (state === "starting" || state === "running") deed("pause", "Pause for card data", "pause");
  if (state === "pausing" && late) deed("pause", "Try again", "pause");
  if (state === "paused" || late) deed("resume", "Resume recording", "mic", state === "paused" ? "btn-primary" : "");
  if (["starting", "running", "resuming"].includes(state)) deed("withdraw", "Caller does not want it", "x", "btn-quiet");
  return made;
}

async function run(call, name, button) {
  button.disabled = true;
  try {
    await postJson(`/desk/calls/${call.conversation_id}/recording/${name}`);
    if (name === "withdraw") toast("Recording stops. What was recorded is deleted.");
  } catch (error) {
    toast(error.message, { tone: "danger" });
    button.disabled = false;
  }
}
