"""One's own notices: the list behind the bell, and that they have been read."""

from __future__ import annotations

from typing import Any

from flask import Response

from helpdesk.core.work import begin, reading
from helpdesk.notices import queries
from helpdesk.notices import service as notices
from helpdesk.tickets.queries import numbers_of
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.agent.shell import show
from helpdesk.web.agent.tickets_writing import Id
from helpdesk.web.bodies import Body, json_body, query_text
from helpdesk.web.doors import allow

ICONS = {
    "rule": "zap",
    "triage": "sparkles",
    "mention": "at-sign",
    "promise": "handshake",
    "reply": "calendar-clock",
    "followed": "eye",
    "assigned": "user-check",
    "deadline": "alarm-clock",
    "article": "book-open",
}


class Read(Body, frozen=True):
    """One, all about a ticket, or without either all."""

    id: Id | None = None
    ticket_id: Id | None = None


@door.get("/notices")
@allow("agent", "supervisor", "admin")
def notice_list() -> Response:
    with reading(doors.actor()) as work:
        page = queries.page_of_notices(work, cursor=query_text("cursor") or None)
        ids = {row.ticket_id for row in page.items if row.ticket_id}
        return show(
            work,
            "agent/notices.html",
            title="Notices",
            area="notices",
            rows=page.items,
            older=page.next_cursor,
            numbers=numbers_of(work, ids),
            icons=ICONS,
        )


@door.get("/notices/unread")
@allow("agent", "supervisor", "admin")
def unread_notices() -> dict[str, Any]:
    with reading(doors.actor()) as work:
        return {"unread": queries.unread(work, work.actor)}


@door.post("/notices/read")
@allow("agent", "supervisor", "admin")
def read_notices() -> dict[str, Any]:
    body = json_body(Read)
    with begin(doors.actor()) as work:
        notices.read(work, notice_id=body.id, ticket_id=body.ticket_id)
        return {"unread": queries.unread(work, work.actor)}
