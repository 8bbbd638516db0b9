"""Promises made and kept from a ticket's page. Ending one answers the page's parts anew."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from flask import Response

from helpdesk.core.work import begin
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.agent.tickets_changes import try_change
from helpdesk.web.agent.tickets_writing import chosen_time
from helpdesk.web.bodies import Body, form_body, json_body
from helpdesk.web.doors import allow
from helpdesk.workflows import promising


class Promise(Body, frozen=True):
    """Without `owner_id` the reader promises. `due_at` as for a reply that is sent later."""

    text: Annotated[str, msgspec.Meta(max_length=400)]
    due_at: Annotated[str, msgspec.Meta(max_length=40)]
    owner_id: Annotated[str, msgspec.Meta(max_length=36)] = ""


class End(Body, frozen=True):
    """kept: done. withdrawn: it no longer stands. again: that was a slip."""

    what: Literal["kept", "withdrawn", "again"]


_ENDS = {
    "kept": promising.keep,
    "withdrawn": promising.withdraw,
    "again": promising.stand_again,
}


@door.post("/tickets/<id:ticket_id>/promises")
@allow("agent", "supervisor", "admin")
def make_promise(ticket_id: str) -> dict[str, str]:
    body = json_body(Promise)
    due_at = chosen_time(body.due_at, "due_at")
    with begin(doors.actor()) as work:
        clock_id = promising.promise(
            work, ticket_id, text=body.text, due_at=due_at, owner_id=body.owner_id or None
        )
    return {"id": clock_id}


@door.post("/tickets/<id:ticket_id>/promises/<id:clock_id>")
@allow("agent", "supervisor", "admin")
def end_promise(ticket_id: str, clock_id: str) -> Response:
    body = form_body(End)
    return try_change(ticket_id, lambda work: _ENDS[body.what](work, ticket_id, clock_id))
