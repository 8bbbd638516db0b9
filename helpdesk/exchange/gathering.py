"""Gather: prompts that may be cut short, then keys or a sentence, then the action.

Keys pressed before the verb began are lost, as they are on the real line.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from helpdesk.exchange import legs
from helpdesk.exchange.calls import Jump
from helpdesk.exchange.playing import prepared
from helpdesk.exchange.programs import Key, Program, Signal, Spoken, expect
from helpdesk.exchange.scenes import Outcome, Scene
from helpdesk.exchange.switch import resolve
from helpdesk.exchange.twiml import Element

DEFAULT_TIMEOUT = 5
CONFIDENCE = "0.93"


@dataclass(slots=True)
class _Taken:
    keys: str = ""
    finished_on: str = ""
    words: str = ""
    done: bool = False

    def values(self, language: str) -> dict[str, str]:
        if self.words:
            return {
                "SpeechResult": self.words, "Confidence": CONFIDENCE, "Language": language,
            }  # fmt: skip
        return {"Digits": self.keys, "FinishedOnKey": self.finished_on, "msg": "Gather End"}


@dataclass(frozen=True, slots=True)
class _Wanted:
    keys: bool
    speech: bool
    most: int | None
    finish: str
    timeout: float
    cuts_in: bool
    language: str
    kinds: tuple[type[Signal], ...] = field(default=())

    @staticmethod
    def of(verb: Element) -> _Wanted:
        inputs = verb.get("input", "dtmf").split()
        most = verb.number("numDigits", 0) or None
        kinds: tuple[type[Signal], ...] = (Key,) if "dtmf" in inputs else ()
        return _Wanted(
            "dtmf" in inputs, "speech" in inputs, most, verb.get("finishOnKey", "#"),
            verb.number("timeout", DEFAULT_TIMEOUT), verb.flag("bargeIn", True),
            verb.get("language", "en-US"),
            (*kinds, Spoken) if "speech" in inputs else kinds,
        )  # fmt: skip


def gather(scene: Scene, verb: Element) -> Program[Outcome]:
    legs.pick_up(scene.switch, scene.call)
    wanted, taken = _Wanted.of(verb), _Taken()
    yield from _prompt(scene, verb, wanted, taken)
    while not taken.done:
        signal = yield from expect(scene.switch.agenda, wanted.kinds, wanted.timeout)
        if not isinstance(signal, wanted.kinds):
            break
        _take(signal, wanted, taken)
    if not taken.keys and not taken.words and not verb.flag("actionOnEmptyResult"):
        return None
    url = resolve(scene.url, verb.get("action"))
    return Jump(url, verb.get("method", "POST"), taken.values(wanted.language))


def _prompt(scene: Scene, verb: Element, wanted: _Wanted, taken: _Taken) -> Program[None]:
    """Read the prompts aloud; the first key or word ends them, and counts."""
    kinds = wanted.kinds if wanted.cuts_in else ()
    for child in verb.children:
        sound = yield from prepared(scene, child)
        for _ in sound.rounds():
            if sound.heard:
                scene.call.hear(sound.heard)
            signal = yield from expect(scene.switch.agenda, kinds, sound.seconds)
            if kinds and isinstance(signal, kinds):
                _take(signal, wanted, taken)
                return


def _take(signal: Signal, wanted: _Wanted, taken: _Taken) -> None:
    if isinstance(signal, Spoken):
        taken.words, taken.keys, taken.done = signal.words, "", True
    elif isinstance(signal, Key) and signal.key in wanted.finish:
        taken.finished_on, taken.done = signal.key, True
    elif isinstance(signal, Key):
        taken.keys += signal.key
        taken.done = wanted.most is not None and len(taken.keys) >= wanted.most
