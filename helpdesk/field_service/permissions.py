"""Who sees and changes visits, and the one fetch that asks.

The desk sees visits of the customers that it sees; a technician only the own ones, from a week
ago on; a customer the own ones. "Not yours" and "not there" answer alike.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, and_, exists, or_, select

from helpdesk.core import reach
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Forbidden, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.field_service.models import RouteStop, Visit

ABSENT = "This visit does not exist."
KEPT_IN_SIGHT = timedelta(days=7)  # of a technician


def can_book(actor: Actor) -> bool:
    """May book for any customer they see."""
    return actor.kind == "system" or actor.on_desk


def can_see_board(actor: Actor) -> bool:
    return actor.kind == "system" or actor.on_desk


def can_dispatch(actor: Actor) -> bool:
    """May change who drives where."""
    return actor.kind == "system" or actor.is_supervisor


def can_set_up(actor: Actor) -> bool:
    return actor.kind == "system" or actor.is_admin


def can_staff(actor: Actor) -> bool:
    """Absences, days that differ and van stock: by supervisors too."""
    return actor.kind == "system" or actor.is_supervisor


def require_dispatch(work: Work) -> None:
    if not can_dispatch(work.actor):
        raise Forbidden("Only supervisors and administrators can change the plan.")


def require_set_up(work: Work) -> None:
    if not can_set_up(work.actor):
        raise Forbidden("Only an administrator can change this.")


def visible(work: Work, statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Narrow a statement over Visit to what the actor may see."""
    actor = work.actor
    if actor.kind == "system" or actor.on_desk:
        if not actor.is_limited:
            return statement
        # As with its customer: what limited agents see is within their queues.
        return statement.where(
            or_(
                reach.sees(actor, "ticket", Visit.ticket_id.expression),
                and_(
                    Visit.ticket_id.is_(None),
                    reach.sees_customer(actor, Visit.customer_id.expression),
                ),
            )
        )
    if actor.role == "technician":
        since = work.at - KEPT_IN_SIGHT
        own = exists(
            select(RouteStop.id).where(
                RouteStop.visit_id == Visit.id,
                RouteStop.technician_id == actor.id,
                RouteStop.ends_at >= since,
            )
        )
        return statement.where(own)
    if actor.role == "customer" and actor.customer_id:
        return statement.where(Visit.customer_id == actor.customer_id)
    return statement.where(Visit.id.is_(None))


def get_visible(work: Work, visit_id: str) -> Visit:
    """NotFound when absent or not the actor's to see."""
    if is_id(visit_id):
        wanted = visible(work, select(Visit).where(Visit.id == visit_id))
        if (found := work.session.scalar(wanted)) is not None:
            return found
    raise NotFound(ABSENT)


def is_own_route(actor: Actor, technician_id: str) -> bool:
    """A technician sees no colleague's day."""
    return can_see_board(actor) or (actor.role == "technician" and actor.id == technician_id)
