"""A small Socket.IO client on asyncio, light enough to be two thousand clients in one process.

It speaks just what the server does: websocket, one namespace, events with acknowledgements. Not
a library; the tests and benchmarks use it because an ordinary client costs a thread each.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import orjson
import websockets

Handler = Callable[[Any], None]


class Refused(Exception):
    """The server did not let this client in."""


class Client:
    """One connection to one namespace. `on[event]` are called with the event's data."""

    def __init__(self, url: str, namespace: str, auth: dict[str, Any] | None = None) -> None:
        self.url = url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
        self.namespace = namespace
        self.auth = auth
        self.on: dict[str, list[Handler]] = defaultdict(list)
        self.events: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self.keep_events = True
        self.closed = asyncio.Event()
        self.socket: Any = None
        self._acks: dict[int, asyncio.Future[Any]] = {}
        self._next = 0
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def connect(
        self, *, origin: str | None = None, headers: dict[str, str] | None = None
    ) -> Client:
        self.socket = await websockets.connect(
            self.url,
            origin=origin,  # type: ignore[arg-type]
            additional_headers=headers,
            compression=None,
            max_queue=None,
            ping_interval=None,
        )
        self._reader = asyncio.create_task(self._read())
        try:
            await asyncio.wait_for(asyncio.shield(self._ready), 15)
        except Exception:
            await self.close()
            raise
        return self

    async def emit(self, event: str, data: Any = None, *, timeout: float = 15) -> Any:
        """Send and wait for the acknowledgement."""
        if self.socket is None:
            raise ConnectionError("not connected yet")
        self._next += 1
        number = self._next
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._acks[number] = answer
        body = orjson.dumps([event, {} if data is None else data]).decode()
        await self.socket.send(f"42{self.namespace},{number}{body}")
        return await asyncio.wait_for(answer, timeout)

    async def wait_for(self, event: str, *, timeout: float = 10) -> Any:
        """The data of the next such event; others before it are dropped."""
        deadline = time.monotonic() + timeout
        while True:
            name, data = await asyncio.wait_for(
                self.events.get(), max(0.01, deadline - time.monotonic())
            )
            if name == event:
                return data

    async def close(self) -> None:
        await self.socket.close()
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)

    async def _read(self) -> None:
        try:
            async for frame in self.socket:
                self._take(str(frame))
        except websockets.ConnectionClosed:
            pass
        finally:
            self.closed.set()
            for answer in self._acks.values():
                if not answer.done():
                    answer.set_exception(ConnectionError("the connection was closed"))
                    answer.exception()
            if not self._ready.done():
                self._ready.set_exception(Refused("closed before it was open"))
                self._ready.exception()  # nobody may be waiting any more

    def _take(self, frame: str) -> None:
        kind = frame[0]
        if kind == "2":
            self._reply("3")
        elif kind == "0":
            auth = orjson.dumps(self.auth).decode() if self.auth else ""
            self._reply(f"40{self.namespace},{auth}")
        elif kind == "4":
            self._packet(frame[1], frame[2:])

    def _packet(self, kind: str, rest: str) -> None:
        if rest.startswith("/"):
            _, _, rest = rest.partition(",")
        if kind == "0":
            self._ready.set_result(None)
        elif kind == "4":
            if not self._ready.done():
                self._ready.set_exception(Refused(rest))
        elif kind == "1":
            self.closed.set()
            self._closing = asyncio.ensure_future(self.socket.close())
        elif kind == "2":
            name, *data = orjson.loads(rest)
            value = data[0] if data else None
            for handler in self.on.get(name, ()):
                handler(value)
            if self.keep_events:
                self.events.put_nowait((name, value))
        elif kind == "3":
            digits = len(rest) - len(rest.lstrip("0123456789"))
            answer = self._acks.pop(int(rest[:digits]), None)
            if answer is not None and not answer.done():
                values = orjson.loads(rest[digits:])
                answer.set_result(values[0] if values else None)

    def _reply(self, text: str) -> None:
        task = asyncio.ensure_future(self.socket.send(text))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
