"""The pulse of the sockets: one loop pings them all and finds those whose browser is gone.

The library gives each ping a thread or greenlet of its own, and wakes up once more for each socket
to look whether it answered: with thousands of visitors who write nothing, that is most of what a
web process does. Here sockets stand in lines, each in order because all wait equally long in it.

A socket that only looks on is asked less often than one that somebody relies on (`rely_on`): an
agent's, and a visitor's who is in a chat. The client learns at its opening how long a silence it
has to bear; a page that wants to know early that the server is gone says so (`?watch=close`).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from engineio import packet
from engineio import socket as library
from flask import request

from helpdesk.core import clock

CLOSE_S = 3.5
FAR_S = 10.0
ANSWER_S = 4.0
"""A vanished browser that somebody relies on is known within eight seconds, all in all."""
TICK_S = 0.2
_PING = packet.Packet(packet.PING)
_KEY = "helpdesk.socket"
_HINT = "watch=close"


class BeatingSocket(library.Socket):
    """A socket of the library that leaves its pings to the pulse."""

    last_ping: float | None
    """When it was asked what it has not answered yet; None while it waits for its turn."""
    pause = FAR_S
    due = 0.0
    heard = 0.0
    """When its last packet was read. Who sends more than is worked off in time is not gone."""
    opening: Any = None

    def send(self, pkt: Any) -> None:
        if pkt.packet_type == packet.OPEN:
            self.opening = pkt
        super().send(pkt)

    def handle_get_request(self, environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        environ[_KEY] = self
        if _HINT in environ.get("QUERY_STRING", "").split("&"):
            self.pause = CLOSE_S
            self.opening.data["pingInterval"] = int(CLOSE_S * 1000)
            # The library gave it a turn before it came here, too late for what it is told now.
            PULSE.wait(self, clock.monotonic())
        self.opening = None
        return super().handle_get_request(environ, start)

    def receive(self, pkt: Any) -> None:
        self.heard = clock.monotonic()
        super().receive(pkt)

    def schedule_ping(self) -> None:
        if self.last_ping:  # else an answer that nobody asked for
            self.last_ping = None
            PULSE.wait(self, clock.monotonic())


class Pulse:
    """All sockets of this process, by when they are pinged next and until when they may answer."""

    def __init__(self) -> None:
        self._next: dict[float, deque[tuple[float, BeatingSocket]]] = {
            CLOSE_S: deque(),
            FAR_S: deque(),
        }
        self._asked: deque[tuple[float, BeatingSocket]] = deque()

    def start(self) -> None:
        threading.Thread(target=self._beat_for_ever, name="pulse", daemon=True).start()

    def wait(self, socket: BeatingSocket, now: float) -> None:
        socket.due = now + socket.pause
        self._next[socket.pause].append((socket.due, socket))

    def beat(self, now: float) -> list[BeatingSocket]:
        """Ping whose turn it is; answers who was asked too long ago."""
        for line in self._next.values():
            for due, socket in _taken(line, now):
                if socket.due == due and not socket.closed:
                    self._ask(socket, now)
        return [
            socket
            for due, socket in _taken(self._asked, now)
            if socket.due == due and socket.last_ping and not socket.closed
            if not self._bears(socket)
        ]

    def _bears(self, socket: BeatingSocket) -> bool:
        """Whether it was heard of since it was asked: then it has that much longer to answer."""
        if socket.heard <= socket.due - ANSWER_S:
            return False
        socket.due = socket.heard + ANSWER_S
        self._asked.append((socket.due, socket))
        return True

    def _ask(self, socket: BeatingSocket, now: float) -> None:
        socket.last_ping = clock.now().timestamp()
        socket.due = now + ANSWER_S
        self._asked.append((socket.due, socket))
        socket.send(_PING)

    def _beat_for_ever(self) -> None:
        while True:
            clock.sleep(TICK_S)
            gone = self.beat(clock.monotonic())
            if gone:
                # What follows may ask the database: the others' pings don't wait for it.
                gone[0].server.start_background_task(_bury, gone)


PULSE = Pulse()


def _taken(line: deque[tuple[float, BeatingSocket]], now: float) -> Any:
    while line and line[0][0] <= now:
        yield line.popleft()


def _bury(gone: list[BeatingSocket]) -> None:
    for socket in gone:
        socket.close(wait=False, reason=socket.server.reason.PING_TIMEOUT)
        socket.server.sockets.pop(socket.sid, None)


def rely_on() -> None:
    """From now on the socket whose event is handled is asked often."""
    socket: BeatingSocket | None = request.environ.get(_KEY)
    if socket is None or socket.pause == CLOSE_S:
        return
    socket.pause = CLOSE_S
    if not socket.last_ping:
        PULSE.wait(socket, clock.monotonic())


def install() -> None:
    """The library names the class of its sockets in this one place."""
    library.Socket = BeatingSocket
    PULSE.start()
