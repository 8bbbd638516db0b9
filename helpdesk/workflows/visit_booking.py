"""Booking a visit: windows on offer, one kept for a while, accepted, moved, called off.

    asked = offers(work, customer_id, visit_type=None, place_id=None, from_at=None, to_at=None,
                   visit_id=None, ticket_id=None, source="desk")   # -> Asked(id, offers, refusal)
    hold(work, slot_id) -> SlotOffer          # kept for settings.hold_s; occupies its place
    release(work, slot_id) -> SlotOffer
    accept(work, slot_id, ticket_id=None, note="", asset_id=None) -> Visit
    move(work, visit_id, slot_id, reason="") -> Visit    # slot of offers(visit_id=...)
    cancel(work, visit_id, reason="", version=None) -> Visit
    offers_again(work, slot_id) -> Asked      # after SlotGone, in a transaction of its own

An offer that was accepted answers the same visit again. A window that is full by then raises
`SlotGone` (409, `slot_gone`). Customers may move and cancel until `changes_until`, staff always.
Doors ask before whether the actor may see the customer; visits are asked for here. Order of locks:
offer, ticket, visit, routes. Not for places in the plan (`visit_placing`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk.core import turns
from helpdesk.core.actors import system
from helpdesk.core.errors import Conflict, Forbidden, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work, begin
from helpdesk.customers import permissions as customers
from helpdesk.field_service import permissions, service, settings
from helpdesk.field_service.models import SlotAsk, SlotOffer, Visit
from helpdesk.field_service.models_crew import VisitType
from helpdesk.workflows import (
    visit_course,
    visit_durations,
    visit_offering,
    visit_placing,
    visit_tickets,
    visit_wishes,
)
from helpdesk.workflows.visit_offering import Asked
from helpdesk.workflows.visit_placing import SlotGone
from helpdesk.workflows.visit_wishes import Wish

__all__ = [
    "Asked", "SlotGone", "accept", "cancel", "changes_until", "cut_off", "expire_held", "get_ask",
    "get_offer", "hold", "may_change", "move", "offers", "offers_again", "release",
]  # fmt: skip

ACTOR = system("booking")
TURN = "booking"
ABSENT = "This window is not on offer."
TOO_LATE = "It is too late to change this visit here. Please call us."
MOST_AT_ONCE = 100


def offers(
    work: Work,
    customer_id: str,
    *,
    visit_type: str | None = None,
    place_id: str | None = None,
    from_at: datetime | None = None,
    to_at: datetime | None = None,
    visit_id: str | None = None,
    ticket_id: str | None = None,
    source: str = "desk",
    part: str = "",
) -> Asked:
    """Windows for a new visit, or for one that waits or is to be moved; or why there are none.

    `visit_type` by id or key. Invalid: `visit_type`, `place_id` (`no_place`, `no_pin`).
    """
    visit = permissions.get_visible(work, visit_id) if visit_id is not None else None
    if visit is not None:
        if visit.customer_id != customer_id:
            raise NotFound(permissions.ABSENT)
        visit_wishes.must_be_movable(visit)
    if visit is not None:  # it keeps its kind, though nobody may book that any more
        kind = work.session.get_one(VisitType, visit.visit_type_id)
    else:
        kind = visit_wishes.kind_of(work, visit_type)
    wanted = visit.place_id if visit is not None and place_id is None else place_id
    place = visit_wishes.place_of(work, customer_id, wanted)
    ticket = visit.ticket_id if visit is not None else ticket_id
    wish = Wish(customer_id, kind, place, source, ticket, visit, from_at, to_at, part)
    return visit_offering.ask(work, wish)


def hold(work: Work, slot_id: str) -> SlotOffer:
    """Keep a window's place in the plan for a while; one of each question is kept at a time, and
    for a customer one of all that they have asked: capacity is nobody's to lay aside.
    """
    turns.take(work, TURN)
    offer = _locked(work, slot_id)
    if offer.state == "held":
        return offer
    _must_be_alive(work, offer)
    for other in _held_beside(work, offer):
        _give_back(work, other, "released")
    visit_placing.hold(work, offer)
    offer.state = "held"
    offer.expires_at = work.at + timedelta(seconds=settings.get(work).hold_s)
    work.session.flush()
    return offer


def release(work: Work, slot_id: str) -> SlotOffer:
    """Give a held window back; one that is not held stays as it is."""
    offer = _locked(work, slot_id)
    if offer.state == "held":
        _give_back(work, offer, "released")
    return offer


def accept(
    work: Work,
    slot_id: str,
    *,
    ticket_id: str | None = None,
    note: str = "",
    asset_id: str | None = None,
) -> Visit:
    """Promise this window: for the visit that was asked for, or a new one.

    Without a ticket one is opened for it.
    """
    turns.take(work, TURN)
    offer = _locked(work, slot_id)
    if offer.state == "accepted" and offer.accepted_visit_id is not None:
        return work.session.get_one(Visit, offer.accepted_visit_id)
    _must_be_alive(work, offer)
    if offer.visit_id is not None:
        return _book(work, offer, visit_course.hold(work, offer.visit_id), "")
    visit_placing.must_fit(work, offer)
    ticket = ticket_id or offer.ticket_id or visit_tickets.open_for(work, offer, note)
    visit_tickets.hold(work, ticket, offer.customer_id)
    kind = work.session.get_one(VisitType, offer.visit_type_id)
    visit = service.make(
        work,
        kind,
        customer_id=offer.customer_id,
        place_id=offer.place_id,
        source=offer.source,
        ticket_id=ticket,
        asset_id=asset_id,
        note=note,
        duration=visit_durations.expected(work, kind.id),
    )
    return _book(work, offer, visit, "")


def move(work: Work, visit_id: str, slot_id: str, *, reason: str = "") -> Visit:
    """Another window instead of the one that was promised; the slot was offered for this visit."""
    turns.take(work, TURN)
    offer = _locked(work, slot_id)
    if offer.visit_id != visit_id:
        raise NotFound(ABSENT)
    visit = visit_course.hold(work, visit_id)
    if offer.state == "accepted" and offer.accepted_visit_id == visit.id:
        return visit
    _must_be_alive(work, offer)
    return _book(work, offer, visit, reason)


def cancel(work: Work, visit_id: str, *, reason: str = "", version: int | None = None) -> Visit:
    """Call it off: by its customer until the cut-off, by us at any time before somebody is there.

    One that was cancelled stays so.
    """
    visit = visit_course.hold(work, visit_id, version)
    if visit.state == "cancelled":
        return visit
    by_customer = _is_customer(work)
    if by_customer:
        must_be_in_time(work, visit)
    return visit_course.cancel(work, visit_id, reason=reason, by_customer=by_customer)


def offers_again(work: Work, slot_id: str) -> Asked:
    """Fresh windows after one was gone."""
    return visit_offering.again(work, get_offer(work, slot_id))


def changes_until(work: Work, visit: Visit) -> datetime | None:
    """Until when its customer may move or cancel it; None: nothing was promised yet."""
    return cut_off(visit, work.session.get_one(VisitType, visit.visit_type_id))


def cut_off(visit: Visit, kind: VisitType) -> datetime | None:
    if visit.window_starts_at is None:
        return None
    return visit.window_starts_at - timedelta(seconds=kind.moves_until_s)


def may_change(work: Work, visit: Visit) -> bool:
    """Whether its customer still may; for pages that show or leave out the buttons."""
    until = changes_until(work, visit)
    return visit.state in ("waiting", "booked") and (until is None or work.at <= until)


def must_be_in_time(work: Work, visit: Visit) -> None:
    if not may_change(work, visit):
        raise Conflict(TOO_LATE, code="too_late")


def get_offer(work: Work, slot_id: str) -> SlotOffer:
    """NotFound for what was never offered, or for another customer."""
    found = work.session.get(SlotOffer, slot_id) if is_id(slot_id) else None
    if found is None or not _may_see(work, found):
        raise NotFound(ABSENT)
    return found


def get_ask(work: Work, ask_id: str) -> SlotAsk:
    """A question that was asked for a customer whom the actor sees; else NotFound, as for none."""
    found = work.session.get(SlotAsk, ask_id) if is_id(ask_id) else None
    actor = work.actor
    if found is not None:
        if _is_customer(work) and found.customer_id == actor.customer_id:
            return found
        ours = actor.kind == "system" or actor.on_desk
        if ours and customers.seen_among(work, [found.customer_id]):
            return found
    raise NotFound(ABSENT)


def expire_held() -> None:
    """A duty of the sweeper: what was kept long enough is free again."""
    with begin(ACTOR) as work:
        over = select(SlotOffer.id).where(
            SlotOffer.state == "held", SlotOffer.expires_at <= work.at
        )
        ids = work.session.scalars(over.order_by(SlotOffer.expires_at).limit(MOST_AT_ONCE)).all()
    for one in ids:
        with begin(ACTOR) as work:
            offer = _locked(work, one)
            if offer.state == "held" and offer.expires_at <= work.at:
                _give_back(work, offer, "expired")


def _book(work: Work, offer: SlotOffer, visit: Visit, reason: str) -> Visit:
    visit_wishes.must_be_movable(visit)
    by_customer = _is_customer(work)
    if by_customer and visit.window_starts_at is not None:
        must_be_in_time(work, visit)
    if offer.place_id != visit.place_id:
        raise Forbidden("This window was offered for another place.")
    was_held = offer.state == "held"
    visit_placing.put(work, offer, visit)
    if was_held:
        visit_placing.give_back(work, offer)
    offer.state, offer.accepted_visit_id = "accepted", visit.id
    visit_course.promise(
        work, visit, offer.starts_at, offer.ends_at, by_customer=True, reason=reason
    )
    for other in _held_beside(work, offer):
        _give_back(work, other, "released")
    work.session.flush()
    return visit


def _locked(work: Work, slot_id: str) -> SlotOffer:
    get_offer(work, slot_id)
    return work.session.scalars(
        select(SlotOffer)
        .where(SlotOffer.id == slot_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _must_be_alive(work: Work, offer: SlotOffer) -> None:
    if offer.state not in ("offered", "held") or offer.expires_at <= work.at:
        raise SlotGone(offer.id)


def _held_beside(work: Work, offer: SlotOffer) -> list[SlotOffer]:
    """Others of the same question that are kept; where a customer asks, all that are theirs."""
    beside = SlotOffer.asked_id == offer.asked_id
    if _is_customer(work):
        beside = SlotOffer.customer_id == offer.customer_id
    return list(
        work.session.scalars(
            select(SlotOffer)
            .where(
                beside,
                SlotOffer.state == "held",
                SlotOffer.id != offer.id,
            )
            .order_by(SlotOffer.id)
            .with_for_update()
        )
    )


def _give_back(work: Work, offer: SlotOffer, state: str) -> None:
    offer.state = state
    work.session.flush()
    visit_placing.give_back(work, offer)


def _may_see(work: Work, offer: SlotOffer) -> bool:
    """Customers their own, technicians what they asked for, the desk those of whom it sees."""
    actor = work.actor
    if actor.role == "technician":
        return offer.made_by == actor.label
    if _is_customer(work):
        return offer.customer_id == actor.customer_id
    return bool(customers.seen_among(work, [offer.customer_id]))


def _is_customer(work: Work) -> bool:
    return work.actor.role == "customer"
