"""The reports of the knowledge area: figures with the rows behind them, and nobody's name."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import update

from helpdesk.core import clock
from helpdesk.core.actors import system
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin
from helpdesk.customers import service as customers
from helpdesk.kb import asked, offers, publishing, readings, service, settings
from helpdesk.kb.models import Article
from helpdesk.kb.offers import Place
from helpdesk.workflows import articles_measured, cases
from tests.web.admin.scene import statements, words_of
from tests.web.signed_in import browser_as
from tests.workflows.people import make_floor

SYSTEM = system("test")
REPORTS = "/knowledge/reports"
PORTAL = Place("portal", "en")


def publish(title: str) -> str:
    with begin(SYSTEM) as work:
        row = service.add_article(work, title=title, body="Text")
        publishing.take_step(work, row.id, "publish")
        return row.id


def declared(article_id: str, customer_id: str | None, mark: str = "") -> str:
    who, offer_id = offers.person(customer_id, mark), new_id()
    with begin(SYSTEM) as work:
        assert offers.show(work, offer_id, who, PORTAL, [article_id])
        assert offers.opened(work, offer_id, article_id)
        assert offers.declare(work, offer_id, article_id, who)
        readings.note(work, article_id, "en", customer_id)
    return offer_id


def test_searches_are_grouped_by_their_words(app: Flask) -> None:
    with begin(SYSTEM) as work:
        for words in ("Wallbox?", "my wallbox", "=cmd()", "ida@example.org wallbox"):
            asked.count(work, words, "en", found=0)
        asked.count(work, "meter key", "en", found=2)
        asked.count(work, "boiler", "en", found=2)
        asked.count(work, "boiler", "en")
    agent = browser_as(app, "agent")
    page = words_of(agent.get(f"{REPORTS}/searches").text)
    assert "4 searches, 2 of them different, found nothing" in page
    assert "ida" not in page
    assert "/knowledge/new?title=wallbox" in agent.get(f"{REPORTS}/searches").text
    unopened = words_of(agent.get(f"{REPORTS}/searches?kind=unopened").text)
    assert "meter key" in unopened
    assert "boiler" not in unopened
    file = agent.get(f"{REPORTS}/nothing.csv")
    assert '"wallbox","en","3"' in file.text
    assert file.mimetype == "text/csv"
    assert agent.get(f"{REPORTS}/nowhere.csv").status_code == 404


def test_contacts_avoided_are_counted_valued_and_drill_down(app: Flask) -> None:
    queue = make_floor().queue_id
    article_id, long_ago = publish("Boiler shows F28"), clock.now() - timedelta(days=9)
    with begin(SYSTEM) as work:
        quiet, back = (customers.create_customer(work, name=n).id for n in ("Ida", "Bob"))
        settings.change(work, {"contact_cents": 450})
    with clock.moved_to(long_ago):
        declared(article_id, quiet)
        declared(article_id, quiet)  # the same said again counts once
        declared(article_id, None, "a browser")
        declared(article_id, back)
    with clock.moved_to(long_ago + timedelta(hours=2)), begin(SYSTEM) as work:
        case_id = cases.open_case(
            work, customer_id=back, subject="Cold", body="Cold", channel="form", queue=queue
        ).ticket.id
    articles_measured.settle_due()
    agent = browser_as(app, "agent")
    page = words_of(agent.get(f"{REPORTS}/avoided").text)
    assert "2 contacts avoided, worth 9.00 EUR" in page
    assert "1 of them by visitors nobody knows" in page
    wrote = agent.get(f"{REPORTS}/avoided?outcome=contact").text
    assert f"/desk/tickets/{case_id}" in wrote
    assert "Bob" not in wrote
    assert agent.get(f"{REPORTS}/avoided.csv?outcome=solved").text.count("solved") == 2
    before = agent.get(f"{REPORTS}/before").text
    assert "1 reading of 1 article was followed" in words_of(before)
    rows = agent.get(f"{REPORTS}/before/{article_id}").text
    assert f"/desk/tickets/{case_id}" in rows
    assert '"Boiler shows F28","2","1"' in agent.get(f"{REPORTS}/before.csv").text


def test_stale_articles_stand_under_the_reason_why(app: Flask) -> None:
    old, doubted, fresh = publish("Old one"), publish("Doubted one"), publish("Fresh one")
    past = clock.now() - timedelta(days=200)
    with begin(SYSTEM) as work:
        for one, facts in (
            (old, {"review_due_at": past, "read_at": past}),
            (doubted, {"helpful": 1, "unhelpful": 4}),
        ):
            work.session.execute(update(Article).where(Article.id == one).values(**facts))
    agent = browser_as(app, "agent")
    for why, there in (("due", "Old one"), ("doubted", "Doubted one"), ("unread", "Old one")):
        with statements() as sent:
            page = words_of(agent.get(f"{REPORTS}/stale?why={why}").text)
        assert there in page
        assert "Fresh one" not in page
        assert len(sent) < 15
        assert there in agent.get(f"{REPORTS}/stale.csv?why={why}").text
    assert fresh
    assert "No live article" in words_of(agent.get(f"{REPORTS}/stale?why=behind").text)


def test_an_administrator_says_what_a_contact_costs(app: Flask) -> None:
    admin = browser_as(app, "admin")
    form = {"locales": "en de", "default_locale": "en", "agents_publish": "all"}
    wrong = admin.post("/knowledge/settings", data={**form, "contact_cost": "much"})
    assert "Use an amount such as 4.50" in words_of(wrong.text)
    saved = admin.post(
        "/knowledge/settings", data={**form, "contact_cost": "4,50", "currency": "chf"}
    )
    assert saved.status_code == 303
    assert 'value="4.50"' in admin.get("/knowledge/settings").text
