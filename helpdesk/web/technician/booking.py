"""What needs a net at the customer's: windows for a follow-up, and a call by our number."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from helpdesk.core.work import begin
from helpdesk.web import doors
from helpdesk.web.bodies import Body, json_body
from helpdesk.web.doors import allow
from helpdesk.web.technician import door
from helpdesk.workflows import technician_calling, technician_follow_up


class Chosen(Body, frozen=True):
    slot_id: Annotated[str, Meta(min_length=36, max_length=36)]


class Click(Body, frozen=True):
    client_id: Annotated[str, Meta(min_length=36, max_length=36)]


@door.post("/visits/<id:visit_id>/call")
@allow("technician")
def call(visit_id: str) -> dict[str, Any]:
    """Our number rings the technician's phone, and then the customer."""
    click = json_body(Click)
    with begin(doors.actor()) as work:
        technician_calling.call(work, visit_id, click.client_id)
    return {}


@door.post("/follow-ups/<id:visit_id>/windows")
@allow("technician")
def windows(visit_id: str) -> dict[str, Any]:
    with begin(doors.actor()) as work:
        return technician_follow_up.windows(work, visit_id)


@door.post("/follow-ups/<id:visit_id>/book")
@allow("technician")
def book(visit_id: str) -> dict[str, Any]:
    chosen = json_body(Chosen)
    with begin(doors.actor()) as work:
        visit = technician_follow_up.book(work, visit_id, chosen.slot_id)
        assert visit.window_starts_at is not None
        assert visit.window_ends_at is not None
        return {
            "number": visit.number,
            "starts_at": visit.window_starts_at.isoformat(),
            "ends_at": visit.window_ends_at.isoformat(),
        }
