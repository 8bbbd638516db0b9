"""Whom the customer waits on when tickets become one, and when they become two again.

A merge hands the source's wait to the target. Undoing takes it back, so that nobody is pressed to
answer what has been answered; what the customer said in the target's own threads since is waited
for there. Not for the wait in line, which is the work item's (`cases_line`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from helpdesk.channels.models import Conversation, Message
from helpdesk.clocks import service as clocks
from helpdesk.core.work import Work
from helpdesk.tickets import service as tickets
from helpdesk.tickets.lifecycle import is_done
from helpdesk.tickets.models import Ticket, TicketMerge
from helpdesk.workflows import cases_line as line


def stood(target: Ticket) -> dict[str, Any]:
    """How the target stood before the merge, to be kept with it."""
    since = target.waiting_since
    return {
        "target_state": target.state,
        "target_waiting_since": since.isoformat() if since else None,
    }


def owe(work: Work, held: line.Held, since: datetime) -> None:
    """The customer waits on the source since then, so now they wait on the target."""
    target = held.ticket
    if is_done(target.state):
        return
    if target.state == "waiting_on_customer":
        tickets.set_state(work, target, "open", owned=False, why="merged")
        line.back_into_line(work, held)
    target.waiting_since = min(target.waiting_since or since, since)
    clocks.customer_wrote(work, target.id, at=since)


def owe_no_more(work: Work, target: Ticket, row: TicketMerge) -> None:
    """The merge is undone and the source's threads are away: what does the target still owe?"""
    before: Mapping[str, Any] = row.before
    if "target_state" not in before or target.waiting_since is None:
        return
    answered_since = target.waiting_since > row.at
    own = before["target_waiting_since"]
    if own and not answered_since:
        since: datetime | None = datetime.fromisoformat(own)
    else:
        since = _first_words(work, target.id, target.waiting_since if answered_since else row.at)
    if since == target.waiting_since:
        return
    target.waiting_since = since
    clocks.waits_since(work, target.id, since)
    if since is None and target.state == "open" and before["target_state"] != "open":
        line.set_state(work, target.id, before["target_state"], why="merge undone")


def _first_words(work: Work, ticket_id: str, since: datetime) -> datetime | None:
    """When the customer first wrote in the ticket's threads, at that time or later."""
    return work.session.scalar(
        select(func.min(Message.at))
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Conversation.ticket_id == ticket_id,
            Message.author == "visitor",
            Message.public.is_(True),
            Message.at >= since,
        )
    )
