"""Replies that wait: taken back, sent now, moved, withdrawn; and when one may be sent instead.

Each answers what is the author's draft now, or nothing: the page hears of the rest by its socket.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec

from helpdesk.calendars import moments
from helpdesk.core.work import Work, begin, reading
from helpdesk.tickets import permissions
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.agent.tickets_unsaid import draft_frame, pending_frame
from helpdesk.web.agent.tickets_writing import chosen_time
from helpdesk.web.bodies import Body, json_body
from helpdesk.web.doors import allow
from helpdesk.workflows import cases_sending


class When(Body, frozen=True):
    """An instant, or a time on the reader's wall such as 2026-11-24T16:00."""

    at: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class Step(Body, frozen=True):
    """withdraw: never say it. reinstate: that was a slip. stand_by: say it all the same. now."""

    what: Literal["withdraw", "reinstate", "stand_by", "now"]


_STEPS: dict[str, Callable[[Work, str], object]] = {
    "withdraw": cases_sending.withdraw,
    "reinstate": cases_sending.reinstate,
    "stand_by": cases_sending.stand_by,
    "now": cases_sending.send_now,
}


@door.post("/pending/<id:pending_id>/undo")
@allow("agent", "supervisor", "admin")
def undo_pending(pending_id: str) -> dict[str, Any]:
    """Take it back: its words are the author's draft again."""
    with begin(doors.actor()) as work:
        draft = cases_sending.undo_send(work, pending_id)
        taken = draft_frame(work, draft) if draft else None
        return {"draft": taken, "as_of": work.at.isoformat()}


@door.post("/pending/<id:pending_id>/at")
@allow("agent", "supervisor", "admin")
def move_pending(pending_id: str) -> dict[str, Any]:
    at = chosen_time(json_body(When).at)
    with begin(doors.actor()) as work:
        return {"pending": pending_frame(work, cases_sending.reschedule(work, pending_id, at))}


@door.post("/pending/<id:pending_id>/step")
@allow("agent", "supervisor", "admin")
def step_pending(pending_id: str) -> dict[str, Any]:
    step = json_body(Step).what
    with begin(doors.actor()) as work:
        _STEPS[step](work, pending_id)
    return {}


@door.get("/tickets/<id:ticket_id>/moments")
@allow("agent", "supervisor", "admin")
def ticket_moments(ticket_id: str) -> dict[str, Any]:
    """When a reply may go out and by when something may be promised, in the reader's zone."""
    zone = doors.reader().timezone
    with reading(doors.actor()) as work:
        permissions.get_visible(work, ticket_id)
        return {
            "zone": zone.replace("_", " "),
            "send": _shown(moments.to_send(work.at, zone)),
            "promise": _shown(moments.to_promise(work.at, zone)),
        }


def _shown(found: Any) -> list[dict[str, str]]:
    return [{"word": one.word, "at": one.at.isoformat()} for one in found]
