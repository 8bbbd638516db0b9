"""Work that nobody waits for, in a few threads of this process.

For what follows from an answer that has been given. Whoever puts it here has written it down
before, so that what dies with the process is found and done by somebody else. Not for the worker's
jobs (see `helpdesk.jobs`).
"""

from __future__ import annotations

import logging
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

    def use(self, run: Run | None) -> None:
        """Let `run` decide where the work is done; None for threads of its own."""
        self._run = run

    def do(self, work: Callable[[], None]) -> None:
        if self._run is not None:
            self._run(work)
            return
        if self._pool is None:
            # Made at its first use: the process may have been forked since it was composed.
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix=self._name)
        self._pool.submit(self._guarded, work)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:
            log.exception("%s: what was to follow failed; it is tried again", self._name)


def at_once(work: Callable[[], None]) -> None:
    """A `Run` for tests: here and now."""
    work()
