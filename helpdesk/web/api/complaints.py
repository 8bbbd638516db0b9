"""Complaints over the API: opened on a ticket or talk, acknowledged, answered, escalated."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from helpdesk.complaints import service
from helpdesk.complaints.models import Complaint
from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.work import Work
from helpdesk.tickets import permissions as tickets
from helpdesk.web.api.base import DESK, SUPERVISE, operation
from helpdesk.web.api.shapes import Id, Listed, Paged, Text, Version, View, listed
from helpdesk.web.bodies import Body
from helpdesk.workflows import complaining


class ComplaintView(View):
    """A complaint. `next_due_at` is what is owed first, null when it is over."""

    id: str
    ticket_id: str
    customer_id: str
    about_ticket_id: str | None
    source: str
    opened_at: datetime
    acknowledge_by: datetime
    acknowledged_at: datetime | None
    answer_by: datetime
    answered_at: datetime | None
    next_due_at: datetime | None
    outcome: str
    remedy: str
    escalated_at: datetime | None
    escalated_to: str
    escalated_why: str
    withdrawn_at: datetime | None
    version: int


class ComplaintsAsked(Paged):
    state: Annotated[
        Literal["open", "done"], Meta(description="Open ones by what is due, or those over.")
    ] = "open"


class NewComplaint(Body, frozen=True):
    """One of the two. A conversation that is no ticket becomes one."""

    ticket_id: Id | None = None
    conversation_id: Id | None = None


class Acknowledgement(Body, frozen=True):
    """`words` go to the customer; empty for the usual ones, with the day of the answer."""

    version: Version
    words: Annotated[str, Meta(max_length=10_000)] = ""


class FinalReply(Body, frozen=True):
    version: Version
    words: Text
    outcome: Literal["upheld", "partly", "not_upheld"]
    remedy: Annotated[str, Meta(max_length=500)] = ""


class Escalation(Body, frozen=True):
    version: Version
    why: Annotated[str, Meta(min_length=1, max_length=300)]


class Withdrawal(Body, frozen=True):
    version: Version


@operation("GET", "/complaints", who=SUPERVISE, query=ComplaintsAsked, gives=Listed[ComplaintView])
def list_complaints(work: Work, query: ComplaintsAsked) -> Listed[ComplaintView]:
    """List complaints: open ones by what is due first, or those that are over."""
    page = service.page(work, query.state, cursor=query.place(), limit=query.limit)
    return listed(page, [_view(row) for row in page.items])


@operation("POST", "/complaints", who=DESK, body=NewComplaint, gives=ComplaintView, status=201)
def add_complaint(work: Work, body: NewComplaint) -> ComplaintView:
    """Say that a ticket or conversation is a complaint: its two deadlines begin."""
    if (body.ticket_id is None) == (body.conversation_id is None):
        raise Invalid(fields={"ticket_id": "Name a ticket or a conversation."})
    if body.ticket_id is not None:
        return _view(complaining.open_on_ticket(work, body.ticket_id))
    return _view(complaining.open_on_conversation(work, str(body.conversation_id)))


@operation("GET", "/complaints/<id:complaint_id>", who=DESK, gives=ComplaintView)
def get_complaint(work: Work, complaint_id: str) -> ComplaintView:
    """Get one complaint."""
    return _view(_seen(work, complaint_id))


@operation(
    "POST",
    "/complaints/<id:complaint_id>/acknowledge",
    who=DESK,
    body=Acknowledgement,
    gives=ComplaintView,
)
def acknowledge_complaint(work: Work, complaint_id: str, body: Acknowledgement) -> ComplaintView:
    """Tell the customer that it has arrived and until when they get the answer."""
    ticket_id = _seen(work, complaint_id).ticket_id
    return _view(complaining.acknowledge(work, ticket_id, version=body.version, words=body.words))


@operation(
    "POST", "/complaints/<id:complaint_id>/answer", who=DESK, body=FinalReply, gives=ComplaintView
)
def answer_complaint(work: Work, complaint_id: str, body: FinalReply) -> ComplaintView:
    """Send the final reply; the ticket is resolved with it."""
    answered = complaining.answer(
        work,
        _seen(work, complaint_id).ticket_id,
        version=body.version,
        words=body.words,
        outcome=body.outcome,
        remedy=body.remedy,
    )
    return _view(answered)


@operation(
    "POST", "/complaints/<id:complaint_id>/escalate", who=DESK, body=Escalation, gives=ComplaintView
)
def escalate_complaint(work: Work, complaint_id: str, body: Escalation) -> ComplaintView:
    """Tell whoever holds the named role."""
    ticket_id = _seen(work, complaint_id).ticket_id
    return _view(complaining.escalate(work, ticket_id, version=body.version, why=body.why))


@operation(
    "POST", "/complaints/<id:complaint_id>/withdraw", who=DESK, body=Withdrawal, gives=ComplaintView
)
def withdraw_complaint(work: Work, complaint_id: str, body: Withdrawal) -> ComplaintView:
    """The customer takes it back, or it was opened by mistake."""
    ticket_id = _seen(work, complaint_id).ticket_id
    return _view(complaining.withdraw(work, ticket_id, version=body.version))


def _seen(work: Work, complaint_id: str) -> Complaint:
    """Whoever sees the ticket sees the complaint; of others it is not there."""
    row = service.get(work, complaint_id)
    try:
        tickets.get_visible(work, row.ticket_id)
    except NotFound:
        raise NotFound(service.ABSENT) from None
    return row


def _view(row: Complaint) -> ComplaintView:
    return ComplaintView(**{name: getattr(row, name) for name in ComplaintView.__struct_fields__})
