"""What technicians' phones said that did not fit the plan any more: kept until a dispatcher has
seen to it.
"""

from __future__ import annotations

from typing import Annotated, Any

from flask import Response
from msgspec import Meta
from sqlalchemy import select

from helpdesk.core.work import Work, begin, reading
from helpdesk.field_service import commands
from helpdesk.field_service.models import Visit
from helpdesk.field_service.models_work import TechnicianCommand
from helpdesk.identity.models import User
from helpdesk.web import doors
from helpdesk.web.bodies import Body, form_body, query_text
from helpdesk.web.dispatch import door
from helpdesk.web.doors import allow

STEPS = {
    "depart": "On my way", "arrive": "Arrived", "finish": "Done", "no_access": "Nobody opened",
    "checklist": "Checklist", "parts": "Parts used", "time": "Time", "remark": "What was done",
    "note": "Note for the desk", "photo": "Picture", "sign": "Signature", "follow_up": "Follow-up",
}  # fmt: skip


class Settled(Body, frozen=True):
    how: Annotated[str, Meta(min_length=1, max_length=300)]


@door.get("/road")
@allow("supervisor", "admin")
def road() -> Response:
    with reading(doors.actor()) as work:
        page = commands.conflicts(work, cursor=query_text("after") or None)
        shown = _shown(work, page.items)
    return doors.page("dispatch/road.html", rows=shown, next_cursor=page.next_cursor)


@door.post("/road/<id:command_id>")
@allow("supervisor", "admin")
def settle(command_id: str) -> Response:
    how = form_body(Settled).how
    with begin(doors.actor()) as work:
        commands.settle(work, command_id, how)
    return doors.go("/dispatch/road")


def _shown(work: Work, rows: Any) -> list[dict[str, Any]]:
    """Each with who said it, of which visit, and in which words; two statements for all."""
    people = work.session.execute(
        select(User.id, User.name).where(User.id.in_({one.technician_id for one in rows}))
    ).all()
    visits = work.session.execute(
        select(Visit.id, Visit.number).where(Visit.id.in_({one.visit_id for one in rows}))
    ).all()
    names = {row.id: row.name for row in people}
    numbers = {row.id: row.number for row in visits}
    return [
        {
            "id": one.id,
            "who": names.get(one.technician_id, "A technician"),
            "number": numbers.get(one.visit_id),
            "visit_id": one.visit_id,
            "step": STEPS.get(one.kind, one.kind),
            "at": one.at,
            "why": one.receipt.get("message", ""),
            "said": _said(one),
        }
        for one in rows
    ]


def _said(row: TechnicianCommand) -> str:
    """The words of it, where it has any."""
    body = row.body
    if row.kind == "checklist":
        return ", ".join(f"{key}: {value}" for key, value in body.get("answers", {}).items())
    found = body.get("text") or body.get("note") or body.get("name") or body.get("outcome") or ""
    return f"{body['minutes']} minutes" if "minutes" in body else str(found)
