"""Visits in the portal: booked, moved, called off by their customer; the technician coming."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk.core import clock
from helpdesk.core.work import begin, reading
from helpdesk.customers import service as customers
from helpdesk.field_service.models import SlotOffer, Visit, VisitPlace
from helpdesk.field_service.models_crew import TechnicianPosition, VisitType
from helpdesk.routing import setup as routing
from helpdesk.workflows import visit_coming, visit_course
from tests.field_service import scene as field_scene
from tests.field_service.crew_scene import MONDAY, Crew, add_place, add_technician, add_type
from tests.web.admin.scene import words_of
from tests.web.portal import scene
from tests.web.portal.scene import SYSTEM, Shop
from tests.web.portal.test_matters import ADA, BOB
from tests.web.signed_in import Browser


@pytest.fixture
def shop(app: Flask, settings: Any, clock_at: Any) -> Shop:
    clock_at(MONDAY)
    return scene.furnish(app, settings)


@pytest.fixture
def crew(shop: Shop) -> Crew:
    with begin(SYSTEM) as work:
        made = Crew(technicians=[add_technician(work, "Tech Nemo")])
        made.type_id = add_type(work, description="For boilers and pumps")
        add_place(work, customers.create_customer(work, name="Neighbour").id)
        return made


def person(shop: Shop, name: str = "Ada", email: str = ADA, **facts: Any) -> tuple[str, Browser]:
    customer = shop.customer(name, email, language="en", **facts)
    with begin(SYSTEM) as work:
        add_place(work, customer)
    return customer, shop.browser(customer)


def only_visit() -> Visit:
    with reading(SYSTEM) as work:
        return work.session.scalars(select(Visit)).one()


def slots_in(page: str) -> list[str]:
    return re.findall(r"/portal/visits/slots/([0-9a-f-]{36})/keep", page)


def to_times(browser: Browser, crew: Crew, **given: str) -> str:
    """The page of windows; its words."""
    new = browser.get("/portal/visits/new").text
    place = re.search(r'name="place" value="([0-9a-f-]{36})"', new)
    form = {"kind": crew.type_id, "place": place.group(1) if place else "", **given}
    answer = browser.post("/portal/visits/new", data=form)
    assert answer.status_code in (302, 303), words_of(answer.text)
    return browser.get(answer.location).text


def book(browser: Browser, crew: Crew, **given: str) -> str:
    """The first window, booked; the page of the visit."""
    slot = slots_in(to_times(browser, crew, **given))[0]
    kept = browser.post(f"/portal/visits/slots/{slot}/keep")
    confirm = browser.get(kept.location).text
    assert "We keep this time for you until" in confirm
    booked = browser.post(f"/portal/visits/slots/{slot}/book", data={"note": "Ring twice"})
    return browser.get(booked.location).text


def test_a_customer_books_from_offered_windows_moves_and_calls_it_off(
    shop: Shop, crew: Crew
) -> None:
    customer, ada = person(shop)
    case = shop.case(customer)
    page = words_of(book(ada, crew, about=case, not_before="2026-03-05"))
    for told in ("Your visit is booked", "Tech comes Thu 5 Mar, 10:00 to 12:00", "Ring twice"):
        assert told in page
    visit = only_visit()
    assert (visit.source, visit.ticket_id, visit.state) == ("portal", case, "booked")
    assert "A technician comes Thu 5 Mar, 10:00 to 12:00" in words_of(
        ada.get(f"/portal/matters/{case}").text
    )
    entry = ada.get(f"/portal/visits/{visit.id}/visit.ics")
    assert "DTSTART:20260305T090000Z" in entry.text.replace("\r\n ", "")
    assert "Your next visit" in words_of(ada.get("/portal").text)
    assert "Ihre Termine" in words_of(ada.get("/portal/visits?lang=de").text)
    times = ada.post(f"/portal/visits/{visit.id}/move")
    there = ada.get(times.location).text
    assert "Jetzt ist er Do., 5. März zwischen 10:00 und 12:00 Uhr" in words_of(there)
    other = slots_in(there)[-1]
    ada.post(f"/portal/visits/slots/{other}/keep")
    moved = ada.post(f"/portal/visits/slots/{other}/book")
    assert "Ihr Termin hat jetzt die neue Zeit" in words_of(ada.get(moved.location).text)
    assert only_visit().moves == 1
    assert "Diesen Termin absagen?" in ada.get(f"/portal/visits/{visit.id}/cancel").text
    gone = ada.post(f"/portal/visits/{visit.id}/cancel", data={"reason": "It works again"})
    assert "Dieser Termin ist abgesagt" in words_of(ada.get(gone.location).text)
    assert only_visit().state == "cancelled"


def test_one_window_is_kept_at_a_time_and_a_taken_one_shows_fresh_ones(
    shop: Shop, crew: Crew
) -> None:
    _, ada = person(shop)
    _, bob = person(shop, "Bob", BOB)
    first, second = slots_in(to_times(ada, crew))[:2]
    ada.post(f"/portal/visits/slots/{first}/keep")
    ada.post(f"/portal/visits/slots/{second}/keep")
    with reading(SYSTEM) as work:
        held = select(SlotOffer.id).where(SlotOffer.state == "held")
        assert work.session.scalars(held).all() == [second]
    given_back = ada.post(f"/portal/visits/slots/{second}/release")
    assert slots_in(ada.get(given_back.location).text)
    # Another's window is not there for Bob, whatever he does with it.
    for path in ("keep", "book", "release"):
        assert bob.post(f"/portal/visits/slots/{first}/{path}").status_code == 404
    with begin(SYSTEM) as work:
        offer = work.session.get_one(SlotOffer, second)
        offer.expires_at = work.at - timedelta(seconds=1)
    late = ada.post(f"/portal/visits/slots/{second}/book")
    assert late.status_code == 409
    assert "This time was taken a moment ago" in words_of(late.text)
    assert slots_in(late.text)


def test_a_place_of_its_own_is_found_by_its_neighbours_or_by_a_link_of_a_map(
    shop: Shop, crew: Crew
) -> None:
    customer = shop.customer("Ada", ADA)
    ada = shop.browser(customer)
    unknown = {"kind": crew.type_id, "address": "Am Ende 1, 99999 Nirgends"}
    refused = ada.post("/portal/visits/new", data=unknown)
    assert refused.status_code == 400
    assert "We can’t find this address yet" in words_of(refused.text)
    wrong = ada.post("/portal/visits/new", data={**unknown, "map_link": "my house"})
    assert "We can’t read a place out of this" in words_of(wrong.text)
    link = "https://maps.example/place/@52.5206,13.4095,17z"
    assert slots_in(to_times(ada, crew, address=unknown["address"], map_link=link))
    # The postcode of the crew's own customer: good enough to plan with.
    near = {"place": "new", "address": "Invalidenstr. 5, 10115 Berlin"}
    assert slots_in(to_times(ada, crew, **near))
    with reading(SYSTEM) as work:
        rows = work.session.scalars(
            select(VisitPlace).where(VisitPlace.customer_id == customer)
        ).all()
        assert sorted(row.pin for row in rows) == ["found", "person"]
    nothing = ada.post("/portal/visits/new", data={"place": "new"})
    assert "Choose what it is for" in words_of(nothing.text)


def test_only_what_is_meant_for_customers_and_only_until_the_cut_off(
    shop: Shop, crew: Crew
) -> None:
    _, ada = person(shop)
    book(ada, crew)
    visit = only_visit()
    assert visit.window_starts_at is not None
    with clock.moved_to(visit.window_starts_at - timedelta(hours=2)):
        assert "It is too late to change this here" in words_of(
            ada.get(f"/portal/visits/{visit.id}").text
        )
        late = ada.post(f"/portal/visits/{visit.id}/cancel")
        assert late.status_code == 409
    assert only_visit().state == "booked"
    with begin(SYSTEM) as work:
        work.session.get_one(VisitType, crew.type_id).is_bookable = False
    refused = ada.post("/portal/visits/new", data={"kind": crew.type_id, "place": visit.place_id})
    assert "Write to us when you need somebody" in words_of(refused.text)
    _, bob = person(shop, "Bob", BOB)
    for path in ("", "/now", "/cancel"):
        assert bob.get(f"/portal/visits/{visit.id}{path}").status_code == 404
    assert bob.post(f"/portal/visits/{visit.id}/move").status_code == 404


def test_a_no_tells_customers_nothing_of_who_can_do_what(shop: Shop, crew: Crew) -> None:
    _, ada = person(shop)
    with begin(SYSTEM) as work:
        skill = routing.create_skill(work, "Secret art").id
        work.session.get_one(VisitType, crew.type_id).skills = {skill: 4}
    page = to_times(ada, crew, address="12 Mill Lane, 22222 Otherby", map_link="geo:50.05,5.05")
    told = words_of(page)
    assert "We find out who can come" in told
    assert "/portal/requests/new" in page
    assert "Secret art" not in told
    assert "still looking" not in told


def test_the_way_to_the_customer_is_told_coarsely_and_only_while_it_lasts(
    shop: Shop, crew: Crew
) -> None:
    _, ada = person(shop)
    book(ada, crew)
    visit, tech = only_visit(), crew.technicians[0]
    begins = visit.window_starts_at
    assert begins is not None
    exact = (52.53127, 13.43219)

    def at_map() -> str:
        return words_of(ada.get(f"/portal/visits/{visit.id}/now").text)

    with clock.moved_to(begins - timedelta(minutes=30)):
        _position(tech.id, visit.id, *exact)
        assert "km from you" not in at_map()  # nobody has left yet
    with clock.moved_to(begins + timedelta(minutes=5)):
        with begin(tech) as work:
            eta = begins + timedelta(minutes=40)
            visit_course.depart(work, visit.id, tech.id, eta=eta, eta_source="distance")
        _position(tech.id, visit.id, *exact)
        page = ada.get(f"/portal/visits/{visit.id}")
        words = words_of(page.text)
        assert "Tech is on the way to you" in words
        assert "Expected at about 10:40 worked out when the drive began" in words
        assert re.search(r"About \d km from you|Close to you", words)
        for secret in ("52.531", "13.432", "Nemo"):
            assert secret not in page.text
        assert "is on the way" in words_of(ada.get("/portal").text)
        _position(tech.id, "", *exact)  # switched off, or for somebody else's visit
        assert not re.search(r"km from you|Close to you", at_map())
    with clock.moved_to(begins + timedelta(minutes=41)):
        with begin(tech) as work:
            visit_course.arrive(work, visit.id, tech.id)
        _position(tech.id, visit.id, *exact)
        assert "Tech is with you since" in at_map()
        assert not re.search(r"km from you|Close to you", at_map())
    with clock.moved_to(begins + timedelta(hours=2)):
        with begin(tech) as work:
            visit_course.finish(work, visit.id, tech.id, outcome="solved")
        assert "The work was done" in at_map()


def test_a_missed_window_is_told_with_an_excuse_and_its_complaint(shop: Shop, crew: Crew) -> None:
    _, ada = person(shop)
    book(ada, crew)
    visit = only_visit()
    assert visit.window_ends_at is not None
    with clock.moved_to(visit.window_ends_at + timedelta(minutes=1)):
        visit_course.settle_overdue()
        page = words_of(ada.get(f"/portal/visits/{visit.id}").text)
        assert "We promised to come" in page
        assert "A complaint about it is open already" in page


def test_coarse_places_are_the_same_for_all_of_a_square() -> None:
    lat, lon = visit_coming.coarse(52.53127, 13.43219)
    assert visit_coming.coarse(lat, lon) == (lat, lon)
    assert abs(lat - 52.53127) * 111.32 <= 0.26
    assert abs(lon - 13.43219) * 67.7 <= 0.26
    assert visit_coming.coarse(*field_scene.HAMBURG) != field_scene.HAMBURG


def _position(technician_id: str, visit_id: str, lat: float, lon: float) -> None:
    with begin(SYSTEM) as work:
        work.session.merge(
            TechnicianPosition(
                technician_id=technician_id,
                at=work.at,
                lat=lat,
                lon=lon,
                accuracy_m=10,
                visit_id=visit_id or None,
            )
        )
