"""The help centre through its door: read by whoever may, found by words, answered with a word."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from helpdesk.core.actors import Actor, system
from helpdesk.core.db import Database
from helpdesk.core.work import begin, reading
from helpdesk.customers import service as customers
from helpdesk.kb import publishing, ratings, sections, segments, service, settings, writing
from helpdesk.kb.models import Article
from helpdesk.workflows import articles_found
from tests.web.admin.scene import statements, words_of
from tests.web.signed_in import add_user, browser_as, send

SYSTEM = system("test")
BODY = "Press the **reset** button.\n\n::: internal\nAsk for the zebra number.\n:::\n"


def publish(title: str, body: str = BODY, **more: Any) -> str:
    with begin(SYSTEM) as work:
        row = service.add_article(work, title=title, body=body, **more)
        publishing.take_step(work, row.id, "publish")
        articles_found.renew_articles(work, [row.id])
        return row.id


def section(name: str, **more: Any) -> str:
    with begin(SYSTEM) as work:
        return sections.add_section(work, names={"en": {"name": name}}, **more).id


def customer(app: Flask, **facts: Any) -> FlaskClient:
    with begin(SYSTEM) as work:
        who = customers.create_customer(work, name="Ida", **facts).id
    return browser_as(app, "customer", user_id=add_user("customer", customer_id=who)).client


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    return app.test_client()


def test_an_article_is_read_found_and_never_shows_what_is_internal(visitor: FlaskClient) -> None:
    heating = section("Heating")
    publish("Boiler shows F28", section_id=heating, summary="No flame.")
    page = visitor.get("/help/en/boiler-shows-f28")
    assert page.status_code == 200
    assert "<strong>reset</strong>" in page.text
    assert "zebra" not in page.text
    assert '<link rel="canonical"' in page.text
    assert '"@type": "Article"' in page.text
    assert "Heating" in words_of(visitor.get("/help").text)
    assert "Boiler shows F28" in visitor.get("/help/en/sections/heating").text
    assert "boiler-shows-f28" in visitor.get("/help/sitemap.xml").text
    found = visitor.get("/help/search?q=why+does+my+boilr+show+this")
    assert "No article says “boilr”" in words_of(found.text)
    assert "/help/en/boiler-shows-f28" in found.text
    assert "/help/en/boiler-shows-f28" in visitor.get("/help/suggest?q=boi").text
    nothing = words_of(visitor.get("/help/search?q=zebra").text)
    assert "Nothing fits “zebra”" in nothing


def test_a_page_holds_one_connection_however_much_it_looks_for(
    visitor: FlaskClient, database: Database
) -> None:
    """Many readers at once would else wait for each other until none is left."""
    for title in ("Boiler is cold", "Boiler is hot"):
        publish(title)
    held, most = 0, 0

    def taken(*_: Any) -> None:
        nonlocal held, most
        held += 1
        most = max(most, held)

    def given_back(*_: Any) -> None:
        nonlocal held
        held -= 1

    engine = database.read_engine if database.is_sqlite else database.engine
    event.listen(engine, "checkout", taken)
    event.listen(engine, "checkin", given_back)
    try:
        assert "Boiler is hot" in visitor.get("/help/en/boiler-is-cold").text
        for path in ("search", "suggest"):
            assert "boiler-is-hot" in visitor.get(f"/help/{path}?q=boiler").text
    finally:
        event.remove(engine, "checkout", taken)
        event.remove(engine, "checkin", given_back)
    assert most == 1


def test_E1_who_may_not_read_an_article_finds_it_by_no_route(
    app: Flask, visitor: FlaskClient
) -> None:
    with begin(SYSTEM) as work:
        gold = segments.add_segment(work, name="Gold", tags=["gold"]).id
        silver = segments.add_segment(work, name="Silver", tags=["silver"]).id
    shelf = section("Silver shelf", audience="segment", segment_id=silver)
    titles = {
        "signed_in": publish("Wombat for customers", audience="signed_in"),
        "gold": publish("Wombat for gold", audience="segment", segment_id=gold),
        "both": publish(
            "Wombat for both", audience="segment", segment_id=gold, section_id=shelf
        ),
        "internal": publish("Wombat for us", audience="internal"),
        "archived": publish("Wombat of old"),
    }  # fmt: skip
    with begin(SYSTEM) as work:
        publishing.take_step(work, titles["archived"], "archive")
        articles_found.renew_articles(work, [titles["archived"]])
    readers = {
        "visitor": (visitor, set()),
        "plain": (customer(app), {"customers"}),
        "gold": (customer(app, tags=["gold"]), {"customers", "gold"}),
        "both": (customer(app, tags=["gold", "silver"]), {"customers", "gold", "both"}),
        "agent": (browser_as(app, "agent").client, {"customers", "gold", "both", "us"}),
    }
    for name, (client, may) in readers.items():
        for word in ("customers", "gold", "both", "us", "old"):
            slug = f"wombat-{'of' if word == 'old' else 'for'}-{word}"
            expected = 200 if word in may else 404
            assert client.get(f"/help/en/{slug}").status_code == expected, (name, word)
            for path in ("/help/search?q=wombat", "/help/suggest?q=womb", "/help"):
                seen = f"/help/en/{slug}" in client.get(path).text
                assert seen <= (word in may), (name, word, path)
            if word in may:
                assert f"/help/en/{slug}" in client.get("/help/search?q=wombat").text, (name, word)
        assert ("Silver shelf" in client.get("/help").text) == (name in ("both", "agent"))
    assert "wombat" not in visitor.get("/help/sitemap.xml").text


def test_an_old_address_leads_on_and_a_missing_language_to_one_that_is_there(
    visitor: FlaskClient,
) -> None:
    with begin(SYSTEM) as work:
        settings.change(work, {"locales": ["en", "de"]})
    article_id = publish("Boiler shows F28")
    with begin(SYSTEM) as work:
        service.change_slug(work, article_id, "en", "no-flame")
    moved = visitor.get("/help/en/boiler-shows-f28")
    assert (moved.status_code, moved.headers["Location"]) == (301, "/help/en/no-flame")
    assert visitor.get("/help/de/no-flame").headers["Location"] == "/help/en/no-flame"
    with begin(SYSTEM) as work:
        writing.add_language(
            work, article_id, "de", title="Kessel zeigt F28", body="Drücken Sie den Knopf."
        )
        publishing.take_step(work, article_id, "publish")
        articles_found.renew_articles(work, [article_id])
    german = visitor.get("/help/search?q=kessel&lang=de").text
    assert "/help/de/kessel-zeigt-f28" in german
    assert 'hreflang="de"' in visitor.get("/help/en/no-flame").text
    assert visitor.get("/help/en/nothing-here").status_code == 404
    assert visitor.get("/help/en/sections/nothing-here").status_code == 404


def test_a_word_of_a_reader_counts_once_and_reaches_the_owner(visitor: FlaskClient) -> None:
    article_id = publish("Boiler shows F28")
    at = "/help/en/boiler-shows-f28"
    for helped in ("0", "0", "1", "0"):
        answer = send(visitor, at, f"{at}/helped", helped=helped, number="1")
        assert answer.status_code == 303
    page = visitor.get(at)
    assert "What was missing or wrong?" in words_of(page.text)
    assert send(visitor, at, f"{at}/missing", text="Which button?", number="1").status_code == 303
    assert send(visitor, at, f"{at}/missing", text=" ", number="1").status_code == 400
    assert visitor.post(f"{at}/helped", data={"helped": "1", "number": "1"}).status_code == 403
    with reading(Actor("user", article_id, role="agent")) as work:
        row = work.session.get_one(Article, article_id)
        assert (row.helpful, row.unhelpful) == (0, 1)
        [remark] = ratings.page_of_remarks(work, article_id=article_id).items
        assert remark.text == "Which button?"


def test_a_front_page_asks_the_same_however_many_sections_there_are(visitor: FlaskClient) -> None:
    def once() -> int:
        with statements() as seen:
            assert visitor.get("/help").status_code == 200
        return len(seen)

    def asked() -> int:
        """What is kept for some seconds is read anew now and then; on a slow machine often."""
        return min(once() for _ in range(3))

    for number in range(2):
        publish(f"Article {number}", section_id=section(f"Section {number}"))
    few = asked()
    for number in range(2, 8):
        inner = section(f"Inner {number}", parent_id=section(f"Section {number}"))
        publish(f"Article {number}", section_id=inner)
    assert asked() == few
