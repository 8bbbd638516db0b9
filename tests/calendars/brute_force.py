"""Business time counted minute by minute: slow, and only from instants to wall clocks.

Exists as the reference for helpdesk.calendars.hours. It never turns a wall time into an instant, so
it shares no reasoning about gaps and repeated hours with the code that it checks.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from helpdesk.calendars.hours import Calendar

MINUTE = timedelta(minutes=1)


def open_minutes(calendar: Calendar, start: datetime, end: datetime) -> set[datetime]:
    """The whole open minutes of a range that begins and ends on whole minutes.

    A window is open from the first minute whose wall clock lies in it to the last one, and in
    between, which is how an hour that the clock runs through twice is counted.
    """
    zone = ZoneInfo(calendar.zone)
    first_seen: dict[tuple[date, int], datetime] = {}
    last_seen: dict[tuple[date, int], datetime] = {}
    for minute in _minutes(start - timedelta(days=4), end + timedelta(days=4)):
        wall = minute.astimezone(zone)
        for days_ago in (0, 1):
            day = wall.date() - timedelta(days=days_ago)
            since_midnight = wall.hour * 60 + wall.minute + days_ago * 1440
            for number, window in enumerate(calendar.windows_on(day)):
                if window.start_minute <= since_midnight < window.end_minute:
                    first_seen.setdefault((day, number), minute)
                    last_seen[day, number] = minute
    found: set[datetime] = set()
    for key, first in first_seen.items():
        found.update(_minutes(max(first, start), min(last_seen[key] + MINUTE, end)))
    return found


def open_seconds(minutes: set[datetime], start: datetime, end: datetime) -> float:
    """Seconds of the range that lie in these minutes."""
    overlaps = (min(minute + MINUTE, end) - max(minute, start) for minute in minutes)
    return sum((part for part in overlaps if part > timedelta(0)), timedelta(0)) / timedelta(
        seconds=1
    )


def _minutes(start: datetime, end: datetime) -> Iterator[datetime]:
    minute = start.astimezone(UTC)
    while minute < end:
        yield minute
        minute += MINUTE
