"""The only place that reads a clock.

Everything else asks here, so that demo data and tests can move time. Not for arithmetic on
business hours (see `helpdesk.calendars.hours`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_moved: ContextVar[datetime | None] = ContextVar("helpdesk_clock", default=None)


def now() -> datetime:
    """This instant, timezone-aware in UTC."""
    return _moved.get() or datetime.now(UTC)


def monotonic() -> float:
    """Seconds on a clock that never goes back; only differences mean anything."""
    return time.monotonic()


def nanoseconds() -> int:
    """Nanoseconds since 1970, never moved: for ids, which only need to rise."""
    return time.time_ns()


def sleep(seconds: float) -> None:
    """Wait; a separate name so that loops which wait are easy to find."""
    time.sleep(seconds)


@contextmanager
def moved_to(at: datetime) -> Iterator[None]:
    """Let `now()` answer `at` inside the block (for this thread or greenlet only)."""
    token = _moved.set(require_utc(at))
    try:
        yield
    finally:
        _moved.reset(token)


def require_utc(at: datetime) -> datetime:
    """The same instant in UTC; refuses a naive value."""
    if at.tzinfo is None:
        raise ValueError("a time without a time zone was given where an instant is needed")
    return at.astimezone(UTC)


def seconds_between(earlier: datetime, later: datetime) -> float:
    return (later - earlier) / timedelta(seconds=1)
