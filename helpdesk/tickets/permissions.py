"""Who may see and change tickets: predicates over the actor, and the one fetch that asks them.

The desk sees every ticket, since any agent may pick up next; an agent limited to the queues of
their teams sees what lies there and what is in their own hands. A customer sees the own ones and
those they take part in. "Not yours" and "not there" answer alike.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, or_, select

from helpdesk.core import reach
from helpdesk.core.actors import Actor
from helpdesk.core.db import table_of
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
        return statement.where(within(actor, table_of(Ticket))) if actor.is_limited else statement
    if actor.role == "customer" and actor.customer_id:
        taking_part = select(TicketParticipant.ticket_id).where(
            TicketParticipant.customer_id == actor.customer_id
        )
        own = Ticket.customer_id == actor.customer_id
        return statement.where(or_(own, Ticket.id.in_(taking_part)))
    return statement.where(Ticket.id.is_(None))


def within(actor: Actor, table: FromClause) -> ColumnElement[bool]:
    """Over the table of tickets or an alias: what a limited agent sees."""
    queues = sorted(actor.queue_ids or ())
    return or_(table.c.queue_id.in_(queues), table.c.assignee_id == actor.id)


reach.register("ticket", "ticket_id", within)


def sees(actor: Actor, *, queue_id: str, assignee_id: str | None) -> bool:
    """The same for somebody of the desk and a ticket that is at hand."""
    if actor.queue_ids is None:
        return True
    return queue_id in actor.queue_ids or assignee_id == actor.id


def need_seen(work: Work, ticket: Ticket) -> None:
    """NotFound for a limited agent and a ticket of another team."""
    if not sees(work.actor, queue_id=ticket.queue_id, assignee_id=ticket.assignee_id):
        raise NotFound(ABSENT)


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
