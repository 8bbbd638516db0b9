"""Record, and the recording of what was dialled: when it starts, stops, and who gets the file."""

from __future__ import annotations

from datetime import timedelta

from helpdesk.exchange import legs, tapes
from helpdesk.exchange.calls import Jump
from helpdesk.exchange.programs import HungUp, Interruption, Key, Program, Spoken, expect
from helpdesk.exchange.recordings import Recording
from helpdesk.exchange.scenes import Outcome, Scene
from helpdesk.exchange.switch import resolve
from helpdesk.exchange.twiml import Element

EVENTS = frozenset({"in-progress", "completed", "absent"})
LONGEST, SILENCE = 3600, 5


def tape(scene: Scene, dial: Element, source: str) -> Recording | None:
    """Start what `record` of a Dial orders, once the two are joined."""
    wanted = dial.get("record", "do-not-record")
    if wanted in {"do-not-record", "false"}:
        return None
    watch = scene.watch(dial, "recordingStatusCallback", EVENTS, "completed")
    return tapes.start(
        scene.switch, "DialVerb", call_sid=scene.call.sid,
        channels=2 if wanted.endswith("dual") else 1,
        track=dial.get("recordingTrack", "both"), watch=watch,
    )  # fmt: skip


def record(scene: Scene, verb: Element) -> Program[Outcome]:
    """A message after the tone. Without a word in it there is no recording, and the next verb."""
    legs.pick_up(scene.switch, scene.call)
    if verb.flag("playBeep", True):
        scene.call.hear("beep")
    watch = scene.watch(verb, "recordingStatusCallback", EVENTS, "completed")
    recording = tapes.start(
        scene.switch, "RecordVerb", call_sid=scene.call.sid, watch=watch,
        track="inbound",
    )  # fmt: skip
    try:
        key = yield from _listen(scene, verb)
    except Interruption as why:
        _close(scene, recording)
        if isinstance(why, HungUp) and recording.status == "completed":
            scene.switch.tell_jump(scene.call, _action(scene, verb, recording, "hangup"))
        raise
    _close(scene, recording)
    if recording.status == "absent":
        return None
    return _action(scene, verb, recording, key)


def _listen(scene: Scene, verb: Element) -> Program[str]:
    """Until a key, too long a silence, or the limit; answers the key."""
    agenda, now = scene.switch.agenda, scene.switch.now
    end = now() + timedelta(seconds=verb.number("maxLength", LONGEST))
    silence = verb.number("timeout", SILENCE) or LONGEST
    keys = verb.get("finishOnKey", "1234567890*#")
    while (left := (end - now()).total_seconds()) > 0:
        signal = yield from expect(agenda, (Key, Spoken), min(silence, left))
        if isinstance(signal, Key) and signal.key in keys:
            return signal.key
        if not isinstance(signal, (Key, Spoken)):
            break
    return ""


def _close(scene: Scene, recording: Recording) -> None:
    if recording.live and not recording.words:
        tapes.drop(scene.switch, recording)
    else:
        tapes.finish(scene.switch, recording)


def _action(scene: Scene, verb: Element, recording: Recording, key: str) -> Jump:
    values = {
        "RecordingSid": recording.sid,
        "RecordingUrl": tapes.url_of(scene.switch, recording),
        "RecordingDuration": str(round(recording.seconds(scene.switch.now()))),
    }
    values |= {"Digits": key} if key else {}
    return Jump(resolve(scene.url, verb.get("action")), verb.get("method", "POST"), values)
