"""The sounds of waiting: ours, made here, so no file of others is needed. 8-bit telephone sound.

For callers a slow broken chord, quiet, with long rests; for whoever rings somebody the tone of a
telephone that rings.
"""

from __future__ import annotations

import functools
import io
import math
import wave
from collections.abc import Callable

RATE = 8000
SECONDS = 15.0
_BEATS = ((262, 0.0), (330, 0.6), (392, 1.2), (523, 1.8), (392, 2.4), (330, 3.0))
_BAR_S = 5.0
_RINGS_S = 1.6
_RING_PITCH, _RING_S, _RING_EVERY_S = 425, 1.0, 4.0


@functools.cache
def hold_sound() -> bytes:
    """A WAV file of `SECONDS`, to be played again and again."""
    return _wav(_sample, _BAR_S, round(SECONDS / _BAR_S))


@functools.cache
def ringing_sound() -> bytes:
    """One ring and its rest, to be played again and again."""
    return _wav(_ring, _RING_EVERY_S, 1)


def _wav(sample: Callable[[float], float], seconds: float, times: int) -> bytes:
    once = [sample(n / RATE) for n in range(int(seconds * RATE))]
    bar = bytes(round(128 + 100 * max(-1.0, min(1.0, value))) for value in once)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(RATE)
        out.writeframes(bar * times)
    return file.getvalue()


def _sample(at: float) -> float:
    return sum(_note(at - begins, pitch) for pitch, begins in _BEATS if begins <= at)


def _note(age: float, pitch: float) -> float:
    if age > _RINGS_S:
        return 0.0
    swell = min(1.0, age / 0.05) * (1 - age / _RINGS_S) ** 2
    return 0.22 * swell * math.sin(2 * math.pi * pitch * age)


def _ring(at: float) -> float:
    if at > _RING_S:
        return 0.0
    edge = min(1.0, at / 0.02, (_RING_S - at) / 0.02)
    return 0.2 * edge * math.sin(2 * math.pi * _RING_PITCH * at)
