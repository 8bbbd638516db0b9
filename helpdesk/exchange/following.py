"""Fetches TwiML and performs it verb by verb: the heart of the exchange.

A document leads to the next one, or ends in a word: "end" (no verb left), "hangup", "leave",
"busy" or "no-answer" (refused unanswered), "failed". What a verb does stands in the file of its
verb; `VERBS` is the whole list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from helpdesk.exchange import dialling, gathering, playing, queueing, taping
from helpdesk.exchange.calls import Call, Jump
from helpdesk.exchange.grammar import Kind
from helpdesk.exchange.hooks import Answer
from helpdesk.exchange.programs import Ask, Program
from helpdesk.exchange.scenes import Outcome, Scene
from helpdesk.exchange.switch import Switch, resolve
from helpdesk.exchange.twiml import Element, TwimlError, read

APOLOGY = "say: We are sorry, something went wrong with this call. Goodbye."
XML_TYPES = frozenset({"text/xml", "application/xml", "text/html"})

Verb = Callable[[Scene, Element], Program[Outcome]]


class _Unusable(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Sound:
    """The address gave a sound rather than a document."""

    url: str


def follow(switch: Switch, call: Call, jump: Jump, kind: Kind, base: str = "") -> Program[str]:
    """Perform from `jump` on until nothing is left; `base` is where relative addresses start."""
    fallen_back = False
    while True:
        scene = Scene(switch, call, jump.url or base, jump.method, kind)
        try:
            verbs = yield from _fetch(scene, jump)
        except _Unusable as why:
            switch.fault(why.code, str(why), call, jump.url)
            if kind != "voice" or call.fallback is None or fallen_back:
                return _given_up(call, kind)
            fallen_back = True
            told = {"ErrorCode": str(why.code), "ErrorUrl": jump.url}
            jump = Jump(call.fallback.url, call.fallback.method, told)
            continue
        outcome = yield from _perform(scene, verbs)
        if isinstance(outcome, str):
            return outcome
        jump = outcome


def _given_up(call: Call, kind: Kind) -> str:
    if kind == "voice":
        call.hear(APOLOGY)
    return "hangup" if kind == "voice" and call.answered else "failed"


def _fetch(scene: Scene, jump: Jump) -> Program[tuple[Element, ...] | _Sound]:
    if jump.document is not None:
        return _read(jump.document, scene.kind)
    answer: Answer = yield Ask(scene.switch.call_hook(scene.call, jump))
    if answer.status == 0:
        raise _Unusable(11205, "nobody answered within the time that the carrier waits")
    if not 200 <= answer.status < 300:
        raise _Unusable(11200, f"the customer answered {answer.status}")
    kind = answer.content_type.partition(";")[0].strip().lower()
    if kind.startswith("audio/"):
        playing.learn(scene.switch, jump.url, answer)
        return _Sound(jump.url)
    if kind not in XML_TYPES:
        raise _Unusable(12300, f"the answer is of type {kind or 'none'}, which is no TwiML")
    return _read(answer.body, scene.kind)


def _read(body: bytes, kind: Kind) -> tuple[Element, ...]:
    try:
        return read(body, kind)
    except TwimlError as wrong:
        raise _Unusable(wrong.code, str(wrong)) from wrong


def _perform(scene: Scene, verbs: tuple[Element, ...] | _Sound) -> Program[Jump | str]:
    if isinstance(verbs, _Sound):
        yield from playing.play_address(scene, verbs.url)
        return "end"
    for verb in verbs:
        outcome = yield from VERBS[verb.name](scene, verb)
        if outcome is not None:
            return outcome
    return "end"


def _redirect(scene: Scene, verb: Element) -> Program[Outcome]:
    yield from ()
    return Jump(resolve(scene.url, verb.text), verb.get("method", "POST"))


def _hang_up(scene: Scene, verb: Element) -> Program[Outcome]:
    yield from ()
    return "hangup"


def _reject(scene: Scene, verb: Element) -> Program[Outcome]:
    yield from ()
    if scene.call.answered:
        return "hangup"
    return "busy" if verb.get("reason") == "busy" else "no-answer"


def _leave(scene: Scene, verb: Element) -> Program[Outcome]:
    yield from ()
    return "leave"


VERBS: dict[str, Verb] = {
    "Say": playing.say,
    "Play": playing.play,
    "Pause": playing.pause,
    "Gather": gathering.gather,
    "Enqueue": queueing.enqueue,
    "Dial": dialling.dial,
    "Record": taping.record,
    "Redirect": _redirect,
    "Reject": _reject,
    "Hangup": _hang_up,
    "Leave": _leave,
}
