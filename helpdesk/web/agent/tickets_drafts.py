"""Keeping what somebody writes on a ticket while they write it, so that it follows them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from helpdesk.core.work import begin, reading
from helpdesk.tickets import drafts, permissions
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.agent.tickets_unsaid import draft_frame
from helpdesk.web.agent.tickets_writing import Changes, Id, moment, then_of
from helpdesk.web.bodies import Body, json_body
from helpdesk.web.doors import allow
from helpdesk.workflows import cases_sending


class Draft(Body, frozen=True):
    """`version` is what this text was written upon; without it the other one is overwritten."""

    text: Annotated[str, msgspec.Meta(max_length=drafts.LONGEST_DRAFT)] = ""
    public: bool = True
    files: Annotated[tuple[Id, ...], msgspec.Meta(max_length=drafts.MOST_FILES)] = ()
    then: Changes | None = None
    at: Annotated[str, msgspec.Meta(max_length=40)] = ""
    seen_at: Annotated[str, msgspec.Meta(max_length=40)] = ""
    version: int | None = None


@door.post("/tickets/<id:ticket_id>/draft")
@allow("agent", "supervisor", "admin")
def save_ticket_draft(ticket_id: str) -> dict[str, Any]:
    """Keep it; `stale` with the other text when another window has saved since `version`."""
    body = json_body(Draft)
    then = then_of(body.then)
    if body.at:
        then["at"] = body.at
    try:
        with begin(doors.actor()) as work:
            kept = cases_sending.keep_draft(
                work,
                ticket_id,
                text=body.text,
                public=body.public,
                files=body.files,
                then=then,
                seen_at=moment(body.seen_at),
                version=body.version,
            )
            return {"stale": False, "draft": draft_frame(work, kept) if kept else None}
    except drafts.StaleDraft as stale:
        with reading(doors.actor()) as work:
            return {"stale": True, "draft": draft_frame(work, stale.draft)}


@door.get("/tickets/<id:ticket_id>/drafts")
@allow("agent", "supervisor", "admin")
def ticket_drafts(ticket_id: str) -> dict[str, Any]:
    """The reader's own drafts on a ticket, as they are now."""
    with reading(doors.actor()) as work:
        found = permissions.get_visible(work, ticket_id)
        rows = drafts.drafts_on(work, found.id).values()
        return {"drafts": [draft_frame(work, row) for row in rows]}
