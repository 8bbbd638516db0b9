"""The ticket that a visit stands on: the one that is named, or one opened for it.

Not for what the visit's steps mean for it (`visit_course`).
"""

from __future__ import annotations

from helpdesk.core.errors import Conflict, NotFound
from helpdesk.core.work import Work
from helpdesk.customers import records
from helpdesk.field_service.models import SlotOffer
from helpdesk.field_service.models_crew import VisitType
from helpdesk.tickets import permissions as tickets
from helpdesk.tickets import queries
from helpdesk.workflows import cases, customer_days
from helpdesk.workflows import cases_line as line

LANGUAGES = ("en", "de")
_WORDS = {
    "en": "A visit was booked: {kind}, {day}.",
    "de": "Ein Termin vor Ort wurde gebucht: {kind}, {day}.",
}


def open_for(work: Work, offer: SlotOffer, note: str) -> str:
    """A ticket for the visit behind this offer, in the words of whoever books; its id."""
    customer = records.find(work, offer.customer_id)
    language = language_of(customer.language if customer is not None else None)
    kind = work.session.get_one(VisitType, offer.visit_type_id)
    zone = customer_days.zone_of(customer, None)
    told = _WORDS[language].format(
        kind=name_of(kind, language), day=customer_days.words(offer.starts_at, zone, language)
    )
    by_us = work.actor.role != "customer"
    opened = cases.open_case(
        work,
        customer_id=offer.customer_id,
        subject=name_of(kind, language),
        body=note.strip() or told,
        channel="form",
        author=f"agent:{work.actor.id}" if by_us and work.actor.kind == "user" else "visitor",
        internal=by_us,
    )
    return opened.ticket.id


def hold(work: Work, ticket_id: str, customer_id: str) -> None:
    """The ticket, held before anything of the visit is; it has to be this customer's."""
    ticket = queries.find_ticket(work, ticket_id)
    if ticket is None or ticket.customer_id != customer_id:
        raise NotFound("This ticket does not exist.")
    if work.actor.on_desk and work.actor.kind == "user":
        tickets.get_visible(work, ticket_id)
    if ticket.merged_into_id is not None:
        raise Conflict("This ticket went on in another one.", code="merged")
    line.hold(work, ticket_id)


def name_of(kind: VisitType, language: str) -> str:
    """What customers read."""
    return kind.names.get(language) or kind.name


def language_of(text: str | None) -> str:
    short = (text or "en")[:2].lower()
    return short if short in LANGUAGES else "en"
