"""Has mails read by child processes, so that a mail made to hurt hurts only its own reader.

A child lives while mails come and ends after a while without. A child that dies at a mail is tried
once more without the formatted text; then the mail is refused. Not for what a mail means.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import helpdesk
from helpdesk.core import clock
from helpdesk.mail.limits import MOST_BYTES_READ, WALL_S

IDLE_S = 30.0
_ROOT = Path(helpdesk.__file__).parents[1]


class Unreadable(Exception):
    """The mail cannot be read; the text says why, for the quarantine."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file that the child put down; it is gone when the reading is over."""

    path: Path
    name: str
    kind: str
    cid: str


@dataclass(frozen=True, slots=True)
class Reading:
    facts: dict[str, Any]
    files: tuple[Found, ...]


class _Child:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "helpdesk.mail.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"PYTHONPATH": str(_ROOT), "PATH": os.environ.get("PATH", "")},
        )
        self.idle_since = clock.monotonic()

    def ask(self, order: dict[str, Any]) -> dict[str, Any] | None:
        """The child's answer; None when it died or was stopped over it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(order).encode() + b"\n")
            self.process.stdin.flush()
            answer = self._line(clock.monotonic() + WALL_S)
        except (BrokenPipeError, OSError):
            answer = b""
        self.idle_since = clock.monotonic()
        return json.loads(answer) if answer.endswith(b"\n") else None

    def _line(self, deadline: float) -> bytes:
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        pieces: list[bytes] = []
        while True:
            left = deadline - clock.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                return b""
            piece = os.read(descriptor, 1 << 16)
            pieces.append(piece)
            if not piece or piece.endswith(b"\n"):
                return b"".join(pieces)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


class Readers:
    """Children of this process, as many as read at once."""

    def __init__(self) -> None:
        self._free: list[_Child] = []
        self._guard = threading.Lock()

    @contextmanager
    def read(self, path: Path) -> Iterator[Reading]:
        """The mail in `path`, read; Unreadable when it cannot be. Files are gone afterwards."""
        size = path.stat().st_size
        if size > MOST_BYTES_READ:
            raise Unreadable(f"It is too large to be read ({size / 1024**2:.0f} MB).")
        folder = Path(tempfile.mkdtemp(prefix="hd-mail-"))
        try:
            answer = self._ask(path, folder, formatted=True)
            if answer is None:
                answer = self._ask(path, folder, formatted=False)
            yield _reading(answer, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _ask(self, path: Path, folder: Path, *, formatted: bool) -> dict[str, Any] | None:
        with self._guard:
            child = self._free.pop() if self._free else None
        if child is not None and child.process.poll() is not None:
            child.end()
            child = None
        child = child or _Child()
        order = {"path": str(path.resolve()), "folder": str(folder), "formatted": formatted}
        answer = None
        try:
            answer = child.ask(order)
        finally:
            if answer is None:
                child.end()
            else:
                with self._guard:
                    self._free.append(child)
        return answer

    def rest(self) -> None:
        """End children that have had nothing to do for a while."""
        with self._guard:
            old = [c for c in self._free if clock.monotonic() - c.idle_since > IDLE_S]
            self._free = [c for c in self._free if c not in old]
        for child in old:
            child.end()

    def close(self) -> None:
        with self._guard:
            free, self._free = self._free, []
        for child in free:
            child.end()


def _reading(answer: dict[str, Any] | None, folder: Path) -> Reading:
    if answer is None:
        raise Unreadable("Reading it took too long or too much memory.")
    if "refused" in answer:
        raise Unreadable(f"It holds too much: {answer['refused']}.")
    if "failed" in answer:
        raise Unreadable(f"It cannot be read ({answer['failed']}).")
    files = tuple(
        Found(folder / str(number), file["name"], file["kind"], file["cid"])
        for number, file in enumerate(answer["files"])
    )
    return Reading(answer["facts"], files)


readers = Readers()
"""The readers of this process."""
atexit.register(readers.close)
