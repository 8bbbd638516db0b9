"""Complaints as their customer sees them: opened, what was promised until when, what came of it."""

from __future__ import annotations

from helpdesk.complaints import service
from helpdesk.complaints.models import Complaint
from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work
from helpdesk.workflows import complaining, portal_reach
from helpdesk.workflows.portal_reach import Matter, Reach
from helpdesk.workflows.portal_writing import Done


def about(work: Work, reach: Reach, ticket_id: str) -> Matter | None:
    """The matter that a complaint is about, the reader's own; NotFound for another's."""
    if not ticket_id:
        return None
    matter = portal_reach.get(work, reach, ticket_id)
    if not matter.is_own:
        raise NotFound(portal_reach.ABSENT)
    return matter


def open_one(
    work: Work,
    reach: Reach,
    *,
    text: str,
    about_id: str,
    site_id: str | None,
    queue_id: str | None,
) -> Done:
    matter = about(work, reach, about_id)
    made = complaining.open_by_customer(
        work,
        customer_id=reach.customer_id,
        text=text,
        about=matter.ticket if matter is not None else None,
        site_id=site_id,
        queue_id=queue_id,
    )
    return Done(made.ticket_id)


def of_matter(work: Work, matter: Matter) -> Complaint | None:
    """The complaint that a matter is; who only takes part in it sees none."""
    if matter.relation == "taking_part":
        return None
    return service.find(work, matter.ticket.id)
