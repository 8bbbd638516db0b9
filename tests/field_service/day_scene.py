"""A day to plan: technicians at a depot in Berlin, visits at so many km to the east, in rows.

Visits are put into routes as they are told, with the times that come of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from helpdesk.core.work import Work, begin, reading
from helpdesk.field_service import promises, service
from helpdesk.field_service.models import Visit
from helpdesk.field_service.models_crew import VisitType
from helpdesk.field_service.service import StopAt
from tests.field_service import crew_scene
from tests.field_service.crew_scene import SETUP, Crew

DAY = date(2026, 3, 2)  # a Monday
MORNING = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)  # half past seven in Berlin


def at(clock: str, day: date = DAY) -> datetime:
    """A time of that day in Berlin, in winter."""
    hour, minute = clock.split(":")
    return datetime(day.year, day.month, day.day, int(hour) - 1, int(minute), tzinfo=UTC)


def add_visit(
    crew: Crew, east: float, window: Sequence[str] = (), *, day: date = DAY, **given: object
) -> str:
    """One that waits; with `window` its customer was promised it."""
    with begin(SETUP) as work:
        made = make_visit(work, crew, east, **given)
        if window:
            made.planned_at = at(window[0], day)  # a promise asks for a time
            promises.promise(work, made, at(window[0], day), at(window[1], day))
            made.planned_at = None
        return made.id


def make_visit(work: Work, crew: Crew, east: float, **given: object) -> Visit:
    kind = work.session.get_one(VisitType, crew.type_id)
    place = crew_scene.add_place(work, crew.customer_id, east)
    return service.make(
        work, kind, customer_id=crew.customer_id, place_id=place, source="desk", **given
    )  # type: ignore[arg-type]


def put(visit_id: str, technician_id: str, start: str, day: date = DAY, version: int = -1) -> None:
    """Into that technician's route."""
    with begin(SETUP) as work:
        visit = service.hold(work, visit_id)
        known = version_of(work, technician_id, day) if version < 0 else version
        begins = at(start, day)
        ends = begins + timedelta(seconds=visit.duration_s)
        stop = StopAt(technician_id, day, begins, ends)
        service.put_into(work, visit, [stop], {(technician_id, day): known})


def version_of(work: Work, technician_id: str, day: date = DAY) -> int:
    from helpdesk.field_service import routes

    row = routes.find(work, technician_id, day)
    return row.version if row is not None else 0


def where(visit_id: str) -> tuple[str, list[str]]:
    """Its state and whose it is."""
    with reading(SETUP) as work:
        stops = service.stops_of(work, visit_id)
        return work.session.get_one(Visit, visit_id).state, sorted(s.technician_id for s in stops)
