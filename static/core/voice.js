/* Sound between pages of one call, for the desk and the widget alike: a microphone, one connection to each
   other party, and what the server says about who hears whom. The server hands signals on unread. */

const GATHER = 15; // candidates found within so many milliseconds go as one signal
const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** The microphone, or an Error whose message says what to do. */
export async function openMicrophone(deviceId = "") {
  if (!navigator.mediaDevices?.getUserMedia) throw new Error("This browser gives no page a microphone here. Use a current browser and a secure address (https).");
  const wanted = deviceId ? { ...AUDIO, deviceId: { exact: deviceId } } : AUDIO;
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: wanted });
  } catch (error) {
    if (deviceId && (error.name === "OverconstrainedError" || error.name === "NotFoundError")) return openMicrophone();
    throw new Error(WHY[error.name] ?? "The microphone could not be opened. Check that it is plugged in.");
  }
}

const WHY = {
  NotAllowedError: "The microphone is blocked. Allow it beside the address at the top of the browser, then try again.",
  NotFoundError: "No microphone was found. Plug one in, then try again.",
  NotReadableError: "Another program holds the microphone. Close it, then try again.",
};

export class Voice {
  /** `send(leg, text)` carries a signal; `changed()` is called when connections come and go. */
  constructor({ ice_servers: iceServers = [], relay_only: relayOnly = false }, send, changed = () => {}) {
    this.config = { iceServers, iceTransportPolicy: relayOnly ? "relay" : "all" };
    Object.assign(this, { send, changed, muted: false, stream: null, sink: "" });
    this.links = new Map(); // by leg
    this.early = []; // signals of parties that the server has not named yet
    this.mine = { leg: "", session: -1 };
  }

  get track() {
    return this.stream?.getAudioTracks()[0] ?? null;
  }

  /** Speak with this microphone from now on; the one before is let go. */
  async use(stream) {
    const before = this.stream;
    this.stream = stream;
    if (this.track) this.track.enabled = !this.muted;
    for (const link of this.links.values()) await this.gate(link);
    for (const track of before?.getTracks() ?? []) track.stop();
  }

  mute(on) {
    this.muted = on;
    if (this.track) this.track.enabled = !on;
    this.changed();
  }

  async playOn(deviceId) {
    this.sink = deviceId;
    for (const { player } of this.links.values()) await player.setSinkId?.(deviceId).catch(() => {});
  }

  /** Who is there now, as the server says: [{leg, session, heard, hears, offers}]. */
  update(leg, session, peers) {
    if (leg !== this.mine.leg || session !== this.mine.session) {
      for (const link of [...this.links.values()]) this.drop(link);
      this.mine = { leg, session };
    }
    const wanted = new Map(peers.map((peer) => [peer.leg, peer]));
    for (const link of [...this.links.values()]) {
      if (wanted.get(link.leg)?.session !== link.session) this.drop(link);
    }
    for (const peer of peers) {
      const link = this.links.get(peer.leg) ?? this.connect(peer);
      Object.assign(link, { heard: peer.heard, hears: peer.hears });
      this.gate(link);
    }
    const waiting = this.early.splice(0);
    for (const signal of waiting) this.receive(signal);
  }

  connect({ leg, session, offers }) {
    const pc = new RTCPeerConnection(this.config);
    const player = new Audio();
    player.autoplay = true;
    if (this.sink) player.setSinkId?.(this.sink).catch(() => {});
    const link = { leg, session, offers, pc, player, found: [], queued: [], heard: false, hears: false };
    this.links.set(leg, link);
    pc.onicecandidate = ({ candidate }) => candidate && this.found(link, candidate);
    pc.ontrack = ({ track, streams }) => {
      player.srcObject = streams[0] ?? new MediaStream([track]);
      player.play().catch(() => {});
    };
    pc.onconnectionstatechange = () => this.stateChanged(link);
    if (offers) {
      link.sender = pc.addTransceiver("audio", { direction: "sendrecv" }).sender;
      this.offer(link);
    }
    return link;
  }

  async offer(link, again = false) {
    try {
      await link.pc.setLocalDescription(await link.pc.createOffer({ iceRestart: again }));
      this.say(link, { description: link.pc.localDescription });
    } catch {
      // closed meanwhile
    }
  }

  found(link, candidate) {
    link.found.push(candidate);
    link.gathering ??= setTimeout(() => {
      link.gathering = null;
      this.say(link, { candidates: link.found.splice(0) });
    }, GATHER);
  }

  say(link, what) {
    if (this.links.get(link.leg) === link) this.send(link.leg, JSON.stringify(what));
  }

  /** A signal as the server hands it on; of a party not named yet it waits for its name. */
  async receive(signal) {
    if (this.mine.leg && signal.to !== this.mine.leg) return;
    const link = this.links.get(signal.from);
    if (!link || link.session < signal.from_session || this.mine.session < signal.to_session) {
      this.early.push(signal);
      if (this.early.length > 50) this.early.shift();
      return;
    }
    if (link.session !== signal.from_session || this.mine.session !== signal.to_session) return; // of a page that is gone
    link.order = (link.order ?? Promise.resolve()).then(() => this.take(link, JSON.parse(signal.data))).catch(() => {});
    await link.order;
  }

  async take(link, { description, candidates = [] }) {
    const { pc } = link;
    if (description) {
      await pc.setRemoteDescription(description);
      if (description.type === "offer") {
        const [transceiver] = pc.getTransceivers();
        transceiver.direction = "sendrecv";
        link.sender = transceiver.sender;
        await this.gate(link);
        await pc.setLocalDescription(await pc.createAnswer());
        this.say(link, { description: pc.localDescription });
      }
      for (const one of link.queued.splice(0)) await pc.addIceCandidate(one);
    }
    for (const one of candidates) {
      if (pc.remoteDescription) await pc.addIceCandidate(one);
      else link.queued.push(one);
    }
  }

  /** Sends only to whom the server says, and plays only what it says. */
  async gate(link) {
    link.player.muted = !link.hears;
    const track = link.heard ? this.track : null;
    if (link.sender && link.sender.track !== track) await link.sender.replaceTrack(track).catch(() => {});
  }

  stateChanged(link) {
    const state = link.pc.connectionState;
    if (state === "failed" && link.offers) this.offer(link, true);
    this.changed();
  }

  /** "none" alone, "connecting", "connected", or "weak" while a way to somebody is lost. */
  get state() {
    const states = [...this.links.values()].map(({ pc }) => pc.connectionState);
    if (!states.length) return "none";
    if (states.some((one) => one === "failed" || one === "disconnected")) return "weak";
    return states.every((one) => one === "connected") ? "connected" : "connecting";
  }

  /** What the connections measured: packets and bytes both ways, loss, jitter and round trip in ms. */
  async measure() {
    const sum = { sent: 0, received: 0, lost: 0, jitter_ms: 0, trip_ms: 0, links: this.links.size };
    for (const { pc } of this.links.values()) {
      for (const one of (await pc.getStats()).values()) {
        if (one.type === "outbound-rtp") sum.sent += one.packetsSent;
        if (one.type === "inbound-rtp") {
          sum.received += one.packetsReceived;
          sum.lost += Math.max(0, one.packetsLost ?? 0);
          sum.jitter_ms = Math.max(sum.jitter_ms, (one.jitter ?? 0) * 1000);
        }
        if (one.type === "candidate-pair" && one.nominated) sum.trip_ms = Math.max(sum.trip_ms, (one.currentRoundTripTime ?? 0) * 1000);
      }
    }
    return sum;
  }

  drop(link) {
    this.links.delete(link.leg);
    clearTimeout(link.gathering);
    link.pc.onconnectionstatechange = link.pc.ontrack = link.pc.onicecandidate = null;
    link.pc.close();
    link.player.srcObject = null;
    this.changed();
  }

  close() {
    for (const link of [...this.links.values()]) this.drop(link);
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.mine = { leg: "", session: -1 };
  }
}

/** A soft repeating tone (ringing, hold) until `stop()` is called. */
export function tones(pattern) {
  const [context, timers] = [new AudioContext(), []];
  const play = () => {
    for (const [frequency, from, length] of pattern.notes) {
      const [tone, volume] = [context.createOscillator(), context.createGain()];
      const at = context.currentTime + from;
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(0.05, at + 0.02);
      volume.gain.setValueAtTime(0.05, at + length - 0.03);
      volume.gain.linearRampToValueAtTime(0, at + length);
      tone.connect(volume).connect(context.destination);
      tone.start(at);
      tone.stop(at + length);
    }
  };
  play();
  timers.push(setInterval(play, pattern.every));
  return () => {
    timers.forEach(clearInterval);
    context.close().catch(() => {});
  };
}

export const RINGING = { every: 4000, notes: [[440, 0, 1]] };
export const ON_HOLD = { every: 5000, notes: [[523, 0, 0.4], [659, 0.5, 0.4], [784, 1, 0.6]] };
