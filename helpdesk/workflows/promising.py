"""Promises to customers on a ticket: "I will call at 16:00", by whom and until when.

The clock that runs for one is `clocks.promises`; here it meets the ticket, its history and the
people of the desk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from helpdesk.clocks import promises
from helpdesk.clocks.models import ClockRow
from helpdesk.core.db import table_of
from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.customers.models import Customer
from helpdesk.identity.models import User
from helpdesk.tickets import following, permissions, queries
from helpdesk.tickets.history import note
from helpdesk.tickets.models import Ticket

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Owed:
    """A promise that somebody has still to keep, with what it is about."""

    id: str
    ticket_id: str
    number: int
    customer: str
    text: str
    due_at: datetime


def promise(
    work: Work, ticket_id: str, *, text: str, due_at: datetime, owner_id: str | None = None
) -> str:
    """Whoever it is (the actor by default) promises to do this by then; the clock's id."""
    permissions.require_desk(work)
    ticket = queries.get_current(work, ticket_id)
    owner = owner_id or work.actor.id
    _need_able(work, ticket, owner)
    clock_id = promises.promise(work, ticket.id, owner_id=owner, due_at=due_at, text=text)
    details = {"text": " ".join(text.split()), "owner_id": owner, "due_at": due_at.isoformat()}
    note(work, ticket.id, "promise_made", details=details)
    return clock_id


def keep(work: Work, ticket_id: str, clock_id: str) -> None:
    """It was done now."""
    clock = _of_ticket(work, ticket_id, clock_id)
    promises.keep_promise(work, clock_id)
    note(work, clock.ticket_id, "promise_kept", details={"text": clock.text})


def withdraw(work: Work, ticket_id: str, clock_id: str) -> None:
    """It no longer stands."""
    clock = _of_ticket(work, ticket_id, clock_id)
    promises.withdraw_promise(work, clock_id)
    note(work, clock.ticket_id, "promise_withdrawn", details={"text": clock.text})


def stand_again(work: Work, ticket_id: str, clock_id: str) -> None:
    """Its end was a slip: it is owed as before."""
    clock = _of_ticket(work, ticket_id, clock_id)
    promises.stand_again(work, clock_id)
    note(work, clock.ticket_id, "promise_stands_again", details={"text": clock.text})


def ticket_of(work: Work, ticket_id: str) -> str:
    """The ticket on which a promise made on this one runs: after a merge another."""
    return queries.get_current(work, ticket_id).id


def owed_by(work: Work, user_id: str) -> Sequence[Owed]:
    """What this person has promised and not done yet, the soonest first.

    For a limited actor without what lies on tickets out of their reach.
    """
    permissions.require_desk(work)
    statement = (
        select(ClockRow, Ticket.number, Customer.name)
        .join(Ticket, Ticket.id == ClockRow.ticket_id)
        .join(Customer, Customer.id == Ticket.customer_id)
        .where(
            ClockRow.owner_id == user_id,
            ClockRow.stopped_at.is_(None),
            ClockRow.name == "promise",
            ClockRow.due_at.is_not(None),
        )
        .order_by(ClockRow.due_at)
        .limit(SHOWN)
    )
    if work.actor.is_limited:
        statement = statement.where(permissions.within(work.actor, table_of(Ticket)))
    rows = work.session.execute(statement)
    return [
        Owed(clock.id, clock.ticket_id, number, name, clock.text, clock.due_at)
        for clock, number, name in rows
        if clock.due_at is not None
    ]


def _of_ticket(work: Work, ticket_id: str, clock_id: str) -> ClockRow:
    """The promise, if it belongs to this ticket and the actor may see that."""
    permissions.require_desk(work)
    ticket = permissions.get_visible(work, ticket_id)
    clock = work.session.get(ClockRow, clock_id) if is_id(clock_id) else None
    if clock is None or clock.ticket_id != ticket.id or clock.name != "promise":
        raise NotFound("There is no such promise.")
    return clock


def _need_able(work: Work, ticket: Ticket, user_id: str) -> None:
    """Who promises works on the desk and sees the ticket."""
    person = work.session.get(User, user_id) if is_id(user_id) else None
    desk = ("agent", "supervisor", "admin")
    if person is None or not person.is_active or person.role not in desk:
        raise Invalid(fields={"owner_id": "Choose somebody who works on the desk."})
    if user_id != work.actor.id and not following.able(work, ticket, [person]):
        raise Invalid(fields={"owner_id": f"{person.name} does not see tickets of this queue."})
