"""How many requests a bearer token may make in a minute, counted in Redis for all web processes.

Guards the desk against a program that runs wild, so it is generous and fails open: while Redis is
away nothing is counted. Not for sign-in (`identity.throttle`) nor for visitors (`widget.throttle`).
"""

from __future__ import annotations

from redis.exceptions import RedisError

from helpdesk.core import clock, redis
from helpdesk.core.errors import TooMany

WINDOW_S = 60
REST_S = 5.0

_away_until = 0.0


def count(token_id: str, most: int) -> None:
    """One request more of this token; TooMany beyond `most` in this minute. 0: no limit."""
    if not most or not redis.is_configured() or clock.monotonic() < _away_until:
        return
    minute, second = divmod(int(clock.now().timestamp()), WINDOW_S)
    made = _made(f"helpdesk:api:{token_id}:{minute}")
    if made > most:
        raise TooMany(
            f"This token may make {most:,} requests a minute. Go on when the minute is over.",
            retry_after_s=WINDOW_S - second,
            code="rate_limited",
        )


def _made(key: str) -> int:
    """How many it made in this window with this one; 0 while nobody counts."""
    global _away_until
    pipe = redis.client().pipeline(transaction=False)
    pipe.incr(key)
    pipe.expire(key, 2 * WINDOW_S)
    try:
        return int(pipe.execute()[0])
    except RedisError:
        _away_until = clock.monotonic() + REST_S
        return 0
