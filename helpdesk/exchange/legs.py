"""The life of a call: placed, ringing, answered, redirected, ended, and who is told of it.

What a call does in between is its program (see `following` and the verbs).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl

from helpdesk.exchange import parameters, tapes
from helpdesk.exchange.bridging import PartnerLeft
from helpdesk.exchange.calls import (
    ENDED,
    Answered,
    Call,
    Detection,
    Direction,
    Endpoint,
    Jump,
    Refused,
    Status,
    Watch,
)
from helpdesk.exchange.detecting import detected
from helpdesk.exchange.programs import (
    HungUp,
    Interruption,
    Key,
    Program,
    Redirected,
    Signal,
    Spoken,
    expect,
    sleep,
)
from helpdesk.exchange.recordings import Recording
from helpdesk.exchange.switch import Switch
from helpdesk.exchange.values import is_client

ALL_EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})
Then = Callable[[Call], Program[str]]


@dataclass(frozen=True, slots=True)
class LegEnded(Signal):
    """A call that this one placed is over."""

    call: Call


@dataclass(frozen=True, slots=True)
class Order:
    """An outbound call as it is wanted. `then` is what it does once answered."""

    from_: str
    to: str
    then: Then
    direction: Direction = "outbound-api"
    timeout: float = 60.0
    parent: Call | None = None
    watch: Watch | None = None
    fallback: Jump | None = None
    detection: Detection | None = None
    limit: float | None = None
    custom: tuple[tuple[str, str], ...] = ()


def take_in(switch: Switch, call: Call, voice: Jump | None) -> None:
    """An inbound call stands at our number and rings."""
    switch.calls[call.sid] = switch.live[call.sid] = call
    call.status = "ringing"
    call.hear("ringing")
    _start(switch, call, _inbound(switch, call, voice))


def _inbound(switch: Switch, call: Call, voice: Jump | None) -> Program[str]:
    if voice is None:
        switch.fault(21220, "the number has no voice address", call)
        return "failed"
    how = yield from switch.follow(switch, call, voice, "voice")
    if how not in ENDED:
        pick_up(switch, call)  # only a refusal as the first verb leaves a call unanswered
    return how


def place(switch: Switch, order: Order) -> Call:
    """An outbound call is queued; it rings at its next turn."""
    now = switch.now()
    to, _, query = order.to.partition("?")
    call = Call(
        switch.new_sid("CA"), order.from_, to, order.direction, now, now,
        parent=order.parent, watch=order.watch, fallback=order.fallback,
        endpoints=switch.at(to), custom=dict(order.custom) | dict(parse_qsl(query)),
    )  # fmt: skip
    switch.calls[call.sid] = switch.live[call.sid] = call
    _start(switch, call, _outbound(switch, call, order))
    return call


def _outbound(switch: Switch, call: Call, order: Order) -> Program[str]:
    report(switch, call, "initiated")
    if not call.endpoints:
        return "no-answer" if is_client(call.to) else "failed"
    call.status = "ringing"
    report(switch, call, "ringing")
    for endpoint in list(call.endpoints):
        endpoint.ring(call)
    signal = yield from expect(switch.agenda, (Answered, Refused), order.timeout)
    if isinstance(signal, Refused):
        return signal.status
    if not isinstance(signal, Answered):
        return "no-answer"
    pick_up(switch, call)
    if order.limit:
        switch.agenda.after(order.limit, lambda: hang_up(switch, call))
    if order.detection:
        yield from _detect(switch, call, order.detection)
    return (yield from order.then(call))


def pick_up(switch: Switch, call: Call) -> None:
    """The call is answered, if it was not before."""
    if call.answered or not call.live:
        return
    call.status, call.answered_at = "in-progress", switch.now()
    call.updated_at = switch.now()
    report(switch, call, "answered")


def answer(switch: Switch, call: Call, endpoint: Endpoint) -> None:
    """Somebody lifts the receiver; where it rang as well, it stops."""
    if not call.live or call.answered or call.direction == "inbound":
        return
    others = [one for one in call.endpoints if one is not endpoint]
    call.endpoints = [endpoint]
    for other in others:
        other.stop(call)
    call.wake(Answered())


def refuse(switch: Switch, call: Call, endpoint: Endpoint, status: Status) -> None:
    """One of those where it rings won't; only when nobody is left does the caller hear of it."""
    if len(call.endpoints) > 1:
        call.endpoints.remove(endpoint)
        endpoint.stop(call)
    else:
        call.wake(Refused(status))


def hang_up(switch: Switch, call: Call, status: Status | None = None) -> None:
    """The call is over, whatever it was doing. Never from inside its own program."""
    if not call.live:
        return
    unanswered: Status = "no-answer" if call.direction == "inbound" else "canceled"
    _mark(switch, call, status or ("completed" if call.answered else unanswered))
    if call.task:
        call.task.interrupt(HungUp())
    _close(switch, call)


def redirect(switch: Switch, call: Call, jump: Jump) -> None:
    """Leave whatever it does and execute this instead."""
    if call.task:
        call.task.interrupt(Redirected())
    stop_beside(call)
    _start(switch, call, switch.follow(switch, call, jump, "voice"))


def _start(switch: Switch, call: Call, program: Program[str]) -> None:
    def ended(result: object) -> None:
        if isinstance(result, Interruption):
            return
        final = result if result in ENDED else "completed"
        if call.live:
            _mark(switch, call, final)
            _close(switch, call)

    call.task = switch.run(program, ended)


def _mark(switch: Switch, call: Call, status: Status) -> None:
    """Over from now on; what it holds is let go next, and then everybody is told."""
    call.status, call.ended_at, call.updated_at = status, switch.now(), switch.now()
    switch.live.pop(call.sid, None)


def _close(switch: Switch, call: Call) -> None:
    stop_beside(call)
    for recording in [r for r in switch.taping.values() if r.call_sid == call.sid]:
        tapes.finish(switch, recording)
    for endpoint in call.endpoints:
        endpoint.stop(call)
    report(switch, call, "completed")
    if call.unanswered and not call.answered:
        call.unanswered(call)
    if call.parent:
        call.parent.wake(LegEnded(call))
    for other in [one for one in switch.live.values() if one.partner is call]:
        other.wake(PartnerLeft(call))


def stop_beside(call: Call) -> None:
    if call.beside:
        call.beside.interrupt(HungUp())
        call.beside = None


def play_beside(switch: Switch, call: Call, program: Program[object]) -> None:
    """Music or an announcement while the call itself waits; what played before stops."""
    stop_beside(call)
    call.beside = switch.run(program, lambda result: None)


def report(switch: Switch, call: Call, event: str) -> None:
    """Tell whoever watches. An event that nobody ordered has no number either."""
    watch = call.watch
    if not watch or event not in watch.events:
        return
    values = parameters.of_call(switch.account.sid, call)
    values |= parameters.of_progress(call, switch.now())
    if event == "initiated":
        values["CallStatus"] = "initiated"
    call.sequence += 1
    if not call.live:
        values |= _recorded(switch, call)
    switch.tell(watch, values, call)


def _recorded(switch: Switch, call: Call) -> dict[str, str]:
    made = [switch.recordings[sid] for sid in call.recording_sids]
    if not made:
        return {}
    last = made[-1]
    return {
        "RecordingUrl": tapes.url_of(switch, last),
        "RecordingSid": last.sid,
        "RecordingDuration": str(round(last.seconds(switch.now()))),
    }


def _detect(switch: Switch, call: Call, wanted: Detection) -> Program[None]:
    """Who answered: known before the call goes on, or told beside it."""
    verdict, seconds = detected(call, wanted)

    def told() -> None:
        if call.live and wanted.callback:
            call.answered_by = verdict
            values = {
                "CallSid": call.sid,
                "AccountSid": switch.account.sid,
                "AnsweredBy": verdict,
                "MachineDetectionDuration": str(round(seconds * 1000)),
            }
            switch.tell(wanted.callback, values, call)

    if wanted.callback:
        switch.agenda.after(seconds, told)
        return
    yield from sleep(switch.agenda, seconds)
    call.answered_by = verdict


def speak(switch: Switch, call: Call, words: str) -> None:
    """Somebody says something into the phone; whoever hears the call hears it."""
    call.said.append(words)
    for recording in switch.taping.values():
        if recording.status == "in-progress" and call.sid in _voices(switch, recording):
            recording.words.append(words)
    listeners = [one for one in switch.live.values() if call.sid in heard_by(one)]
    for listener in listeners:
        listener.hear(f"voice: {words}")
    perceive(call, Spoken(words))


def press(switch: Switch, call: Call, key: str) -> None:
    """A key is pressed: its tone is heard by whoever hears the call."""
    for listener in [one for one in switch.live.values() if call.sid in heard_by(one)]:
        listener.hear(f"keys: {key}")
    perceive(call, Key(key))


def perceive(call: Call, signal: Signal) -> None:
    """A key or words reach the call itself and what plays beside it."""
    call.wake(signal)
    if call.beside and not call.beside.over:
        call.beside.wake(signal)


def heard_by(call: Call) -> set[str]:
    """The sids of the calls whose voices reach this one now."""
    if not call.live:
        return set()
    if call.partner:
        return {call.partner.sid} if call.partner.live else set()
    if call.room and call.sid in call.room.participants:
        return set(call.room.heard_by(call.sid))
    return set()


def _voices(switch: Switch, recording: Recording) -> set[str]:
    if recording.room_sid:
        room = switch.rooms[recording.room_sid]
        return {sid for sid, one in room.participants.items() if not (one.muted or one.hold)}
    call = switch.calls[recording.call_sid]
    return {recording.call_sid} | heard_by(call)
