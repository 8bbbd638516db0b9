"""Windows for a visit over the API: asked for, kept for a while, given back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from msgspec import Meta, field

from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.customers import permissions as customers
from helpdesk.field_service import days, places, settings
from helpdesk.field_service.models import SlotOffer
from helpdesk.tickets import permissions as tickets
from helpdesk.web.api.base import DESK_AND_CUSTOMERS, operation
from helpdesk.web.api.shapes import Id, Query, View
from helpdesk.web.bodies import Body
from helpdesk.workflows import visit_booking, visit_offering
from helpdesk.workflows.visit_offering import Asked

Day = Annotated[
    str,
    Meta(max_length=40, description="A date, or an instant with its offset.",
         examples=["2026-12-04", "2026-12-04T08:00:00+01:00"]),
]  # fmt: skip
Degrees = Annotated[float, Meta(ge=-180, le=180)]


class SlotView(View):
    """A window on offer. `price` says in words what it costs us; the figures stand beside it.

    `state` offered (nothing is kept for it) or held; good until `expires_at`.
    """

    slot_id: str
    starts_at: datetime
    ends_at: datetime
    price: str
    added_travel_s: int | None
    slack_left_s: int | None
    before_due: bool | None
    technician_ids: list[str]
    state: Literal["offered", "held", "accepted", "released", "expired"]
    expires_at: datetime


class RefusalView(View):
    """Why there is no window, and what would open one. `next_day`: the first with room."""

    kind: str
    words: str
    next_day: str | None


class SlotsView(View):
    """Windows on offer, best first. `looking`: more may be found within seconds; ask again by
    `GET /visits/slots?asked=`.
    """

    asked_id: str
    items: list[SlotView]
    refusal: RefusalView | None
    looking: bool


class NewPlace(Body, frozen=True):
    """A place that the customer has not had yet."""

    address: Annotated[str, Meta(min_length=1, max_length=300)]
    postcode: Annotated[str, Meta(max_length=12)] = ""
    lat: Degrees | None = None
    lon: Degrees | None = None
    name: Annotated[str, Meta(max_length=80)] = ""
    access: Annotated[str, Meta(max_length=500)] = ""


class SlotsWanted(Body, frozen=True):
    """`visit_type` by id or key, else the first; `place_id` may be left out where there is one
    place; `address` is written down as a new one. `visit_id`: a visit to book or to move.
    """

    customer_id: Id
    visit_type: Annotated[str, Meta(max_length=40)] | None = None
    from_: Day | None = field(name="from", default=None)
    to: Day | None = None
    place_id: Id | None = None
    address: NewPlace | None = None
    ticket_id: Id | None = None
    visit_id: Id | None = None


class SlotsAsked(Query):
    asked: Annotated[Id, Meta(description="`asked_id` of the question.")]


@operation(
    "POST", "/visits/slots", who=DESK_AND_CUSTOMERS, body=SlotsWanted, gives=SlotsView, status=200
)
def offer_slots(work: Work, body: SlotsWanted) -> SlotsView:
    """Ask for windows in which a visit can be promised.

    Three to six over at least two days where possible; else `refusal` says why not. Nothing is
    kept for an offer until it is held or accepted.
    """
    customer = customers.get_customer(work, body.customer_id)
    if body.ticket_id is not None and work.actor.on_desk:
        tickets.get_visible(work, body.ticket_id)
    asked = visit_booking.offers(
        work,
        customer.id,
        visit_type=body.visit_type,
        place_id=_place(work, customer.id, body),
        from_at=_instant(work, body.from_, "from"),
        to_at=_instant(work, body.to, "to", ends=True),
        visit_id=body.visit_id,
        ticket_id=body.ticket_id,
        source="api",
    )
    return slots_view(work, asked)


@operation("GET", "/visits/slots", who=DESK_AND_CUSTOMERS, query=SlotsAsked, gives=SlotsView)
def get_slots(work: Work, query: SlotsAsked) -> SlotsView:
    """What can still be had of an earlier question, with what was found for it since."""
    ask = visit_booking.get_ask(work, query.asked)
    return slots_view(work, visit_offering.of_ask(work, ask))


@operation("POST", "/visits/slots/<id:slot_id>/hold", who=DESK_AND_CUSTOMERS, gives=SlotView)
def hold_slot(work: Work, slot_id: str) -> SlotView:
    """Keep a window's place for some minutes; others of the same question are given back.

    409 `slot_gone` when it was taken meanwhile.
    """
    return slot_view(work, visit_booking.hold(work, slot_id))


@operation("DELETE", "/visits/slots/<id:slot_id>/hold", who=DESK_AND_CUSTOMERS, gives=SlotView)
def release_slot(work: Work, slot_id: str) -> SlotView:
    """Give a held window back."""
    return slot_view(work, visit_booking.release(work, slot_id))


def slots_view(work: Work, asked: Asked) -> SlotsView:
    refusal = None
    if asked.refusal is not None:
        refusal = RefusalView(
            kind=asked.refusal["kind"],
            words=visit_offering.refusal_words(asked.refusal),
            next_day=asked.refusal.get("next_day"),
        )
    return SlotsView(
        asked_id=asked.id,
        items=[slot_view(work, one) for one in asked.offers],
        refusal=refusal,
        looking=asked.looking,
    )


def slot_view(work: Work, row: SlotOffer) -> SlotView:
    """Customers see the window alone: what it costs us is ours."""
    ours = work.actor.is_staff or work.actor.kind == "system"
    price = row.price if ours else {}
    return SlotView(
        slot_id=row.id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        price=visit_offering.price_words(row) if ours else "",
        added_travel_s=price.get("added_travel_s"),
        slack_left_s=price.get("slack_left_s"),
        before_due=price.get("before_due"),
        technician_ids=list(row.technician_ids) if ours else [],
        state=row.state,  # type: ignore[arg-type]
        expires_at=row.expires_at,
    )


def _place(work: Work, customer_id: str, body: SlotsWanted) -> str | None:
    if body.address is None:
        return body.place_id
    if body.place_id is not None:
        raise Invalid(fields={"address": "Give a place or an address, not both."})
    given = body.address
    made = places.make(
        work,
        customer_id,
        address=given.address,
        postcode=given.postcode,
        lat=given.lat,
        lon=given.lon,
        name=given.name,
        access=given.access,
    )
    return made.id


def _instant(work: Work, text: str | None, name: str, *, ends: bool = False) -> datetime | None:
    """A day begins, or ends, by the clocks of the installation's field service."""
    if text is None:
        return None
    try:
        if len(text) <= 10:
            zone = settings.get(work).zone
            minute = days.MINUTES_A_DAY if ends else 0
            at = days.begins(date.fromisoformat(text), minute, zone)
            return datetime.fromtimestamp(at, UTC)
        found = datetime.fromisoformat(text)
        if found.tzinfo is None or not 2000 < found.year < 3000:
            raise ValueError(text)
        return found.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise Invalid(fields={name: "Write a date, or an instant with its offset."}) from None
