"""One sync of SQLite's log for all who committed meanwhile.

SQLite itself syncs inside each commit, while the one writer's turn is held: everybody waits for
every sync. Here the turn is given on first, and whoever committed waits, before anybody is
answered, for a sync that began after the commit. See docs/adr/0013.
"""

from __future__ import annotations

import contextlib
import os
import threading


class LogSync:
    """For one process and one database file, opened in WAL mode."""

    def __init__(self, database: str) -> None:
        self._log = f"{database}-wal"
        self._changed = threading.Condition()
        self._committed = 0
        self._synced = 0
        self._is_syncing = False
        self._known: int | None = None

    def wait(self) -> None:
        """Come back when what this thread has committed would survive a power cut."""
        with self._changed:
            self._committed += 1
            mine = self._committed
            while self._is_syncing and self._synced < mine:
                self._changed.wait()
            if self._synced >= mine:
                return
            self._is_syncing, reached = True, self._committed
        done = False
        try:
            self._sync()
            done = True
        finally:
            with self._changed:
                self._is_syncing = False
                if done:
                    self._synced = max(self._synced, reached)
                self._changed.notify_all()

    def _sync(self) -> None:
        # Without a log there is nothing in it: the last one to close the file has brought it home.
        with contextlib.suppress(FileNotFoundError):
            # Opened each time, since the file may be another one by now. SQLite holds no locks on
            # it that closing it here could drop (it does on the database itself).
            log = os.open(self._log, os.O_RDONLY)
            try:
                os.fsync(log)
                number = os.fstat(log).st_ino
            finally:
                os.close(log)
            if number != self._known:
                self._sync_name()
                self._known = number

    def _sync_name(self) -> None:
        """A log made anew has to be found again, too."""
        folder = os.open(os.path.dirname(os.path.abspath(self._log)), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
