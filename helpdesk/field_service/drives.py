"""Where somebody is who is under way to a visit: while they are, and no longer.

Coordinates are rounded to about 100 metres, so that no row names a house.
"""

from __future__ import annotations

from sqlalchemy import delete, update

from helpdesk.core.errors import Conflict
from helpdesk.core.work import Work
from helpdesk.field_service import permissions
from helpdesk.field_service.models_crew import TechnicianPosition

PLACES = 3  # of a degree


def tell_position(
    work: Work, visit_id: str, lat: float, lon: float, accuracy_m: int | None
) -> None:
    """Where the actor is, and only while they are on the way to that visit."""
    visit = permissions.get_visible(work, visit_id)
    if visit.state != "travelling":
        raise Conflict("Nobody is on the way to this visit.", code="not_travelling")
    told = {
        "at": work.at,
        "lat": round(lat, PLACES),
        "lon": round(lon, PLACES),
        "accuracy_m": accuracy_m,
        "visit_id": visit.id,
    }
    if not work.put_if_absent(TechnicianPosition(technician_id=work.actor.id, **told)):
        work.session.execute(
            update(TechnicianPosition)
            .where(TechnicianPosition.technician_id == work.actor.id)
            .values(told)
            .execution_options(synchronize_session=False)
        )


def forget(work: Work, visit_id: str) -> None:
    """Nobody is on the way to it any more: where they were is forgotten."""
    work.session.execute(delete(TechnicianPosition).where(TechnicianPosition.visit_id == visit_id))
