"""A technician's week, breaks and days that differ: checked as written, and as instants of one day.

Pure. A day's hours are written in wall time of the technician's zone; what a change of clocks skips
begins after the gap, of an hour that comes twice a start takes the first pass and an end the last.
The instants themselves are those of `days`. Not for planning into those hours (`plan`, `timing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from helpdesk.calendars.opening_times import (
    Calendar,
    CalendarError,
    Window,
    as_dict,
    calendar_from_dict,
    zone_of,
)
from helpdesk.core.errors import Invalid
from helpdesk.field_service import days

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_BREAKS = 4
SHORTEST_BREAK, LONGEST_BREAK = 5, 240

Pairs = list[list[str]]


@dataclass(frozen=True, slots=True)
class Day:
    """A working day: `spans` from and to, `pauses` (earliest start, latest start, length); seconds
    since 1970. No spans: free.
    """

    spans: tuple[tuple[int, int], ...] = ()
    pauses: tuple[tuple[int, int, int], ...] = ()


def read_zone(name: str) -> str:
    try:
        zone_of(name)
    except CalendarError as error:
        raise Invalid(fields={"zone": _sentence(str(error))}) from None
    return name


def read_week(week: Mapping[str, Any]) -> dict[str, Pairs]:
    """The week as it is stored, {"0".."6": pairs}; Invalid names the day as `week-0`."""
    wrong: dict[str, str] = {}
    if odd := sorted(set(week) - {str(n) for n in range(7)}):
        raise Invalid(fields={"week": f"“{odd[0][:20]}” is no day; Monday is 0, Sunday 6."})
    kept: dict[str, Pairs] = {}
    for number, name in enumerate(NAMES):
        pairs = week.get(str(number)) or []
        try:
            hours = read_hours(pairs, name)
        except CalendarError as error:
            wrong[f"week-{number}"] = _sentence(str(error).removeprefix(f"{name}, window "))
            continue
        if hours:
            kept[str(number)] = hours
    if wrong:
        raise Invalid(fields=wrong)
    return kept


def read_hours(pairs: Any, name: str = "This day") -> Pairs:
    """Windows of one day in order, as they are stored; CalendarError for what can't be."""
    found = calendar_from_dict({"zone": "UTC", "weekly": {"mon": pairs}})
    windows = sorted(found.weekly[0])
    for before, after in pairwise(windows):
        if after.start_minute < before.end_minute:
            raise CalendarError(f"{name}: two of these hours overlap")
    ordered = Calendar("UTC", (tuple(windows), *[()] * 6))
    stored: Any = as_dict(ordered)["weekly"]
    hours: Pairs = stored["mon"]
    return hours


def read_breaks(breaks: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Breaks as they are stored; Invalid names the line as `break-0`."""
    given, wrong = list(breaks), dict[str, str]()
    if len(given) > MOST_BREAKS:
        raise Invalid(fields={"breaks": f"List at most {MOST_BREAKS} breaks a day."})
    kept = []
    for place, one in enumerate(given):
        try:
            [[starts, ends]] = read_hours([[one.get("from"), one.get("to")]])
        except CalendarError as error:
            wrong[f"break-{place}"] = _sentence(str(error).partition(": ")[2])
            continue
        minutes = one.get("minutes")
        if type(minutes) is not int or not SHORTEST_BREAK <= minutes <= LONGEST_BREAK:
            wrong[f"break-{place}"] = f"Use {SHORTEST_BREAK} to {LONGEST_BREAK} minutes."
        elif minutes > _length(starts, ends):
            wrong[f"break-{place}"] = "The break is longer than the time it may be taken in."
        kept.append({"from": starts, "to": ends, "minutes": minutes})
    if wrong:
        raise Invalid(fields=wrong)
    return kept


def hours_on(
    week: Mapping[str, Pairs], day: date, special: Pairs | None, calendar: Calendar | None
) -> tuple[Window, ...]:
    """What is worked that day: a day of its own, else the week within the holidays' calendar."""
    pairs = special if special is not None else week.get(str(day.weekday()), [])
    windows = calendar_from_dict({"zone": "UTC", "weekly": {"mon": pairs}}).weekly[0]
    if special is not None or calendar is None or day not in calendar.by_date:
        return windows
    cut = [_both(one, free) for one in windows for free in calendar.by_date[day]]
    return tuple(one for one in cut if one is not None)


def of_day(
    day: date,
    zone: str,
    windows: Sequence[Window],
    breaks: Sequence[Mapping[str, Any]] = (),
    away: Sequence[tuple[int, int]] = (),
) -> Day:
    """The day as instants, without the times of absences `away` (seconds since 1970)."""
    spans = [
        (instant(day, one.start_minute, zone), instant(day, one.end_minute, zone, is_end=True))
        for one in windows
    ]
    kept = [span for span in sorted(spans) if span[0] < span[1]]
    for gone in away:
        kept = [piece for span in kept for piece in _without(span, gone)]
    pauses = [_pause(day, one, zone) for one in breaks]
    within = [p for p in pauses if any(a <= p[0] and p[1] + p[2] <= b for a, b in kept)]
    return Day(tuple(kept), tuple(sorted(within)))


def instant(day: date, minute: int, zone: str, *, is_end: bool = False) -> int:
    """When the wall clock of `zone` shows so many minutes since 00:00 of `day`."""
    return days.ends(day, minute, zone) if is_end else days.begins(day, minute, zone)


def _pause(day: date, one: Mapping[str, Any], zone: str) -> tuple[int, int, int]:
    [window] = calendar_from_dict(
        {"zone": "UTC", "weekly": {"mon": [[one["from"], one["to"]]]}}
    ).weekly[0]
    length = int(one["minutes"]) * 60
    first = instant(day, window.start_minute, zone)
    last = instant(day, window.end_minute, zone, is_end=True) - length
    return first, max(first, last), length


def _without(span: tuple[int, int], gone: tuple[int, int]) -> list[tuple[int, int]]:
    pieces = [(span[0], min(span[1], gone[0])), (max(span[0], gone[1]), span[1])]
    return [(start, end) for start, end in pieces if start < end]


def _both(one: Window, other: Window) -> Window | None:
    start = max(one.start_minute, other.start_minute)
    end = min(one.end_minute, other.end_minute)
    return Window(start, end) if start < end else None


def _length(starts: str, ends: str) -> int:
    [window] = calendar_from_dict({"zone": "UTC", "weekly": {"mon": [[starts, ends]]}}).weekly[0]
    return window.end_minute - window.start_minute


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:].rstrip(".") + "."
