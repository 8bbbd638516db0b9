"""A technician's day as instants: when it begins and ends, its breaks and gaps.

Hours are written as a wall shows them in the technician's zone; planning counts seconds. A wall
time that spring skips means the moment after the gap; of an hour that autumn repeats, a start takes
the first pass and an end the last (as `calendars.hours` has it). Pure; who works on which day is
read in `crew_days`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from helpdesk.field_service.plan import Break

MINUTES_A_DAY = 24 * 60
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class WorkDay:
    """From when to when somebody works, and what pauses lie between."""

    starts: int
    ends: int
    breaks: tuple[Break, ...] = ()


def minute_of(text: str) -> int:
    """`08:30` as minutes since midnight; 24:00 is the day's end."""
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


@lru_cache(maxsize=65_536)
def begins(day: date, minute: int, zone: str) -> int:
    """The first instant at which a wall in that zone shows this."""
    return _instant(day, minute, zone, last=False)[0]


@lru_cache(maxsize=65_536)
def ends(day: date, minute: int, zone: str) -> int:
    """The last instant before which a wall shows less than this."""
    at, is_there = _instant(day, minute - 1, zone, last=True)
    return at + 60 if is_there else at


def span(day: date, pair: Sequence[str], zone: str) -> Span:
    """A pair like ["22:00", "06:00"] that begins on this day; it may run past midnight."""
    first, last = minute_of(pair[0]), minute_of(pair[1])
    if last <= first:
        last += MINUTES_A_DAY
    return begins(day, first, zone), ends(day, last, zone)


def day_of(at: int, zone: str) -> date:
    return datetime.fromtimestamp(at, ZoneInfo(zone)).date()


def noon(day: date, zone: str) -> int:
    return begins(day, MINUTES_A_DAY // 2, zone)


def ahead(now: int, zone: str, count: int) -> list[date]:
    """Today by the wall in that zone and the days that follow."""
    today = day_of(now, zone)
    return [today + timedelta(days=n) for n in range(count)]


def work_day(
    day: date,
    hours: Sequence[Sequence[str]],
    breaks: Iterable[Mapping[str, Any]],
    zone: str,
    away: Iterable[Span] = (),
) -> WorkDay | None:
    """The day between its first and last hour, without what falls into an absence; or None.

    Gaps between hours and absences in the middle of the day are breaks at a fixed time.
    """
    open_spans = _without(sorted(span(day, pair, zone) for pair in hours), sorted(away))
    if not open_spans:
        return None
    starts, finish = open_spans[0][0], max(until for _, until in open_spans)
    gaps = [
        Break(one[1], one[1], two[0] - one[1])
        for one, two in pairwise(open_spans)
        if two[0] > one[1]
    ]
    first = minute_of(hours[0][0]) if hours else 0
    wanted = [_break(day, one, zone, first) for one in breaks]
    kept = [pause for one in wanted if (pause := _fitting(one, starts, finish, gaps))]
    return WorkDay(starts, finish, tuple(sorted([*gaps, *kept], key=lambda one: one.earliest)))


def _break(day: date, one: Mapping[str, Any], zone: str, first: int) -> Break:
    """`{"from", "to", "minutes"}`: so long, somewhere between the two."""
    start, end = minute_of(str(one["from"])), minute_of(str(one["to"]))
    if start < first:
        start += MINUTES_A_DAY  # in the small hours of a night shift
    if end <= start:
        end += MINUTES_A_DAY
    earliest, duration = begins(day, start % (2 * MINUTES_A_DAY), zone), int(one["minutes"]) * 60
    return Break(earliest, max(earliest, ends(day, end, zone) - duration), duration)


def _fitting(one: Break, starts: int, finish: int, gaps: Sequence[Break]) -> Break | None:
    """The break as far as the day has room for it; a gap that is long enough stands for it."""
    earliest, latest = max(one.earliest, starts), min(one.latest, finish - one.duration_s)
    if one.duration_s <= 0 or earliest > latest:
        return None
    for gap in gaps:
        around = gap.earliest < one.latest + one.duration_s
        around = around and gap.earliest + gap.duration_s > one.earliest
        if around and gap.duration_s >= one.duration_s:
            return None
    return Break(earliest, latest, one.duration_s)


def _without(spans: Iterable[Span], away: Sequence[Span]) -> list[Span]:
    left = list(spans)
    for gone, back in away:
        left = [
            part
            for start, end in left
            for part in ((start, min(end, gone)), (max(start, back), end))
            if part[0] < part[1]
        ]
    return left


def _instant(day: date, minute: int, zone: str, *, last: bool) -> tuple[int, bool]:
    """The instant of a wall time, and whether there is such a time on that day at all."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    named = wall.replace(tzinfo=ZoneInfo(zone), fold=int(last))
    at = int(named.timestamp())
    if datetime.fromtimestamp(at, named.tzinfo).replace(tzinfo=None) == wall:
        return at, True
    return _after_gap(wall, zone), False


def _after_gap(wall: datetime, zone: str) -> int:
    """The moment at which clocks jump over this wall time."""
    info = ZoneInfo(zone)
    low, high = sorted(int(wall.replace(tzinfo=info, fold=f).timestamp()) for f in (0, 1))
    low -= 1
    before = datetime.fromtimestamp(low, info).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, info).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high
