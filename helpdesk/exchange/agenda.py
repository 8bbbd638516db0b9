"""What is due when, and the clocks it is read against.

`MovedClock` stands still until somebody moves it, so a test decides how long a call takes; the
live one follows the machine. The same agenda is worked off with either.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from helpdesk.core import clock as core_clock

Action = Callable[[], None]
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Clock(Protocol):
    def now(self) -> datetime: ...

    def reach(self, at: datetime) -> None:
        """Work that was due at `at` is being done."""


class MovedClock:
    """A clock that shows what it was last moved to."""

    def __init__(self, at: datetime = START) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def reach(self, at: datetime) -> None:
        self._at = max(self._at, at)


class LiveClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return core_clock.now()

    def reach(self, at: datetime) -> None:
        """Nothing to do: it goes by itself."""


class Agenda:
    """Actions in the order of their instants; of equal ones the first written is first."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._due: list[tuple[datetime, int, Action]] = []
        self._turn = itertools.count()

    def after(self, seconds: float, action: Action) -> None:
        due = self.clock.now() + timedelta(seconds=seconds)
        heapq.heappush(self._due, (due, next(self._turn), action))

    def soon(self, action: Action) -> None:
        self.after(0, action)

    def take(self, until: datetime) -> Action | None:
        """The next action due by `until`, with the clock moved to it."""
        if not self._due or self._due[0][0] > until:
            return None
        due, _, action = heapq.heappop(self._due)
        self.clock.reach(due)
        return action

    def next_due(self) -> datetime | None:
        return self._due[0][0] if self._due else None
