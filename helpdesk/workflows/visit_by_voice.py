"""A visit booked or moved by telephone menu: windows read out with their keys, one taken.

The same offers as on the portal and the desk, kept and promised by the same engine; a window that
is gone by then is answered with fresh ones. Which windows a key means, the newest question for that
visit or ticket tells. Customers may move as late as in the portal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from helpdesk.core.errors import Conflict, HelpdeskError
from helpdesk.core.work import Work
from helpdesk.customers import records
from helpdesk.field_service import queries, settings, steps
from helpdesk.field_service.models import SlotAsk, SlotOffer, Visit, VisitPlace
from helpdesk.ivr.lookups import Asked, Found, LookUp, Refused
from helpdesk.ivr.visiting import CHOICE, OFFERED, TAKEN, TIMES
from helpdesk.tickets import queries as tickets
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import call_lookups, visit_booking, visit_lookups, visit_offering
from helpdesk.workflows.visit_booking import SlotGone

READ_OUT = 4  # more than that nobody remembers
PATIENCE = timedelta(minutes=15)
_SAID = "{said}"
OUTCOMES = dict.fromkeys((OFFERED, "none", "too_late", "not_possible"), _SAID)
_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "one": "For {day} between {from} and {until}, press {key}.",
        "taken": "Thank you. A technician comes {day} between {from} and {until}.",
        "none": "There is no time that we can promise.",
        "too_late": "It is too late to change this visit here.",
        "not_possible": "This can't be booked by telephone menu.",
        "gone": "This time was taken a moment ago.",
    },
    "de": {
        "one": "Für {day} zwischen {from} und {until} Uhr drücken Sie die {key}.",
        "taken": "Danke. Unser Techniker kommt {day} zwischen {from} und {until} Uhr.",
        "none": "Wir können keine Zeit zusagen.",
        "too_late": "Hier lässt sich der Termin nicht mehr ändern.",
        "not_possible": "Das lässt sich nicht im Telefonmenü buchen.",
        "gone": "Diese Zeit wurde gerade vergeben.",
    },
}


@dataclass(frozen=True, slots=True)
class _Subject:
    """What the number means: a visit that is to come, or a ticket that has none."""

    customer_id: str
    visit: Visit | None
    ticket: Ticket | None


def times(work: Work, asked: Asked) -> Found | Refused:
    """Windows, where the digits are those of the customer's record."""
    about = _subject(work, asked.number)
    customer = records.find(work, about.customer_id) if about is not None else None
    if about is None or customer is None or not call_lookups.is_proved(work, customer, asked):
        return Refused(customer.id if customer is not None else "")
    return _offered(work, about, _language(asked))


def choice(work: Work, asked: Asked) -> Found | Refused:
    """The window of that key is promised; without a key all are read out once more.

    Only asked once the proof was given in this call (see `ivr.visiting`).
    """
    about, language = _subject(work, asked.number), _language(asked)
    ask = _newest_ask(work, about) if about is not None else None
    if about is None or ask is None:
        return Refused()
    offers = list(visit_offering.of_ask(work, ask).offers)[:READ_OUT]
    if not asked.digits:
        return _read(work, offers, language, about.customer_id)
    number = int(asked.digits) if asked.digits.isdecimal() else 0
    if not 1 <= number <= len(offers):
        return Found("none", {"said": ""}) if not offers else _read(
            work, offers, language, about.customer_id
        )  # fmt: skip
    return _take(work, offers[number - 1], about, language)


def _take(work: Work, offer: SlotOffer, about: _Subject, language: str) -> Found:
    try:
        with work.attempt():
            visit_booking.hold(work, offer.id)
            if offer.visit_id is not None:
                visit_booking.move(work, offer.visit_id, offer.id)
            else:
                visit_booking.accept(work, offer.id)
    except SlotGone:
        fresh = _offered(work, about, language)
        said = f"{_WORDS[language]['gone']} {fresh.slots['said']}"
        return Found(fresh.outcome, {"said": said}, customer_id=about.customer_id)
    said = _filled(work, "taken", offer, language)
    return Found(TAKEN, {"said": said}, customer_id=about.customer_id)


def _offered(work: Work, about: _Subject, language: str) -> Found:
    """Ask the engine; what can't be asked for is said in a sentence."""
    words = _WORDS[language]
    try:
        if about.visit is not None:
            visit_booking.must_be_in_time(work, about.visit)
        elif not queries.types(work, bookable=True):
            return Found("not_possible", {"said": words["not_possible"]})
        asked = visit_booking.offers(
            work,
            about.customer_id,
            visit_type=None if about.visit else queries.types(work, bookable=True)[0].id,
            visit_id=about.visit.id if about.visit else None,
            ticket_id=about.ticket.id if about.ticket and not about.visit else None,
            source="ivr",
        )
    except Conflict as error:
        key = "too_late" if error.code == "too_late" else "not_possible"
        return Found(key, {"said": words[key]}, customer_id=about.customer_id)
    except HelpdeskError:  # no place of theirs is known, or several
        return Found("not_possible", {"said": words["not_possible"]})
    ordered = sorted(asked.offers, key=lambda one: (one.starts_at, one.id))[:READ_OUT]
    return _read(work, ordered, language, about.customer_id)


def _read(work: Work, offers: Sequence[SlotOffer], language: str, customer_id: str) -> Found:
    if not offers:
        return Found("none", {"said": _WORDS[language]["none"]}, customer_id=customer_id)
    said = " ".join(
        _filled(work, "one", one, language, key=number) for number, one in enumerate(offers, 1)
    )
    return Found(OFFERED, {"said": said}, customer_id=customer_id)


def _filled(work: Work, word: str, offer: SlotOffer, language: str, key: int = 0) -> str:
    place = work.session.get_one(VisitPlace, offer.place_id)
    zone = place.zone or settings.get(work).zone
    day = visit_lookups.spoken_day(offer.starts_at, work.at, zone, language)
    hours = [f"{at.astimezone(ZoneInfo(zone)):%-H:%M}" for at in (offer.starts_at, offer.ends_at)]
    text = _WORDS[language][word]
    if word == "one":
        day = day.removeprefix("on ").removeprefix("am ").replace(", dem ", ", den ")
    for name, value in (("day", day), ("from", hours[0]), ("until", hours[1]), ("key", str(key))):
        text = text.replace(f"{{{name}}}", value)
    return text


def _subject(work: Work, number: str) -> _Subject | None:
    if not number.isdecimal() or int(number) >= 2**63:
        return None
    visit = visit_lookups.visit_of(work, int(number))
    if visit is not None and not steps.is_over(visit.state):
        return _Subject(visit.customer_id, visit, None)
    ticket = tickets.find_by_number(work, int(number))
    if ticket is None:
        return None
    ticket = tickets.current(work, ticket)
    return _Subject(ticket.customer_id, None, ticket)


def _newest_ask(work: Work, about: _Subject) -> SlotAsk | None:
    """The question that was read out; it is not older than a call is patient."""
    rows = work.session.scalars(
        select(SlotAsk)
        .where(SlotAsk.made_at >= work.at - PATIENCE, SlotAsk.customer_id == about.customer_id)
        .order_by(SlotAsk.made_at.desc(), SlotAsk.id.desc())
        .limit(20)
    )
    visit_id = about.visit.id if about.visit is not None else None
    return next(
        (
            one
            for one in rows
            if one.wanted.get("source") == "ivr" and one.wanted.get("visit_id") == visit_id
        ),
        None,
    )


def _language(asked: Asked) -> str:
    short = asked.language[:2].lower()
    return short if short in _WORDS else "en"


LOOK_UPS = (
    LookUp(TIMES, "Times for a visit", OUTCOMES, times, is_offered=False),
    LookUp(CHOICE, "One of these times", {TAKEN: _SAID} | OUTCOMES, choice, is_offered=False),
)
