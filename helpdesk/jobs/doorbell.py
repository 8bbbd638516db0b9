"""Waits for the hint that events are there. A Redis that is away makes it an ordinary pause."""

from __future__ import annotations

import contextlib
from typing import Any

from redis.exceptions import RedisError

from helpdesk.core import clock, redis

LONGEST_AWAY_S = 5.0


class Doorbell:
    """Listens on `helpdesk:outbox`; what rings says nothing, so nothing is read from it."""

    def __init__(self) -> None:
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
            if self._line.get_message(timeout=left) is not None:
                while self._line.get_message(timeout=0) is not None:
                    pass
                return True
        return False

    def _hang_up(self) -> None:
        if self._line is not None:
            with contextlib.suppress(RedisError, OSError):
                self._line.close()
        self._line = None
        self._away_until = clock.monotonic() + self._away_s
        self._away_s = min(LONGEST_AWAY_S, self._away_s * 2)

    def close(self) -> None:
        self._hang_up()
