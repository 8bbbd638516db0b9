"""Calls that nobody answered become work: somebody who waited and gave up is written to or rung.

A reaction to the end of a wait. Not for callbacks, which are work already, nor for callers of whom
we know no way to reach them.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from helpdesk.channels.models import Conversation
from helpdesk.core.work import Emitted, Work
from helpdesk.customers.models import ContactPoint
from helpdesk.routing.events import WorkLeft
from helpdesk.routing.models import WorkItem
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import cases

SHORT_S = 5  # who is gone sooner has thought better of it
ONCE_IN = timedelta(hours=1)
REACHED_BY = ("phone", "email")


def note(work: Work, emitted: list[Emitted]) -> None:
    """Open a ticket for each caller who gave up, one an hour for each of them."""
    for one in emitted:
        event = one.event
        if isinstance(event, WorkLeft) and event.channel == "call" and event.waited_s >= SHORT_S:
            _open(work, event)


def _open(work: Work, event: WorkLeft) -> None:
    item = work.session.get(WorkItem, event.work_item_id)
    call = work.session.get(Conversation, item.subject_id) if item else None
    if call is None or call.channel != "call" or call.ticket_id is not None:
        return
    if not _can_be_reached(work, call.customer_id) or _is_known(work, call.customer_id):
        return
    opened = cases.open_case(
        work,
        customer_id=call.customer_id,
        subject=f"Missed call: {call.reason}"[:200],
        body=_words(call, event.waited_s),
        channel="call",
        queue=event.queue_id,
        author="system",
        internal=True,
    )
    call.ticket_id = opened.ticket.id


def _words(call: Conversation, waited_s: int) -> str:
    if call.answered_at is not None:  # the seconds since they came hold a talk, too
        return "Was answered, waited for somebody else then, and hung up before they came."
    minutes, seconds = divmod(waited_s, 60)
    waited = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    return f"Waited {waited} and hung up before anybody answered."


def _can_be_reached(work: Work, customer_id: str) -> bool:
    wanted = select(ContactPoint.id).where(
        ContactPoint.customer_id == customer_id, ContactPoint.kind.in_(REACHED_BY)
    )
    return work.session.scalar(wanted.limit(1)) is not None


def _is_known(work: Work, customer_id: str) -> bool:
    """Whether a missed call of theirs lies there already."""
    wanted = select(Ticket.id).where(
        Ticket.customer_id == customer_id,
        Ticket.channel == "call",
        Ticket.state.in_(("new", "open")),
        Ticket.opened_at > work.at - ONCE_IN,
        Ticket.subject.startswith("Missed call:"),
    )
    return work.session.scalar(wanted.limit(1)) is not None
