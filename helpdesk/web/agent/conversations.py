"""A conversation on the desk: its page, older messages, joining one that a colleague asks about."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from helpdesk.channels import consults, queries
from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.work import Work, begin, reading
from helpdesk.routing import service as routing
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.agent.card_view import card_view
from helpdesk.web.agent.conversation_view import FIRST, conversation_view, messages_frame
from helpdesk.web.agent.shell import show
from helpdesk.web.agent.work_pane import WorkPane
from helpdesk.web.doors import allow


@door.get("/conversations/<id:conversation_id>")
@allow("agent", "supervisor", "admin")
def conversation(conversation_id: str) -> Response:
    with reading(doors.actor()) as work:
        return show_conversation(work, conversation_id)


def show_conversation(
    work: Work,
    conversation_id: str,
    *,
    focus: str = "conversation",
    pane: WorkPane | None = None,
) -> Response:
    view = conversation_view(work, conversation_id)
    return show(
        work,
        "agent/conversation.html",
        title=view.customer_name,
        area="desk",
        side="agent/conversation_side.html",
        focus=focus,
        pane=pane,
        view=view,
        card=card_view(work, view.customer_id, conversation=view.conversation),
    )


@door.get("/conversations/<id:conversation_id>/messages")
@allow("agent", "supervisor", "admin")
def messages(conversation_id: str) -> dict[str, Any]:
    """The messages before `before`, oldest first; without it the last ones."""
    text = request.args.get("before", "")
    if text and not (text.isdecimal() and len(text) < 10):
        raise Invalid("That page does not exist.", code="bad_cursor")
    with reading(doors.actor()) as work:
        found = queries.get_visible(work, conversation_id)
        rows = queries.messages_before(
            work, found.id, before=int(text) if text else None, limit=FIRST + 1
        )
        return messages_frame(work, found, rows[-FIRST:], more=len(rows) > FIRST)


@door.post("/conversations/<id:conversation_id>/join")
@allow("agent", "supervisor", "admin")
def join(conversation_id: str) -> dict[str, Any]:
    """A colleague who was asked has opened it."""
    with begin(doors.actor()) as work:
        found = queries.get_visible(work, conversation_id)
        consults.join(work, found.id, work.actor.id)
    return {}


@door.post("/conversations/<id:conversation_id>/leave")
@allow("agent", "supervisor", "admin")
def leave(conversation_id: str) -> dict[str, Any]:
    """The colleague who was asked is done."""
    with begin(doors.actor()) as work:
        found = queries.get_visible(work, conversation_id)
        consults.end(work, found.id, work.actor.id)
    return {}


@door.get("/conversations/<id:conversation_id>/why")
@allow("agent", "supervisor", "admin")
def why_mine(conversation_id: str) -> Response:
    """Leads to the story of how this conversation was handed out."""
    with reading(doors.actor()) as work:
        found = queries.get_visible(work, conversation_id)
        item = routing.item_of(work, "conversation", found.id)
    if item is None:
        raise NotFound("Nobody has waited for this conversation.")
    return doors.go(f"/desk/work/{item.id}/why")
