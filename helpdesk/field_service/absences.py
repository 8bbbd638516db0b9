"""When technicians are away, and days on which they work other hours than in their week.

Supervisors write both down, since they change by the day. Either answers the planned visits that it
hits: nothing is moved here, whoever writes it decides what becomes of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from helpdesk.calendars.opening_times import CalendarError
from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.customers.field_values import line
from helpdesk.field_service import crew, setting_up, working_days
from helpdesk.field_service.crew_events import TechnicianAway
from helpdesk.field_service.models import Route, RouteStop, Visit
from helpdesk.field_service.models_crew import Technician, TechnicianAbsence, TechnicianDay

KINDS = {"leave": "Leave", "ill": "Ill", "training": "Training", "other": "Other"}
LONGEST = timedelta(days=400)
LONGEST_STOP = timedelta(days=1)
MOST_SHOWN = 200
AHEAD = ("booked", "travelling", "on_site")


@dataclass(frozen=True, slots=True)
class Hit:
    """A planned visit that lies where its technician does not work."""

    visit_id: str
    number: int
    technician_id: str
    starts_at: datetime
    window_starts_at: datetime | None
    window_ends_at: datetime | None

    @property
    def is_promised(self) -> bool:
        return self.window_starts_at is not None


def add(
    work: Work, technician_id: str, *, starts_at: datetime, ends_at: datetime, kind: str,
    note: str = "",
) -> tuple[TechnicianAbsence, Sequence[Hit]]:  # fmt: skip
    """Write an absence down; answers it with the planned visits in it."""
    setting_up.require_staff(work)
    if kind not in KINDS:
        raise Invalid(fields={"kind": "Choose leave, ill, training or other."})
    if ends_at <= starts_at:
        raise Invalid(fields={"ends_at": "It must end after it begins."})
    if ends_at - starts_at > LONGEST:
        raise Invalid(fields={"ends_at": f"Write down at most {LONGEST.days} days at once."})
    crew.touch(work, technician_id, "absences")
    made = TechnicianAbsence(
        id=new_id(), technician_id=technician_id, starts_at=starts_at, ends_at=ends_at, kind=kind,
        note=line(note, "note", longest=200), made_at=work.at, made_by=work.actor.label,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    hit = visits_in(work, technician_id, starts_at, ends_at)
    work.audit("technician.absence_added", "technician", technician_id, **_facts(work, made))
    work.emit(
        TechnicianAway(
            technician_id=technician_id, absence_id=made.id, starts_at=starts_at.isoformat(),
            ends_at=ends_at.isoformat(), why=kind, visits=[one.visit_id for one in hit[:50]],
        )
    )  # fmt: skip
    return made, hit


def remove(work: Work, absence_id: str) -> TechnicianAbsence:
    setting_up.require_staff(work)
    row = work.session.get(TechnicianAbsence, absence_id) if is_id(absence_id) else None
    if row is None:
        raise NotFound(setting_up.ABSENT)
    crew.touch(work, row.technician_id, "absences")
    work.session.delete(row)
    work.session.flush()
    work.audit("technician.absence_removed", "technician", row.technician_id, **_facts(work, row))
    return row


def ahead(work: Work, technician_ids: Sequence[str]) -> Sequence[TechnicianAbsence]:
    """What is not over yet, by when it begins."""
    setting_up.require_look(work)
    wanted = select(TechnicianAbsence).where(
        TechnicianAbsence.technician_id.in_(technician_ids), TechnicianAbsence.ends_at > work.at
    )
    return work.session.scalars(
        wanted.order_by(TechnicianAbsence.starts_at, TechnicianAbsence.id).limit(MOST_SHOWN)
    ).all()


def set_day(
    work: Work, technician_id: str, day: date, *, hours: Any, breaks: Any = None, note: str = ""
) -> tuple[TechnicianDay, Sequence[Hit]]:
    """Other hours on that day ([]: none); answers with what is planned outside of them."""
    setting_up.require_staff(work)
    if not 2000 <= day.year <= 2100:
        raise Invalid(fields={"day": "Choose a day nearer to today."})
    try:
        kept = working_days.read_hours(hours)
    except CalendarError as error:
        raise Invalid(fields={"hours": f"{str(error).rstrip('.')}."}) from None
    pauses = None if breaks is None else working_days.read_breaks(breaks)
    crew.touch(work, technician_id, "days")
    row = _day(work, technician_id, day)
    if row is None:
        row = TechnicianDay(id=new_id(), technician_id=technician_id, day=day)
        work.session.add(row)
    row.hours, row.breaks, row.note = kept, pauses, line(note, "note", longest=120)
    work.session.flush()
    name, on = crew.name_of(work, technician_id), day.isoformat()
    work.audit("technician.day_set", "technician", technician_id, day=on, hours=kept, name=name)
    return row, outside(work, technician_id, day, kept)


def drop_day(work: Work, technician_id: str, day: date) -> TechnicianDay:
    """Back to the week."""
    setting_up.require_staff(work)
    row = _day(work, technician_id, day)
    if row is None:
        raise NotFound(setting_up.ABSENT)
    crew.touch(work, technician_id, "days")
    work.session.delete(row)
    work.session.flush()
    name = crew.name_of(work, technician_id)
    work.audit(
        "technician.day_dropped", "technician", technician_id, day=day.isoformat(), name=name
    )
    return row


def days_ahead(work: Work, technician_ids: Sequence[str], since: date) -> Sequence[TechnicianDay]:
    setting_up.require_look(work)
    wanted = select(TechnicianDay).where(
        TechnicianDay.technician_id.in_(technician_ids), TechnicianDay.day >= since
    )
    return work.session.scalars(wanted.order_by(TechnicianDay.day).limit(MOST_SHOWN)).all()


def visits_in(
    work: Work, technician_id: str, starts_at: datetime, ends_at: datetime
) -> Sequence[Hit]:
    """Their visits that are still to be done and lie, in part at least, between the two."""
    wanted = _stops(technician_id).where(
        RouteStop.starts_at > starts_at - LONGEST_STOP,
        RouteStop.starts_at < ends_at,
        RouteStop.ends_at > starts_at,
    )
    return _hits(work, wanted)


def outside(work: Work, technician_id: str, day: date, hours: Any) -> Sequence[Hit]:
    """Their visits of that day that don't lie within these hours."""
    zone = work.session.get_one(Technician, technician_id).zone
    windows = working_days.hours_on({}, day, hours, None)
    spans = working_days.of_day(day, zone, windows).spans
    wanted = (
        _stops(technician_id)
        .join(Route, Route.id == RouteStop.route_id)
        .where(Route.technician_id == technician_id, Route.day == day)
        .add_columns(RouteStop.ends_at)
    )
    found = work.session.execute(wanted.order_by(RouteStop.starts_at).limit(MOST_SHOWN))
    return [
        Hit(*row[:-1])
        for row in found
        if not any(
            a <= row.starts_at.timestamp() and row.ends_at.timestamp() <= b for a, b in spans
        )
    ]


def _stops(technician_id: str) -> Any:
    return (
        select(
            Visit.id, Visit.number, RouteStop.technician_id, RouteStop.starts_at,
            Visit.window_starts_at, Visit.window_ends_at,
        )
        .join_from(RouteStop, Visit, Visit.id == RouteStop.visit_id)
        .where(RouteStop.technician_id == technician_id, Visit.state.in_(AHEAD))
    )  # fmt: skip


def _hits(work: Work, wanted: Any) -> Sequence[Hit]:
    rows = work.session.execute(wanted.order_by(RouteStop.starts_at).limit(MOST_SHOWN))
    return [Hit(*row) for row in rows]


def _day(work: Work, technician_id: str, day: date) -> TechnicianDay | None:
    if not is_id(technician_id):
        return None
    found: TechnicianDay | None = work.session.scalar(
        select(TechnicianDay).where(
            TechnicianDay.technician_id == technician_id, TechnicianDay.day == day
        )
    )
    return found


def _facts(work: Work, row: TechnicianAbsence) -> dict[str, str]:
    return {
        "name": crew.name_of(work, row.technician_id),
        "why": row.kind, "starts_at": row.starts_at.isoformat(), "ends_at": row.ends_at.isoformat()
    }  # fmt: skip
