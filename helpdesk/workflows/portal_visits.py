"""Visits as their customer sees and books them: their own, what they may book, windows on offer.

Customers book what is marked for them, at their own places, and keep one window at a time. Not for
the engine (`visit_booking`), nor for sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select

from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.field_service import (
    listing,
    permissions,
    pins,
    places,
    queries,
    settings,
)
from helpdesk.field_service.listing import Line
from helpdesk.field_service.models import SlotAsk, SlotOffer, Visit, VisitPlace
from helpdesk.field_service.models_crew import VisitType
from helpdesk.field_service.models_work import VisitReport
from helpdesk.tickets import queries as tickets
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import visit_booking, visit_coming, visit_offering, visit_tickets
from helpdesk.workflows.portal_reach import Matter, Reach
from helpdesk.workflows.visit_coming import Coming
from helpdesk.workflows.visit_offering import Asked

SHOWN = 50


@dataclass(frozen=True, slots=True)
class VisitOf:
    """One visit for its page. `may_change`: until `until`, if there is a window to count from."""

    line: Line
    zone: str
    coming: Coming
    is_missed: bool
    may_change: bool = False
    until: datetime | None = None
    ticket: Ticket | None = None
    report_id: str | None = None  # of the file that the customer may fetch

    @property
    def visit(self) -> Visit:
        return self.line.visit


@dataclass(frozen=True, slots=True)
class Choice:
    """A question for windows with its answer, as a page of it needs them."""

    ask: SlotAsk
    asked: Asked
    kind: VisitType
    place: VisitPlace
    visit: Visit | None
    zone: str


def any_of(customer_id: str) -> ColumnElement[bool]:
    """Whether the portal needs an entry for visits: they have one, or may book one."""
    return or_(
        exists().where(Visit.customer_id == customer_id),
        exists().where(VisitType.is_active.is_(True), VisitType.is_bookable.is_(True)),
    )


def of_customer(work: Work, reach: Reach) -> list[VisitOf]:
    """All of theirs, what is to come first."""
    return _brief(work, listing.of_customer(work, reach.customer_id, SHOWN))


def next_of(work: Work, reach: Reach) -> VisitOf | None:
    """What they wait for."""
    row = queries.next_of_customer(work, reach.customer_id)
    return get(work, row.id) if row is not None else None


def at_a_glance(work: Work, customer_id: str) -> VisitOf | None:
    """What this customer waits for; the caller has proved that they are it."""
    row = queries.next_of_customer(work, customer_id)
    return _brief(work, [listing.one(work, row.id)])[0] if row is not None else None


def of_matter(work: Work, matter: Matter) -> list[VisitOf]:
    """Of a matter of the reader's own; who only reads along sees none."""
    return _brief(work, listing.of_ticket(work, matter.stands.id)) if matter.is_own else []


def _brief(work: Work, lines: Sequence[Line]) -> list[VisitOf]:
    """For lists: what one look at each tells, in two statements more whatever their number."""
    if not lines:
        return []
    house = settings.get(work).zone
    late = visit_coming.missed(work, [one.visit for one in lines])
    return [
        VisitOf(one, one.place.zone or house, visit_coming.at_a_glance(one), one.visit.id in late)
        for one in lines
    ]


def get(work: Work, visit_id: str) -> VisitOf:
    """NotFound for another's."""
    visit = permissions.get_visible(work, visit_id)
    line = listing.one(work, visit.id)
    report = work.session.scalar(
        select(VisitReport.attachment_id)
        .where(VisitReport.visit_id == visit.id, VisitReport.attachment_id.is_not(None))
        .order_by(VisitReport.version.desc())
        .limit(1)
    )
    return VisitOf(
        line=line,
        zone=zone_of(work, line.place),
        coming=visit_coming.of(work, visit),
        is_missed=visit.id in visit_coming.missed(work, [visit]),
        may_change=visit_booking.may_change(work, visit),
        until=visit_booking.changes_until(work, visit),
        ticket=work.session.get(Ticket, visit.ticket_id) if visit.ticket_id else None,
        report_id=report,
    )


def zone_of(work: Work, place: VisitPlace) -> str:
    return place.zone or settings.get(work).zone


def bookable(work: Work) -> Sequence[VisitType]:
    return queries.types(work, bookable=True)


def name_of(kind: VisitType, language: str) -> str:
    return visit_tickets.name_of(kind, language)


def own_places(work: Work, reach: Reach) -> list[VisitPlace]:
    """Those that can be planned for."""
    return [one for one in places.of_customer(work, reach.customer_id) if places.has_pin(one)]


def add_place(work: Work, reach: Reach, *, address: str, access: str, map_link: str) -> VisitPlace:
    """A place of theirs; Invalid names `map_link` when nobody knows where it is (`unknown`)."""
    if map_link.strip():
        pin = pins.read(map_link)
        if pin is None:
            raise Invalid(fields={"map_link": "wrong"})
    else:
        pin = pins.find(work, address, "")
        if pin is None:
            raise Invalid(fields={"map_link": "unknown"})
    return places.make(
        work,
        reach.customer_id,
        address=address,
        access=access,
        postcode=pins.postcode_in(address),
        lat=pin.lat,
        lon=pin.lon,
        pin=pin.how,
    )


def ask(
    work: Work,
    reach: Reach,
    *,
    kind_id: str,
    place_id: str,
    ticket_id: str | None = None,
    from_at: datetime | None = None,
    part: str = "",
) -> Asked:
    """Windows for a new visit of a kind that customers may book."""
    if kind_id not in {one.id for one in bookable(work)}:
        raise Invalid(fields={"kind": "needed"})
    if place_id not in {one.id for one in own_places(work, reach)}:
        raise Invalid(fields={"place": "needed"})
    return visit_booking.offers(
        work,
        reach.customer_id,
        visit_type=kind_id,
        place_id=place_id,
        ticket_id=ticket_id,
        from_at=from_at,
        source="portal",
        part=part,
    )


def ask_to_move(
    work: Work, reach: Reach, visit_id: str, *, from_at: datetime | None = None
) -> Asked:
    """Other windows for a visit, or the first ones for one that has no time yet."""
    visit = permissions.get_visible(work, visit_id)
    visit_booking.must_be_in_time(work, visit)
    return visit_booking.offers(
        work, reach.customer_id, visit_id=visit_id, from_at=from_at, source="portal"
    )


def choice(work: Work, reach: Reach, ask_id: str) -> Choice:
    """NotFound for another's question."""
    row = work.session.get(SlotAsk, ask_id) if is_id(ask_id) else None
    if row is None or row.customer_id != reach.customer_id:
        raise NotFound(visit_booking.ABSENT)
    place = work.session.get_one(VisitPlace, row.wanted["place_id"])
    visit_id = row.wanted.get("visit_id")
    return Choice(
        row,
        visit_offering.of_ask(work, row),
        work.session.get_one(VisitType, row.wanted["visit_type_id"]),
        place,
        permissions.get_visible(work, visit_id) if visit_id else None,
        zone_of(work, place),
    )


def keep(work: Work, reach: Reach, slot_id: str) -> SlotOffer:
    """One window is kept for a customer at a time, whatever they have asked for; nothing is given
    back before it is their turn, since whoever has the turn may want that very route.
    """
    offer = visit_booking.get_offer(work, slot_id)
    if offer.customer_id != reach.customer_id:
        raise NotFound(visit_booking.ABSENT)
    return visit_booking.hold(work, slot_id)


def take(work: Work, slot_id: str, *, note: str = "") -> Visit:
    """The window that was kept is promised: for a new visit, or for the one that moves."""
    offer = visit_booking.get_offer(work, slot_id)
    if offer.visit_id is not None:
        return visit_booking.move(work, offer.visit_id, slot_id)
    return visit_booking.accept(work, slot_id, note=note)


def own_ticket(work: Work, reach: Reach, ticket_id: str) -> Ticket | None:
    """The matter that a booking belongs to, where it is theirs to write on."""
    found = tickets.find_ticket(work, ticket_id) if is_id(ticket_id) else None
    if found is None or found.customer_id != reach.customer_id:
        return None
    return found if found.merged_into_id is None else None
