"""Visits on the desk: beside tickets and customers, in lists, alone, by number, called off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from helpdesk.core import clock
from helpdesk.core.work import begin, reading
from helpdesk.customers import merge
from helpdesk.field_service.models import Visit, VisitPlace, VisitPromise
from helpdesk.workflows import visit_course
from tests.field_service import scene
from tests.field_service.scene import MONDAY, SYSTEM, Field, at
from tests.web.admin.scene import words_of
from tests.web.agent.test_tickets import counted
from tests.web.portal import scene as portal
from tests.web.portal.scene import Shop
from tests.web.signed_in import Browser, add_user, browser_as

PART = {"X-Part": "1"}
LIST = [{"key": "pressure", "text": "Pressure checked", "kind": "number", "needed": True}]


@pytest.fixture
def shop(app: Flask, settings: Any) -> Shop:
    return portal.furnish(app, settings)


@pytest.fixture
def field(shop: Shop) -> Field:
    users = (add_user("technician"), add_user("technician"))
    with begin(SYSTEM) as work:
        return scene.furnish(work, users, checklist=LIST)


@pytest.fixture
def desk(shop: Shop) -> Browser:
    return browser_as(shop.app, "agent", user_id=shop.anna.id)


def booked(shop: Shop, field: Field, name: str = "Ada") -> Visit:
    """Somebody's visit on Monday from ten to twelve."""
    customer = shop.customer(name, f"{name.lower()}@example.com")
    ticket = shop.case(customer)
    with begin(SYSTEM) as work:
        made = scene.visit(work, field, customer, ticket_id=ticket)
        scene.plan(work, made, field.technicians[0].id, 1)
        visit_course.promise(work, made, at(0), at(2), by_customer=True)
        return made


def test_a_visit_stands_beside_its_ticket_and_customer_and_is_found_by_its_number(
    shop: Shop, field: Field, desk: Browser
) -> None:
    with clock.moved_to(MONDAY - timedelta(days=2)):
        visit = booked(shop, field)
        with counted() as sent:
            ticket = words_of(desk.get(f"/desk/tickets/{visit.ticket_id}", headers=PART).text)
        assert len(sent) <= 14  # the twelve of any ticket, its visits and their zone
        card = words_of(desk.get(f"/desk/customers/{visit.customer_id}").text)
        listed = words_of(desk.get("/desk/visits").text)
        for page in (ticket, card, listed):
            assert f"V-{visit.number}" in page
            assert "Mon 1 Jun, 10:00 to 12:00" in page
        found = desk.get("/desk/palette", query_string={"q": f"v{visit.number}"}).json
        assert f"/desk/visits/{visit.id}" in [one["href"] for one in found["items"]]
        assert f"V-{visit.number}" in desk.get(f"/desk/search?q=V-{visit.number}").text
        assert "Deich 1, Hamburg" in desk.get(f"/desk/visits?type={field.kind.id}").text
        nobody = desk.get(f"/desk/visits?technician={field.technicians[1].id}").text
        assert f"V-{visit.number}" not in nobody


def test_its_page_tells_the_promise_the_note_and_the_trail(
    shop: Shop, field: Field, desk: Browser
) -> None:
    bjorn = field.technicians[0]
    with clock.moved_to(MONDAY - timedelta(days=2)):
        visit = booked(shop, field)
        here = f"/desk/visits/{visit.id}"
        assert "Promised" in words_of(desk.get(here).text)
        version = _visit(visit.id).version
        said = desk.post(f"{here}/note", data={"version": str(version), "note": "Mind the dog"})
        assert said.status_code in (200, 302, 303)
        assert "Mind the dog" in desk.get(here).text
        stale = desk.post(f"{here}/note", data={"version": str(version), "note": "No dog"})
        assert stale.status_code == 409
    with clock.moved_to(at(3)), begin(bjorn) as work:
        visit_course.depart(work, visit.id, bjorn.id, at=at(0.5), eta=at(1), eta_source="distance")
        visit_course.arrive(work, visit.id, bjorn.id, at=at(1))
        visit_course.finish(work, visit.id, bjorn.id, outcome="solved", note="Pump", at=at(2))
    with clock.moved_to(at(4)):
        page = words_of(desk.get(here).text)
        for told in ("Kept", "Solved", "Pressure checked", "not answered", "arrived today, 11:00"):
            assert told in page
        card = words_of(desk.get(f"/desk/customers/{visit.customer_id}/card?show=contacts").text)
        for told in ("Promised", "is on the way, expected", "within the window", "1 h on site"):
            assert told in card


def test_a_visit_is_called_off_once_and_goes_with_a_merge(
    shop: Shop, field: Field, desk: Browser
) -> None:
    with clock.moved_to(MONDAY - timedelta(days=2)):
        visit = booked(shop, field)
        bob = shop.customer("Bob", "bob@example.com")
        with begin(shop.anna) as work:
            merge.merge(work, bob, visit.customer_id)
        with reading(SYSTEM) as work:
            row = work.session.get_one(Visit, visit.id)
            assert row.customer_id == bob
            assert work.session.get_one(VisitPlace, row.place_id).customer_id == bob
            assert work.session.query(VisitPromise).one().customer_id == bob
        here = f"/desk/visits/{visit.id}"
        form = {"version": str(_visit(visit.id).version), "reason": "The boiler works again"}
        desk.post(f"{here}/cancel", data=form)
        assert "The boiler works again" in words_of(desk.get(here).text)
        assert _visit(visit.id).state == "cancelled"
        assert desk.post(f"{here}/cancel", data=form).status_code == 409
        assert "Cancelled" in words_of(desk.get("/desk/visits?show=past").text)


def _visit(visit_id: str) -> Visit:
    with reading(SYSTEM) as work:
        return work.session.get_one(Visit, visit_id)
