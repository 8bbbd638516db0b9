"""What is to happen when, worked off by one quiet thread that sleeps while nothing is planned.

Steps are short and open their own transactions; one that fails is logged and the others go on. Not
for anything that must survive the process: that is what rows and the sweeper are for.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections.abc import Callable
from typing import Any

from helpdesk.core import clock
from helpdesk.core.errors import HelpdeskError

log = logging.getLogger(__name__)


class Timetable:
    """`plan` from any thread; `run` is the thread's life."""

    def __init__(self, now: Callable[[], float] = clock.monotonic) -> None:
        self.now = now
        self._list: list[tuple[float, int, Callable[..., object], tuple[Any, ...]]] = []
        self._count = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def start(self) -> bool:
        """Begin working it off; False when it runs already."""
        with self._changed:
            if self._thread is not None:
                return False
            self._thread = threading.Thread(target=self.run, name="demo traffic", daemon=True)
        self._thread.start()
        return True

    def plan(self, seconds: float, what: Callable[..., object], *args: Any) -> None:
        with self._changed:
            entry = (self.now() + seconds, next(self._count), what, args)
            heapq.heappush(self._list, entry)
            self._changed.notify()

    def clear(self) -> None:
        with self._changed:
            self._list.clear()

    def run(self) -> None:
        while True:
            self.do(*self._next())

    def do_due(self) -> None:
        """What is due by now, in this thread (instead of `run`)."""
        while (due := self._due()) is not None:
            self.do(*due)

    def do(self, what: Callable[..., object], args: tuple[Any, ...]) -> None:
        try:
            what(*args)
        except HelpdeskError as error:
            # Somebody was faster: an offer gone, a chat ended. That is what the demo is about.
            log.debug("%s came too late: %s", what.__name__, error.code)
        except Exception:
            log.exception("a step of the demo traffic failed")

    def _next(self) -> tuple[Callable[..., object], tuple[Any, ...]]:
        while True:
            due = self._due()
            if due is not None:
                return due
            with self._changed:
                wait = self._list[0][0] - self.now() if self._list else None
                if wait is None or wait > 0:
                    self._changed.wait(wait)

    def _due(self) -> tuple[Callable[..., object], tuple[Any, ...]] | None:
        with self._changed:
            if not self._list or self._list[0][0] > self.now():
                return None
            _, _, what, args = heapq.heappop(self._list)
            return what, args
