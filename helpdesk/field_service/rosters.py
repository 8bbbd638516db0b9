"""Who works when over a range of days: week, days that differ, holidays and absences as one answer.

A handful of statements however many technicians and days there are. Not for whether a visit fits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select

from helpdesk.calendars.hours import Calendar
from helpdesk.core.work import Work
from helpdesk.field_service import crew_days, working_days
from helpdesk.field_service.models_crew import Technician, TechnicianAbsence, TechnicianDay
from helpdesk.field_service.working_days import Day

_DAY = timedelta(days=1)


def between(
    work: Work, technicians: Sequence[Technician], first: date, last: date
) -> Mapping[tuple[str, date], Day]:
    """The working day of each technician on each day, both ends included; free days stand there
    without spans. For every actor: planning asks it.
    """
    ids = [one.user_id for one in technicians]
    away = _absences(work, ids, first, last)
    special = _special(work, ids, first, last)
    holidays = crew_days.holidays(work, (one.calendar_id for one in technicians))
    days = [first + n * _DAY for n in range((last - first).days + 1)]
    return {
        (one.user_id, day): _day(
            one, day, special.get((one.user_id, day)), holidays.get(one.calendar_id or ""),
            away.get(one.user_id, []),
        )
        for one in technicians
        for day in days
    }  # fmt: skip


def _day(
    one: Technician, day: date, special: TechnicianDay | None, holidays: Calendar | None,
    away: Sequence[tuple[int, int]],
) -> Day:  # fmt: skip
    windows = working_days.hours_on(one.week, day, special.hours if special else None, holidays)
    own = special.breaks if special else None
    return working_days.of_day(day, one.zone, windows, one.breaks if own is None else own, away)


def _absences(
    work: Work, ids: Sequence[str], first: date, last: date
) -> dict[str, list[tuple[int, int]]]:
    starts, ends = (datetime.combine(day, time(), UTC) for day in (first - _DAY, last + 3 * _DAY))
    wanted = select(TechnicianAbsence).where(
        TechnicianAbsence.technician_id.in_(ids),
        TechnicianAbsence.ends_at > starts,
        TechnicianAbsence.starts_at < ends,
    )
    found: dict[str, list[tuple[int, int]]] = {}
    for row in work.session.scalars(wanted):
        span = (int(row.starts_at.timestamp()), int(row.ends_at.timestamp()))
        found.setdefault(row.technician_id, []).append(span)
    return found


def _special(
    work: Work, ids: Sequence[str], first: date, last: date
) -> dict[tuple[str, date], TechnicianDay]:
    wanted = select(TechnicianDay).where(
        TechnicianDay.technician_id.in_(ids), TechnicianDay.day.between(first, last)
    )
    return {(row.technician_id, row.day): row for row in work.session.scalars(wanted)}
