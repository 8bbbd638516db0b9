"""Orders and things on the desk: on the card, on a ticket, by their numbers, put right by hand."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk.core.work import begin, reading
from helpdesk.owned.models import ShopOrder
from helpdesk.tickets.models import Ticket
from tests.web.admin.scene import words_of
from tests.web.portal import scene
from tests.web.portal.scene import SYSTEM, Shop
from tests.web.portal.test_matters import ADA, BOB
from tests.web.portal.test_owned import a_product, a_thing, an_order
from tests.web.signed_in import Browser, browser_as

PART = {"X-Part": "1"}


@pytest.fixture
def shop(app: Flask, settings: Any) -> Shop:
    return scene.furnish(app, settings)


@pytest.fixture
def desk(shop: Shop) -> Browser:
    return browser_as(shop.app, "agent", user_id=shop.anna.id)


def test_the_card_and_the_ticket_show_what_they_own_with_the_verdict(
    shop: Shop, desk: Browser
) -> None:
    a_product()
    ada = shop.customer("Ada", ADA)
    order, thing = an_order(ada, "W-1001"), a_thing(ada, serial="B 9123")
    case = shop.case(ada)
    card = words_of(desk.get(f"/desk/customers/{ada}").text)
    assert "W-1001" in card
    assert "No warranty is given" in card
    for number in ("w1001", "b-9123"):
        answer = desk.post(f"/desk/tickets/{case}/about", data={"owned": number}, headers=PART)
        assert answer.status_code == 200, answer.text
    page = words_of(desk.get(f"/desk/tickets/{case}").text)
    assert "In warranty until" in page
    assert "Printer" in words_of(desk.get(f"/desk/orders/{order}").text)
    assert "Printer" in words_of(desk.get(f"/desk/assets/{thing}").text)
    gone = desk.post(f"/desk/tickets/{case}/about/{order}/remove", headers=PART)
    assert gone.status_code == 200
    assert "Printer" not in words_of(desk.get(f"/desk/orders/{order}").text)


def test_numbers_are_found_from_the_palette_and_the_search(shop: Shop, desk: Browser) -> None:
    ada = shop.customer("Ada", ADA)
    order, thing = an_order(ada, "W-1001"), a_thing(ada, serial="B 9123")
    for typed, path in (("W1001", f"/desk/orders/{order}"), ("b9123", f"/desk/assets/{thing}")):
        items = desk.get("/desk/palette", query_string={"q": typed}).json["items"]
        assert path in [one.get("href") for one in items]
        assert path in desk.get("/desk/search", query_string={"q": typed}).text


def test_E5_a_ticket_is_about_nothing_of_another_customer(shop: Shop, desk: Browser) -> None:
    ada, bob = shop.customer("Ada", ADA), shop.customer("Bob", BOB)
    an_order(bob, "W-2002")
    case = shop.case(ada)
    answer = desk.post(f"/desk/tickets/{case}/about", data={"owned": "W-2002"}, headers=PART)
    assert "This customer has nothing of this number" in words_of(answer.text)
    assert "W-2002" not in words_of(desk.get(f"/desk/tickets/{case}").text)


def test_what_names_an_unproved_address_is_offered_and_put_right(shop: Shop, desk: Browser) -> None:
    from helpdesk.customers import points, records
    from helpdesk.owned import service
    from helpdesk.owned.told import OrderTold, Whose

    ada = shop.customer("Ada", ADA)
    with begin(SYSTEM) as work:
        claim = points.read(work, "email", "ada@claim.example")
        points.put(work, records.lock(work, ada), claim)
        told = OrderTold(external_id="9", number="W-9", customer=Whose(email=claim.value))
        order = service.tell_order(work, "web", told).id
    card = desk.get(f"/desk/customers/{ada}").text
    assert "names an address of theirs, not proved" in words_of(card)
    answer = desk.post(f"/desk/customers/{ada}/orders/{order}", headers=PART)
    assert answer.status_code == 200
    with reading(SYSTEM) as work:
        assert work.session.scalars(select(ShopOrder.customer_id)).one() == ada


def test_a_thing_is_written_down_and_changed_with_its_history(shop: Shop, desk: Browser) -> None:
    ada = shop.customer("Ada", ADA)
    path = f"/desk/customers/{ada}/assets/new"
    assert desk.get(path).status_code == 200
    wrong = desk.post(path, data={"name": "Pump", "purchased_on": "soon"})
    assert wrong.status_code == 400
    made = desk.post(path, data={"name": "Pump", "serial": "P-1", "place": "Roof"})
    here = made.headers["Location"]
    changed = {"version": "1", "name": "Pump", "serial": "P-1", "place": "Cellar"}
    assert desk.post(here, data=changed).status_code == 303
    page = desk.get(here).text
    assert "Place: Roof → Cellar" in words_of(page)
    assert desk.post(here, data=changed).status_code == 409
    assert "Pump" in words_of(desk.get(f"/desk/customers/{ada}").text)
    with reading(SYSTEM) as work:
        assert not work.session.scalars(select(Ticket)).all()
