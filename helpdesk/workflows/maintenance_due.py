"""Maintenance whose time comes: a visit that waits to be booked, on a ticket of its own.

A duty of the sweeper, each date in a transaction of its own, so that one plan that can't go on
holds up none of the others. The ticket stands in line like any other: somebody books the visit with
the customer, or the customer does in the portal.
"""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta

from helpdesk.core.actors import system
from helpdesk.core.errors import HelpdeskError
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import records
from helpdesk.field_service import maintenance, places, recurring, service, settings, types
from helpdesk.field_service.models import Maintenance, Visit
from helpdesk.field_service.models_crew import VisitType
from helpdesk.field_service.working_days import instant
from helpdesk.workflows import cases

log = logging.getLogger("helpdesk.maintenance")

ACTOR = system("maintenance")
EARLY_DAYS = 7  # so long before its date the visit may take place
MINUTES_A_DAY = 24 * 60


def make_due() -> None:
    """Make the visits that fall due within the lead time of their plans."""
    with reading(ACTOR) as work:
        due = maintenance.due(work)
    for plan_id, on in due:
        try:
            with begin(ACTOR) as work:
                make(work, plan_id, on)
        except HelpdeskError as error:
            log.warning("no visit of plan %s for %s: %s", plan_id, on, error.message)


def make(work: Work, plan_id: str, on: date) -> Visit | None:
    """The visit of that date with its ticket; None where somebody else made it, or none is due."""
    plan = maintenance.take(work, plan_id, on)
    if plan is None:
        return None
    kind, zone = work.session.get_one(VisitType, plan.visit_type_id), _zone(work, plan)
    ticket_id = cases.open_case(
        work, customer_id=plan.customer_id, subject=_subject(work, plan, kind, on),
        body=_words(plan, on), channel="form", queue=settings.get(work).maintenance_queue or None,
        author="system", internal=True, preferred=(),
    ).ticket.id  # fmt: skip
    earliest = _at(on - timedelta(days=EARLY_DAYS), 0, zone)
    return service.make(
        work, kind, customer_id=plan.customer_id, place_id=plan.place_id, source="plan",
        ticket_id=ticket_id, asset_id=plan.asset_id, note=plan.note, due_at=_at(on, 1, zone),
        earliest_at=earliest if earliest > work.at else None, maintenance_id=plan.id,
        maintenance_on=on,
    )  # fmt: skip


def _zone(work: Work, plan: Maintenance) -> str:
    return places.get(work, plan.place_id).zone or settings.get(work).zone


def _at(day: date, days: int, zone: str) -> datetime:
    """Midnight at the place: the one that begins the day, or `days` later."""
    return datetime.fromtimestamp(instant(day, days * MINUTES_A_DAY, zone), tz=UTC)


def _subject(work: Work, plan: Maintenance, kind: VisitType, on: date) -> str:
    """In the customer's language, since they read it too."""
    customer = records.find(work, plan.customer_id)
    german = customer is not None and (customer.language or "").startswith("de")
    name = types.name_in(kind, "de" if german else "en")
    if german:
        return f"{name}: fällig am {on.day}.{on.month}.{on.year}"
    return f"{name}: due on {recurring.day_words(on)}"


def _words(plan: Maintenance, on: date) -> str:
    every = recurring.words(plan.rule, plan.starts_on)
    return f"{every}. Please book the visit with the customer: its day is {on.isoformat()}."
