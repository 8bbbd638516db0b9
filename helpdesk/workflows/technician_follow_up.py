"""A follow-up booked at the customer's table: windows for a visit that the technician asked for.

The wish is a visit that waits already (`technician_steps`), with the part that has to come first;
so what is offered here begins when it can. Booked in the name of the house: technicians plan
nothing.
"""

from __future__ import annotations

from typing import Any

from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work
from helpdesk.field_service import permissions
from helpdesk.field_service.models import Visit
from helpdesk.workflows import visit_booking, visit_course, visit_offering


def windows(work: Work, follow_up_id: str) -> dict[str, Any]:
    """What is free; without any, `refusal` says why and what would open one."""
    visit = _asked_for(work, follow_up_id)
    with visit_course.for_the_house(work):
        asked = visit_booking.offers(
            work, visit.customer_id, visit_id=visit.id, source="technician"
        )
    return {
        "items": [
            {
                "slot_id": one.id,
                "starts_at": one.starts_at.isoformat(),
                "ends_at": one.ends_at.isoformat(),
            }
            for one in asked.offers
        ],
        "refusal": visit_offering.refusal_words(asked.refusal) if asked.refusal else "",
    }


def book(work: Work, follow_up_id: str, slot_id: str) -> Visit:
    """Promise one of those windows; SlotGone where somebody was faster."""
    visit = _asked_for(work, follow_up_id)
    with visit_course.for_the_house(work):
        if visit_booking.get_offer(work, slot_id).visit_id != visit.id:
            raise NotFound(visit_booking.ABSENT)
        return visit_booking.accept(work, slot_id)


def _asked_for(work: Work, follow_up_id: str) -> Visit:
    """A visit that the actor asked for at one of their own."""
    found = work.session.get(Visit, follow_up_id)
    if found is None or found.source != "technician" or found.follows_id is None:
        raise NotFound(permissions.ABSENT)
    permissions.get_visible(work, found.follows_id)
    return found
