"""Reading calendars: lists for screens, and the hours that everything else counts with."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from sqlalchemy import select

from helpdesk.calendars import permissions
from helpdesk.calendars.hours import Calendar, calendar_from_dict
from helpdesk.calendars.models import CalendarRow
from helpdesk.core.errors import NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work

_MOST_KEPT = 500
_kept: dict[tuple[str, int], Calendar] = {}
_guard = threading.Lock()


def list_calendars(work: Work) -> Sequence[CalendarRow]:
    """All calendars by name; there are few."""
    if not permissions.can_see(work.actor):
        raise NotFound
    return work.session.scalars(select(CalendarRow).order_by(CalendarRow.name)).all()


def get_calendar(work: Work, calendar_id: str) -> CalendarRow:
    return permissions.get_calendar(work, calendar_id)


def first_id(work: Work) -> str:
    """The calendar that stands for the house where none is named, or "". For every actor."""
    return work.session.scalar(select(CalendarRow.id).order_by(CalendarRow.name).limit(1)) or ""


def house_hours(work: Work, calendar_id: str = "") -> Calendar | None:
    """The hours of this calendar, or, where none is named, the house's; None where it has none."""
    try:
        return hours_of(work, calendar_id or first_id(work))
    except NotFound:
        return None


def hours_of(work: Work, calendar_id: str) -> Calendar:
    """The calendar as a value to count with, kept per version. For every actor."""
    version = (
        work.session.scalar(select(CalendarRow.version).where(CalendarRow.id == calendar_id))
        if is_id(calendar_id)
        else None
    )
    if version is None:
        raise NotFound
    found = _kept.get((calendar_id, version))
    if found is None:
        row = work.session.execute(
            select(CalendarRow.plan, CalendarRow.holiday_names, CalendarRow.version).where(
                CalendarRow.id == calendar_id
            )
        ).one()
        found = calendar_from_dict({**row.plan, "names": row.holiday_names})
        # A transaction that may still roll back must not leave its version to others.
        if not work.session.info.get("calendars_changed"):
            with _guard:
                if len(_kept) >= _MOST_KEPT:
                    _kept.clear()
                _kept[calendar_id, row.version] = found
    return found
