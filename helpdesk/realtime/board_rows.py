"""Which parts of the dispatch board an event makes old: a technician's row, or what is not planned.

Not for telling (`frames`), nor for what stands in them: the page asks.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from helpdesk.core.work import Work
from helpdesk.field_service import crew_events, events, plan_events
from helpdesk.field_service.models import RouteStop

WAITING, PLANS = "waiting", "plans"
_OF_THE_LIST = (
    events.VisitMade, events.VisitPlaced, events.VisitCancelled, events.VisitChanged,
)  # fmt: skip
_OF_PLANS = (
    plan_events.PlanAsked, plan_events.PlanReady, plan_events.PlanApplied, plan_events.PlanChanged,
)  # fmt: skip
_OF_A_ROW = (events.RouteChanged, crew_events.TechnicianChanged, crew_events.TechnicianAway)
EVENTS: tuple[type, ...] = (
    *_OF_PLANS, *_OF_A_ROW, *_OF_THE_LIST,
    events.VisitBooked, events.VisitMoved, events.VisitAtRisk,
)  # fmt: skip


def of(work: Work, event: Any) -> list[str]:
    """Ids of technicians, `waiting` for the list and `plans` for re-plannings."""
    if isinstance(event, _OF_PLANS):
        return [PLANS]
    if isinstance(event, _OF_A_ROW):
        return [event.technician_id]
    if isinstance(event, _OF_THE_LIST):
        return [WAITING]
    if isinstance(event, events.VisitAtRisk):
        who = select(RouteStop.technician_id).where(RouteStop.visit_id == event.visit_id)
        return list(work.session.scalars(who))
    return list(event.technician_ids)
