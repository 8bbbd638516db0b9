"""The desk's first page, its list of work, and presence without script."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Response

from helpdesk.core.work import begin, reading
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.agent.conversations import show_conversation
from helpdesk.web.agent.shell import shell_of, show
from helpdesk.web.agent.work_pane import work_pane
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow
from helpdesk.workflows import desk as workflow


@door.get("")
@allow("agent", "supervisor", "admin")
def home() -> Response:
    """The chat that has waited longest for this agent, or what to do while there is none."""
    with reading(doors.actor()) as work:
        pane = work_pane(work, work.actor.id)
        rows = sorted(pane.chats, key=lambda r: (r.waits_since is None, r.at)) or pane.wrap_ups
        if rows:
            return show_conversation(work, rows[0].conversation_id, focus="work", pane=pane)
        return show(work, "agent/quiet.html", title="Desk", area="desk", focus="work", pane=pane)


@door.get("/work")
@allow("agent", "supervisor", "admin")
def my_work() -> Response:
    """The left pane anew, after something changed."""
    with reading(doors.actor()) as work:
        return doors.fragment("agent/_work.html", pane=work_pane(work, work.actor.id))


@door.get("/presence")
@allow("agent", "supervisor", "admin")
def presence() -> Response:
    with reading(doors.actor()) as work:
        return doors.fragment("agent/_presence.html", shell=shell_of(work))


class Presence(Body, frozen=True):
    state: Annotated[str, msgspec.Meta(min_length=1, max_length=30)]


@door.post("/presence")
@allow("agent", "supervisor", "admin")
def set_presence() -> Response:
    body = form_body(Presence)
    with begin(doors.actor()) as work:
        workflow.set_presence(work, body.state)
    return doors.go("/desk")
