"""Dial: calls are placed and joined with this one, or it goes into a conference or queue."""

from __future__ import annotations

from datetime import datetime

from helpdesk.exchange import conferencing, legs, tapes, values
from helpdesk.exchange.bridging import talk
from helpdesk.exchange.calls import Call, Detection, Jump, Status, Watch
from helpdesk.exchange.legs import LegEnded, Order
from helpdesk.exchange.programs import Afterwards, Interruption, Program, Signal, expect
from helpdesk.exchange.queueing import SomebodyWaits, named, take_front
from helpdesk.exchange.queues import Queue
from helpdesk.exchange.recordings import Recording
from helpdesk.exchange.scenes import Outcome, Scene
from helpdesk.exchange.switch import resolve
from helpdesk.exchange.taping import tape
from helpdesk.exchange.twiml import Element

DEFAULT_TIMEOUT = 30
LIMIT_SECONDS = 14_400


class Ready(Signal):
    """A call that was dialled has been answered and wants to talk."""

    def __init__(self, call: Call) -> None:
        self.call = call


def dial(scene: Scene, verb: Element) -> Program[Outcome]:
    nouns = verb.children or (Element("Number", {}, (), verb.text),)
    match nouns[0].name:
        case "Conference":
            return (yield from conferencing.dial_conference(scene, verb, nouns[0]))
        case "Queue":
            return (yield from _dial_queue(scene, verb, nouns[0]))
    caller_id = verb.get("callerId", scene.call.from_)
    if wrong := _wrong(scene, nouns, caller_id):
        scene.switch.fault(wrong[0], wrong[1], scene.call, scene.url)
        return scene.action(verb, {"DialCallStatus": "failed"})
    return (yield from _dial_people(scene, verb, nouns, caller_id))


def _wrong(scene: Scene, nouns: tuple[Element, ...], caller_id: str) -> tuple[int, str] | None:
    for noun in nouns:
        if noun.name == "Number" and not values.is_number(noun.text):
            return 13224, f"Dial: {noun.text!r} is no number in E.164"
    if any(noun.name == "Number" for noun in nouns):
        ours = {*scene.switch.numbers, scene.call.from_, scene.call.to}
        if caller_id not in ours or not values.is_number(caller_id):
            return 13214, f"Dial: {caller_id!r} is not a caller id that this account may show"
    return None


def _dial_people(
    scene: Scene, verb: Element, nouns: tuple[Element, ...], caller_id: str
) -> Program[Outcome]:
    if not verb.flag("answerOnBridge"):
        legs.pick_up(scene.switch, scene.call)
    scene.call.hear("ringing")
    placed: list[Call] = []
    try:
        winner = yield from _ring(scene, verb, nouns, caller_id, placed)
        if winner is None:
            return scene.action(verb, _result(placed[-1], _worst(placed)))
        for other in placed:
            if other is not winner:
                legs.hang_up(scene.switch, other)
        legs.pick_up(scene.switch, scene.call)
        told = yield from _converse(scene, verb, winner)
        return scene.action(verb, told)
    except Interruption:
        _let_go(scene, verb, placed)
        raise


def _ring(
    scene: Scene, verb: Element, nouns: tuple[Element, ...], caller_id: str, placed: list[Call]
) -> Program[Call | None]:
    """All at once, or one after the other; the first who wants to talk, if anybody does."""
    timeout = verb.number("timeout", DEFAULT_TIMEOUT)
    groups = [[noun] for noun in nouns] if verb.flag("sequential") else [list(nouns)]
    for group in groups:
        placed += [_place(scene, verb, noun, caller_id, timeout) for noun in group]
        winner = yield from _first_to_answer(scene, placed)
        if winner:
            return winner
    return None


def _converse(scene: Scene, verb: Element, winner: Call) -> Program[dict[str, str]]:
    recording, began = tape(scene, verb, "DialVerb"), scene.switch.now()
    with Afterwards(lambda: _finish(scene, recording)):
        ended = yield from talk(
            scene.switch, scene.call, winner,
            star_ends=verb.flag("hangupOnStar"), limit=verb.number("timeLimit", LIMIT_SECONDS),
        )  # fmt: skip
    if ended != "left":
        legs.hang_up(scene.switch, winner)
    return _talked(scene, winner, began) | _taped(scene, recording)


def _talked(scene: Scene, partner: Call, began: datetime) -> dict[str, str]:
    seconds = round((scene.switch.now() - began).total_seconds())
    told = {"DialCallDuration": str(seconds), "DialBridged": "true"}
    return _result(partner, "completed") | told


def _finish(scene: Scene, recording: Recording | None) -> None:
    if recording:
        tapes.finish(scene.switch, recording)


def _place(scene: Scene, verb: Element, noun: Element, caller_id: str, timeout: int) -> Call:
    parent = scene.call

    def then(child: Call) -> Program[str]:
        if noun.get("sendDigits"):
            child.hear(f"keys: {noun.get('sendDigits')}")
        if noun.get("url"):
            jump = Jump(resolve(scene.url, noun.get("url")), noun.get("method", "POST"))
            if (yield from scene.switch.follow(scene.switch, child, jump, "whisper")) != "end":
                return "completed"
        parent.wake(Ready(child))
        yield from talk(scene.switch, child, parent)
        return "completed"

    identity = next((c.text for c in noun.children if c.name == "Identity"), noun.text)
    custom = tuple(
        (c.get("name"), c.get("value")) for c in noun.children if c.name == "Parameter"
    )  # fmt: skip
    to = noun.text if noun.name == "Number" else f"client:{identity}"
    watch = scene.watch(noun, "statusCallback", legs.ALL_EVENTS, "completed")
    return legs.place(
        scene.switch,
        Order(
            caller_id, to, then, "outbound-dial", timeout, parent, watch,
            detection=_detection(scene, noun), custom=custom,
        ),
    )  # fmt: skip


def _detection(scene: Scene, noun: Element) -> Detection | None:
    """Beside the call: nobody waits for the verdict, so without a callback there is none."""
    mode, callback = noun.get("machineDetection"), noun.get("amdStatusCallback")
    if not mode or not callback:
        return None
    watch = Watch(resolve(scene.url, callback), noun.get("amdStatusCallbackMethod", "POST"))
    seconds = noun.number("machineDetectionTimeout", 30)
    return Detection("Enable" if mode == "Enable" else "DetectMessageEnd", seconds, watch)


def _first_to_answer(scene: Scene, placed: list[Call]) -> Program[Call | None]:
    while any(call.live for call in placed):
        signal = yield from expect(scene.switch.agenda, (Ready, LegEnded), None)
        if isinstance(signal, Ready) and signal.call.live:
            return signal.call
    return None


def _worst(placed: list[Call]) -> Status:
    """One word for several that did not answer."""
    said = [call.status for call in placed]
    for status in ("busy", "no-answer", "canceled", "failed"):
        if status in said:
            return status
    return "completed"


def _result(call: Call, status: Status) -> dict[str, str]:
    return {"DialCallSid": call.sid, "DialCallStatus": status, "DialBridged": "false"}


def _taped(scene: Scene, recording: Recording | None) -> dict[str, str]:
    if not recording:
        return {}
    seconds = round(recording.seconds(scene.switch.now()))
    url = tapes.url_of(scene.switch, recording)
    return {
        "RecordingUrl": url, "RecordingSid": recording.sid, "RecordingDuration": str(seconds),
    }  # fmt: skip


def _let_go(scene: Scene, verb: Element, placed: list[Call]) -> None:
    """The caller went: what was dialled for it ends, and the action hears of it."""
    answered = next((call for call in placed if call.answered), None)
    for call in placed:
        legs.hang_up(scene.switch, call)
    if placed and not scene.call.live:
        told = _result(answered or placed[-1], "completed" if answered else "canceled")
        action = scene.action(verb, told)
        if action:
            scene.switch.tell_jump(scene.call, action)


def _dial_queue(scene: Scene, verb: Element, noun: Element) -> Program[Outcome]:
    """The one at the front is taken; an empty queue is waited for, as long as Dial may ring."""
    legs.pick_up(scene.switch, scene.call)
    queue = named(scene.switch, noun.text)
    whisper = None
    if noun.get("url"):
        whisper = Jump(resolve(scene.url, noun.get("url")), noun.get("method", "POST"))
    if not queue.members:
        yield from _wait_for_somebody(scene, verb, queue)
    member = take_front(scene.switch, queue, scene.call, whisper)
    if member is None:
        return scene.action(verb, {"DialCallStatus": "no-answer"})
    began = scene.switch.now()
    yield from talk(scene.switch, scene.call, member.call, star_ends=verb.flag("hangupOnStar"))
    return scene.action(verb, _talked(scene, member.call, began))


def _wait_for_somebody(scene: Scene, verb: Element, queue: Queue) -> Program[None]:
    def give_up() -> None:
        if scene.call in queue.wanting:
            queue.wanting.remove(scene.call)

    queue.wanting.append(scene.call)
    scene.call.hear("ringing")
    timeout = verb.number("timeout", DEFAULT_TIMEOUT)
    with Afterwards(give_up):
        yield from expect(scene.switch.agenda, SomebodyWaits, timeout)
