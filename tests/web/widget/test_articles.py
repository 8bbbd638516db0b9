"""Articles in the chat: public ones for everybody, proved customers' own, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from helpdesk.channels import service as conversations
from helpdesk.channels import sites, visitors
from helpdesk.core import clock
from helpdesk.core.actors import system
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.customers import service as customers
from helpdesk.kb import publishing, service
from helpdesk.kb.models import Offer
from helpdesk.routing.models import Queue
from helpdesk.web.widget.article_parts import Part, parts
from helpdesk.workflows import articles_found, articles_measured, portal_identity

SYSTEM = system("test")
BODY = "Press **reset**.\n\n::: internal\nzebra\n:::\n\n1. Wait\n2. Look\n"
MARK = "m" * 24


@dataclass
class Shop:
    client: FlaskClient
    site_id: str
    key: str
    public: str
    own: str

    def ask(self, path: str = "", token: str = "", **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        body = {"site": self.key, **more}
        answer = self.client.post(f"/widget/articles{path}", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json

    def titles(self, text: str = "My boiler is cold", **more: Any) -> list[str]:
        return [one["title"] for one in self.ask(text=text, **more)["articles"]]


@pytest.fixture
def shop(app: Flask) -> Shop:
    with begin(SYSTEM) as work:
        queue = Queue(id=new_id(), name="Support", slug="support")
        work.session.add(queue)
        site, _ = sites.create_site(work, name="Nordlicht", queue_id=queue.id)
        work.session.flush()
        ids = []
        for title, audience in (
            ("Boiler shows F28", "public"), ("Boiler at home", "signed_in"),
            ("Boiler bills", "internal"),
        ):  # fmt: skip
            row = service.add_article(work, title=title, body=BODY, audience=audience)
            publishing.take_step(work, row.id, "publish")
            ids.append(row.id)
        articles_found.renew_articles(work, ids)
        site_id, key = site.id, site.key
    return Shop(app.test_client(), site_id, key, ids[0], ids[1])


def visitor(shop: Shop, *, proved: bool) -> tuple[str, str]:
    """(their customer, their token)."""
    with begin(SYSTEM) as work:
        customer_id = customers.create_customer(work, name="Ida").id
        row, token = visitors.new_visitor(work, shop.site_id, customer_id)
        row.identified_at = work.at if proved else None
    return customer_id, token


def offer_row(offer_id: str) -> Offer:
    with reading(SYSTEM) as work:
        return work.session.get_one(Offer, offer_id)


def test_E1_a_visitor_gets_what_is_public_and_a_proved_customer_their_own(shop: Shop) -> None:
    _, token = visitor(shop, proved=False)
    _, proved = visitor(shop, proved=True)
    assert shop.titles(mark=MARK) == ["Boiler shows F28"]
    assert shop.titles(token=token) == ["Boiler shows F28"]
    assert set(shop.titles(token=proved)) == {"Boiler shows F28", "Boiler at home"}
    with begin(SYSTEM) as work:
        customer_id = customers.create_customer(work, name="Bo").id
        named, proof = portal_identity.vouch(work, shop.site_id, customer_id)
    assert len(shop.titles(external_id=named, hash=proof)) == 2
    assert shop.titles(external_id=named, hash=proof[:-1] + "x") == ["Boiler shows F28"]
    body = {"site": shop.key, "article": shop.own}
    assert shop.client.post("/widget/articles/read", json=body).status_code == 404
    foreign = {"Origin": "https://evil.example"}
    assert shop.client.post("/widget/articles", json=body, headers=foreign).status_code == 403


def test_an_article_is_read_as_lines_and_its_page_named_only_where_anybody_may(
    shop: Shop,
) -> None:
    _, proved = visitor(shop, proved=True)
    found = shop.ask("/read", article=shop.public)
    assert found["url"] == "/help/en/boiler-shows-f28"
    assert found["parts"] == [["p", "Press reset."], ["li", "1. Wait"], ["li", "2. Look"]]
    assert shop.ask("/read", token=proved, article=shop.own)["url"] is None


def test_a_browser_that_chats_after_all_has_not_been_spared_a_contact(shop: Shop) -> None:
    now = clock.now()
    offer_id = shop.ask(text="My boiler", mark=MARK)["offer"]
    other_id = shop.ask(text="My boiler", mark="n" * 24)["offer"]
    told = {"offer": offer_id, "article": shop.public}
    assert shop.ask("/answered", mark="z" * 24, **told) == {"noted": False}
    assert shop.ask("/answered", mark=MARK, **told) == {"noted": True}
    other = {**told, "offer": other_id, "mark": "n" * 24}
    assert shop.ask("/answered", **other) == {"noted": True}
    customer_id, token = visitor(shop, proved=False)
    with clock.moved_to(now + timedelta(hours=1)), begin(SYSTEM) as work:
        found = visitors.find_visitor(work, token)
        assert found is not None
        conversations.open_conversation(
            work, channel="chat", customer_id=customer_id, queue_id=None, site_id=shop.site_id,
            visitor_id=found.id,
        )  # fmt: skip
    assert shop.ask("/mine", token=token, mark=MARK) == {"known": 1}
    with clock.moved_to(now + timedelta(days=8)):
        articles_measured.settle_due()
    chatted, quiet = offer_row(offer_id), offer_row(other_id)
    assert (chatted.outcome, chatted.case_kind, chatted.is_known) == (
        "contact", "conversation", True,
    )  # fmt: skip
    assert (quiet.outcome, quiet.is_known, quiet.reader) == ("solved", False, "")


def test_a_message_left_for_later_counts_as_a_contact(shop: Shop) -> None:
    offer_id = shop.ask(text="My boiler", mark=MARK)["offer"]
    shop.ask("/mine", mark=MARK, offer=offer_id, wrote=True)
    assert offer_row(offer_id).outcome == "contact"


def test_lines_of_an_article_are_plain_text_whatever_it_holds() -> None:
    html = (
        "<h2>Head</h2><p>a &lt;b&gt;<br>c</p><ol><li>\n<p>one</p>\n</li><li>two<ul><li>sub</li>"
        "</ul></li></ol><p class='callout-title'>Gas</p>"
        "<table><tr><td>x</td><td>y</td></tr></table><pre><code>k\n  l</code></pre>"
        "<p><img src=x alt='A tap'></p>"
    )
    assert parts(html) == [
        Part("h", "Head"), Part("p", "a <b> c"), Part("li", "1. one"), Part("li", "2. two"),
        Part("li", "sub"), Part("h", "Gas"), Part("p", "x · y"), Part("pre", "k\n  l"),
        Part("p", "[A tap]"),
    ]  # fmt: skip
