"""Announcements between processes: JSON over one Redis channel, sent without making anybody wait.

Redis is a hint here. While it is away sending is dropped, listening tries again, and `on_gap` is
told once the line is back: whoever listens may have missed something and must ask. See ADR 2.
"""

from __future__ import annotations

import itertools
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any

import orjson
from redis.exceptions import RedisError

from helpdesk.core import clock, redis

CHANNEL = "helpdesk:frames"
MOST_WAITING = 20_000
TRY_AGAIN_S = 0.5

log = logging.getLogger(__name__)


class Sender:
    """Publishes from a thread of its own, many messages in one round trip."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[Sequence[tuple[str, bytes]]] = queue.Queue(MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._start = threading.Lock()

    def send(self, *messages: tuple[str, bytes]) -> None:
        """Hand over and go on; dropped when Redis has been away for thousands of them.

        What is handed over together goes out in one round trip, in order: whoever hears the last
        of it can rely on the others having gone before.
        """
        if self._thread is None:
            self._run()
        try:
            self._waiting.put_nowait(messages)
        except queue.Full:
            return

    def _run(self) -> None:
        with self._start:
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="bus-sender", daemon=True)
                self._thread.start()

    def _loop(self) -> None:
        while True:
            batch = [self._waiting.get()]
            while len(batch) < 200 and not self._waiting.empty():
                batch.append(self._waiting.get())
            try:
                pipe = redis.client().pipeline(transaction=False)
                for channel, message in itertools.chain.from_iterable(batch):
                    pipe.publish(channel, message)
                pipe.execute()
            except RedisError:
                clock.sleep(0.05)
            except Exception:
                # A client that is closed meanwhile says so in many ways. With this thread all that
                # this process announces would end.
                log.exception("announcements could not be sent")
                clock.sleep(TRY_AGAIN_S)


class Listener:
    """Reads the channel for ever; `on_message` gets each, `on_gap` hears that some were missed."""

    def __init__(
        self, on_message: Callable[[dict[str, Any]], None], on_gap: Callable[[], None]
    ) -> None:
        self._on_message = on_message
        self._on_gap = on_gap
        self.connected = False
        self._was_connected = False

    def start(self) -> None:
        threading.Thread(target=self._loop, name="bus-listener", daemon=True).start()

    def _loop(self) -> None:
        while True:
            try:
                self._listen()
            except RedisError as error:
                if self.connected:
                    log.warning("Redis is away (%s); watching the database instead", error)
            except Exception:
                log.exception("an announcement could not be handled")
            self.connected = False
            clock.sleep(TRY_AGAIN_S)

    def _listen(self) -> None:
        with redis.blocking_client().pubsub(ignore_subscribe_messages=False) as line:
            line.subscribe(CHANNEL)
            for message in line.listen():
                if message["type"] == "subscribe":
                    self.connected = True
                    if self._was_connected:
                        self._on_gap()
                    self._was_connected = True
                elif message["type"] == "message":
                    self._take(message["data"])

    def _take(self, raw: bytes) -> None:
        try:
            message = orjson.loads(raw)
        except orjson.JSONDecodeError:
            log.warning("an announcement that is not JSON was dropped")
            return
        if isinstance(message, dict):
            self._on_message(message)
