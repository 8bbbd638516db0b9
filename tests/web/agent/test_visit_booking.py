"""Booking a visit on the desk: windows with their price, one kept, promised or moved, or a no."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk.core.work import begin, reading
from helpdesk.field_service.models import SlotOffer, Visit, VisitPlace
from helpdesk.field_service.models_crew import Technician
from tests.field_service.crew_scene import (
    MONDAY,
    SETUP,
    Crew,
    add_place,
    add_technician,
    add_type,
)
from tests.web.admin.scene import words_of
from tests.web.portal import scene
from tests.web.portal.scene import Shop
from tests.web.signed_in import Browser, browser_as


@pytest.fixture
def shop(app: Flask, settings: Any, clock_at: Any) -> Shop:
    clock_at(MONDAY)
    return scene.furnish(app, settings)


@pytest.fixture
def crew(shop: Shop) -> Crew:
    customer = shop.customer("Ada", "ada@example.com")
    with begin(SETUP) as work:
        made = Crew(technicians=[add_technician(work, "Tech Nemo")], customer_id=customer)
        made.type_id = add_type(work)
        made.place_id = add_place(work, customer)
        return made


@pytest.fixture
def desk(shop: Shop) -> Browser:
    return browser_as(shop.app, "agent", user_id=shop.anna.id)


def find(desk: Browser, crew: Crew, **given: str) -> str:
    form = {"customer": crew.customer_id, "kind": crew.type_id, "place": crew.place_id, **given}
    return desk.post("/desk/visits/book", data=form).text


def slots_in(page: str) -> list[str]:
    return re.findall(r'data-slot="([0-9a-f-]{36})"', page)


def the_visit() -> Visit:
    with reading(SETUP) as work:
        return work.session.scalars(select(Visit)).one()


def test_an_agent_books_and_moves_a_visit_of_a_ticket(
    shop: Shop, crew: Crew, desk: Browser
) -> None:
    case = shop.case(crew.customer_id)
    asked = {"customer": crew.customer_id, "ticket": case}
    assert "Werkstr. 1" in desk.get("/desk/visits/book", query_string=asked).text
    page = find(desk, crew, ticket=case)
    assert "min driving" in words_of(page)
    slot = slots_in(page)[0]
    kept = words_of(desk.post(f"/desk/visits/slots/{slot}/hold").text)
    assert "Kept until then" in kept
    assert "10:00 to 12:00" in kept
    done = words_of(desk.post(f"/desk/visits/slots/{slot}/accept", data={"note": "Bring"}).text)
    visit = the_visit()
    assert "Promised: today, 10:00 to 12:00" in done
    assert (visit.ticket_id, visit.source, visit.note) == (case, "desk", "Bring")
    again = find(desk, crew, visit=visit.id, from_day="2026-03-03", to_day="2026-03-03")
    other = slots_in(again)[0]
    told = words_of(desk.post(f"/desk/visits/slots/{other}/hold").text)
    assert "Instead of today, 10:00 to 12:00" in told
    moved = desk.post(f"/desk/visits/slots/{other}/accept", data={"note": "They are away"})
    assert "Promised: Tue 3 Mar" in words_of(moved.text)
    assert the_visit().moves == 1


def test_a_taken_window_shows_fresh_ones_and_no_window_says_why(crew: Crew, desk: Browser) -> None:
    slot = slots_in(find(desk, crew))[0]
    desk.post(f"/desk/visits/slots/{slot}/hold")
    with begin(SETUP) as work:
        offer = work.session.get_one(SlotOffer, slot)
        offer.expires_at = work.at - timedelta(seconds=1)
    late = desk.post(f"/desk/visits/slots/{slot}/accept")
    assert late.status_code == 409
    assert "This window was taken meanwhile" in words_of(late.text)
    assert slots_in(late.text)
    with begin(SETUP) as work:
        for one in work.session.scalars(select(Technician)):
            one.week = {}
            one.version += 1
    nothing = words_of(find(desk, crew))
    assert "No time can be promised." in nothing
    assert len(nothing.split("promised.")[1]) > 20  # and why


def test_a_new_place_needs_a_pin_that_can_be_found_or_read(crew: Crew, desk: Browser) -> None:
    nowhere = {"place": "new", "address": "Am Ende 1, 99999 Nirgends"}
    assert "Nobody knows where this is" in words_of(find(desk, crew, **nowhere))
    assert "No place can be read out of this" in words_of(find(desk, crew, **nowhere, pin="there"))
    assert slots_in(find(desk, crew, **nowhere, pin="geo:52.5206,13.4095"))
    assert slots_in(find(desk, crew, place="new", address="Invalidenstr. 5, 10115 Berlin"))
    late = words_of(find(desk, crew, part="afternoon"))
    assert "12:00 to 14:00" in late
    assert "10:00 to 12:00" not in late
    assert "Write the address" in words_of(find(desk, crew, place="new"))
    assert "Choose a day" in words_of(find(desk, crew, from_day="soon"))
    with begin(SETUP) as work:
        work.session.get_one(VisitPlace, crew.place_id).lat = None
        work.session.get_one(VisitPlace, crew.place_id).lon = None
    assert "Set its pin first" in words_of(find(desk, crew))
    assert slots_in(find(desk, crew, pin="52.5206, 13.4095"))
