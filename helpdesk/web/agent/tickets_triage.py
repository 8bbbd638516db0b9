"""What triage suggests for a ticket: taken, dismissed or undone from its page with one press."""

from __future__ import annotations

from flask import Response

from helpdesk.web.agent import door
from helpdesk.web.agent.tickets_changes import try_change
from helpdesk.web.agent.tickets_parts import Nothing
from helpdesk.web.bodies import form_body
from helpdesk.web.doors import allow
from helpdesk.workflows import triage_outcomes


@door.post("/tickets/<id:ticket_id>/suggested/<id:suggestion_id>/<any(take, dismiss, undo):what>")
@allow("agent", "supervisor", "admin")
def ticket_suggested(ticket_id: str, suggestion_id: str, what: str) -> Response:
    form_body(Nothing)
    return try_change(
        ticket_id, lambda work: triage_outcomes.settle(work, ticket_id, suggestion_id, what)
    )
