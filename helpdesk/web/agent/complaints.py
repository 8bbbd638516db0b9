"""Complaints on the desk: opened from a ticket or conversation, moved on, listed by due."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Response

from helpdesk.complaints import service
from helpdesk.core.work import Work, begin, reading
from helpdesk.tickets import queries as tickets
from helpdesk.web import doors
from helpdesk.web.agent import complaints_view, door, owned_view
from helpdesk.web.agent.shell import show
from helpdesk.web.agent.tickets_changes import try_change
from helpdesk.web.bodies import Body, form_body, query_text
from helpdesk.web.doors import allow
from helpdesk.workflows import complaining


class Nothing(Body, frozen=True):
    """A button with nothing to say but where it stands."""


class Step(Body, frozen=True):
    """`words` are the customer's to read; of an answer they are the final reply."""

    version: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    words: Annotated[str, msgspec.Meta(max_length=10_000)] = ""
    outcome: Annotated[str, msgspec.Meta(max_length=12)] = ""
    remedy: Annotated[str, msgspec.Meta(max_length=500)] = ""
    why: Annotated[str, msgspec.Meta(max_length=300)] = ""


@door.get("/complaints")
@allow("supervisor", "admin")
def complaints() -> Response:
    which = "done" if query_text("show") == "done" else "open"
    with reading(doors.actor()) as work:
        page = service.page(work, which, cursor=query_text("cursor") or None)
        return show(
            work,
            "agent/complaints.html",
            title="Complaints",
            area="tickets",
            which=which,
            page=page,
            stands={row.id: complaints_view.standing(work, row) for row in page.items},
            names=owned_view.owner_names(work, {row.customer_id for row in page.items}),
            numbers=tickets.numbers_of(work, {row.ticket_id for row in page.items}),
            words=complaints_view,
        )


@door.post("/tickets/<id:ticket_id>/complaint")
@allow("agent", "supervisor", "admin")
def complaint_of_ticket(ticket_id: str) -> Response:
    form_body(Nothing)
    return try_change(ticket_id, lambda work: complaining.open_on_ticket(work, ticket_id))


@door.post("/conversations/<id:conversation_id>/complaint")
@allow("agent", "supervisor", "admin")
def complaint_of_conversation(conversation_id: str) -> Response:
    form_body(Nothing)
    with begin(doors.actor()) as work:
        made = complaining.open_on_conversation(work, conversation_id)
        ticket_id = made.ticket_id
    return doors.go(f"/desk/tickets/{ticket_id}")


@door.post("/tickets/<id:ticket_id>/complaint/<any(acknowledge,answer,escalate,withdraw):what>")
@allow("agent", "supervisor", "admin")
def step_complaint(ticket_id: str, what: str) -> Response:
    body = form_body(Step)

    def change(work: Work) -> None:
        if what == "acknowledge":
            complaining.acknowledge(work, ticket_id, version=body.version, words=body.words)
        elif what == "escalate":
            complaining.escalate(work, ticket_id, version=body.version, why=body.why)
        elif what == "withdraw":
            complaining.withdraw(work, ticket_id, version=body.version)
        else:
            complaining.answer(
                work,
                ticket_id,
                version=body.version,
                words=body.words,
                outcome=body.outcome,
                remedy=body.remedy,
            )

    return try_change(ticket_id, change)
