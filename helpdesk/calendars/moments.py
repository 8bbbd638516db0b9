"""Instants as people name them by the clock on their wall: in three hours, tomorrow morning, 16:00.

Pure; a zone is an IANA name. Not for business hours (see `hours`): who plans a reply for Monday
morning means their own Monday.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

MORNING = time(8)
AFTERNOON = time(16)
NEXT_DAY = time(10)
STEP = timedelta(minutes=5)
SOON = timedelta(minutes=30)
MONDAY = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """What people call it, and when that is (UTC)."""

    word: str
    at: datetime


def to_send(now: datetime, zone: str) -> Sequence[Moment]:
    """When a reply may be meant for, the soonest first."""
    today = now.astimezone(ZoneInfo(zone))
    monday = 7 - (today.weekday() - MONDAY) % 7
    found = [
        Moment("In 3 hours", _rounded(now + timedelta(hours=3))),
        Moment("Tomorrow morning", _on(today, 1, MORNING)),
    ]
    if monday != 1:
        found.append(Moment("Monday morning", _on(today, monday, MORNING)))
    morning = _on(today, 0, MORNING)
    if morning > now + SOON:
        found.append(Moment("This morning", morning))
    return sorted(found, key=lambda one: one.at)


def to_promise(now: datetime, zone: str) -> Sequence[Moment]:
    """By when something may be promised, the soonest first."""
    today = now.astimezone(ZoneInfo(zone))
    found = [
        Moment("In 1 hour", _rounded(now + timedelta(hours=1))),
        Moment("In 3 hours", _rounded(now + timedelta(hours=3))),
        Moment("Tomorrow at 10:00", _on(today, 1, NEXT_DAY)),
    ]
    later = _on(today, 0, AFTERNOON)
    if later > now + SOON:
        found.append(Moment("Today at 16:00", later))
    return sorted(found, key=lambda one: one.at)


def on_wall(text: str, zone: str) -> datetime | None:
    """`2026-11-24T16:00` on a wall in that zone, as an instant; None for what is no time.

    A time that a change of clocks skips is the one an hour later, a time that comes twice the
    first. An instant that names its own offset is taken as it is.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not 2000 < read.year < 3000:
        return None
    if read.tzinfo is None:
        read = read.replace(tzinfo=ZoneInfo(zone))
    return read.astimezone(UTC)


def _on(today: datetime, days: int, at: time) -> datetime:
    day = today.date() + timedelta(days=days)
    return datetime.combine(day, at, today.tzinfo).astimezone(UTC)


def _rounded(at: datetime) -> datetime:
    """Up to the next five minutes, as people say it."""
    whole = at.replace(second=0, microsecond=0)
    over = timedelta(minutes=whole.minute % 5)
    return whole if whole == at and not over else whole + STEP - over
