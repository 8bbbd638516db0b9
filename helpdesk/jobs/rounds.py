"""What the loops of relay and sweeper share: when something is due, and when to stop."""

from __future__ import annotations

import signal
from types import FrameType

from helpdesk.core import clock


class Rhythm:
    """Says yes at once, and then at most every `every_s` seconds."""

    def __init__(self, every_s: float) -> None:
        self.every_s = every_s
        self._next = 0.0

    def is_due(self) -> bool:
        now = clock.monotonic()
        if now < self._next:
            return False
        self._next = now + self.every_s
        return True


class Stopping:
    """False until SIGTERM or SIGINT arrives (or `stop()` is called), then true."""

    def __init__(self) -> None:
        self._told = False

    def __bool__(self) -> bool:
        return self._told

    def stop(self) -> None:
        self._told = True

    def listen(self) -> Stopping:
        """Take the signals over; only in a process's main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._heard)
        return self

    def _heard(self, number: int, frame: FrameType | None) -> None:
        self.stop()
