/* How the sound of a call reaches this page: straight from the other pages (core/voice.js), over a
   telephone carrier, whose library is fetched only when a call needs it, or not at all (the exchange
   of a demo). All kinds of line have the same few words: use, mute, playOn, update, receive, state,
   measure, close; those over a carrier also press. */
import { toast } from "/static/core/toast.js";
import { Voice } from "/static/core/voice.js";
import { getJson, postJson } from "./net.js";

const LIBRARY = "/static/vendor/@twilio/voice-sdk/twilio.min.js";
const SILENCE = "/static/agent/silence.wav";
const SOUNDS = ["disconnect", "incoming", "outgoing", "dtmfh", "dtmfs", ...[..."0123456789"].map((key) => `dtmf${key}`)];
const STATES = { open: "connected", reconnecting: "weak", closed: "lost" };

/** The line of a call that was just joined. `send` carries signals, `renew` gets a fresh answer of the
    server for the same call, `changed` is called when the sound comes and goes. */
export async function openLine(joined, { send, renew, changed }) {
  if (joined.line === "exchange") return new QuietLine(joined, { changed });
  if (joined.line !== "twilio") return new Voice(joined, send, changed);
  const { Device } = await library();
  return new TelephoneLine(Device, joined, { renew, changed });
}

let loading = null;
function library() {
  loading ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = LIBRARY;
    script.addEventListener("load", () => done(globalThis.Twilio));
    script.addEventListener("error", () => {
      loading = null;
      failed(new Error("The telephone could not be loaded. Check the network and try again."));
    });
    document.head.append(script);
  });
  return loading;
}

class TelephoneLine {
  overCarrier = true;
  canPress = true;

  constructor(Device, { token, params, leg_line: before = null }, { renew, changed }) {
    Object.assign(this, { params, before, changed, muted: false, call: null, sink: "", seen: null, closing: false });
    // Every sound named: the library would fetch those that are not from its vendor.
    const sounds = Object.fromEntries(SOUNDS.map((name) => [name, SILENCE]));
    this.device = new Device(token, { sounds, closeProtection: false, logLevel: "error", codecPreferences: ["opus", "pcmu"] });
    this.device.on("tokenWillExpire", () => renew().then((fresh) => this.device.updateToken(fresh.token)).catch(() => {}));
    this.device.on("error", () => changed());
  }

  /** The carrier's own id of this line, once it is known. */
  get id() {
    return this.call?.parameters?.CallSid ?? null;
  }

  /** Whether that line of our leg can be this one: ours, or the one that it has replaced. */
  is(line) {
    return !line || !this.id || line === this.id || line === this.before;
  }

  /** Speak with this microphone; the library opens it itself. */
  async use(stream) {
    const deviceId = stream.getAudioTracks()[0]?.getSettings().deviceId ?? "default";
    for (const track of stream.getTracks()) track.stop();
    await this.device.audio?.setInputDevice(deviceId).catch(() => {});
    if (!this.call) await this.place();
  }

  async place() {
    this.call = await this.device.connect({ params: this.params });
    this.call.on("sample", (sample) => (this.seen = sample));
    for (const event of ["accept", "reconnecting", "reconnected", "disconnect", "cancel", "error"]) this.call.on(event, () => this.changed());
  }

  mute(on) {
    this.muted = on;
    this.call?.mute(on);
    this.changed();
  }

  async playOn(deviceId) {
    this.sink = deviceId;
    await this.device.audio?.speakerDevices.set(deviceId || "default").catch(() => {});
  }

  press(key) {
    this.call?.sendDigits(key);
  }

  // Who hears whom is arranged at the carrier.
  update() {}
  receive() {}

  /** "none" before there is a line, "connecting", "connected", "weak", or "lost" when it broke off. */
  get state() {
    if (!this.call) return "none";
    return STATES[this.call.status()] ?? "connecting";
  }

  async measure() {
    const { totals = {}, rtt = 0, jitter = 0 } = this.seen ?? {};
    return {
      sent: totals.packetsSent ?? 0,
      received: totals.packetsReceived ?? 0,
      lost: totals.packetsLost ?? 0,
      jitter_ms: jitter,
      trip_ms: rtt,
      links: this.call ? 1 : 0,
    };
  }

  close() {
    this.closing = true;
    this.call?.disconnect();
    this.device.destroy();
  }
}

const LOOK_EVERY = 2000;
const QUIET = "/demo/line";

/** A line to the demo's exchange: all that a call does, without sound and without a microphone. What is
    said at the other end is written down. */
class QuietLine {
  overCarrier = true;
  canPress = true;
  quiet = true;

  constructor({ token, params, leg_line: before = null }, { changed }) {
    Object.assign(this, { token, call: params.call, before, changed, id: null, state: "none", muted: false, closing: false, looking: 0, heard: 0, pressed: Promise.resolve() });
  }

  is(line) {
    return !line || !this.id || line === this.id || line === this.before;
  }

  async use() {
    if (this.state !== "none") return;
    this.state = "connecting";
    ({ id: this.id } = await postJson(QUIET, { token: this.token, call: this.call }));
    if (this.closing) this.close();
    else this.look();
  }

  async look() {
    const seen = await getJson(`${QUIET}/${this.id}`).catch(() => null);
    if (this.closing) return;
    for (const words of seen?.said.slice(this.heard) ?? []) toast(`They say: ${words}`, { seconds: 12 });
    this.heard = Math.max(this.heard, seen?.said.length ?? 0);
    if (seen && seen.state !== this.state) {
      this.state = seen.state;
      this.changed();
    }
    if (this.state !== "lost") this.looking = setTimeout(() => this.look(), this.state === "connected" ? LOOK_EVERY : LOOK_EVERY / 5);
  }

  mute(on) {
    this.muted = on;
    this.changed();
  }

  press(key) {
    // One after the other: requests of their own overtake each other, and the keys with them.
    const send = () => postJson(`${QUIET}/${this.id}/press`, { key });
    this.pressed = this.pressed.then(send).catch((error) => toast(error.message, { tone: "danger" }));
  }

  playOn() {}
  update() {}
  receive() {}

  async measure() {
    return { sent: 0, received: 0, lost: 0, jitter_ms: 0, trip_ms: 0, links: 0 };
  }

  close() {
    this.closing = true;
    clearTimeout(this.looking);
    if (this.id) postJson(`${QUIET}/${this.id}/hang_up`, {}, { keepalive: true }).catch(() => {});
  }
}
