"""Say, Play and Pause: what a caller hears, and for how long.

A spoken sentence takes as long as a calm reader needs; a WAV file takes its own length; of other
sounds the length is assumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from helpdesk.exchange import legs
from helpdesk.exchange.hooks import Answer
from helpdesk.exchange.programs import Ask, Program, sleep
from helpdesk.exchange.recordings import seconds_of
from helpdesk.exchange.scenes import Outcome, Scene
from helpdesk.exchange.switch import Switch, resolve
from helpdesk.exchange.twiml import Element

SECONDS_A_CHARACTER = 0.06
UNKNOWN_SOUND_SECONDS = 5.0
SOUND_TYPES = frozenset(
    {
        "audio/mpeg", "audio/wav", "audio/wave", "audio/x-wav", "audio/aiff", "audio/x-aifc",
        "audio/x-aiff", "audio/x-gsm", "audio/gsm", "audio/ulaw", "audio/basic", "audio/mp3",
    }
)  # fmt: skip


class Sound(NamedTuple):
    heard: str  # empty for a pause
    seconds: float
    times: int | None  # None: for ever

    def rounds(self) -> Iterator[None]:
        done = 0
        while self.times is None or done < self.times:
            done += 1
            yield


def say(scene: Scene, verb: Element) -> Program[Outcome]:
    return (yield from _sound_out(scene, verb))


def play(scene: Scene, verb: Element) -> Program[Outcome]:
    return (yield from _sound_out(scene, verb))


def pause(scene: Scene, verb: Element) -> Program[Outcome]:
    """As the first verb it delays answering, so it doesn't pick up."""
    yield from sleep(scene.switch.agenda, verb.number("length", 1))
    return None


def _sound_out(scene: Scene, verb: Element) -> Program[Outcome]:
    legs.pick_up(scene.switch, scene.call)
    sound = yield from prepared(scene, verb)
    for _ in sound.rounds():
        scene.call.hear(sound.heard)
        yield from sleep(scene.switch.agenda, sound.seconds)
    return None


def prepared(scene: Scene, verb: Element) -> Program[Sound]:
    """What a verb will sound like; a sound that isn't there is a fault and silence."""
    times = verb.number("loop", 1) or None
    if verb.name == "Pause":
        return Sound("", verb.number("length", 1), 1)
    if verb.name == "Say":
        return Sound(f"say: {verb.text}", spoken_seconds(verb.text), times)
    if verb.get("digits"):
        return Sound(f"keys: {verb.get('digits')}", 0.5 * len(verb.get("digits")), times)
    url = resolve(scene.url, verb.text)
    seconds = yield from _fetched(scene, url)
    return Sound(f"play: {url}", seconds, times if seconds else 1)


def play_address(scene: Scene, url: str) -> Program[None]:
    legs.pick_up(scene.switch, scene.call)
    scene.call.hear(f"play: {url}")
    yield from sleep(scene.switch.agenda, scene.switch.sounds[url])


def spoken_seconds(text: str) -> float:
    return max(0.5, len(text) * SECONDS_A_CHARACTER)


def _fetched(scene: Scene, url: str) -> Program[float]:
    """The length of the sound at an address, asked once for each."""
    known = scene.switch.sounds.get(url)
    if known is not None:
        return known
    answer: Answer = yield Ask(scene.switch.hook(url, "GET", {}))
    kind = answer.content_type.partition(";")[0].strip().lower()
    if not 200 <= answer.status < 300:
        scene.switch.fault(11200, f"a sound was answered {answer.status}", scene.call, url)
        return 0.0
    if kind not in SOUND_TYPES:
        scene.switch.fault(12300, f"a sound of type {kind or 'none'}", scene.call, url)
        return 0.0
    return learn(scene.switch, url, answer)


def learn(switch: Switch, url: str, answer: Answer) -> float:
    seconds = seconds_of(answer.body)
    switch.sounds[url] = UNKNOWN_SOUND_SECONDS if seconds is None else max(0.1, seconds)
    return switch.sounds[url]
