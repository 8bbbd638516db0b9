"""Complaints and returns end on their own; the ticket behind one ends with it, never before it.

Resolving a ticket by hand says neither what came of a complaint nor whether money went back, and
its customer would go on reading that we owe them the next step. So it is refused while one goes on,
in words that lead to the step, rather than ending the flow with an outcome that nobody gave.
"""

from __future__ import annotations

from sqlalchemy import bindparam, literal, select, union_all

from helpdesk.complaints.models import Complaint
from helpdesk.core.errors import Conflict
from helpdesk.core.work import Work
from helpdesk.returns.models import ReturnCase

WORDS = {
    "complaint": "This complaint is not answered yet. Send the final reply, or say that it is none "
    "after all; the ticket can be resolved then.",
    "return": "A return goes on in this ticket. Take its next step; the ticket is resolved "
    "with the last one.",
}


class GoesOn(Conflict):
    """A complaint or return goes on in the ticket (`is_complaint`, `is_return`)."""


def need_over(work: Work, ticket_id: str) -> None:
    """GoesOn while the held ticket has a complaint or return that is not over; one statement."""
    which = work.session.scalar(_GOING_ON, {"ticket": ticket_id})
    if which is not None:
        raise GoesOn(WORDS[which], code=f"is_{which}")


_TICKET = bindparam("ticket", type_=Complaint.ticket_id.type)
_GOING_ON = union_all(
    select(literal("complaint")).where(
        Complaint.ticket_id == _TICKET,
        Complaint.answered_at.is_(None),
        Complaint.withdrawn_at.is_(None),
    ),
    select(literal("return")).where(ReturnCase.ticket_id == _TICKET, ReturnCase.ended_at.is_(None)),
).limit(1)
