"""Where is my technician by telephone: told after the proof, in the flow’s language, no more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from helpdesk.core import clock
from helpdesk.core.work import begin, reading
from helpdesk.customers import points
from helpdesk.customers.models import Customer
from helpdesk.field_service.models import Visit
from helpdesk.ivr.lookups import Asked, Found, Refused, filled
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import (
    call_flows,
    copying_visits,
    visit_booking,
    visit_course,
    visit_lookups,
)
from tests.field_service.crew_scene import MONDAY, SETUP, Crew, make_crew


@pytest.fixture
def crew(database: object, clock_at: Any) -> Crew:
    clock_at(MONDAY)
    made = make_crew(1)
    with begin(SETUP) as work:
        ada = work.session.get_one(Customer, made.customer_id)
        points.put(work, ada, points.read(work, "external", "NL-4711"), proved=True)
    with begin(made.agent) as work:
        asked = visit_booking.offers(work, made.customer_id, visit_type=made.type_id)
        visit_booking.accept(work, asked.offers[0].id, note="The boiler leaks")
    return made


def visit() -> Visit:
    with reading(SETUP) as work:
        return work.session.scalars(select(Visit)).one()


def ask(number: int, digits: str = "4711", language: str = "en-GB") -> Found | Refused:
    with reading(SETUP) as work:
        asked = Asked("visit_status", str(number), call_flows.ACCOUNT, digits, language)
        return visit_lookups.visit_status(work, asked)


def said(found: Found | Refused) -> str:
    assert isinstance(found, Found)
    return filled(visit_lookups.OUTCOMES[found.outcome], found)


def test_a_caller_hears_when_the_technician_comes_after_the_proof_alone(crew: Crew) -> None:
    one = visit()
    assert said(ask(one.number)) == "A technician comes today between 10:00 and 12:00."
    with reading(SETUP) as work:
        ticket = work.session.get_one(Ticket, one.ticket_id)
    assert said(ask(ticket.number)) == said(ask(one.number))
    assert isinstance(ask(one.number, "4712"), Refused)
    assert isinstance(ask(one.number + 1), Refused)
    german = ask(one.number, language="de-DE")
    assert isinstance(german, Found)
    assert german.slots["day"] == "heute"
    tech = crew.technicians[0]
    assert one.window_starts_at is not None
    with clock.moved_to(one.window_starts_at), begin(tech) as work:
        eta = one.window_starts_at + timedelta(minutes=25)
        visit_course.depart(work, one.id, tech.id, eta=eta, eta_source="distance")
    told = said(ask(one.number))
    assert told == "The technician is on the way to you and should arrive at about 10:25."


def test_a_window_that_passed_is_said_with_an_excuse(crew: Crew) -> None:
    ends = visit().window_ends_at
    assert ends is not None
    with clock.moved_to(ends + timedelta(minutes=1)):
        visit_course.settle_overdue()
        assert said(ask(visit().number)).startswith("We promised to come today between 10:00")


def test_the_customers_copy_holds_visits_and_places(crew: Crew) -> None:
    with reading(SETUP) as work:
        [one] = copying_visits.visits(work, crew.customer_id, "de")
        [place] = copying_visits.places(work, crew.customer_id)
    assert (one["number"], one["kind"]) == (f"V-{visit().number}", "Reparatur")
    assert one["note"] == "The boiler leaks"
    assert one["promised"].endswith("UTC, open")
    assert place["where"].startswith("Werkstr. 1")
