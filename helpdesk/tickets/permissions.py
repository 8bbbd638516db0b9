"""Who may see and change tickets: predicates over the actor, and the one fetch that asks them.

The desk sees every ticket, since any agent may pick up next. A customer sees the own ones and those
they take part in. "Not yours" and "not there" answer alike.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, or_, select

from helpdesk.core.actors import Actor
from helpdesk.core.errors import Forbidden, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.tickets.models import Ticket, TicketParticipant

ABSENT = "This ticket does not exist."


def works_with_tickets(actor: Actor) -> bool:
    return actor.kind == "system" or actor.on_desk


def may_set_up(actor: Actor) -> bool:
    """Types, forms and the rules of queues."""
    return actor.kind == "system" or actor.is_admin


def may_reopen_closed(actor: Actor) -> bool:
    """A closed ticket is final for agents; its customer may still reopen it by the queue's rule."""
    return actor.kind == "system" or actor.is_supervisor


def visible(actor: Actor, statement: Select[Any]) -> Select[Any]:
    """Narrow a statement over Ticket to what `actor` may see."""
    if works_with_tickets(actor):
        return statement
    if actor.role == "customer" and actor.customer_id:
        taking_part = select(TicketParticipant.ticket_id).where(
            TicketParticipant.customer_id == actor.customer_id
        )
        own = Ticket.customer_id == actor.customer_id
        return statement.where(or_(own, Ticket.id.in_(taking_part)))
    return statement.where(Ticket.id.is_(None))


def get_visible(work: Work, ticket_id: str) -> Ticket:
    """The ticket if the actor may see it, as it is now; NotFound otherwise."""
    found = None
    if is_id(ticket_id):
        wanted = select(Ticket).where(Ticket.id == ticket_id)
        found = work.session.scalar(visible(work.actor, wanted))
    if found is None:
        raise NotFound(ABSENT)
    return found


def require_desk(work: Work) -> None:
    """NotFound for everybody who does not work with tickets."""
    if not works_with_tickets(work.actor):
        raise NotFound(ABSENT)


def require_set_up(work: Work) -> None:
    if not may_set_up(work.actor):
        raise Forbidden("Only an administrator can change how tickets are set up.")
