"""Which parts of the dispatch board an event makes old: a technician's row, or what is not planned.

Not for telling (`frames`), nor for what stands in them: the page asks.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from helpdesk.core.work import Work
from helpdesk.field_service import events
from helpdesk.field_service.models import RouteStop

WAITING = "waiting"
_OF_THE_LIST = (
    events.VisitMade, events.VisitPlaced, events.VisitCancelled, events.VisitChanged,
)  # fmt: skip
EVENTS: tuple[type, ...] = (
    events.RouteChanged, events.VisitBooked, events.VisitMoved, events.VisitAtRisk, *_OF_THE_LIST,
)  # fmt: skip


def of(work: Work, event: Any) -> list[str]:
    """Ids of technicians, and `waiting` for the list."""
    if isinstance(event, events.RouteChanged):
        return [event.technician_id]
    if isinstance(event, _OF_THE_LIST):
        return [WAITING]
    if isinstance(event, events.VisitAtRisk):
        who = select(RouteStop.technician_id).where(RouteStop.visit_id == event.visit_id)
        return list(work.session.scalars(who))
    return list(event.technician_ids)
