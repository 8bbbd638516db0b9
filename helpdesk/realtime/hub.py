"""Where frames go: to this process's own sockets at once, to other processes over the bus.

An announcement carries its event's id. The process that wrote announces it, the relay announces it
again, and whoever has emitted it before drops it: in effect once, though any of them may die.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import orjson

from helpdesk.core import clock, redis
from helpdesk.core.heartbeats import process_id
from helpdesk.realtime import bus
from helpdesk.realtime.frames import AGENT, FLOOR, VISITOR, Frame

REMEMBERED = 20_000
FLOOR_EVERY_S = 0.5


class Sockets(Protocol):
    """What the hub needs of a Socket.IO server."""

    def emit(self, event: str, data: Any, *, to: Any, namespace: str) -> None: ...


class Hub:
    """One per process. Without `serve` it only sends over the bus (relay, sweeper, worker)."""

    def __init__(self) -> None:
        self._sender = bus.Sender()
        self._sockets: Sockets | None = None
        self._on_resync: list[Callable[[], None]] = []
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._guard = threading.Lock()
        self._floor_due = False
        self.listener: bus.Listener | None = None

    def serve(self, sockets: Sockets) -> None:
        """Emit to these sockets from now on, and listen for what other processes announce."""
        self._sockets = sockets
        self.listener = bus.Listener(self._heard, self.resync)
        if redis.is_configured():
            self.listener.start()
        threading.Thread(target=self._floor_loop, name="floor-frames", daemon=True).start()

    def send(self, frames: Sequence[Frame], event_id: str | None = None) -> None:
        """Emit here and tell the others; without `event_id` it is sent once (typing, places)."""
        self._send(self._framed(frames, event_id))

    def announce(
        self,
        events: Sequence[tuple[str, Sequence[Frame]]],
        orders: Sequence[Mapping[str, Any]] = (),
        *,
        told: Sequence[str] | None = None,
    ) -> None:
        """The frames of events by id, and `orders` to every web process (this one too).

        `told` wakes the relay, which would look by itself within half a second, and names the
        events it need not announce again. All go together: a relay that hears that they were
        announced can rely on it.
        """
        messages = []
        for event_id, frames in events:
            messages += self._framed(frames, event_id)
        for order in orders:
            self._heard({"from": None, **order})
            messages.append((bus.CHANNEL, orjson.dumps({"from": process_id(), **order})))
        if told is not None:
            messages.append((redis.OUTBOX, " ".join(told).encode()))
        self._send(messages)

    def _framed(self, frames: Sequence[Frame], event_id: str | None) -> list[tuple[str, bytes]]:
        """Emit here; what the other processes are to be told."""
        if not frames or (event_id and not self._first_time(event_id)):
            return []
        self._emit(frames)
        message = {
            "from": process_id(),
            "id": event_id,
            "frames": [[f.namespace, f.rooms, f.name, f.data] for f in frames],
        }
        return [(bus.CHANNEL, orjson.dumps(message))]

    def _send(self, messages: Sequence[tuple[str, bytes]]) -> None:
        if messages and redis.is_configured():
            self._sender.send(*messages)

    def resync(self) -> None:
        """Something may have been missed: every client of this process asks for what is new."""
        if self._sockets is None:
            return
        self._sockets.emit("resync", {}, to=None, namespace=VISITOR)
        data = {"subject": "all", "id": "all", "version": int(clock.now().timestamp() * 1000)}
        self._sockets.emit("changed", data, to=None, namespace=AGENT)

    on_command: Callable[[str, dict[str, Any]], None] | None = None

    def _heard(self, message: dict[str, Any]) -> None:
        if message.get("from") == process_id():
            return
        command = message.get("do")
        if isinstance(command, str):
            if self.on_command is not None:
                self.on_command(command, message)
            return
        event_id = message.get("id")
        if event_id and not self._first_time(str(event_id)):
            return
        frames = [
            Frame(ns, tuple(rooms), name, data) for ns, rooms, name, data in message["frames"]
        ]
        self._emit(frames)

    def _emit(self, frames: Sequence[Frame]) -> None:
        if self._sockets is None:
            return
        for frame in frames:
            if frame.rooms == (FLOOR,):
                self._floor_due = True  # many a second; the wall only needs to know that it is old
                continue
            self._sockets.emit(
                frame.name, frame.data, to=list(frame.rooms), namespace=frame.namespace
            )

    def _floor_loop(self) -> None:
        while True:
            clock.sleep(FLOOR_EVERY_S)
            if self._floor_due and self._sockets is not None:
                self._floor_due = False
                version = int(clock.now().timestamp() * 1000)
                data = {"subject": "floor", "id": "all", "version": version}
                self._sockets.emit("changed", data, to=FLOOR, namespace=AGENT)

    def _first_time(self, event_id: str) -> bool:
        with self._guard:
            if event_id in self._seen:
                return False
            self._seen[event_id] = None
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
            return True


hub = Hub()
