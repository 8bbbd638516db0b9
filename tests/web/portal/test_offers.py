"""Articles beside a new request: offered to whom they are for, and measured by what people did."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from helpdesk.core import clock
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.kb import publishing, service
from helpdesk.kb.models import Article, Asked, Offer, OfferedArticle, Reading
from helpdesk.search import answering
from helpdesk.tickets.models import Ticket
from helpdesk.web.help_centre import pages
from helpdesk.workflows import articles_found, articles_measured
from tests.web.admin.scene import words_of
from tests.web.portal.scene import SYSTEM, Shop
from tests.web.signed_in import Browser

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
SUBJECT = "Boiler shows an error"


def publish(title: str, **more: Any) -> str:
    with begin(SYSTEM) as work:
        row = service.add_article(work, title=title, body="Press the **reset** button.", **more)
        publishing.take_step(work, row.id, "publish")
        articles_found.renew_articles(work, [row.id])
        return row.id


def typed(browser: Browser, subject: str = SUBJECT, **more: str) -> str:
    answer = browser.post("/portal/requests/suggestions", data={"subject": subject, **more})
    assert answer.status_code == 200, answer.text
    return answer.text


def offer_in(text: str) -> str:
    found = re.search(r'data-offer="([^"]+)"', text)
    assert found, text
    return found.group(1)


def sent(browser: Browser, **more: Any) -> Any:
    data = {"form_id": new_id(), "subject": SUBJECT, "text": "Since today.", **more}
    return browser.post("/portal/requests/new", data=data, content_type="multipart/form-data")


def offer_row(offer_id: str) -> Offer:
    with reading(SYSTEM) as work:
        return work.session.get_one(Offer, offer_id)


def tickets() -> int:
    with reading(SYSTEM) as work:
        return len(work.session.scalars(select(Ticket.id)).all())


def settled(offer_id: str, *, days: int = 8) -> Offer:
    with clock.moved_to(NOON + timedelta(days=days)):
        articles_measured.settle_due()
    return offer_row(offer_id)


def test_typing_offers_what_this_customer_may_read_and_notes_what_was_shown(shop: Shop) -> None:
    reset, signed_in = publish("Boiler shows F28"), publish("Boiler at home", audience="signed_in")
    publish("Boiler: how we bill it", audience="internal")
    browser = shop.browser(shop.customer("Ada", "ada@customer.example"))
    text = typed(browser)
    assert "Boiler shows F28" in words_of(text)
    assert "Boiler at home" in words_of(text)
    assert "bill" not in text
    offer_id = offer_in(text)
    again = typed(browser, text="It is cold", offer=offer_id, seen=f"{reset} {signed_in}")
    assert offer_in(again) == offer_id
    with reading(SYSTEM) as work:
        shown = set(work.session.scalars(select(OfferedArticle.article_id)))
    assert shown == {reset, signed_in}
    assert "data-article" not in typed(browser, "is it")  # nothing that tells


def test_a_search_that_fails_offers_nothing_and_the_request_is_sent(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("Boiler shows F28")
    monkeypatch.setattr(answering, "LONGEST_TYPING_S", 0)
    monkeypatch.setattr(answering.Search, "find", lambda *_, **__: 1 // 0)
    browser = shop.browser(shop.customer("Ada", "ada@customer.example"))
    assert "data-article" not in typed(browser)
    assert sent(browser).status_code == 303
    assert tickets() == 1


def test_without_a_script_they_stand_once_before_sending_and_never_cost_a_file(shop: Shop) -> None:
    publish("Boiler shows F28")
    browser = shop.browser(shop.customer("Ada", "ada@customer.example"))
    form_id = new_id()
    page = sent(browser, form_id=form_id)
    assert page.status_code == 200
    assert "These may answer it" in words_of(page.text)
    assert "Since today." in page.text
    assert tickets() == 0
    found = re.search(r'name="offer" value="([^"]+)"', page.text)
    assert found
    assert sent(browser, form_id=form_id, offer=found.group(1)).status_code == 303
    assert tickets() == 1
    row = offer_row(found.group(1))
    assert (row.outcome, row.case_kind, row.customer_id) == ("contact", "ticket", None)
    assert sent(browser, files=(io.BytesIO(b"plain"), "log.txt")).status_code == 303


def test_no_need_is_said_taken_back_and_keeps_what_was_typed(shop: Shop) -> None:
    article_id = publish("Boiler shows F28")
    browser = shop.browser(shop.customer("Ada", "ada@customer.example"))
    offer_id = offer_in(typed(browser))
    form = {"subject": SUBJECT, "text": "Since today.", "offer": offer_id, "form_id": new_id()}
    form["order"] = new_id()
    page = browser.post("/portal/requests/no-need", data={**form, "answered": article_id})
    assert "Nothing was sent" in words_of(page.text)
    assert offer_row(offer_id).declared_id == article_id
    assert form.pop("order") in page.text  # what it is about goes along
    back = browser.post("/portal/requests/new", data={**form, "again": "1"})
    assert "Since today." in back.text
    assert offer_row(offer_id).declared_at is None


def test_E6_an_offer_is_only_its_own_customers(shop: Shop) -> None:
    article_id = publish("Boiler shows F28")
    ada = shop.browser(shop.customer("Ada", "ada@customer.example"))
    bob = shop.browser(shop.customer("Bob", "bob@customer.example"))
    offer_id = offer_in(typed(ada))
    answer = bob.post("/portal/requests/answered", data={"offer": offer_id, "article": article_id})
    assert answer.json == {"noted": False}
    typed(bob, offer=offer_id)
    assert sent(bob, offer=offer_id).status_code == 303
    row = offer_row(offer_id)
    assert (row.outcome, row.declared_at) == ("", None)


def test_solved_is_who_said_so_and_wrote_nothing_for_seven_days(shop: Shop) -> None:
    article_id = publish("Boiler shows F28")
    offers = {}
    with clock.moved_to(NOON):
        for name in ("Quiet", "Back", "Ours", "Silent"):
            customer_id = shop.customer(name, f"{name.lower()}@customer.example")
            browser = shop.browser(customer_id)
            offers[name] = offer_in(typed(browser))
            browser.get(f"/help/en/boiler-shows-f28?offer={offers[name]}")
            if name != "Silent":
                told = {"offer": offers[name], "article": article_id}
                assert browser.post("/portal/requests/answered", data=told).json == {"noted": True}
            if name == "Back":
                back = customer_id
            if name == "Ours":
                ours = shop.case(customer_id, "Old", "Old")
    with clock.moved_to(NOON + timedelta(days=6)):
        case_id = shop.case(back, "Still cold")
        shop.answer(ours, "From us, unasked")
    assert settled(offers["Quiet"], days=6).outcome == ""
    quiet = settled(offers["Quiet"])
    assert (quiet.outcome, quiet.customer_id) == ("solved", None)
    back_row = offer_row(offers["Back"])
    assert (back_row.outcome, back_row.case_id) == ("contact", case_id)
    assert offer_row(offers["Silent"]).outcome == "left"


def test_readings_before_a_contact_and_searches_in_vain_are_counted(shop: Shop) -> None:
    article_id = publish("Boiler shows F28")
    customer_id = shop.customer("Ada", "ada@customer.example")
    browser = shop.browser(customer_id)
    pages.counted.forget()
    with clock.moved_to(NOON):
        browser.get("/help/search?q=zebra+ida@example.org")
        browser.get("/help/search?q=boiler")
        results = "http://localhost/help/search?q=boiler"
        browser.get("/help/en/boiler-shows-f28", headers={"Referer": results})
        browser.get("/help/en/boiler-shows-f28")
    with clock.moved_to(NOON + timedelta(hours=3)):
        case_id = shop.case(customer_id)
    with clock.moved_to(NOON + timedelta(days=2)):
        articles_measured.settle_due()
    with reading(SYSTEM) as work:
        asked = {row.words: row for row in work.session.scalars(select(Asked))}
        read = work.session.scalars(select(Reading)).one()
        at = work.session.get_one(Article, article_id).read_at
    assert asked.keys() == {"zebra", "boiler"}
    assert (asked["zebra"].asked, asked["zebra"].empty) == (1, 1)
    assert (asked["boiler"].empty, asked["boiler"].opened) == (0, 1)
    assert (read.article_id, read.case_id, read.customer_id) == (article_id, case_id, None)
    assert at is not None
