"""Work that nobody waits for, in a few threads of this process.

For what follows from an answer that has been given. Whoever puts it here has written it down
before, so that what dies with the process is found and done by somebody else. Not for the worker's
jobs (see `helpdesk.jobs`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

log = logging.getLogger(__name__)

Run = Callable[[Callable[[], None]], object]


class Aside:
    """`name` is that of its threads. `use` lets tests do the work where they are."""

    def __init__(self, name: str, threads: int) -> None:
        self._name, self._threads = name, threads
        self._run: Run | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._making = threading.Lock()

    def use(self, run: Run | None) -> None:
        """Let `run` decide where the work is done; None for threads of its own."""
        self._run = run

    def do(self, work: Callable[[], None]) -> None:
        if self._run is not None:
            self._run(work)
            return
        try:
            self._threads_of_its_own().submit(self._guarded, work)
        except RuntimeError:  # the process is ending, and whoever finds it written down does it
            log.info("%s: left to others, this process ends", self._name)

    def _threads_of_its_own(self) -> ThreadPoolExecutor:
        """Made at its first use: the process may have been forked since it was composed."""
        with self._making:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix=self._name)
            return self._pool

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:
            log.exception("%s: what was to follow failed; it is tried again", self._name)


def at_once(work: Callable[[], None]) -> None:
    """A `Run` for tests: here and now."""
    work()
