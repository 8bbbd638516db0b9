"""The step of a return or complaint in the place of its ticket's own, where a matter is one.

A flow that goes on says what is owed until when; one that is over says how it ended, until its
ticket is taken up again. One statement for however many matters. Not for the steps themselves
(`returns.steps`, `complaints.terms`), nor for who may read of them (the caller leaves others out).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select

from helpdesk.complaints import service as complaints
from helpdesk.complaints import terms
from helpdesk.complaints.models import Complaint
from helpdesk.core.work import Work
from helpdesk.returns import steps as returns
from helpdesk.returns.models import ReturnCase
from helpdesk.tickets.lifecycle import is_done
from helpdesk.tickets.models import Ticket
from helpdesk.workflows.portal_next import Step

_WHO = {"customer": "you", "us": "us", "": "none"}


def steps(work: Work, tickets: Sequence[Ticket]) -> dict[str, Step]:
    """The steps of those of these matters that are returns or complaints."""
    if not tickets:
        return {}
    done = {one.id: is_done(one.state) and one.merged_into_id is None for one in tickets}
    rows = work.session.execute(
        select(Ticket.id, ReturnCase, Complaint)
        .outerjoin(ReturnCase, ReturnCase.ticket_id == Ticket.id)
        .outerjoin(Complaint, Complaint.ticket_id == Ticket.id)
        .where(
            Ticket.id.in_(list(done)), or_(ReturnCase.id.is_not(None), Complaint.id.is_not(None))
        )
    )
    found = {}
    for ticket_id, back, complaint in rows:
        step = decide(back, complaint, is_done=done[ticket_id], at=work.at)
        if step is not None:
            found[ticket_id] = step
    return found


def decide(
    back: ReturnCase | None, complaint: Complaint | None, *, is_done: bool, at: datetime
) -> Step | None:
    """What goes on comes before what is over, a return before a complaint about it."""
    both = []
    if back is not None:
        both.append(_returned(back, at))
    if complaint is not None:
        both.append(_complained(complaint, at))
    going_on = [step for step in both if step.who != "none"]
    return next(iter(going_on or (both if is_done else [])), None)


def _returned(row: ReturnCase, at: datetime) -> Step:
    who = _WHO[returns.STEPS[row.state].who]
    late = who == "us" and row.due_at is not None and row.due_at < at
    return Step(f"return.now.{row.state}", who, row.due_at, is_late=late)


def _complained(row: Complaint, at: datetime) -> Step:
    if row.withdrawn_at is not None:
        return Step("complaint.now.withdrawn", "none")
    stands = terms.standing(
        at, row.acknowledged_at, row.acknowledge_by, row.answered_at, row.answer_by
    )
    who = "us" if complaints.is_open(row) else "none"
    return Step(f"complaint.now.{stands}", who, row.acknowledge_by, row.answer_by)
