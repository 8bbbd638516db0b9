"""Reads of tickets for screens, doors and other stories.

Lists ask the actor's permission and page by keyset; the number of queries of a page never depends
on how many tickets there are or are shown. Not for what was said (see `workflows.case_words`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from helpdesk.core.ids import is_id
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.tickets.models import Ticket, TicketTag
from helpdesk.tickets.permissions import get_visible, need_seen, visible

_NUMBER = re.compile(r"\s*(?:[Tt]-?)?([0-9]{1,18})\s*")
_OPENED = (Ticket.__table__.c.opened_at, Ticket.__table__.c.id)
_TAGGED = (TicketTag.__table__.c.opened_at, TicketTag.__table__.c.ticket_id)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; None: not by this. `assignee_id` "" means nobody's."""

    states: Collection[str] | None = None
    queue_id: str | None = None
    assignee_id: str | None = None
    customer_id: str | None = None
    organisation_id: str | None = None
    tag: str | None = None
    priority: str | None = None


def find_ticket(work: Work, ticket_id: str) -> Ticket | None:
    """By id, without asking who may see it."""
    return work.session.get(Ticket, ticket_id) if is_id(ticket_id) else None


def find_by_number(work: Work, number: int) -> Ticket | None:
    """By human number, without asking who may see it."""
    if not 0 < number < 2**63:
        return None
    return work.session.scalar(select(Ticket).where(Ticket.number == number))


def read_number(text: str) -> int | None:
    """10432 out of `T-10432`, `t10432` or `10432`; None when it is something else."""
    found = _NUMBER.fullmatch(text)
    return int(found[1]) if found else None


def shown_number(ticket: Ticket) -> str:
    """As people read it out: `T-10432`."""
    return f"T-{ticket.number}"


def numbers_of(work: Work, ticket_ids: Collection[str]) -> dict[str, int]:
    """The human number of each ticket."""
    if not ticket_ids:
        return {}
    rows = work.session.execute(
        select(Ticket.id, Ticket.number).where(Ticket.id.in_(list(ticket_ids)))
    )
    return {row.id: row.number for row in rows}


def current(work: Work, ticket: Ticket) -> Ticket:
    """The ticket that this one was merged into, else itself."""
    seen = {ticket.id}
    while ticket.merged_into_id is not None and ticket.merged_into_id not in seen:
        seen.add(ticket.merged_into_id)
        ticket = work.session.get_one(Ticket, ticket.merged_into_id)
    return ticket


def get_current(work: Work, ticket_id: str) -> Ticket:
    """What words on this ticket land on; NotFound unless the actor sees it and where it went."""
    ticket = current(work, get_visible(work, ticket_id))
    need_seen(work, ticket)
    return ticket


def page_of_tickets(
    work: Work,
    wanted: Wanted | None = None,
    *,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page[Ticket]:
    """Tickets the actor may see, the newest first. Merged ones are left out."""
    wanted, most = wanted or Wanted(), clamp_limit(limit)
    statement = visible(work.actor, _narrowed(select(Ticket), wanted))
    columns = _OPENED
    if wanted.assignee_id == "" and wanted.tag is None:
        # The same for all of them; but PostgreSQL walks an index in its order only if it is named,
        # and would look at the newest of all tickets for the few that are nobody's.
        statement = statement.order_by(Ticket.assignee_id.desc())
    if wanted.tag is not None:
        statement = statement.join(TicketTag, TicketTag.ticket_id == Ticket.id).where(
            TicketTag.tag == wanted.tag
        )
        if wanted.states is not None and len(wanted.states) == 1:
            statement = statement.where(TicketTag.state.in_(wanted.states))
        columns = _TAGGED
    rows = work.session.scalars(keyset(statement, columns, cursor=cursor, limit=most)).all()
    return cut(rows, most, lambda ticket: [ticket.opened_at, ticket.id])


def of_customer(work: Work, customer_id: str, *, limit: int = 20) -> Sequence[Ticket]:
    """A customer's newest tickets, for a card beside a conversation."""
    return page_of_tickets(work, Wanted(customer_id=customer_id), limit=limit).items


def _narrowed(statement: Select[Any], wanted: Wanted) -> Select[Any]:
    statement = statement.where(Ticket.merged_into_id.is_(None))
    if wanted.states is not None:
        states = sorted(wanted.states)
        statement = statement.where(
            Ticket.state == states[0] if len(states) == 1 else Ticket.state.in_(states)
        )
    if wanted.assignee_id == "":
        statement = statement.where(Ticket.assignee_id.is_(None))
    elif wanted.assignee_id is not None:
        statement = statement.where(Ticket.assignee_id == wanted.assignee_id)
    for column, value in (
        (Ticket.queue_id, wanted.queue_id),
        (Ticket.customer_id, wanted.customer_id),
        (Ticket.organisation_id, wanted.organisation_id),
        (Ticket.priority, wanted.priority),
    ):
        if value is not None:
            statement = statement.where(column == value)
    return statement
