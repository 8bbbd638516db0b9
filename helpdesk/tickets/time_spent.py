"""Time people spent on tickets: written by hand, or measured while the ticket was in focus.

Handle time and cost to serve are sums over it. Entries are taken back, never altered.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from helpdesk.core.errors import Forbidden, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.customers.field_values import line
from helpdesk.tickets.events import TicketPartsChanged
from helpdesk.tickets.history import note
from helpdesk.tickets.models import Ticket, TimeEntry

MOST_SECONDS = 24 * 3600
SOURCES = ("written", "measured")


def add_time(
    work: Work,
    ticket: Ticket,
    seconds: int,
    *,
    text: object = "",
    user_id: str | None = None,
    source: str = "written",
) -> TimeEntry:
    """Book seconds to the ticket, as spent by `user_id` (who acts, if not given)."""
    if isinstance(seconds, bool) or not 1 <= seconds <= MOST_SECONDS:
        raise Invalid(fields={"seconds": f"Use a number from 1 to {MOST_SECONDS}."})
    if source not in SOURCES:
        raise Invalid(fields={"source": f"Choose one of {', '.join(SOURCES)}."})
    entry = TimeEntry(
        id=new_id(),
        ticket_id=ticket.id,
        user_id=user_id or work.actor.id,
        at=work.at,
        seconds=seconds,
        note=line(text, "note", longest=500),
        source=source,
    )
    work.put(entry)
    if source == "written":
        note(work, ticket.id, "time_added", details={"seconds": seconds})
    _tell(work, ticket)
    return entry


def remove_time(work: Work, ticket: Ticket, entry_id: str) -> None:
    """Take an entry back: one's own, or anybody's as a supervisor."""
    entry = work.session.get(TimeEntry, entry_id, with_for_update=True) if is_id(entry_id) else None
    if entry is None or entry.ticket_id != ticket.id or entry.removed_at is not None:
        raise NotFound("There is no such entry on this ticket.")
    if entry.user_id != work.actor.id and not work.actor.is_supervisor:
        raise Forbidden("This time is a colleague's. A supervisor can take it back.")
    entry.removed_at = work.at
    note(work, ticket.id, "time_removed", details={"seconds": entry.seconds})
    _tell(work, ticket)


def entries(work: Work, ticket_id: str, *, limit: int = 100) -> Sequence[TimeEntry]:
    """The newest first, without those taken back."""
    return work.session.scalars(
        select(TimeEntry)
        .where(TimeEntry.ticket_id == ticket_id, TimeEntry.removed_at.is_(None))
        .order_by(TimeEntry.at.desc(), TimeEntry.id.desc())
        .limit(limit)
    ).all()


def total_seconds(work: Work, ticket_id: str) -> int:
    counted = select(func.sum(TimeEntry.seconds)).where(
        TimeEntry.ticket_id == ticket_id, TimeEntry.removed_at.is_(None)
    )
    return int(work.session.scalar(counted) or 0)


def _tell(work: Work, ticket: Ticket) -> None:
    work.emit(TicketPartsChanged(customer_id=ticket.customer_id, ticket_id=ticket.id, part="time"))
