"""Recordings as values: how long, paused or not, of what; and their sound as a file.

Pure. The sound is a tone of the right length, so that a player has something real to play.
"""

from __future__ import annotations

import io
import math
import struct
import wave
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from helpdesk.exchange.calls import Watch

RecordingStatus = Literal["in-progress", "paused", "completed", "absent"]
RATE = 8000
LONGEST_FILE_SECONDS = 600
_CYCLE = 40  # samples in one turn of a tone of 200 Hz


@dataclass(eq=False, slots=True)
class Recording:
    sid: str
    started_at: datetime
    updated_at: datetime
    source: str
    call_sid: str = ""
    room_sid: str = ""
    channels: int = 1
    track: str = "both"
    watch: Watch | None = None
    status: RecordingStatus = "in-progress"
    keeps_silence: bool = False  # a pause leaves silence in the file rather than nothing
    kept_seconds: float = 0.0
    since: datetime | None = None  # of the stretch that is running
    words: list[str] = field(default_factory=list)
    deleted: bool = False

    @property
    def live(self) -> bool:
        return self.status in {"in-progress", "paused"}

    def seconds(self, now: datetime) -> float:
        running = (now - self.since).total_seconds() if self.since else 0.0
        return self.kept_seconds + running

    def turn(self, status: RecordingStatus, now: datetime) -> None:
        """Into another state; time counts while it runs, and in pauses that keep silence."""
        self.kept_seconds, self.since = self.seconds(now), None
        if status == "in-progress" or (status == "paused" and self.keeps_silence):
            self.since = now
        self.status, self.updated_at = status, now

    def file(self, now: datetime, channels: int) -> bytes:
        return tone(min(self.seconds(now), LONGEST_FILE_SECONDS), channels)


def tone(seconds: float, channels: int = 1) -> bytes:
    """A WAV file with a quiet tone."""
    cycle = [int(4000 * math.sin(2 * math.pi * step / _CYCLE)) for step in range(_CYCLE)]
    frames = round(seconds * RATE)
    samples = struct.pack(f"<{_CYCLE * channels}h", *(s for s in cycle for _ in range(channels)))
    data = (samples * (frames // _CYCLE + 1))[: frames * 2 * channels]
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(data)
    return out.getvalue()


def seconds_of(sound: bytes) -> float | None:
    """How long a WAV file plays; None for other kinds, whose length isn't read."""
    try:
        with wave.open(io.BytesIO(sound)) as file:
            return float(file.getnframes() / file.getframerate())
    except (wave.Error, EOFError, ZeroDivisionError):
        return None
