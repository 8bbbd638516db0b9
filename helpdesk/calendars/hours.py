"""Business hours as arithmetic: open or closed, and how much open time lies between two instants.

Exists so that queues, clocks and plans all count business time the same way. Pure: no database, no
clock. Not for storing calendars (models, service), for checking what was written (opening_times)
or for reading holiday files (ical).

How local hours become instants
-------------------------------
A window is written in wall minutes of the date on which it starts and may run past midnight, up to
48:00 of that date. It is open from the first instant at which the wall clock has reached its start
to the last instant before its end, so business time is elapsed real time:

- a wall time that a spring change skips means the moment after the gap (22:00 to 06:00 is then
  7 hours);
- of an hour that an autumn change repeats, a start takes the first pass and an end the last (00:00
  to 24:00 is then 25 hours). An end exactly where the repeated hour begins stays before it, so
  00:00-02:00 and 02:00-24:00 share out that day without overlap;
- a window that lies wholly in skipped time is not open at all.

An exception on a date replaces the windows that *start* on that date. A night shift that began the
evening before belongs to the evening before and is not cut by it. Windows that overlap or touch
count once.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from helpdesk.calendars.opening_times import (
    Calendar,
    CalendarError,
    Window,
    Windows,
    always_open,
    as_dict,
    calendar_from_dict,
    make_calendar,
    zone_of,
)

__all__ = [
    "HORIZON",
    "Calendar",
    "CalendarError",
    "NeverOpens",
    "Stretch",
    "Window",
    "Windows",
    "add_open_seconds",
    "always_open",
    "as_dict",
    "calendar_from_dict",
    "explain",
    "is_open",
    "make_calendar",
    "next_close",
    "next_open",
    "open_microseconds",
    "open_seconds",
    "windows",
]

FIRST_YEAR, LAST_YEAR = 1900, 2199
HORIZON = timedelta(days=5 * 366)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WALL_EPOCH = _EPOCH.replace(tzinfo=None)
_MICROSECOND = timedelta(microseconds=1)
_SECOND = timedelta(seconds=1)
_ZERO = timedelta(0)
_MICROS = 1_000_000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_DAY = 86_400 * _MICROS
_BLOCK_DAYS = 28
_BLOCK = _BLOCK_DAYS * _DAY
# A window may start 15 hours before its date begins in UTC and end 64 hours after it.
_DAYS_BEFORE, _DAYS_AFTER = 3, 1


class NeverOpens(Exception):
    """The wanted amount of open time does not come within the horizon."""


# Instants inside are whole microseconds since 1970 in UTC.


def is_open(calendar: Calendar, at: datetime) -> bool:
    moment = _moment(at)
    block = _block(calendar, moment // _BLOCK)
    place = bisect_right(block.starts, moment)
    return place > 0 and moment < block.ends[place - 1]


def next_open(calendar: Calendar, at: datetime) -> datetime | None:
    """The first open instant from `at` on (`at` itself when open); None if not within HORIZON."""
    moment = _moment(at)
    for start, _ in _spans_between(calendar, moment, moment + HORIZON // _MICROSECOND):
        return _instant(start)
    return None


def next_close(calendar: Calendar, at: datetime) -> datetime | None:
    """The first closed instant from `at` on (`at` itself when closed); None if not in HORIZON."""
    moment = _moment(at)
    limit = moment + HORIZON // _MICROSECOND
    for start, end in _spans_between(calendar, moment, limit):
        if start > moment:
            break
        return _instant(end) if end < limit else None
    return _instant(moment)


def open_microseconds(calendar: Calendar, start: datetime, end: datetime) -> int:
    """Open time between two instants, exact: parts of a range add up to the whole."""
    first, last = _range(start, end)
    if calendar.around_the_clock:
        return last - first
    number, final = first // _BLOCK, last // _BLOCK
    total = -_open_before(_block(calendar, number), first)
    while number < final:
        total += _block(calendar, number).total
        number += 1
    return total + _open_before(_block(calendar, final), last)


def open_seconds(calendar: Calendar, start: datetime, end: datetime) -> float:
    """Open time between two instants in seconds; exact when both are whole seconds."""
    return open_microseconds(calendar, start, end) / _MICROS


def add_open_seconds(
    calendar: Calendar, start: datetime, seconds: float, *, horizon: timedelta = HORIZON
) -> datetime:
    """The earliest instant at which that many open seconds have passed since start.

    Nothing to wait for gives start itself, open or not; a span that is used up exactly gives its
    closing time and not the next opening. Raises NeverOpens when that instant lies further than
    the horizon after start.
    """
    moment = _moment(start)
    if not 0 <= seconds < float("inf"):
        raise ValueError("open seconds to add must be a number of zero or more")
    wanted = round(seconds * _MICROS)
    if wanted == 0:
        return _instant(moment)
    limit = min(moment + horizon // _MICROSECOND, _LAST_MOMENT)
    if calendar.around_the_clock:
        found = moment + wanted
    else:
        found = _after(calendar, moment, wanted, limit)
    if found > limit:
        raise NeverOpens(f"{seconds:g} open seconds do not come within {horizon.days} days")
    return _instant(found)


def windows(
    calendar: Calendar, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Open spans between two instants, merged and clipped, as (open_at, close_at) in UTC."""
    first, last = _range(start, end)
    return ((_instant(a), _instant(b)) for a, b in _spans_between(calendar, first, last))


Reason = Literal["weekly", "exception", "holiday"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A span that is open or closed for one reason; `name` is the holiday's, if it has one."""

    starts_at: datetime
    ends_at: datetime
    is_open: bool
    reason: Reason
    name: str

    @property
    def text(self) -> str:
        words = _REASONS[self.is_open, self.reason]
        return f"{words}: {self.name}" if self.name else words


_REASONS = {
    (True, "weekly"): "Open, weekly hours",
    (True, "exception"): "Open, special hours",
    (False, "weekly"): "Closed, outside weekly hours",
    (False, "exception"): "Closed, outside special hours",
    (False, "holiday"): "Closed, holiday",
}


def explain(calendar: Calendar, start: datetime, end: datetime) -> list[Stretch]:
    """The range tiled by open and closed stretches, each with its reason.

    Open time has the reason of the date on which its window starts; where windows of two dates
    overlap, of the earlier. Closed time has the reason of the local date it lies on.
    """
    first, last = _range(start, end)
    days = range(first // _DAY - _DAYS_BEFORE, last // _DAY + _DAYS_AFTER + 2)
    zone = zone_of(calendar.zone)
    midnights = [_opening(zone, _midnight(day)) for day in days]
    spans = sorted((a, b, day) for day in days for a, b in _day_spans(calendar, day))
    tiles: list[Stretch] = []
    reached = first
    for a, b, day in [*spans, (last, last, days[-1])]:
        while reached < min(a, last):
            place = bisect_right(midnights, reached)
            until = min(a, last, midnights[place])
            _lay(tiles, reached, until, False, *_closed_reason(calendar, days[place - 1]))
            reached = until
        if reached < min(b, last):
            _lay(tiles, reached, min(b, last), True, *_open_reason(calendar, day))
            reached = min(b, last)
    return tiles


def _lay(
    tiles: list[Stretch], start: int, end: int, is_open: bool, reason: Reason, name: str
) -> None:
    began = _instant(start)
    if tiles and (tiles[-1].is_open, tiles[-1].reason, tiles[-1].name) == (is_open, reason, name):
        began = tiles.pop().starts_at
    tiles.append(Stretch(began, _instant(end), is_open, reason, name))


def _open_reason(calendar: Calendar, day: int) -> tuple[Reason, str]:
    date_ = _midnight(day).date()
    if date_ in calendar.by_date:
        return "exception", calendar.name_of(date_)
    return "weekly", ""


def _closed_reason(calendar: Calendar, day: int) -> tuple[Reason, str]:
    reason, name = _open_reason(calendar, day)
    if reason == "exception" and not calendar.windows_on(_midnight(day).date()):
        return "holiday", name
    return reason, name


class _Block(NamedTuple):
    """The merged open spans of 28 UTC days, clipped to them."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    open_by_end: tuple[int, ...]
    total: int


# Fixed blocks make a long range a short sum, and let neighbours share what was worked out once.
@lru_cache(maxsize=2048)
def _block(calendar: Calendar, number: int) -> _Block:
    low, high = number * _BLOCK, (number + 1) * _BLOCK
    first_day = number * _BLOCK_DAYS - _DAYS_BEFORE
    days = range(first_day, (number + 1) * _BLOCK_DAYS + _DAYS_AFTER)
    starts: list[int] = []
    ends: list[int] = []
    for start, end in sorted(span for day in days for span in _day_spans(calendar, day)):
        start, end = max(start, low), min(end, high)
        if start >= end:
            continue
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    sums: list[int] = []
    total = 0
    for start, end in zip(starts, ends, strict=True):
        total += end - start
        sums.append(total)
    return _Block(tuple(starts), tuple(ends), tuple(sums), total)


def _day_spans(calendar: Calendar, day: int) -> Iterator[tuple[int, int]]:
    """Instants of the windows that start on the local date `day` days after 1970-01-01."""
    zone = zone_of(calendar.zone)
    midnight = _midnight(day)
    for window in calendar.windows_on(midnight.date()):
        start = _opening(zone, midnight + timedelta(minutes=window.start_minute))
        end = _closing(zone, midnight + timedelta(minutes=window.end_minute))
        if start < end:
            yield start, end


def _midnight(day: int) -> datetime:
    return datetime.fromordinal(day + _EPOCH_ORDINAL)


def _opening(zone: ZoneInfo, wall: datetime) -> int:
    """The first instant whose wall time has reached `wall`."""
    first, second = _offsets(zone, wall)
    if first < second:
        return _gap_end(zone, wall, first, second)
    return (wall - _WALL_EPOCH - first) // _MICROSECOND


def _closing(zone: ZoneInfo, wall: datetime) -> int:
    """The instant after the last one whose wall time is still before `wall`."""
    last = wall - _SECOND
    first, second = _offsets(zone, last)
    if first < second:
        return _gap_end(zone, last, first, second)
    return (wall - _WALL_EPOCH - second) // _MICROSECOND


def _offsets(zone: ZoneInfo, wall: datetime) -> tuple[timedelta, timedelta]:
    """Offsets of the two passes of a wall time: rising in a gap, falling in a repeat, or equal."""
    first = zone.utcoffset(wall) or _ZERO
    return first, zone.utcoffset(wall.replace(fold=1)) or _ZERO


def _gap_end(zone: ZoneInfo, wall: datetime, before: timedelta, after: timedelta) -> int:
    low = (wall - _WALL_EPOCH - after) // _SECOND
    high = (wall - _WALL_EPOCH - before) // _SECOND
    while high - low > 1:
        middle = (low + high) // 2
        local = (_EPOCH + timedelta(seconds=middle)).astimezone(zone).replace(tzinfo=None)
        low, high = (low, middle) if local > wall else (middle, high)
    return high * _MICROS


def _open_before(block: _Block, moment: int) -> int:
    place = bisect_right(block.starts, moment)
    if place == 0:
        return 0
    return block.open_by_end[place - 1] - max(0, block.ends[place - 1] - moment)


def _after(calendar: Calendar, moment: int, wanted: int, limit: int) -> int:
    number = moment // _BLOCK
    wanted += _open_before(_block(calendar, number), moment)
    while number * _BLOCK <= limit:
        block = _block(calendar, number)
        if wanted <= block.total:
            place = bisect_left(block.open_by_end, wanted)
            return block.ends[place] - (block.open_by_end[place] - wanted)
        wanted -= block.total
        number += 1
    return limit + 1


def _spans_between(calendar: Calendar, first: int, last: int) -> Iterator[tuple[int, int]]:
    if calendar.around_the_clock:
        if first < last:
            yield first, last
        return
    waiting: tuple[int, int] | None = None
    for number in range(first // _BLOCK, -(-last // _BLOCK)):
        block = _block(calendar, number)
        for start, end in zip(block.starts, block.ends, strict=True):
            start, end = max(start, first), min(end, last)
            if start >= end:
                continue
            if waiting and waiting[1] == start:
                waiting = waiting[0], end
                continue
            if waiting:
                yield waiting
            waiting = start, end
    if waiting:
        yield waiting


def _moment(at: datetime) -> int:
    if at.utcoffset() is None:
        raise ValueError("this time has no zone; business hours need an instant")
    moment = (at - _EPOCH) // _MICROSECOND
    if not _FIRST_MOMENT <= moment <= _LAST_MOMENT:
        raise ValueError(f"business hours are counted from {FIRST_YEAR} to {LAST_YEAR}")
    return moment


def _range(start: datetime, end: datetime) -> tuple[int, int]:
    first, last = _moment(start), _moment(end)
    if last < first:
        raise ValueError("the range ends before it starts")
    return first, last


def _instant(moment: int) -> datetime:
    return _EPOCH + timedelta(microseconds=moment)


_FIRST_MOMENT = (datetime(FIRST_YEAR, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST_MOMENT = (datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
