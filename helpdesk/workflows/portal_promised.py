"""What a return or a complaint promises, in place of the clocks of its ticket.

A list and the page after sending say then what the page of the matter says. Who only takes part in
a matter hears nothing of either. Not for the sentences (the portal has them per language).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select

from helpdesk.complaints import terms
from helpdesk.complaints.models import Complaint
from helpdesk.core.work import Work
from helpdesk.returns import steps
from helpdesk.returns.models import ReturnCase
from helpdesk.workflows.portal_next import Step

WHO = {"customer": "you", "us": "us", "": "none"}


def promised(work: Work, ticket_ids: Iterable[str]) -> Mapping[str, Step]:
    """The steps of those among the tickets that are a return or a complaint; two statements."""
    wanted = list(ticket_ids)
    if not wanted:
        return {}
    complaints = select(Complaint).where(Complaint.ticket_id.in_(wanted))
    found = {
        row.ticket_id: step
        for row in work.session.scalars(complaints)
        if (step := of_complaint(row, work.at)) is not None
    }
    returned = select(ReturnCase).where(ReturnCase.ticket_id.in_(wanted))
    found.update(
        (row.ticket_id, step)
        for row in work.session.scalars(returned)
        if (step := of_return(row, work.at)) is not None
    )
    return found


def of_complaint(row: Complaint, at: datetime) -> Step | None:
    """None once it is answered or closed: then the ticket says how it stands."""
    if row.answered_at is not None or row.withdrawn_at is not None:
        return None
    stands = terms.standing(
        at, row.acknowledged_at, row.acknowledge_by, row.answered_at, row.answer_by
    )
    return Step(f"complaint.{stands}", "us", due=row.acknowledge_by, at=row.answer_by)


def of_return(row: ReturnCase, at: datetime) -> Step | None:
    """`at` of the step is set where we are late. None once the return is over."""
    who = WHO[steps.STEPS[row.state].who]
    if steps.is_over(row.state):
        return None
    is_late = who == "us" and row.due_at is not None and row.due_at < at
    return Step(f"return.{row.state}", who, due=row.due_at, at=row.due_at if is_late else None)
