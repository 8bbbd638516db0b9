"""The live floor: its page, its figures anew, the rows behind them, setting somebody's presence."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Response

from helpdesk.core.errors import NotFound
from helpdesk.core.work import begin, reading
from helpdesk.routing.queries import presence_choices
from helpdesk.web import doors
from helpdesk.web.agent.shell import show
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow
from helpdesk.web.floor import door
from helpdesk.web.floor import floor_view as views
from helpdesk.workflows import desk


class Presence(Body, frozen=True):
    state: Annotated[str, msgspec.Meta(min_length=1, max_length=30)]


@door.get("")
@allow("supervisor", "admin")
def floor() -> Response:
    with reading(doors.actor()) as work:
        return show(
            work,
            "floor/floor.html",
            title="Floor",
            area="floor",
            floor=views.floor_view(work),
            formulas=views.FORMULAS,
            choices=presence_choices(work),
        )


@door.get("/now")
@allow("supervisor", "admin")
def now() -> Response:
    """The same figures anew, without the frame."""
    with reading(doors.actor()) as work:
        return doors.fragment(
            "floor/_now.html",
            floor=views.floor_view(work),
            formulas=views.FORMULAS,
            choices=presence_choices(work),
        )


@door.get("/queues/<id:queue_id>")
@allow("supervisor", "admin")
def queue(queue_id: str) -> Response:
    with reading(doors.actor()) as work:
        found = views.queue_page(work, queue_id)
        return show(
            work,
            "floor/queue.html",
            title=found.queue.name,
            area="floor",
            found=found,
            formulas=views.FORMULAS,
        )


@door.get("/agents/<id:user_id>")
@allow("supervisor", "admin")
def agent(user_id: str) -> Response:
    with reading(doors.actor()) as work:
        found = views.agent_page(work, user_id)
        return show(
            work,
            "floor/agent.html",
            title=found.agent.name,
            area="floor",
            found=found,
            choices=presence_choices(work),
        )


@door.post("/agents/<id:user_id>/presence")
@allow("supervisor", "admin")
def set_presence(user_id: str) -> Response:
    """For somebody who forgot to sign off; it is kept who did it."""
    body = form_body(Presence)
    with begin(doors.actor()) as work:
        if not views.is_agent(work, user_id):
            raise NotFound("This person takes no work from queues.")
        state = desk.set_presence(work, body.state, user_id)
        work.audit("presence.set_for_another", "user", user_id, presence=state.presence)
    return doors.go("/floor")
