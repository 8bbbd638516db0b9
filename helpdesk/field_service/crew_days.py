"""Who drives on which day, from when to when and with what: rows of the set-up as shifts.

Read as a whole and kept until something of it changes (`stamp`, one query). Not for what stands in
the routes (`book`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from helpdesk.calendars import queries as calendars
from helpdesk.calendars.hours import Calendar
from helpdesk.calendars.models import CalendarRow
from helpdesk.core.db import table_of
from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work
from helpdesk.field_service import areas, days
from helpdesk.field_service.models_crew import (
    Technician,
    TechnicianAbsence,
    TechnicianDay,
    Territory,
    VanStock,
)
from helpdesk.field_service.plan import Place, Shift

Pairs = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Area:
    """A territory as far as planning asks of it."""

    id: str
    name: str
    postcodes: Sequence[str]
    outline: Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Person:
    """One technician with all that their days depend on."""

    id: str
    zone: str
    start: Place
    end: Place
    week: Mapping[str, Pairs]
    breaks: Sequence[Mapping[str, Any]]
    skills: Mapping[str, int]
    territories: frozenset[str]
    may_overrun_s: int
    cost_per_hour_minor: int
    cost_per_km_minor: int
    holidays: Calendar | None = None
    stock: Mapping[str, int] = field(default_factory=dict)
    special: Mapping[date, tuple[Pairs, Sequence[Mapping[str, Any]] | None]] = field(
        default_factory=dict
    )
    away: Sequence[days.Span] = ()

    def hours_on(self, day: date) -> Pairs:
        """A day of its own, else the week within what the holidays' calendar leaves of it."""
        if day in self.special:
            return self.special[day][0]
        pairs = self.week.get(str(day.weekday()), ())
        if self.holidays is None or day not in self.holidays.by_date:
            return pairs
        return _both(pairs, self.holidays.by_date[day])

    def day(self, day: date) -> days.WorkDay | None:
        special = self.special.get(day)
        breaks = special[1] if special and special[1] is not None else self.breaks
        return days.work_day(day, self.hours_on(day), breaks, self.zone, self.away)


@dataclass(frozen=True, slots=True)
class Crew:
    """Everybody who drives, as of one stamp, for days from `first` on."""

    stamp: tuple[Any, ...]
    first: date
    people: Mapping[str, Person]
    areas: Sequence[Area]

    def area_of(self, postcode: str, place: Place | None) -> Area | None:
        """The territory that a place lies in; None where no territory holds it."""
        lat, lon = (place.lat, place.lon) if place else (None, None)
        return next((one for one in self.areas if areas.is_inside(one, postcode, lat, lon)), None)


def shift_id(technician_id: str, day: date) -> str:
    return f"{technician_id}/{day.isoformat()}"


def shift(
    person: Person,
    day: date,
    parts: Mapping[str, int],
    free_from: int | None = None,
    free_at: Place | None = None,
) -> Shift | None:
    """The working day of one person with what the van then holds; None where they are off."""
    found = person.day(day)
    if found is None:
        return None
    return Shift(
        id=shift_id(person.id, day),
        technician_id=person.id,
        day=day.isoformat(),
        starts=found.starts,
        ends=found.ends,
        start=person.start,
        end=person.end,
        skills=person.skills,
        parts=parts,
        breaks=found.breaks,
        territories=person.territories,
        may_overrun_s=person.may_overrun_s,
        cost_per_hour_minor=person.cost_per_hour_minor,
        cost_per_km_minor=person.cost_per_km_minor,
        free_from=free_from if free_from is not None and free_from > found.starts else None,
        free_at=free_at,
    )


def stamp(work: Work) -> tuple[Any, ...]:
    """What moves whenever something of the set-up does.

    Days and absences move their technician's version on, or their own number or newest time.
    """

    def one(*columns: Any) -> list[Any]:
        return [select(column).scalar_subquery() for column in columns]

    row = work.session.execute(
        select(
            *one(func.count(Technician.user_id), func.sum(Technician.version)),
            *one(func.count(Technician.user_id).filter(Technician.is_active)),
            *one(func.count(TechnicianDay.id), func.max(TechnicianDay.day)),
            *one(func.count(TechnicianAbsence.id), func.max(TechnicianAbsence.made_at)),
            *one(func.max(TechnicianAbsence.ends_at), func.max(TechnicianAbsence.starts_at)),
            *one(func.count(VanStock.part_id), func.sum(VanStock.quantity)),
            *one(func.max(VanStock.changed_at)),
            *one(func.count(Territory.id), func.sum(Territory.version)),
            *one(func.count(CalendarRow.id), func.sum(CalendarRow.version)),
        )
    ).one()
    return tuple(row)


def read(work: Work, known: tuple[Any, ...], first: date) -> Crew:
    """Everybody who is active, with their days from `first` on."""
    special, away, stock = _special(work, first), _away(work, first), _stock(work)
    people = {}
    rows = work.session.execute(select(table_of(Technician)).where(Technician.is_active)).all()
    closed = holidays(work, (row.calendar_id for row in rows))
    for row in rows:
        who = row.user_id
        people[who] = _person(
            row, closed, stock.get(who, {}), special.get(who, {}), away.get(who, ())
        )
    return Crew(known, first, people, _areas(work))


def person(work: Work, row: Technician, first: date) -> Person:
    """One technician, with their days from `first` on and nothing in the van."""
    special, away = _special(work, first, row.user_id), _away(work, first, row.user_id)
    closed = holidays(work, [row.calendar_id])
    return _person(row, closed, {}, special.get(row.user_id, {}), away.get(row.user_id, ()))


def _person(
    row: Any,
    closed: Mapping[str, Calendar],
    stock: Mapping[str, int],
    special: Mapping[date, Any],
    away: Sequence[days.Span],
) -> Person:
    start = Place(row.start_lat, row.start_lon)
    has_end = row.end_lat is not None and row.end_lon is not None
    return Person(
        id=row.user_id,
        zone=row.zone,
        start=start,
        end=Place(row.end_lat, row.end_lon) if has_end else start,
        week=row.week,
        breaks=row.breaks,
        skills=row.skills,
        territories=frozenset(row.territory_ids),
        may_overrun_s=row.may_overrun_s,
        cost_per_hour_minor=row.cost_per_hour_minor,
        cost_per_km_minor=row.cost_per_km_minor,
        holidays=closed.get(row.calendar_id),
        stock=stock,
        special=special,
        away=away,
    )


def _special(work: Work, first: date, of: str = "") -> Mapping[str, dict[date, Any]]:
    found: dict[str, dict[date, Any]] = defaultdict(dict)
    wanted = select(
        TechnicianDay.technician_id, TechnicianDay.day, TechnicianDay.hours, TechnicianDay.breaks
    ).where(TechnicianDay.day >= first)
    for row in work.session.execute(_only(wanted, TechnicianDay.technician_id, of)):
        found[row.technician_id][row.day] = (row.hours, row.breaks)
    return found


def _away(work: Work, first: date, of: str = "") -> Mapping[str, list[days.Span]]:
    found: dict[str, list[days.Span]] = defaultdict(list)
    since = datetime.combine(first, datetime.min.time(), work.at.tzinfo) - timedelta(days=1)
    wanted = select(
        TechnicianAbsence.technician_id, TechnicianAbsence.starts_at, TechnicianAbsence.ends_at
    ).where(TechnicianAbsence.ends_at > since)
    for row in work.session.execute(_only(wanted, TechnicianAbsence.technician_id, of)):
        found[row.technician_id].append((seconds(row.starts_at), seconds(row.ends_at)))
    return found


def _only(wanted: Any, column: Any, of: str) -> Any:
    return wanted.where(column == of) if of else wanted


def _stock(work: Work) -> Mapping[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in work.session.execute(
        select(VanStock.technician_id, VanStock.part_id, VanStock.quantity)
    ):
        found[row.technician_id][row.part_id] = row.quantity
    return found


def _areas(work: Work) -> list[Area]:
    wanted = select(Territory.id, Territory.name, Territory.postcodes, Territory.outline)
    rows = work.session.execute(wanted.where(Territory.is_active).order_by(Territory.name))
    return [Area(*row) for row in rows]


def holidays(work: Work, calendar_ids: Iterable[str | None]) -> Mapping[str, Calendar]:
    """These calendars, each asked for once; one that is gone by now is left out."""
    found = {}
    for one in sorted({each for each in calendar_ids if each}):
        with suppress(NotFound):
            found[one] = calendars.hours_of(work, one)
    return found


def _both(pairs: Pairs, free: Iterable[Any]) -> list[list[str]]:
    """What lies in the week's hours and in the exception's."""
    kept = []
    for start, end in pairs:
        first, last = days.minute_of(start), days.minute_of(end)
        last += days.MINUTES_A_DAY if last <= first else 0
        for one in free:
            low, high = max(first, one.start_minute), min(last, one.end_minute)
            if low < high:
                kept.append([_clock(low), _clock(high)])
    return kept


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def seconds(at: datetime) -> int:
    return int(at.timestamp())
