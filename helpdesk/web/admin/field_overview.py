"""Field service as a whole: what is missing before the first visit can be booked, and today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import Response
from sqlalchemy import func, select

from helpdesk.core.work import Work, reading
from helpdesk.field_service import crew, parts, settings, types
from helpdesk.field_service.crew import Member
from helpdesk.field_service.models import Maintenance, Visit
from helpdesk.field_service.models_crew import TechnicianAbsence, Territory, VanStock, VisitType
from helpdesk.web import doors
from helpdesk.web.admin import door
from helpdesk.web.admin.frame import show
from helpdesk.web.admin.overview import Step
from helpdesk.web.doors import allow

HERE = "field"


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    value: int
    href: str


@door.get("/field")
@allow("admin", "supervisor")
def field_overview() -> Response:
    if doors.reader().role != "admin":
        return doors.go("/admin/field/technicians")
    with reading(doors.actor()) as work:
        steps = steps_of(work)
        return show("field_overview.html", HERE, steps=steps, figures=_figures(work))


def steps_of(work: Work) -> Sequence[Step]:
    """What has to be there before a visit can be booked, in the order in which it is set up."""
    members, kinds = crew.driving(work), types.list_all(work, active=True)
    waiting = len(crew.candidates(work))
    areas, held = (
        work.session.scalar(select(func.count()).select_from(table)) or 0
        for table in (Territory, VanStock)
    )
    known = len(parts.active(work))
    given = settings.get(work)
    return [
        _team(members, waiting),
        _kinds(kinds, members),
        Step(
            "Booking", "/admin/field/booking", "calendar-clock", any(given.by_weekday.values()),
            f"{given.days_ahead} days ahead",
            "" if any(given.by_weekday.values()) else "Say which windows customers may choose.",
        ),
        Step(
            "Parts", "/admin/field/parts", "package", bool(known) and bool(held),
            _count(known, "part"),
            "" if known and held else "List what is carried, and say how many are in the vans.",
        ),
        Step(
            "Territories", "/admin/field/territories", "map-pin", bool(areas),
            _count(areas, "territory", "territories"),
            "" if areas else "Only if not everybody drives everywhere.",
        ),
    ]  # fmt: skip


def _team(members: Sequence[Member], waiting: int) -> Step:
    idle = [one.name for one in members if not any(one.row.week.values())]
    todo = ""
    if not members and not waiting:
        todo = "Add people with the role of a technician, then say where their day begins."
    elif waiting:
        who = "One technician has" if waiting == 1 else f"{waiting} technicians have"
        todo = f"{who} an account, but no hours and no place to start from yet."
    elif idle:
        todo = f"{', '.join(idle)} {'has' if len(idle) == 1 else 'have'} no hours in any week."
    href = "/admin/field/technicians" if members or waiting else "/admin/people/new"
    done = bool(members) and not todo
    return Step("Technicians", href, "users", done, _count(len(members), "technician"), todo)


def _kinds(kinds: Sequence[VisitType], members: Sequence[Member]) -> Step:
    """Each kind needs as many people as its crew who have its skills."""
    nobody = [kind.name for kind in kinds if _able(kind, members) < kind.crew]
    todo = ""
    if not kinds:
        todo = "Say what technicians are sent for, and how long it takes."
    elif nobody:
        todo = f"Too few technicians have the skills for {', '.join(nobody)}."
    return Step(
        "Visit types", "/admin/field/visit-types", "clipboard-list", bool(kinds) and not nobody,
        _count(len(kinds), "kind"), todo,
    )  # fmt: skip


def _able(kind: VisitType, members: Sequence[Member]) -> int:
    return sum(
        all(one.row.skills.get(skill, 0) >= level for skill, level in kind.skills.items())
        for one in members
    )


def _figures(work: Work) -> Sequence[Figure]:
    def count(table: type, *which: object) -> int:
        wanted = select(func.count()).select_from(table).where(*which)  # type: ignore[arg-type]
        return work.session.scalar(wanted) or 0

    day = work.at + timedelta(days=1)
    return [
        Figure("Visits in no route", count(Visit, Visit.state == "waiting"), "/dispatch"),
        Figure(
            "Planned in the next 24 hours",
            count(Visit, Visit.state == "booked", Visit.planned_at.between(work.at, day)),
            "/dispatch",
        ),
        Figure(
            "Away now",
            count(
                TechnicianAbsence, TechnicianAbsence.starts_at <= work.at,
                TechnicianAbsence.ends_at > work.at,
            ),
            "/admin/field/technicians",
        ),
        Figure(
            "Maintenance plans",
            count(Maintenance, Maintenance.is_active, Maintenance.next_on.is_not(None)),
            "/admin/field/maintenance",
        ),
    ]  # fmt: skip


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
