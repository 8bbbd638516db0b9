"""Who is told of returns that are late and complaints that escalate: owners, teams, supervisors."""

from __future__ import annotations

from typing import Any

from helpdesk.complaints.events import ComplaintEscalated
from helpdesk.core.work import Emitted, Work
from helpdesk.notices import service as notices
from helpdesk.returns.events import ReturnLate
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import complaining

_OWES = {
    "asked": "Decide whether it may come back", "approved": "Send the label",
    "label_sent": "The customer has not sent the parcel", "received": "Look at what came back",
    "inspected": "Send the money or the replacement",
}  # fmt: skip


def tell(work: Work, emitted: Emitted) -> None:
    """Give the notices that this event asks for, if any."""
    event: Any = emitted.event
    if isinstance(event, ReturnLate):
        ticket = work.session.get(Ticket, event.ticket_id)
        owner = ticket.assignee_id if ticket is not None else None
        notices.give(
            work,
            [owner] if owner else complaining.holders(work, ""),
            kind="deadline",
            title="A return is late",
            text=_OWES.get(event.state, ""),
            ticket_id=event.ticket_id,
        )
    elif isinstance(event, ComplaintEscalated):
        notices.give(
            work,
            [one for one in event.user_ids if emitted.actor != f"user:{one}"],
            kind="deadline",
            title="A complaint is late"
            if event.late
            else f"A complaint comes to you: {event.role}",
            text=event.why,
            ticket_id=event.ticket_id,
        )
