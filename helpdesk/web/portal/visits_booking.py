"""Booking a visit in the portal: what and where, the windows on offer, one kept, booked or moved.

Each step is a page of its own that works without script. Not for the visit once it is booked
(`visits`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from itertools import groupby
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from flask import Response

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid, NotFound
from helpdesk.core.work import Work, begin, reading
from helpdesk.field_service import settings
from helpdesk.field_service.crew_days import seconds
from helpdesk.field_service.days import day_of
from helpdesk.field_service.models import SlotOffer
from helpdesk.field_service.models_crew import VisitType
from helpdesk.web import doors
from helpdesk.web.bodies import Body, form_body, query_text
from helpdesk.web.doors import allow
from helpdesk.web.portal import door, frame
from helpdesk.web.portal.frame import Here
from helpdesk.web.portal.speech import Say
from helpdesk.web.portal.writing import writes
from helpdesk.workflows import portal_reach, portal_visits, visit_booking, visit_offering
from helpdesk.workflows.portal_visits import Choice
from helpdesk.workflows.visit_booking import SlotGone
from helpdesk.workflows.visit_wishes import PARTS

SOMEWHERE_ELSE = "new"
TOLD_TO_CUSTOMERS = ("no_shift", "far", "full")


class Wanted(Body, frozen=True):
    kind: Annotated[str, msgspec.Meta(max_length=36)] = ""
    place: Annotated[str, msgspec.Meta(max_length=36)] = ""
    address: Annotated[str, msgspec.Meta(max_length=300)] = ""
    access: Annotated[str, msgspec.Meta(max_length=500)] = ""
    map_link: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    not_before: Annotated[str, msgspec.Meta(max_length=10)] = ""
    part: Annotated[str, msgspec.Meta(max_length=10)] = ""
    about: Annotated[str, msgspec.Meta(max_length=36)] = ""


class Chosen(Body, frozen=True):
    """A button with nothing to say."""


class Confirmed(Body, frozen=True):
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""


@door.get("/visits/new")
@allow("customer")
def new_visit() -> Response:
    with reading(doors.actor()) as work:
        at = frame.mine(work)
        return _form(work, at, Wanted(kind=query_text("kind"), about=query_text("about")))


@door.post("/visits/new")
@allow("customer")
def find_times() -> Response:
    form = form_body(Wanted)
    try:
        writes.spend(doors.actor().id)
        with begin(doors.actor()) as work:
            reach = portal_reach.of(work)
            ask_id = _ask(work, reach, form)
    except NotFound:
        raise
    except HelpdeskError as error:
        with reading(doors.actor()) as work:
            return _form(work, frame.mine(work), form, error)
    return doors.go(f"/portal/visits/times/{ask_id}")


@door.post("/visits/<id:visit_id>/move")
@allow("customer")
def find_other_times(visit_id: str) -> Response:
    form_body(Chosen)
    try:
        writes.spend(doors.actor().id)
        with begin(doors.actor()) as work:
            ask_id = portal_visits.ask_to_move(work, portal_reach.of(work), visit_id).id
    except Conflict:
        return doors.go(f"/portal/visits/{visit_id}")
    return doors.go(f"/portal/visits/times/{ask_id}")


@door.get("/visits/times/<id:ask_id>")
@allow("customer")
def times(ask_id: str) -> Response:
    with reading(doors.actor()) as work:
        return _times(work, frame.mine(work), ask_id)


@door.get("/visits/times/<id:ask_id>/now")
@allow("customer")
def times_now(ask_id: str) -> Response:
    """The windows by now, for a page that waits for further ones."""
    with reading(doors.actor()) as work:
        at = frame.mine(work)
        it = portal_visits.choice(work, portal_reach.of(work), ask_id)
        return doors.fragment("portal/_visit_times.html", say=at.say, **_offered(at, it))


@door.post("/visits/slots/<id:slot_id>/keep")
@allow("customer")
def keep_time(slot_id: str) -> Response:
    form_body(Chosen)
    try:
        with begin(doors.actor()) as work:
            portal_visits.keep(work, portal_reach.of(work), slot_id)
    except SlotGone:
        return _gone(slot_id)
    return doors.go(f"/portal/visits/slots/{slot_id}")


@door.get("/visits/slots/<id:slot_id>")
@allow("customer")
def kept_time(slot_id: str) -> Response:
    """Everything once more before it is booked."""
    with reading(doors.actor()) as work:
        offer = visit_booking.get_offer(work, slot_id)
        if offer.state == "accepted" and offer.accepted_visit_id:
            return doors.go(f"/portal/visits/{offer.accepted_visit_id}")
        if offer.state != "held" or offer.expires_at <= work.at:
            return doors.go(f"/portal/visits/times/{offer.asked_id}?note=again")
        return _confirm(work, frame.mine(work), offer)


@door.post("/visits/slots/<id:slot_id>/book")
@allow("customer")
def book_time(slot_id: str) -> Response:
    form = form_body(Confirmed)
    try:
        with begin(doors.actor()) as work:
            moved = visit_booking.get_offer(work, slot_id).visit_id is not None
            visit_id = portal_visits.take(work, slot_id, note=form.note.strip()).id
    except SlotGone:
        return _gone(slot_id)
    done = "visit_moved" if moved else "visit_booked"
    return doors.go(f"/portal/visits/{visit_id}?note={done}")


@door.post("/visits/slots/<id:slot_id>/release")
@allow("customer")
def give_time_back(slot_id: str) -> Response:
    form_body(Chosen)
    with begin(doors.actor()) as work:
        ask_id = visit_booking.release(work, slot_id).asked_id
    return doors.go(f"/portal/visits/times/{ask_id}")


def _ask(work: Work, reach: portal_reach.Reach, form: Wanted) -> str:
    if not form.kind:
        raise Invalid(fields={"kind": "needed"})
    if not form.place and portal_visits.own_places(work, reach):
        raise Invalid(fields={"place": "needed"})
    place_id = form.place
    if form.place in ("", SOMEWHERE_ELSE):
        if not form.address.strip():
            raise Invalid(fields={"address": "needed"})
        place_id = portal_visits.add_place(
            work, reach, address=form.address, access=form.access, map_link=form.map_link
        ).id
    ticket = portal_visits.own_ticket(work, reach, form.about) if form.about else None
    return portal_visits.ask(
        work,
        reach,
        kind_id=form.kind,
        place_id=place_id,
        ticket_id=ticket.id if ticket is not None else None,
        from_at=_not_before(work, form.not_before),
        part=form.part,
    ).id


def _not_before(work: Work, text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), ZoneInfo(settings.get(work).zone))
    except (ValueError, OverflowError):
        raise Invalid(fields={"not_before": "wrong"}) from None


_TOLD: Mapping[tuple[str, str], str] = {
    ("kind", "needed"): "book.kind_needed",
    ("place", "needed"): "book.place_needed",
    ("address", "needed"): "book.place_address_needed",
    ("map_link", "unknown"): "book.place_unknown",
    ("map_link", "wrong"): "book.place_map_wrong",
    ("not_before", "wrong"): "book.from_wrong",
}


def _form(work: Work, at: Here, form: Wanted, error: HelpdeskError | None = None) -> Response:
    reach = portal_reach.of(work)
    about = portal_visits.own_ticket(work, reach, form.about)
    errors = {
        name: at.say(_TOLD.get((name, text), "form.check"))
        for name, text in getattr(error, "fields", {}).items()
    }
    message = ""
    if error is not None and not errors:
        message = at.say("book.many") if error.status == 429 else error.message
    kinds = portal_visits.bookable(work)
    return frame.show(
        "visit_new.html",
        at,
        error.status if error is not None else 200,
        area="visits",
        errors=errors,
        message=message,
        form=form,
        about=about,
        kinds=[(one, portal_visits.name_of(one, at.say.language)) for one in kinds],
        places=portal_visits.own_places(work, reach),
        today=day_of(seconds(work.at), settings.get(work).zone).isoformat(),
        somewhere_else=SOMEWHERE_ELSE,
        parts=[(one, at.say(f"book.part.{one or 'any'}")) for one in ("", *PARTS)],
    )


def _times(work: Work, at: Here, ask_id: str, *, message: str = "", status: int = 200) -> Response:
    it = portal_visits.choice(work, portal_reach.of(work), ask_id)
    return frame.show(
        "visit_times.html",
        at,
        status,
        area="visits",
        message=message,
        minutes=settings.get(work).hold_s // 60,
        name=portal_visits.name_of(it.kind, at.say.language),
        stands=_window(at.say.at_place(it.zone), it) if it.visit is not None else "",
        **_offered(at, it),
    )


def _offered(at: Here, it: Choice) -> dict[str, Any]:
    """Windows by day, the soonest first; or why there is none."""
    say = at.say.at_place(it.zone)
    by_day = groupby(it.asked.offers, key=lambda one: say.day(one.starts_at))
    refusal = it.asked.refusal
    return {
        "it": it,
        "days": [(day, [_time(say, one) for one in some]) for day, some in by_day],
        "refusal": _refusal(say, refusal) if refusal else "",
        "is_looking": it.asked.looking,
    }


def _refusal(say: Say, refusal: Mapping[str, Any]) -> str:
    """Days and distances help the customer; who can do what and what the vans hold is ours."""
    if refusal.get("kind") in TOLD_TO_CUSTOMERS:
        return visit_offering.refusal_words(refusal, say.language)
    return say("book.none_write")


def _time(say: Say, offer: SlotOffer) -> dict[str, str]:
    zone = ZoneInfo(say.zone)
    starts, ends = (f"{at.astimezone(zone):%H:%M}" for at in (offer.starts_at, offer.ends_at))
    return {
        "id": offer.id,
        "hours": say("book.one", starts=starts, ends=ends),
    }


def _window(say: Say, it: Choice) -> str:
    visit = it.visit
    if visit is None or visit.window_starts_at is None or visit.window_ends_at is None:
        return ""
    return say.span(visit.window_starts_at, visit.window_ends_at)


def _confirm(work: Work, at: Here, offer: SlotOffer) -> Response:
    it = portal_visits.choice(work, portal_reach.of(work), offer.asked_id)
    say = at.say.at_place(it.zone)
    return frame.show(
        "visit_confirm.html",
        at,
        area="visits",
        offer=offer,
        it=it,
        name=portal_visits.name_of(work.session.get_one(VisitType, offer.visit_type_id),
                                   say.language),
        window=say.span(offer.starts_at, offer.ends_at),
        instead=_window(say, it),
        until=say.clock(offer.expires_at),
    )  # fmt: skip


def _gone(slot_id: str) -> Response:
    """Fresh windows for whoever was too late."""
    with begin(doors.actor()) as work:
        ask_id = visit_booking.offers_again(work, slot_id).id
    with reading(doors.actor()) as work:
        at = frame.mine(work)
        return _times(work, at, ask_id, message=at.say("book.gone"), status=409)
