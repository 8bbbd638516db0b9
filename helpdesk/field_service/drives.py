"""Finished drives, by which travel times are calibrated, and where somebody is who is under way.

Coordinates are rounded to about 100 metres, so that no row names a house.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select

from helpdesk.core.errors import Conflict
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.field_service import permissions
from helpdesk.field_service.models import RouteStop, Visit, VisitPlace
from helpdesk.field_service.models_crew import Technician, TechnicianPosition, Trip

PLACES = 3  # of a degree
# Neither a push of a wrong button nor a day off.
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=4)


def note_arrival(work: Work, visit: Visit, technician_id: str) -> None:
    """The drive that ended here, and no position any more."""
    forget_position(work, technician_id)
    if visit.departed_at is None or visit.arrived_at is None:
        return
    drive = visit.arrived_at - visit.departed_at
    there = work.session.get(VisitPlace, visit.place_id)
    here = _came_from(work, visit, technician_id)
    if not SHORTEST <= drive <= LONGEST or there is None or here is None:
        return
    if there.lat is None or there.lon is None:
        return
    expected = work.session.scalar(
        select(RouteStop.travel_s).where(
            RouteStop.visit_id == visit.id, RouteStop.technician_id == technician_id
        )
    )
    work.session.add(
        Trip(
            id=new_id(),
            technician_id=technician_id,
            from_lat=round(here[0], PLACES),
            from_lon=round(here[1], PLACES),
            to_lat=round(there.lat, PLACES),
            to_lon=round(there.lon, PLACES),
            left_at=visit.departed_at,
            seconds=int(drive.total_seconds()),
            expected_s=expected or 0,
        )
    )


def _came_from(work: Work, visit: Visit, technician_id: str) -> tuple[float, float] | None:
    """The place of the visit that ended last on the same day, else where the day begins."""
    assert visit.departed_at is not None
    row = work.session.execute(
        select(VisitPlace.lat, VisitPlace.lon, Visit.finished_at)
        .join(Visit, Visit.place_id == VisitPlace.id)
        .join(RouteStop, RouteStop.visit_id == Visit.id)
        .where(
            RouteStop.technician_id == technician_id,
            RouteStop.starts_at < visit.departed_at,
            Visit.id != visit.id,
            Visit.finished_at <= visit.departed_at,
        )
        .order_by(RouteStop.starts_at.desc())
        .limit(1)
    ).first()
    if row is not None and row[2] is not None and row[2] > visit.departed_at - LONGEST:
        return (row[0], row[1]) if row[0] is not None and row[1] is not None else None
    me = work.session.get(Technician, technician_id)
    return (me.start_lat, me.start_lon) if me is not None else None


def tell_position(
    work: Work, visit_id: str, lat: float, lon: float, accuracy_m: int | None
) -> None:
    """Where the actor is, and only while they are on the way to that visit."""
    visit = permissions.get_visible(work, visit_id)
    if visit.state != "travelling":
        raise Conflict("Nobody is on the way to this visit.", code="not_travelling")
    forget_position(work, work.actor.id)
    work.session.add(
        TechnicianPosition(
            technician_id=work.actor.id,
            at=work.at,
            lat=round(lat, PLACES),
            lon=round(lon, PLACES),
            accuracy_m=accuracy_m,
            visit_id=visit.id,
        )
    )


def forget_position(work: Work, technician_id: str) -> None:
    work.session.execute(
        delete(TechnicianPosition).where(TechnicianPosition.technician_id == technician_id)
    )
