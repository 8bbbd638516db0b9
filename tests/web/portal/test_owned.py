"""Orders and things in the portal: what they say, help with them, and nothing for anybody else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from helpdesk.core import clock
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.customers import organisations, records
from helpdesk.customers.models import ContactPoint, Customer
from helpdesk.owned import about, assets, products, service
from helpdesk.owned.models import TicketAbout
from helpdesk.owned.told import LineTold, OrderTold
from helpdesk.tickets import types
from helpdesk.tickets.models import Ticket
from tests.web.admin.scene import words_of
from tests.web.portal.scene import SYSTEM, Shop
from tests.web.portal.test_household import join, person
from tests.web.portal.test_matters import ADA, BOB, post

SECRET = "Zinfandel"


def an_order(customer_id: str, number: str = "W-1", **facts: Any) -> str:
    with begin(SYSTEM) as work:
        owner = records.find(work, customer_id)
        told = {
            "lines": [LineTold(name=f"{SECRET} TV", sku="TV", unit_minor=49900)],
            "status": "shipped",
            "currency": "EUR",
            "total_minor": 49900,
            "carrier": "DHL",
            "tracking_url": "https://track.example/1",
            "expected_on": work.at.date() + timedelta(days=2),
            **facts,
        }
        order = OrderTold(external_id=number, number=number, **told)
        return service.tell_order(work, "web", order, customer=owner).id


def a_thing(customer_id: str, **facts: Any) -> str:
    with begin(SYSTEM) as work:
        return assets.add(work, customer_id, **{"name": f"{SECRET} Boiler", **facts}).id


def a_product(**facts: Any) -> str:
    with begin(SYSTEM) as work:
        told = {"name": "TV", "warranty_months": 24, "returnable_days": 30, **facts}
        return products.add(work, sku="TV", **told).id


def in_portal(key: str) -> None:
    with begin(SYSTEM) as work:
        types.add_type(work, key=key, name=key.title(), in_portal=True)


def test_an_order_says_where_it_is_and_a_thing_how_long_we_vouch_for_it(shop: Shop) -> None:
    ada = shop.customer("Ada", ADA)
    browser = shop.browser(ada)
    assert "/portal/owned" not in browser.get("/portal").text  # there is nothing to look at
    a_product()
    order = an_order(ada)
    with reading(SYSTEM) as work:
        today = work.at.date()
    thing = a_thing(ada, serial="B-9", warranty_until=today + timedelta(days=400), place="Cellar")
    ended = a_thing(ada, name="Old lamp", warranty_until=date(2020, 1, 1))
    assert "/portal/owned" in browser.get("/portal").text
    listed = words_of(browser.get("/portal/owned").text)
    assert "Order W-1" in listed
    assert "It is on its way to you. It should be with you by" in listed
    page = browser.get(f"/portal/orders/{order}")
    words = words_of(page.text)
    assert "Follow the parcel with DHL" in words
    assert 'href="https://track.example/1" rel="noopener noreferrer nofollow"' in page.text
    assert "€499.00" in words
    assert "The warranty runs until" in words
    assert "13 months left" in words_of(browser.get(f"/portal/things/{thing}").text)
    assert "The warranty ended" in words_of(browser.get(f"/portal/things/{ended}").text)
    german = words_of(browser.get(f"/portal/orders/{order}?lang=de").text)
    assert "Sie ist unterwegs zu Ihnen." in german
    assert "499,00 €" in german


def test_a_warranty_holds_until_the_evening_where_its_owner_lives(shop: Shop) -> None:
    ada = shop.customer("Ada", ADA, timezone="America/New_York")
    with clock.moved_to(datetime(2027, 6, 3, 2, tzinfo=UTC)):  # still the second in New York
        browser = shop.browser(ada)
        thing = a_thing(ada, warranty_until=date(2027, 6, 2))
        assert "The warranty runs until today." in words_of(
            browser.get(f"/portal/things/{thing}").text
        )


def test_a_problem_opens_the_products_own_form_and_the_ticket_carries_it(shop: Shop) -> None:
    ada = shop.customer("Ada", ADA)
    in_portal("fault")
    a_product(problem_type="fault")
    order, thing = an_order(ada), a_thing(ada, serial="B-9")
    browser = shop.browser(ada)
    form = browser.get(f"/portal/requests/new?order={order}")
    assert 'name="kind" value="fault"' in form.text
    assert "Order W-1" in words_of(form.text)
    kinds = browser.get(f"/portal/requests/new?asset={thing}")
    assert f"?kind=fault&amp;asset={thing}" in kinds.text
    sent = post(
        browser, "/portal/requests/new",
        subject="No picture", text="It is dark.", kind="fault", order=order, asset=thing,
    )  # fmt: skip
    ticket_id = sent.headers["Location"].split("/")[3]
    with reading(SYSTEM) as work:
        found = about.of_ticket(work, ticket_id)
        assert [one.id for one in found.orders] == [order]
        assert [one.id for one in found.assets] == [thing]
        assert work.session.get_one(Ticket, ticket_id).type == "fault"
    matter = browser.get(f"/portal/matters/{ticket_id}").text
    assert f"/portal/orders/{order}" in matter
    assert "No picture" in words_of(browser.get(f"/portal/things/{thing}").text)


def test_E1_E5_E6_another_customer_sees_and_names_none_of_it(shop: Shop) -> None:
    ada, bob = shop.customer("Ada", ADA), shop.customer("Bob", BOB)
    order, thing = an_order(ada), a_thing(ada)
    an_order(bob, "W-2", lines=[])
    other = shop.browser(bob)
    for path in (f"orders/{order}", f"things/{thing}", "owned?show=organisation"):
        assert other.get(f"/portal/{path}").status_code == 404
    assert SECRET not in other.get("/portal/owned").text
    for name, value in (("order", order), ("asset", thing)):
        absent = {name: new_id()}
        for given in ({name: value}, absent):
            asked = other.get("/portal/requests/new", query_string=given)
            sent = post(other, "/portal/requests/new", subject="Mine", text="Now", **given)
            assert (asked.status_code, sent.status_code) == (404, 404)
    with reading(SYSTEM) as work:
        assert not work.session.scalars(select(TicketAbout)).all()
        assert not work.session.scalars(select(Ticket)).all()
    for path in (f"/portal/orders/{order}", "/portal/owned"):
        assert shop.client().get(path).status_code == 303


def test_the_contact_of_an_organisation_reads_and_acts_on_nothing(shop: Shop) -> None:
    ada, bob = shop.customer("Ada", ADA), shop.customer("Bob", BOB)
    with begin(SYSTEM) as work:
        firm = organisations.create_organisation(work, name="Firm")
        for one, contact in ((ada, False), (bob, True)):
            row = work.session.get_one(Customer, one)
            row.organisation_id, row.sees_organisation = firm.id, contact
    order = an_order(ada)
    contact = shop.browser(bob)
    assert SECRET not in contact.get("/portal/owned").text
    assert "Order W-1" in words_of(contact.get("/portal/owned?show=organisation").text)
    page = contact.get(f"/portal/orders/{order}")
    assert page.status_code == 200
    assert "Problem with this" not in words_of(page.text)
    assert contact.get(f"/portal/requests/new?order={order}").status_code == 404


@pytest.mark.parametrize("extra", ["customer_id", "organisation_id", "is_admin"])
def test_E8_fields_that_a_form_does_not_have_are_refused(shop: Shop, extra: str) -> None:
    ada = shop.customer("Ada", ADA)
    answer = post(
        shop.browser(ada), "/portal/requests/new",
        subject="Mine", text="Now", order=an_order(ada), **{extra: new_id()},
    )  # fmt: skip
    assert answer.status_code == 400


def test_a_household_is_read_by_whom_it_lets_and_by_nobody_else(shop: Shop) -> None:
    ada, email, _ = person(shop, "Ada")
    bob, other_email, _ = person(shop, "Bob")
    with reading(SYSTEM) as work:
        point = select(ContactPoint.customer_id).where(ContactPoint.value == email)
        order = an_order(str(work.session.scalar(point)))
    assert bob.get(f"/portal/orders/{order}").status_code == 404
    join(ada, bob, other_email, "all")
    assert bob.get(f"/portal/orders/{order}").status_code == 200
    assert "W-1" in words_of(bob.get("/portal/owned?show=household").text)
    assert "W-1" not in words_of(bob.get("/portal/owned").text)
    for path in (f"orders/{order}/return", f"requests/new?order={order}"):
        assert bob.get(f"/portal/{path}").status_code == 404
