"""Offers over the API: what is offered to me, taking it, saying no."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from helpdesk.core.paging import Page
from helpdesk.core.work import Work
from helpdesk.routing.queries import live_offers
from helpdesk.web.api.base import DESK, operation
from helpdesk.web.api.shapes import Listed, Nothing, View, listed
from helpdesk.web.bodies import Body
from helpdesk.workflows import desk


class OfferView(View):
    """A piece of work put before one agent until `expires_at`; `why` says why this agent."""

    offer_id: str
    channel: str
    queue: str
    customer_id: str
    customer: str
    conversation_id: str | None
    ticket_id: str | None
    work_item_id: str
    reason: str
    waiting_since: datetime
    made_at: datetime
    expires_at: datetime
    why: str


class AcceptedView(View):
    """What the agent has in hand now."""

    offer_id: str
    assignment_id: str
    work_item_id: str
    customer_id: str
    conversation_id: str | None
    ticket_id: str | None


class Decline(Body, frozen=True):
    reason: Annotated[str, Meta(max_length=200)] = ""


@operation("GET", "/offers", who=DESK, gives=Listed[OfferView])
def list_offers(work: Work) -> Listed[OfferView]:
    """List what is offered to you now, the oldest first; never more than you have room for."""
    found = msgspec.convert(live_offers(work, work.actor.id), list[OfferView])
    return listed(Page(found, None), found)


@operation("POST", "/offers/<id:offer_id>/accept", who=DESK, gives=AcceptedView)
def accept_offer(work: Work, offer_id: str) -> AcceptedView:
    """Take what is offered to you.

    One request wins; 409 `offer_gone` when it is too late, 404 when it was not offered to you.
    """
    assignment, item = desk.accept_offer(work, offer_id)
    return AcceptedView(
        offer_id=offer_id,
        assignment_id=assignment.id,
        work_item_id=item.id,
        customer_id=item.customer_id,
        conversation_id=item.subject_id if item.subject_kind == "conversation" else None,
        ticket_id=item.subject_id if item.subject_kind == "ticket" else None,
    )


@operation(
    "POST",
    "/offers/<id:offer_id>/decline",
    who=DESK,
    body=Decline,
    body_needed=False,
    gives=Nothing,
)
def decline_offer(work: Work, offer_id: str, body: Decline) -> Nothing:
    """Say no; the next one is asked."""
    desk.decline_offer(work, offer_id, body.reason.strip())
    return Nothing()
