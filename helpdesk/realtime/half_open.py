"""Sockets that were opened and have not come in: each holds a thread or a place, and asks nothing.

An address has few of them at a time and each has a few seconds. Who has come in is counted by
`limits`; programs on this machine are not counted by address.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from flask import request

from helpdesk.core import clock
from helpdesk.realtime.limits import is_local

PER_ADDRESS = 50
PATIENCE_S = 12.0
_KEY = "helpdesk.knock"
_BUSY = b"Too many connections from this network. Wait a moment."


class Knock:
    """One socket at the door. `since` is None while it is inside."""

    def __init__(self, address: str, line: socket.socket | None) -> None:
        self.address, self.line = address, line
        self.since: float | None = clock.monotonic()


class Door:
    """WSGI layer before the socket server: a call to it lasts as long as the socket is open."""

    def __init__(self, application: Callable[..., Iterable[bytes]], path: str) -> None:
        self._application, self._path = application, path
        self._knocks: set[Knock] = set()
        self._guard = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith(self._path):
            return self._application(environ, start)
        knock = Knock(environ.get("REMOTE_ADDR") or "", environ.get("gunicorn.socket"))
        if not self._let(knock):
            start("429 Too Many Requests", [("Content-Type", "text/plain"), ("Retry-After", "12")])
            return [_BUSY]
        try:
            return self._application({**environ, _KEY: knock}, start)
        finally:
            with self._guard:
                self._knocks.discard(knock)

    def shut_out(self) -> None:
        """Close those whose time is over."""
        latest = clock.monotonic() - PATIENCE_S
        with self._guard:
            late = [one for one in self._knocks if one.since is not None and one.since < latest]
        for knock in late:
            if knock.line is not None:
                with suppress(OSError):
                    knock.line.shutdown(socket.SHUT_RDWR)

    def _let(self, knock: Knock) -> bool:
        with self._guard:
            waiting = sum(
                one.since is not None and one.address == knock.address for one in self._knocks
            )
            if waiting >= PER_ADDRESS and not is_local(knock.address):
                return False
            self._knocks.add(knock)
            return True


def came_in() -> None:
    """The socket whose event is handled has said who it is and was let in."""
    _mark(None)


def went_out() -> None:
    """It left what it was let into, but may still be open."""
    _mark(clock.monotonic())


def _mark(since: float | None) -> None:
    knock: Knock | None = request.environ.get(_KEY)
    if knock is not None:
        knock.since = since
