"""Making and changing business calendars.

A calendar is checked by being built (`hours`), so what is stored can always be counted with. Not
for the counting, nor for reading holiday files (`ical`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from helpdesk.calendars import ical, permissions
from helpdesk.calendars.events import CalendarAdded, CalendarChanged, CalendarDeleted
from helpdesk.calendars.hours import (
    Calendar,
    CalendarError,
    as_dict,
    calendar_from_dict,
    make_calendar,
)
from helpdesk.calendars.ical import CalendarFileError, Holiday
from helpdesk.calendars.models import CalendarRow
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work

LONGEST_NAME = 80
_CLOCK = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")

Use = Callable[[Work, str], str | None]
_uses: list[Use] = []


def register_use(use: Use) -> None:
    """Add a question asked before deleting: who uses the calendar? In words, or None."""
    if use not in _uses:
        _uses.append(use)


def create_calendar(work: Work, *, name: str, plan: Mapping[str, object]) -> CalendarRow:
    """A new calendar; `plan` is the JSON form of `hours` (names of dates included)."""
    permissions.require_set(work)
    row = CalendarRow(id=new_id(), version=1, name=_name(work, name, None), changed_at=work.at)
    _write(row, _read(plan))
    work.session.add(row)
    work.session.flush()
    work.emit(CalendarAdded(calendar_id=row.id))
    work.audit("calendar.added", "calendar", row.id, name=row.name)
    return row


def change_calendar(
    work: Work,
    calendar_id: str,
    *,
    version: int,
    name: str | None = None,
    plan: Mapping[str, object] | None = None,
) -> CalendarRow:
    """Change what is given. Conflict when somebody changed it since `version`.

    A plan without "names" keeps the names of dates that it still has exceptions for.
    """
    row = _locked(work, calendar_id, version)
    if name is not None:
        row.name = _name(work, name, row.id)
    if plan is not None:
        given = dict(plan)
        if "names" not in given:
            dates = given.get("exceptions")
            there = dates if isinstance(dates, Mapping) else {}
            given["names"] = {d: n for d, n in row.holiday_names.items() if d in there}
        _write(row, _read(given))
    _changed(work, row, "hours" if plan is not None else "name")
    return row


def delete_calendar(work: Work, calendar_id: str, *, version: int) -> None:
    """Conflict (`in_use`) names what still keeps these hours."""
    row = _locked(work, calendar_id, version)
    used = [words for use in _uses if (words := use(work, row.id))]
    if used:
        raise Conflict(f"Still used by {', '.join(used)}. Change that first.", code="in_use")
    work.session.delete(row)
    work.session.flush()
    work.emit(CalendarDeleted(calendar_id=row.id))
    work.audit("calendar.deleted", "calendar", row.id, name=row.name)


def add_holiday(work: Work, calendar_id: str, *, version: int, day: date, name: str) -> CalendarRow:
    """Closed on the whole date."""
    return _with_holidays(work, calendar_id, version, [Holiday(day, _holiday_name(name))])


def add_half_holiday(
    work: Work,
    calendar_id: str,
    *,
    version: int,
    day: date,
    name: str,
    closed_from: str,
    closed_to: str = "24:00",
) -> CalendarRow:
    """Closed for a part of the date (local times like 13:00); the usual hours hold besides."""
    start, end = _minute("closed_from", closed_from), _minute("closed_to", closed_to)
    if start >= end:
        raise Invalid(fields={"closed_to": "This must be later than the start."})
    part = Holiday(day, _holiday_name(name), closed_from=start, closed_to=end)
    return _with_holidays(work, calendar_id, version, [part])


def remove_holiday(work: Work, calendar_id: str, *, version: int, day: date) -> CalendarRow:
    """Back to the weekly hours on that date."""
    row = _locked(work, calendar_id, version)
    before = _stored(row)
    if day not in before.by_date:
        raise NotFound
    exceptions = {d: w for d, w in before.exceptions if d != day}
    names = {d: n for d, n in before.names if d != day}
    _write(row, make_calendar(before.zone, before.weekly, exceptions, names))
    _changed(work, row, "holidays")
    return row


def import_holidays(
    work: Work, calendar_id: str, *, version: int, raw: bytes, year_from: int, year_to: int
) -> list[Holiday]:
    """Add the holidays of an iCalendar file for these years; answers them. Nothing is removed."""
    row = _locked(work, calendar_id, version)
    try:
        found = ical.holidays_from_ical(raw, year_from, year_to, zone=_stored(row).zone)
    except CalendarFileError as error:
        raise Invalid(str(error), fields={"file": str(error)}, code="bad_calendar_file") from None
    if found:
        _apply(row, found)
        _changed(work, row, "import")
    return found


def _with_holidays(
    work: Work, calendar_id: str, version: int, holidays: Iterable[Holiday]
) -> CalendarRow:
    row = _locked(work, calendar_id, version)
    _apply(row, holidays)
    _changed(work, row, "holidays")
    return row


def _apply(row: CalendarRow, holidays: Iterable[Holiday]) -> None:
    try:
        _write(row, ical.apply_holidays(_stored(row), holidays))
    except CalendarError as error:
        raise _refused(error) from None


def _locked(work: Work, calendar_id: str, version: int) -> CalendarRow:
    permissions.require_set(work)
    row = (
        work.session.get(CalendarRow, calendar_id, with_for_update=True, populate_existing=True)
        if is_id(calendar_id)
        else None
    )
    if row is None:
        raise NotFound
    if row.version != version:
        raise Conflict("Somebody changed this calendar meanwhile. Look again and repeat.")
    return row


def _changed(work: Work, row: CalendarRow, what: str) -> None:
    work.session.info["calendars_changed"] = True
    row.version += 1
    row.changed_at = work.at
    work.session.flush()
    work.emit(CalendarChanged(calendar_id=row.id, version=row.version, what=what))
    work.audit("calendar.changed", "calendar", row.id, what=what, version=row.version)


def _stored(row: CalendarRow) -> Calendar:
    return calendar_from_dict({**row.plan, "names": row.holiday_names})


def _write(row: CalendarRow, calendar: Calendar) -> None:
    plan: dict[str, Any] = as_dict(calendar)
    row.holiday_names = plan.pop("names", {})
    row.plan = plan


def _read(plan: Mapping[str, object]) -> Calendar:
    try:
        return calendar_from_dict(plan)
    except CalendarError as error:
        raise _refused(error) from None


def _refused(error: CalendarError) -> Invalid:
    words = str(error)
    return Invalid(words, fields={"plan": words}, code="bad_calendar")


def _name(work: Work, name: object, own_id: str | None) -> str:
    kept = _one_line(name)
    if not kept or len(kept) > LONGEST_NAME:
        raise Invalid(fields={"name": f"Write a name of at most {LONGEST_NAME} characters."})
    taken = work.session.scalar(select(CalendarRow.id).where(CalendarRow.name == kept))
    if taken is not None and taken != own_id:
        raise Conflict("There is a calendar of this name already.", code="name_taken")
    return kept


def _holiday_name(name: object) -> str:
    kept = _one_line(name)
    if not kept or len(kept) > 100:
        raise Invalid(fields={"name": "Write a name of at most 100 characters."})
    return kept


def _one_line(text: object) -> str:
    words = text if isinstance(text, str) else ""
    return _CONTROL.sub(" ", words.encode("utf-8", "replace").decode()).strip()


def _minute(field: str, text: object) -> int:
    shape = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    minute = int(shape[1]) * 60 + int(shape[2]) if shape else 24 * 60 + 1
    if minute > 24 * 60:
        raise Invalid(fields={field: "Write a time of day like 13:00."})
    return minute
