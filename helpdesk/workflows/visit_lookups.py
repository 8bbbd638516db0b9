"""Where is my technician, by telephone: what a call flow can read out of a visit.

Asked by the visit's number or its ticket's, after the same proof as everything else that a flow
reads out. Only when somebody comes is told; no name, no place, nothing of other stops.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from helpdesk.core.work import Work
from helpdesk.customers import records
from helpdesk.field_service import settings, steps
from helpdesk.field_service.models import Visit, VisitPlace
from helpdesk.ivr.lookups import Asked, Found, LookUp, Refused
from helpdesk.tickets import queries as tickets
from helpdesk.workflows import call_lookups, visit_coming

OUTCOMES: Mapping[str, str] = {
    "waiting": "Your visit has no time yet.",
    "planned": "Your visit is planned. You will be told the time.",
    "booked": "A technician comes {day} between {from} and {until}.",
    "travelling": "The technician is on the way to you and should arrive at about {eta}.",
    "on_site": "The technician is with you.",
    "done": "Your visit was done {day}.",
    "no_access": "We were at your door {day} and nobody opened.",
    "cancelled": "Your visit is called off.",
    "missed": "We promised to come {day} between {from} and {until} and did not. We are sorry. "
    "You hear from us.",
}
_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
}
_MONTHS = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December"),
    "de": ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
           "Oktober", "November", "Dezember"),
}  # fmt: skip
_NEAR = {"en": ("today", "tomorrow"), "de": ("heute", "morgen")}


def visit_status(work: Work, asked: Asked) -> Found | Refused:
    """How the visit stands, where the digits are those of its customer's record."""
    visit = visit_of(work, int(asked.number)) if asked.number.isdecimal() else None
    if visit is None:
        return Refused()
    customer = records.find(work, visit.customer_id)
    if customer is None or not call_lookups.is_proved(work, customer, asked):
        return Refused(customer.id if customer else "")
    place = work.session.get_one(VisitPlace, visit.place_id)
    zone = place.zone or settings.get(work).zone
    language = (asked.language or customer.language or "en")[:2].lower()
    outcome = _outcome(work, visit)
    slots = _slots(work, visit, outcome, zone, language if language in _DAYS else "en")
    return Found(outcome, slots, customer_id=customer.id)


def visit_of(work: Work, number: int) -> Visit | None:
    """By its own number, or what comes next for the ticket of that number."""
    if number >= 2**63:
        return None
    found = work.session.scalar(select(Visit).where(Visit.number == number))
    if found is not None:
        return found
    ticket = tickets.find_by_number(work, number)
    if ticket is None:
        return None
    rows = work.session.scalars(
        select(Visit)
        .where(Visit.ticket_id == tickets.current(work, ticket).id)
        .order_by(Visit.created_at.desc())
        .limit(20)
    ).all()
    ahead = [one for one in rows if not steps.is_over(one.state)]
    ahead.sort(key=lambda one: (one.planned_at is None, one.planned_at or one.created_at))
    return next(iter([*ahead, *rows]), None)


def _outcome(work: Work, visit: Visit) -> str:
    if visit.id in visit_coming.missed(work, [visit]):
        return "missed"
    if visit.state == "booked" and visit.window_starts_at is None:
        return "planned"
    return visit.state


def _slots(work: Work, visit: Visit, outcome: str, zone: str, language: str) -> dict[str, str]:
    """What the sentences speak of, in words that are read out well."""
    clock = ZoneInfo(zone)
    slots = {"number": " ".join(str(visit.number))}
    starts, ends = visit.window_starts_at, visit.window_ends_at
    at = visit.finished_at if outcome in ("done", "no_access") else starts
    if at is not None:
        slots["day"] = spoken_day(at, work.at, zone, language)
    if starts is not None and ends is not None:
        slots["from"] = f"{starts.astimezone(clock):%-H:%M}"
        slots["until"] = f"{ends.astimezone(clock):%-H:%M}"
    if outcome == "travelling":
        eta = visit_coming.of(work, visit).eta or ends or work.at
        slots["eta"] = f"{eta.astimezone(clock):%-H:%M}"
    return slots


def spoken_day(at: datetime, now: datetime, zone: str, language: str) -> str:
    """`today`, `on Tuesday, 2 December`: to be read out."""
    day, today = at.astimezone(ZoneInfo(zone)).date(), now.astimezone(ZoneInfo(zone)).date()
    if 0 <= (day - today).days <= 1:
        return _NEAR[language][(day - today).days]
    name, month = _DAYS[language][day.weekday()], _MONTHS[language][day.month - 1]
    return (
        f"am {name}, dem {day.day}. {month}"
        if language == "de"
        else (f"on {name}, {day.day} {month}")
    )


VISIT_STATUS = LookUp("visit_status", "When the technician comes", OUTCOMES, visit_status)
