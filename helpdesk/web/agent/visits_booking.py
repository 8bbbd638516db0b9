"""Booking a visit on the desk, beside a ticket, a chat or a call: what and where, windows, one
kept, promised. Each step answers a piece of the panel; the call goes on meanwhile.

Not for the engine (`visit_booking`), nor for visits that are booked (`visits`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from flask import Response

from helpdesk.core.errors import HelpdeskError, Invalid, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import permissions as customers
from helpdesk.customers.called import called_by
from helpdesk.field_service import permissions, pins, places, queries, settings
from helpdesk.field_service.crew_days import seconds
from helpdesk.field_service.days import day_of
from helpdesk.field_service.models import SlotOffer, Visit, VisitPlace
from helpdesk.field_service.models_crew import VisitType
from helpdesk.tickets import permissions as tickets
from helpdesk.web import doors, visit_words
from helpdesk.web.agent import door
from helpdesk.web.bodies import Body, form_body, query_text
from helpdesk.web.doors import allow
from helpdesk.workflows import visit_booking, visit_offering
from helpdesk.workflows.visit_booking import SlotGone

Id = Annotated[str, msgspec.Meta(max_length=36)]
NEW = "new"
MAP_WRONG = "No place can be read out of this. Paste a link of a map, or 53.5503, 9.9937."
MAP_NEEDED = "Nobody knows where this is. Paste a link of a map, or coordinates."


class Wanted(Body, frozen=True):
    """`place` is one of theirs, or `new` with an address. Days as in the calendar of the place."""

    customer: Id
    ticket: Id = ""
    visit: Id = ""
    kind: Id = ""
    place: Id = ""
    address: Annotated[str, msgspec.Meta(max_length=300)] = ""
    access: Annotated[str, msgspec.Meta(max_length=500)] = ""
    pin: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    from_day: Annotated[str, msgspec.Meta(max_length=10)] = ""
    to_day: Annotated[str, msgspec.Meta(max_length=10)] = ""
    part: Annotated[str, msgspec.Meta(max_length=10)] = ""


class Chosen(Body, frozen=True):
    """A button with nothing to say."""


class Confirmed(Body, frozen=True):
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""


@door.get("/visits/book")
@allow("agent", "supervisor", "admin")
def book_visit() -> Response:
    asked = {name: query_text(name, longest=36) for name in ("customer", "ticket", "visit")}
    with reading(doors.actor()) as work:
        return _form(work, Wanted(**asked))


@door.post("/visits/book")
@allow("agent", "supervisor", "admin")
def find_windows() -> Response:
    form = form_body(Wanted)
    try:
        with begin(doors.actor()) as work:
            ask_id = _ask(work, form)
    except Invalid as error:
        with reading(doors.actor()) as work:
            return _form(work, form, error)
    with reading(doors.actor()) as work:
        return _windows(work, ask_id)


@door.get("/visits/windows/<id:ask_id>")
@allow("agent", "supervisor", "admin")
def windows(ask_id: str) -> Response:
    """By now, with what was found since."""
    with reading(doors.actor()) as work:
        return _windows(work, ask_id)


@door.post("/visits/slots/<id:slot_id>/hold")
@allow("agent", "supervisor", "admin")
def hold_window(slot_id: str) -> Response:
    form_body(Chosen)
    return _with_slot(slot_id, lambda work: visit_booking.hold(work, slot_id), _kept)


@door.post("/visits/slots/<id:slot_id>/release")
@allow("agent", "supervisor", "admin")
def release_window(slot_id: str) -> Response:
    form_body(Chosen)
    return _with_slot(
        slot_id,
        lambda work: visit_booking.release(work, slot_id),
        lambda work, offer: _windows(work, offer.asked_id),
    )


@door.post("/visits/slots/<id:slot_id>/accept")
@allow("agent", "supervisor", "admin")
def accept_window(slot_id: str) -> Response:
    form = form_body(Confirmed)

    def take(work: Work) -> None:
        offer = visit_booking.get_offer(work, slot_id)
        if offer.visit_id is not None:
            visit_booking.move(work, offer.visit_id, slot_id, reason=form.note.strip()[:300])
        else:
            visit_booking.accept(work, slot_id, note=form.note.strip())

    return _with_slot(slot_id, take, _booked)


def _ask(work: Work, form: Wanted) -> str:
    customer = customers.get_customer(work, form.customer)
    if form.ticket:
        tickets.get_visible(work, form.ticket)
    moved = permissions.get_visible(work, form.visit) if form.visit else None
    place_id = form.place or (moved.place_id if moved is not None else "")
    if place_id in ("", NEW):
        place_id = _new_place(work, customer.id, form).id
    elif form.pin:
        _set_pin(work, customer.id, place_id, form.pin)
    zone = _zone(work, places.get(work, place_id, customer.id))
    asked = visit_booking.offers(
        work,
        customer.id,
        visit_type=form.kind or None,
        place_id=place_id,
        from_at=_day(form.from_day, "from_day", zone),
        to_at=_day(form.to_day, "to_day", zone, days=1),
        visit_id=form.visit or None,
        ticket_id=form.ticket or None,
        part=form.part,
    )
    return asked.id


def _new_place(work: Work, customer_id: str, form: Wanted) -> VisitPlace:
    if not form.address.strip():
        raise Invalid(fields={"address": "Write the address."})
    pin = pins.read(form.pin) if form.pin else pins.find(work, form.address, "")
    if pin is None:
        raise Invalid(fields={"pin": MAP_WRONG if form.pin else MAP_NEEDED})
    return places.make(
        work,
        customer_id,
        address=form.address,
        access=form.access,
        postcode=pins.postcode_in(form.address),
        lat=pin.lat,
        lon=pin.lon,
        pin=pin.how,
    )


def _set_pin(work: Work, customer_id: str, place_id: str, text: str) -> None:
    """Where a place of theirs really is, as somebody who knows says."""
    pin = pins.read(text)
    if pin is None:
        raise Invalid(fields={"pin": MAP_WRONG})
    place = places.get(work, place_id, customer_id)
    places.change(work, place, {"lat": pin.lat, "lon": pin.lon, "pin": pin.how}, version=None)


def _day(text: str, field: str, zone: str, days: int = 0) -> datetime | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
        return datetime.combine(day, time(), ZoneInfo(zone))
    except (ValueError, OverflowError):
        raise Invalid(fields={field: "Choose a day."}) from None


def _form(work: Work, form: Wanted, error: Invalid | None = None) -> Response:
    customer = customers.get_customer(work, form.customer)
    moved = permissions.get_visible(work, form.visit) if is_id(form.visit) else None
    if moved is not None and moved.customer_id != customer.id:
        raise NotFound(permissions.ABSENT)
    fields: Mapping[str, str] = error.fields if error is not None else {}
    named = {"place_id": "place", "visit_type": "kind"}
    return doors.fragment(
        "agent/visits/book_form.html",
        error.status if error is not None else 200,
        form=form,
        customer=called_by(work, customer.id) or "the customer",
        moved=moved,
        stands=_window(work, moved),
        kinds=[(one.id, one.name) for one in queries.types(work)],
        places=places.of_customer(work, customer.id),
        errors={named.get(name, name): text for name, text in fields.items()},
        message=error.message if error is not None and not fields else "",
        today=day_of(seconds(work.at), settings.get(work).zone).isoformat(),
    )


def _windows(work: Work, ask_id: str, *, message: str = "", status: int = 200) -> Response:
    ask = visit_booking.get_ask(work, ask_id)
    asked, place = visit_offering.of_ask(work, ask), _place(work, ask.wanted["place_id"])
    zone = _zone(work, place)
    by_day = groupby(asked.offers, key=lambda one: _local(one.starts_at, zone).date())
    return doors.fragment(
        "agent/visits/book_windows.html",
        status,
        ask=ask,
        place=place,
        kind=work.session.get_one(VisitType, ask.wanted["visit_type_id"]),
        days=[(_day_word(day), [_shown(one, zone) for one in some]) for day, some in by_day],
        refusal=visit_offering.refusal_words(asked.refusal) if asked.refusal else "",
        next_day=(asked.refusal or {}).get("next_day") or "",
        is_looking=asked.looking,
        message=message,
    )


def _with_slot(
    slot_id: str,
    change: Callable[[Work], object],
    answer: Callable[[Work, SlotOffer], Response],
) -> Response:
    """Do it; where the window is gone by then, show fresh ones."""
    try:
        with begin(doors.actor()) as work:
            customers.get_customer(work, visit_booking.get_offer(work, slot_id).customer_id)
            change(work)
    except SlotGone as error:
        with begin(doors.actor()) as work:
            ask_id = visit_booking.offers_again(work, slot_id).id
        with reading(doors.actor()) as work:
            return _windows(work, ask_id, message=error.message, status=409)
    except HelpdeskError as error:
        with reading(doors.actor()) as work:
            offer = visit_booking.get_offer(work, slot_id)
            return _windows(work, offer.asked_id, message=error.message, status=error.status)
    with reading(doors.actor()) as work:
        return answer(work, visit_booking.get_offer(work, slot_id))


def _kept(work: Work, offer: SlotOffer) -> Response:
    given, place = settings.get(work), _place(work, offer.place_id)
    zone = place.zone or given.zone
    moved = work.session.get(Visit, offer.visit_id) if offer.visit_id else None
    return doors.fragment(
        "agent/visits/book_kept.html",
        offer=offer,
        place=place,
        kind=work.session.get_one(VisitType, offer.visit_type_id),
        window=visit_words.window(offer.starts_at, offer.ends_at, work.at, zone),
        price=visit_offering.price_words(offer),
        hold_s=given.hold_s,
        moved=moved,
        stands=_window(work, moved),
        confirms=given.confirms,
    )


def _booked(work: Work, offer: SlotOffer) -> Response:
    visit = permissions.get_visible(work, offer.accepted_visit_id or "")
    return doors.fragment(
        "agent/visits/book_done.html",
        visit=visit,
        number=visit_words.number(visit.number),
        window=_window(work, visit),
        confirms=settings.get(work).confirms,
    )


def _window(work: Work, visit: Visit | None) -> str:
    if visit is None or visit.window_starts_at is None or visit.window_ends_at is None:
        return ""
    zone = _zone(work, _place(work, visit.place_id))
    return visit_words.window(visit.window_starts_at, visit.window_ends_at, work.at, zone)


def _shown(offer: SlotOffer, zone: str) -> dict[str, Any]:
    starts, ends = _local(offer.starts_at, zone), _local(offer.ends_at, zone)
    return {
        "id": offer.id,
        "hours": f"{starts:%H:%M} to {ends:%H:%M}",
        "price": visit_offering.price_words(offer),
        "is_held": offer.state == "held",
    }


def _day_word(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def _local(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone))


def _place(work: Work, place_id: str) -> VisitPlace:
    return work.session.get_one(VisitPlace, place_id)


def _zone(work: Work, place: VisitPlace) -> str:
    return place.zone or settings.get(work).zone
