"""What customers say is kept whole, looked up for every sender, and a merge keeps the strictest."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from helpdesk.consents import purposes, service
from helpdesk.consents.models import Consent
from helpdesk.core.actors import Actor, system
from helpdesk.core.db import Database
from helpdesk.core.errors import Conflict, Forbidden, Invalid
from helpdesk.core.work import begin, reading
from helpdesk.customers import merge, points
from helpdesk.customers import service as customers
from helpdesk.customers.models import TimelineEntry
from helpdesk.texts import opt_outs
from helpdesk.workflows import consenting

SETUP = system("test")


def record(name: str = "Ada") -> str:
    with begin(SETUP) as work:
        return customers.create_customer(work, name=name).id


def say(customer_id: str, state: str, purpose: str = "news", **given: Any) -> bool:
    with begin(SETUP) as work:
        values = {"channel": "email", "source": "phone", **given}
        return service.say(work, customer_id, purpose=purpose, state=state, **values) is not None


def code(customer_id: str, purpose: str = "news", channel: str = "email", address: str = "") -> str:
    with reading(SETUP) as work:
        return consenting.may_send(work, purpose, channel, customer_id, address).code


def test_each_word_is_kept_and_the_last_one_counts(database: Database) -> None:
    ada = record()
    assert code(ada) == "not_given"
    assert [say(ada, "given"), say(ada, "given"), say(ada, "withdrawn")] == [True, False, True]
    assert code(ada) == "withdrawn"
    assert say(ada, "given", note="Called on Monday")
    assert code(ada) == "given"
    with reading(SETUP) as work:
        told = service.history(work, [ada]).items
        kinds = select(TimelineEntry.facts).where(TimelineEntry.kind == "consent.changed")
        assert [row.state for row in told] == ["given", "withdrawn", "given"]
        assert len(work.session.scalars(kinds).all()) == 3
    with begin(SETUP) as work, pytest.raises(Conflict):
        service.say(
            work, ada, purpose="service", channel="email", state="withdrawn", source="phone"
        )


def test_a_word_for_an_address_holds_on_every_record_that_has_it(database: Database) -> None:
    ada, bob = record(), record("Bob")
    assert say(ada, "withdrawn", "surveys", address="Home@x.example", source="unsubscribe")
    assert code(bob, "surveys", address="home@x.example") == "withdrawn"
    assert code(bob, "surveys", address="bob@x.example") == "not_withdrawn"
    assert say(ada, "given", "surveys")
    assert code(bob, "surveys", address="home@x.example") == "not_withdrawn"


def test_nobody_says_yes_for_anothers_address(database: Database) -> None:
    ada, bob = record(), record("Bob")
    assert say(ada, "given", address="home@x.example")
    assert code(ada, address="Home@x.example") == "given"
    assert code(ada, address="work@x.example") == "not_given"
    assert code(bob, address="home@x.example") == "not_given"
    assert say(bob, "given")
    assert code(bob, address="home@x.example") == "given"


def test_a_merge_keeps_the_strictest_until_they_say_otherwise_and_gives_it_back(
    database: Database,
) -> None:
    kept, gone = record(), record("Ada L")
    say(kept, "given")
    say(gone, "withdrawn")
    with begin(SETUP) as work:
        done = merge.merge(work, kept, gone).id
    assert code(kept) == "withdrawn"
    assert say(kept, "given")
    assert code(kept) == "given"
    with begin(SETUP) as work:
        merge.undo(work, done)
    assert (code(kept), code(gone)) == ("given", "withdrawn")


def test_stop_and_an_open_matter_come_before_what_was_said(database: Database) -> None:
    ada = record()
    say(ada, "given", channel="sms")
    with begin(SETUP) as work:
        customer = customers.permissions.get_customer(work, ada)
        number = points.read(work, "phone", "+447700900123")
        points.put(work, customer, number)
        opt_outs.stop(work, number.value, customer_id=ada, words="STOP", told_by="customer")
    assert code(ada, channel="sms", address="+447700900123") == "stopped"
    assert code(ada, "service", "sms", "+447700900123") == "stopped"
    with reading(SETUP) as work:
        assert consenting.may_send(work, "surveys", "email", ada, answers=True).code == "answers"


def test_texts_have_versions_and_a_new_one_is_said_yes_to_anew(database: Database) -> None:
    ada = record()
    say(ada, "given")
    texts = {"en": {"name": "News", "text": "What is new, monthly."}}
    with begin(SETUP) as work:
        changed = purposes.change(
            work, "news", version=0, basis="only_given", channels=["email"], texts=texts
        )
        assert (changed.text_number, changed.channels) == (1, ("email",))
    assert say(ada, "given")
    with reading(SETUP) as work:
        numbers = work.session.scalars(select(Consent.text_number).order_by(Consent.id)).all()
        assert numbers == [0, 1]
    with begin(SETUP) as work, pytest.raises(Conflict):
        purposes.change(work, "news", version=0, basis="only_given", channels=[], texts=texts)
    with begin(SETUP) as work, pytest.raises(Invalid):
        purposes.add(work, basis="always", channels=["email"], texts={})
    with begin(Actor("user", "x", role="agent")) as work, pytest.raises(Forbidden):
        purposes.add(work, basis="only_given", channels=["email"], texts=texts)
