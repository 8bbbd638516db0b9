"""Waits for the hint that events are there. A Redis that is away makes it an ordinary pause."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from typing import Any

from redis.exceptions import RedisError

from helpdesk.core import clock, redis
from helpdesk.core.ids import is_id

LONGEST_AWAY_S = 5.0
LONGEST_RING = 10_000
MOST_NOTED = 20_000


class Doorbell:
    """Listens on `helpdesk:outbox`; a ring may name events whose announcement is out already."""

    def __init__(self) -> None:
        self._announced: OrderedDict[str, None] = OrderedDict()
        self._line: Any = None
        self._away_until = 0.0
        self._away_s = 0.5

    def wait(self, seconds: float) -> bool:
        """True when somebody rang within `seconds`."""
        started = clock.monotonic()
        try:
            if self._listen():
                return self._rang(started + seconds)
        except (RedisError, OSError):
            self._hang_up()
        clock.sleep(max(0.0, seconds - (clock.monotonic() - started)))
        return False

    def _listen(self) -> bool:
        if self._line is not None:
            return True
        if not redis.is_configured() or clock.monotonic() < self._away_until:
            return False
        line = redis.blocking_client().pubsub(ignore_subscribe_messages=True)
        line.subscribe(redis.OUTBOX)
        self._line, self._away_s = line, 0.5
        return True

    def _rang(self, deadline: float) -> bool:
        while (left := deadline - clock.monotonic()) > 0:
            if (ring := self._line.get_message(timeout=left)) is not None:
                while ring is not None:
                    self._note(ring)
                    ring = self._line.get_message(timeout=0)
                return True
        return False

    def was_announced(self, event_id: str) -> bool:
        """Whether the process that wrote this event has said that its frames are on their way."""
        return self._announced.pop(event_id, event_id) is None

    def hear(self) -> None:
        """Take in what has rung up to now, without waiting."""
        try:
            while self._line is not None and (ring := self._line.get_message(timeout=0)):
                self._note(ring)
        except (RedisError, OSError):
            self._hang_up()

    def _note(self, ring: dict[str, Any]) -> None:
        """Ids only, whatever else somebody may have written to the channel."""
        data = ring.get("data")
        if not isinstance(data, bytes) or len(data) > LONGEST_RING:
            return
        for word in data.decode("ascii", "replace").split():
            if is_id(word):
                self._announced[word] = None
        while len(self._announced) > MOST_NOTED:
            self._announced.popitem(last=False)

    def _hang_up(self) -> None:
        if self._line is not None:
            with contextlib.suppress(RedisError, OSError):
                self._line.close()
        self._line = None
        self._away_until = clock.monotonic() + self._away_s
        self._away_s = min(LONGEST_AWAY_S, self._away_s * 2)

    def close(self) -> None:
        self._hang_up()
