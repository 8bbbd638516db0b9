"""Tokens of browsers that chat."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk.channels import sites, visitors
from helpdesk.channels.models import Conversation, Visitor, WidgetSite
from helpdesk.core.actors import system
from helpdesk.core.db import Database
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, begin

CUSTOMER = new_id()


@pytest.fixture
def work(database: Database) -> Iterator[Work]:
    with begin(system("test")) as opened:
        yield opened


@pytest.fixture
def shop(work: Work) -> WidgetSite:
    made, _ = sites.create_site(work, name="Shop", queue_id=new_id())
    work.session.flush()
    return made


def later(work: Work, **by: float) -> Work:
    return Work(work.session, work.actor, work.at + timedelta(**by))


def test_G3_a_token_has_at_least_128_random_bits_and_only_its_hash_is_stored(
    work: Work, shop: WidgetSite
) -> None:
    tokens = {visitors.new_visitor(work, shop.id, CUSTOMER)[1] for _ in range(200)}
    assert len(tokens) == 200
    for token in tokens:
        assert len(base64.urlsafe_b64decode(token.removeprefix("hdv_"))) * 8 >= 128
    work.session.flush()
    stored = set(work.session.scalars(select(Visitor.token_hash)))
    assert len(stored) == 200
    assert not stored & tokens


def test_G3_a_token_is_good_on_its_own_site_only(work: Work, shop: WidgetSite) -> None:
    other, _ = sites.create_site(work, name="Blog", queue_id=new_id())
    visitor, token = visitors.new_visitor(work, shop.id, CUSTOMER)
    work.session.flush()
    assert visitors.find_visitor(work, token, shop.id) is visitor
    assert visitors.find_visitor(work, token) is visitor
    assert visitors.find_visitor(work, token, other.id) is None


@pytest.mark.parametrize(
    "wrong", [None, "", 7, ["x"], "hdv_wrong", "x" * 36, "x" * 100_000, "\ud800" * 30]
)
def test_G4_what_is_no_token_finds_nobody(work: Work, wrong: object) -> None:
    assert visitors.find_visitor(work, wrong) is None


def test_G3_an_idle_token_expires_after_180_days_and_use_prolongs_it(
    work: Work, shop: WidgetSite
) -> None:
    visitor, token = visitors.new_visitor(work, shop.id, CUSTOMER)
    work.session.flush()
    assert visitors.find_visitor(later(work, days=179), token) is visitor
    assert visitors.find_visitor(later(work, days=180), token) is None
    visitors.saw(later(work, days=100), visitor)
    work.session.flush()
    assert visitors.find_visitor(later(work, days=279), token) is visitor
    assert visitors.find_visitor(later(work, days=280), token) is None


def test_a_fresh_token_ends_the_old_one(work: Work, shop: WidgetSite) -> None:
    visitor, old = visitors.new_visitor(work, shop.id, CUSTOMER)
    fresh = visitors.new_token(work, visitor)
    work.session.flush()
    assert visitors.find_visitor(work, old) is None
    assert visitors.find_visitor(work, fresh) is visitor


def test_G13_an_unproved_identity_changes_nothing(work: Work, shop: WidgetSite) -> None:
    visitor, _ = visitors.new_visitor(work, shop.id, CUSTOMER)
    assert not visitors.identify(
        work, visitor, shop, external_id="c-1", email="victim@example.com", proof="0" * 64
    )
    assert visitor.identified_at is None
    assert visitor.customer_id == CUSTOMER


def test_a_signature_of_another_site_does_not_count(work: Work, shop: WidgetSite) -> None:
    other, secret = sites.create_site(work, name="Blog", queue_id=new_id())
    visitor, _ = visitors.new_visitor(work, shop.id, CUSTOMER)
    proof = sites.identity_hash(secret, "c-1")
    for where in (shop, other):
        assert not visitors.identify(work, visitor, where, external_id="c-1", email="", proof=proof)


def test_expired_visitors_are_forgotten_unless_a_chat_is_open(work: Work, shop: WidgetSite) -> None:
    gone, _ = visitors.new_visitor(work, shop.id, CUSTOMER)
    talking, _ = visitors.new_visitor(work, shop.id, CUSTOMER)
    alive, _ = visitors.new_visitor(work, shop.id, CUSTOMER)
    alive.expires_at = work.at + timedelta(days=500)
    work.session.add(
        Conversation(
            id=new_id(),
            channel="chat",
            state="waiting",
            customer_id=CUSTOMER,
            visitor_id=talking.id,
            opened_at=work.at,
        )
    )
    work.session.flush()
    assert visitors.forget_expired(later(work, days=181)) == 1
    assert set(work.session.scalars(select(Visitor.id))) == {talking.id, alive.id}
    assert gone.id not in set(work.session.scalars(select(Visitor.id)))
