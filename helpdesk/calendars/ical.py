"""Holidays out of an iCalendar file that somebody uploads.

Exists so that nobody types public holidays by hand. The file comes from outside, so it is measured
before it is parsed: size, lines, depth and events are capped, only the few properties that matter
reach the parser, and repeats are expanded under one budget. Nothing is fetched, and a time zone
defined inside the file is ignored in favour of the known zone of that name.
Not for showing appointments, and not for writing calendar files.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from helpdesk.calendars.opening_times import (
    LONGEST_NAME,
    MINUTES_A_DAY,
    Calendar,
    CalendarError,
    Window,
    Windows,
    make_calendar,
    zone_of,
)
from helpdesk.calendars.recurrence import Budget, Rule, RuleError, occurrences, rule_from_parts

LARGEST_FILE = 1024 * 1024
MOST_EVENTS = 5000
MOST_HOLIDAYS = 5000
MOST_YEARS = 50
DEEPEST = 6
LONGEST_LINE = 20_000
MOST_STEPS = 500_000
LONGEST_EVENT = timedelta(days=3660)

_WANTED = {
    "DTSTART", "DTEND", "DURATION", "SUMMARY", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "UID",
    "STATUS",
}  # fmt: skip
_FOLD = re.compile(r"\r?\n[ \t]")
_PROPERTY = re.compile(r"([A-Za-z0-9-]{1,60})[;:]")


class CalendarFileError(ValueError):
    """A calendar file that cannot be read; the message is for the person who uploaded it."""


@dataclass(frozen=True, slots=True, order=True)
class Holiday:
    """A date with hours of its own: `windows` instead of the usual ones, none for a whole day off.

    With closed_from and closed_to (local minutes of the date) it is a part of a day: the usual
    windows hold except for that span.
    """

    date: date
    name: str
    windows: Windows = ()
    closed_from: int | None = None
    closed_to: int | None = None

    def __post_init__(self) -> None:
        if self.closed_from is None and self.closed_to is None:
            return
        if self.closed_from is None or self.closed_to is None:
            raise CalendarError(f"{self.date}: closed hours need a start and an end")
        if not 0 <= self.closed_from < self.closed_to <= MINUTES_A_DAY:
            raise CalendarError(f"{self.date}: closed hours must end after they start, that day")


def apply_holiday(calendar: Calendar, holiday: Holiday) -> Calendar:
    """The calendar with this holiday among its exceptions."""
    return apply_holidays(calendar, [holiday])


def apply_holidays(calendar: Calendar, holidays: Iterable[Holiday]) -> Calendar:
    """The calendar with these holidays among its exceptions, in any order.

    A part of a day off is cut from the windows of its date and also from a night shift that began
    the evening before. A whole day off leaves that shift alone: it belongs to the date on which it
    began.
    """
    changed, names = dict(calendar.exceptions), dict(calendar.names)

    def usual(day: date) -> Windows:
        special = changed.get(day)
        return calendar.weekly[day.weekday()] if special is None else special

    def cut(day: date, start: int, end: int, name: str) -> None:
        before = usual(day)
        after = tuple(piece for window in before for piece in _without(window, start, end))
        if after != before:
            changed[day] = after
            names[day] = _joined(names.get(day, ""), name)

    for holiday in sorted(holidays, key=_parts_last):
        day = holiday.date
        if holiday.closed_from is None or holiday.closed_to is None:
            changed[day] = holiday.windows
            names[day] = _joined(names.get(day, ""), holiday.name)
            continue
        cut(day, holiday.closed_from, holiday.closed_to, holiday.name)
        start, end = holiday.closed_from + MINUTES_A_DAY, holiday.closed_to + MINUTES_A_DAY
        cut(day - timedelta(days=1), start, end, holiday.name)
    return make_calendar(calendar.zone, calendar.weekly, changed, names)


def _parts_last(holiday: Holiday) -> tuple[bool, date, str]:
    return holiday.closed_from is not None, holiday.date, holiday.name


def _without(window: Window, start: int, end: int) -> Iterator[Window]:
    if window.start_minute < min(start, window.end_minute):
        yield Window(window.start_minute, min(start, window.end_minute))
    if max(end, window.start_minute) < window.end_minute:
        yield Window(max(end, window.start_minute), window.end_minute)


def _joined(old: str, new: str) -> str:
    return old if new in old.split(", ") else ", ".join(filter(None, (old, new)))[:LONGEST_NAME]


def holidays_from_ical(
    text: bytes, year_from: int, year_to: int, *, zone: str | None = None
) -> list[Holiday]:
    """Holidays of the years from year_from to year_to, both included, in order of date.

    Whole-day events give a day off for each of their dates. Events with times give closed hours on
    each date that they touch, in `zone`, or as written where no zone is given. Cancelled events are
    left out. Raises CalendarFileError.
    """
    if not 1900 <= year_from <= year_to <= 2199 or year_to - year_from >= MOST_YEARS:
        raise CalendarFileError(f"Choose at most {MOST_YEARS} years between 1900 and 2199")
    if len(text) > LARGEST_FILE:
        raise CalendarFileError("This file is larger than 1 MiB")
    events = _parsed(_kept_lines(text))
    moved: dict[str, set[date]] = {}
    for event in events:
        if event.uid and event.replaces:
            moved.setdefault(event.uid, set()).add(event.replaces)
    reading = _Reading(
        date(year_from, 1, 1),
        date(year_to, 12, 31),
        zone_of(zone) if zone else None,
        Budget(MOST_STEPS),
    )
    found: set[Holiday] = set()
    for event in events:
        if event.cancelled:
            continue
        skipped = set() if event.replaces else moved.get(event.uid, set())
        try:
            for holiday in reading.holidays(event, skipped | event.left_out):
                found.add(holiday)
                if len(found) > MOST_HOLIDAYS:
                    raise CalendarFileError(f"This file has more than {MOST_HOLIDAYS} holidays")
        except RuleError as error:
            raise _refused(event.name, str(error)) from None
    return sorted(found, key=lambda h: (h.date, h.closed_from or 0, h.closed_to or 0, h.name))


@dataclass(frozen=True, slots=True)
class _Event:
    """What one VEVENT says. `begins` is a datetime for an event with times, else a date."""

    uid: str
    name: str
    begins: date
    length: timedelta
    rule: Rule | None
    added: frozenset[date]
    left_out: frozenset[date]
    replaces: date | None
    cancelled: bool


@dataclass(frozen=True, slots=True)
class _Reading:
    """The years that are wanted, the zone to tell them in, and what work is left to spend."""

    first: date
    last: date
    zone: tzinfo | None
    budget: Budget

    def holidays(self, event: _Event, skipped: set[date] | frozenset[date]) -> Iterator[Holiday]:
        for day in self._dates(event):
            if day in skipped:
                continue
            if isinstance(event.begins, datetime):
                yield from self._parts_of_days(event, day, event.begins)
            else:
                yield from self._whole_days(event, day)

    def _dates(self, event: _Event) -> set[date]:
        start = _day_of(event.begins)
        # An event that began before the range may reach into it; a zone may move it by a day.
        first = self.first - event.length - timedelta(days=2)
        last = self.last + timedelta(days=2)
        days = {day for day in (start, *event.added) if first <= day <= last}
        if event.rule is None:
            return days
        # With a rule, the start counts as far as the rule meets it.
        days -= {start} - event.added
        return days.union(occurrences(event.rule, start, first, last, self.budget))

    def _whole_days(self, event: _Event, day: date) -> Iterator[Holiday]:
        end = min(day + max(event.length, timedelta(days=1)), self.last + timedelta(days=1))
        day = max(day, self.first)
        while day < end:
            self.budget.spend(1)
            yield Holiday(day, event.name)
            day += timedelta(days=1)

    def _parts_of_days(self, event: _Event, day: date, begins: datetime) -> Iterator[Holiday]:
        wall = datetime.combine(day, begins.timetz())
        start, end = self._told(wall), self._told(wall + event.length)
        day = max(start.date(), self.first)
        while day <= min(end.date(), self.last):
            self.budget.spend(1)
            midnight = datetime.combine(day, time())
            closed_from = max(0, (start - midnight) // timedelta(minutes=1))
            closed_to = min(MINUTES_A_DAY, -((midnight - end) // timedelta(minutes=1)))
            if closed_from < closed_to:
                yield Holiday(day, event.name, (), closed_from, closed_to)
            day += timedelta(days=1)

    def _told(self, at: datetime) -> datetime:
        """The wall time of the reader's zone."""
        if at.tzinfo is not None and self.zone is not None:
            at = at.astimezone(self.zone)
        return at.replace(tzinfo=None)


def _kept_lines(raw: bytes) -> str:
    """The lines of events that matter, in a file whose nesting is sound."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    kept: list[str] = []
    inside: list[str] = []
    events = 0
    for line in re.split(r"[\r\n]+", _FOLD.sub("", text)):
        keyword, _, name = line.strip().upper().partition(":")
        if keyword == "BEGIN":
            inside.append(name)
            events += name == "VEVENT"
            if len(inside) > DEEPEST:
                raise CalendarFileError("This calendar file is nested too deeply")
            if events > MOST_EVENTS:
                raise CalendarFileError(f"This file has more than {MOST_EVENTS} events")
        # An event's own lines only: alarms inside it and zones beside it have no say.
        if inside in (["VCALENDAR"], ["VCALENDAR", "VEVENT"]):
            prop = _PROPERTY.match(line)
            if keyword in ("BEGIN", "END"):
                kept.append(f"{keyword}:{name}")
            elif len(inside) == 2 and prop and prop[1].upper() in _WANTED:
                if len(line) > LONGEST_LINE:
                    raise CalendarFileError("A line of this calendar file is too long")
                kept.append(line)
        if keyword == "END" and (not inside or inside.pop() != name):
            raise CalendarFileError("This calendar file is damaged: its parts do not match up")
    if inside:
        raise CalendarFileError("This calendar file is cut off: its end is missing")
    if "BEGIN:VCALENDAR" not in kept:
        raise CalendarFileError("This is not a calendar file; it should end in .ics")
    return "\r\n".join(kept) + "\r\n"


def _parsed(text: str) -> list[_Event]:
    import icalendar  # noqa: PLC0415  large, and asked for a few times a year

    try:
        calendars = icalendar.Calendar.from_ical(text, multiple=True)
    except Exception:
        # The parser was written for honest files, so anything may come out of it here.
        raise CalendarFileError("This calendar file cannot be read") from None
    return [_event(part) for whole in calendars for part in whole.walk("VEVENT")]


def _event(part: Any) -> _Event:
    name = _plain(part.get("SUMMARY"))
    if part.errors:
        raise _refused(name, f"{part.errors[0][0] or 'a line'} is not written as it should be")
    try:
        begins = part["DTSTART"].dt
        if not isinstance(begins, date) or not 1600 <= begins.year <= 9000:
            raise ValueError("its start is not a date between the years 1600 and 9000")
        return _Event(
            uid=str(part.get("UID", ""))[:1000],
            name=name,
            begins=begins,
            length=_length(part, begins),
            rule=_rule(part, begins),
            added=frozenset(_listed(part, "RDATE", begins)),
            left_out=frozenset(_listed(part, "EXDATE", begins)),
            replaces=next(_listed(part, "RECURRENCE-ID", begins), None),
            cancelled=str(part.get("STATUS", "")).upper() == "CANCELLED",
        )
    except KeyError as error:
        raise _refused(name, f"{str(error)[:40]} is missing") from None
    except ValueError as error:
        raise _refused(name, str(error)[:200]) from None
    except (AttributeError, TypeError, OverflowError):
        raise _refused(name, "its dates do not make sense") from None


def _length(part: Any, begins: date) -> timedelta:
    """How long it lasts on the clock of its start; a whole day where a date has no end."""
    timed = isinstance(begins, datetime)
    length = timedelta(days=0 if timed else 1)
    if "DTEND" in part:
        end = part["DTEND"].dt
        if isinstance(end, datetime) != timed:
            raise ValueError("its start and end are not of one kind")
        if isinstance(begins, datetime):
            length = _on_clock_of(begins, end) - begins.replace(tzinfo=None)
        else:
            length = end - begins
    elif "DURATION" in part:
        length = part["DURATION"].dt
    if not timedelta(0) <= length <= LONGEST_EVENT:
        raise ValueError("it ends before it starts, or lasts more than ten years")
    return length


def _rule(part: Any, begins: date) -> Rule | None:
    found = part.get("RRULE")
    if found is None:
        return None
    if isinstance(found, list):
        raise ValueError("it has more than one repeat rule")
    parts: dict[str, list[str]] = {}
    for piece in found.to_ical().decode().upper().split(";"):
        key, _, values = piece.partition("=")
        parts[key] = values.split(",")
    until = found["UNTIL"][0] if "UNTIL" in found else None
    if isinstance(until, datetime) and isinstance(begins, datetime):
        wall = _on_clock_of(begins, until)
        # The day of the end counts only if the event begins early enough on it.
        until = wall.date() - timedelta(days=int(wall.time() < begins.time()))
    return rule_from_parts(parts, _day_of(begins), None if until is None else _day_of(until))


def _listed(part: Any, key: str, begins: date) -> Iterator[date]:
    """Dates that a property names, on the clock of the event's start."""
    found = part.get(key, [])
    for prop in found if isinstance(found, list) else [found]:
        for entry in getattr(prop, "dts", [prop]):
            moment = entry.dt[0] if isinstance(entry.dt, tuple) else entry.dt
            if isinstance(moment, datetime) and isinstance(begins, datetime):
                moment = _on_clock_of(begins, moment)
            yield _day_of(moment)


def _on_clock_of(begins: datetime, moment: datetime) -> datetime:
    if moment.tzinfo is not None and begins.tzinfo is not None:
        moment = moment.astimezone(begins.tzinfo)
    return moment.replace(tzinfo=None)


def _day_of(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _plain(summary: object) -> str:
    first = summary[0] if isinstance(summary, list) and summary else summary
    words = "".join(c if c.isprintable() else " " for c in str(first or "")).split()
    return " ".join(words)[:LONGEST_NAME] or "Holiday"


def _refused(name: str, why: str) -> CalendarFileError:
    return CalendarFileError(f"Event “{name[:60]}”: {why}")
