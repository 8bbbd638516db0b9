"""A customer's data leave: a word in every channel is found nowhere, but where the dry run said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from helpdesk import wiring
from helpdesk.channels.models import Conversation, Message
from helpdesk.consents import service as consents
from helpdesk.core import clock
from helpdesk.core.actors import system
from helpdesk.core.config import Settings
from helpdesk.core.db import Base
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import custom_fields, merge, no_calls, points
from helpdesk.customers import service as customers
from helpdesk.customers.models import Customer
from helpdesk.jobs.relay import Relay
from helpdesk.mail.models import IncomingMail
from helpdesk.mail.reading import readers
from helpdesk.owned.models import Shop as Shop_
from helpdesk.owned.models import ShopMessage, ShopOrder
from helpdesk.privacy import deciding, erasures, holds
from helpdesk.privacy.deciding import Subject
from helpdesk.privacy.models import Erasure
from helpdesk.tickets import service as tickets
from helpdesk.tickets import time_spent
from helpdesk.tickets.models import Ticket
from helpdesk.webhooks import service as webhooks
from helpdesk.webhooks.kinds import NAMES
from helpdesk.workflows import (
    cases,
    cases_line,
    cases_merge,
    erasing,
    erasing_parts,
    erasing_plan,
    erasing_table,
)
from tests.privacy.planting import CANARY, files_saying, plant, rows_saying
from tests.web.portal import scene
from tests.web.portal.scene import Shop

ME = system("test")
MAIL = f"{CANARY}@x.example"
PHONE = "+447700900123"
ALLOWED = {"audit_entry"}


@pytest.fixture
def shop(app: Flask, settings: Settings) -> Shop:
    return scene.furnish(app, settings)


def relay() -> None:
    reactions = {
        kind: [one for one in found if one.handle is not None]
        for kind, found in wiring.consumers().items()
    }
    running = Relay(reactions)
    while running.deliver_waiting():
        pass


def story(shop: Shop) -> tuple[str, str]:
    """Mail with a file, notes, tags, time, an answer, a webhook; customer and ticket."""
    with begin(ME) as work:
        for subject in ("ticket", "customer"):
            custom_fields.add_custom_field(
                work, subject=subject, key="own", label="Own", kind="text"
            )
        webhooks.add_endpoint(work, name="CRM", url="https://93.184.216.34/x", kinds=NAMES)
    raw = (
        f"From: {CANARY} <{MAIL}>\r\nTo: support@shop.example\r\nSubject: {CANARY} cold\r\n"
        f"Message-ID: <{CANARY}@x.example>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
        f"It says {CANARY}.\r\n--b\r\nContent-Type: text/plain; name={CANARY}.txt\r\n"
        f"Content-Disposition: attachment; filename={CANARY}.txt\r\n\r\n{CANARY} inside\r\n"
        "--b--\r\n"
    )
    made = shop.room.deliver(raw.encode())
    readers.close()
    assert made.ticket_id is not None
    with begin(shop.anna) as work:
        held = tickets.hold(work, made.ticket_id)
        customer_id = held.customer_id
        time_spent.add_time(work, held, 60, text=f"{CANARY} took long")
        cases_line.change(work, made.ticket_id, {"fields": {"own": CANARY}, "tags": [CANARY]})
        author = f"agent:{shop.anna.id}"
        cases.reply(work, made.ticket_id, author=author, text=f"{CANARY} inner", public=False)
        cases.reply(work, made.ticket_id, author=author, text=f"Dear {CANARY}", public=True)
        customers.add_note(work, customer_id, f"{CANARY} is nice")
        found = customers.permissions.get_customer(work, customer_id)
        points.put(work, found, points.read(work, "phone", PHONE), label=CANARY)
        customers.change_customer(
            work, customer_id, version=found.version, changes={"custom": {"own": CANARY}}
        )
        consents.say(
            work, customer_id, purpose="news", channel="email", state="given",
            source="phone", address=MAIL, note=CANARY,
        )  # fmt: skip
        no_calls.mark(work, customer_id, PHONE, kind="asked")
        found = customers.permissions.get_customer(work, customer_id)
        points.put(work, found, points.read(work, "email", MAIL), proved=True)
        bought(work, customer_id, years=11)
        bought(work, None, years=12)
    shop.browser(customer_id)
    shop.room.deliver(
        f"From: {MAIL}\r\nTo: support@shop.example\r\nSubject: x\r\n\r\n{CANARY}".encode()
    )
    relay()
    return customer_id, made.ticket_id


def bought(work: Work, customer_id: str | None, *, years: int) -> None:
    """An order of so many years ago, as its shop told of it, and the shop itself."""
    placed = work.at - timedelta(days=365 * years)
    shop = {"id": new_id(), "key": f"s{years}", "name": "Shop", "secret": "x"}
    work.insert(Shop_, **shop, created_at=work.at)
    order = {"shop": "s", "external_id": f"{years}", "number": f"{years}", "number_key": "1"}
    said = {"said_name": CANARY, "said_email": MAIL, "said_phone": PHONE, "said_external": CANARY}
    order_id = new_id()
    work.insert(
        ShopOrder, id=order_id, customer_id=customer_id, status="paid", placed_at=placed,
        told_at=placed, created_at=placed, updated_at=placed, **order, **said,
    )  # fmt: skip
    work.insert(
        ShopMessage, id=new_id(), shop_id=shop["id"], message_id=f"{years}", body=CANARY,
        received_at=placed, order_id=order_id,
    )  # fmt: skip


def subjects_of(customer_id: str) -> Mapping[str, list[str]]:
    with reading(ME) as work:
        theirs = select(Conversation.id).where(Conversation.customer_id == customer_id)
        return {
            "customers": [customer_id],
            "tickets": list(
                work.session.scalars(select(Ticket.id).where(Ticket.customer_id == customer_id))
            ),
            "conversations": list(work.session.scalars(theirs)),
            "orders": list(
                work.session.scalars(
                    select(ShopOrder.id).where(ShopOrder.customer_id == customer_id)
                )
            ),
            "addresses": [MAIL, PHONE],
        }


def close_all(customer_id: str) -> None:
    with begin(ME) as work:
        for ticket_id in subjects_of(customer_id)["tickets"]:
            cases_line.set_state(work, ticket_id, "resolved")
            cases_line.set_state(work, ticket_id, "closed")


def confirmed(customer_id: str) -> str:
    with begin(ME) as work:
        row, _ = erasures.ask(work, customer_id, source="desk", reason=f"{CANARY} called")
        erasures.confirm(work, row)
        return row.id


def state(erasure_id: str) -> Erasure:
    with reading(ME) as work:
        return work.session.get_one(Erasure, erasure_id)


def go(erasure_id: str, *, days: int = 8) -> Erasure:
    """Run it some days from now, in pieces, as if it was killed after each."""
    relay()
    with clock.moved_to(clock.now() + timedelta(days=days)):
        while erasing.advance(erasure_id, rounds=1) and state(erasure_id).due_at is not None:
            if state(erasure_id).state == "blocked":
                break
    return state(erasure_id)


def test_E2_E4_a_word_in_every_channel_is_found_nowhere_afterwards(
    shop: Shop, settings: Settings
) -> None:
    customer_id, ticket_id = story(shop)
    subjects = dict(subjects_of(customer_id))
    with begin(ME) as work:
        planted = plant(work, subjects)
    assert {
        "survey",
        "kb_remark",
        "text_delivery",
        "notice",
        "ivr_walk",
        "asset",
        "complaint",
    } <= planted
    close_all(customer_id)
    relay()
    with reading(ME) as work:
        before = {table for table, _ in rows_saying(work, CANARY)}
        plan = erasing_plan.of(work, customer_id)
    assert len(before) > 40
    assert files_saying(settings.data, CANARY)
    assert plan.goes["matters"] == 2
    assert {one.kind for one in plan.stays} == {"audit", "marks"}
    erasure_id = confirmed(customer_id)
    relay()
    row = go(erasure_id)
    relay()
    assert (row.state, row.erased["matters"], row.erased["files"]) == ("done", 2, 1)
    with reading(ME) as work:
        left = {place for place in rows_saying(work, CANARY) if place[0] not in ALLOWED}
        marked = {table for table, _ in rows_saying(work, PHONE[1:])} - ALLOWED
        assert work.session.get_one(Customer, customer_id).name == ""
        assert work.session.get_one(Ticket, ticket_id).subject == erasing_table.GONE
    assert left == set()
    assert marked == {"no_calls"}
    assert files_saying(settings.data, CANARY) == []
    again = go(confirmed(customer_id))
    assert (again.state, again.erased) == ("done", {})


def test_what_must_be_kept_stays_whole_and_goes_later(shop: Shop, settings: Settings) -> None:
    customer_id, ticket_id = story(shop)
    with begin(ME) as work:
        holds.hold(work, ticket_id, "Dispute")
        bought(work, customer_id, years=2)
    with reading(ME) as work:
        names = [one.name for one in erasing_plan.of(work, customer_id).open]
        assert len(names) == 1  # the other matter is still open
    erasure_id = confirmed(customer_id)
    assert go(erasure_id).state == "blocked"
    close_all(customer_id)
    relay()
    row = go(erasure_id, days=9)
    assert row.state == "partly"
    assert [one["why"] for one in row.kept] == ["hold", "retention", "marks", "audit"]
    assert CANARY not in str(row.kept)
    with reading(ME) as work:
        owners = work.session.scalars(select(ShopOrder.said_name).order_by(ShopOrder.placed_at))
        assert list(owners) == [erasing_table.GONE, erasing_table.GONE, CANARY]
    with reading(ME) as work:
        assert CANARY in work.session.get_one(Ticket, ticket_id).subject
        words = " ".join(work.session.scalars(select(Message.text)))
        assert f"Dear {CANARY}" in words
        assert work.session.get_one(Customer, customer_id).name == ""
        mails = work.session.scalars(select(IncomingMail.subject)).all()
        assert sorted(mails) == ["", f"{CANARY} cold"]
    with begin(ME) as work:
        holds.lift(work, ticket_id)
    assert go(erasure_id, days=365 * 9).state == "done"
    with reading(ME) as work:
        assert {t for t, _ in rows_saying(work, CANARY)} <= {*ALLOWED, "legal_hold"}
    assert files_saying(settings.data, CANARY) == []


def test_who_changes_their_mind_keeps_everything(shop: Shop) -> None:
    customer_id, _ = story(shop)
    close_all(customer_id)
    erasure_id = confirmed(customer_id)
    with begin(ME) as work:
        assert erasures.stop(work, customer_id)
    assert go(erasure_id).state == "stopped"
    with reading(ME) as work:
        assert work.session.get_one(Customer, customer_id).name == CANARY


def test_a_hold_keeps_what_others_said_in_its_matter(shop: Shop) -> None:
    kim, lee = shop.customer("Kim", MAIL), shop.customer("Lee", "lee@x.example")
    mine, lees = shop.case(kim, "Leak", "Wet"), shop.case(lee, "Flood", "Wetter")
    made = shop.room.deliver(
        b"From: lee@x.example\r\nTo: support@shop.example\r\nSubject: Pump\r\n\r\nCopied in"
    )
    with begin(shop.anna) as work:
        cases_merge.merge(work, mine, lees, other_customer=True)
    with begin(ME) as work:
        for ticket_id in (lees, made.ticket_id or ""):
            holds.hold(work, ticket_id, "Court")
        written = update(IncomingMail).where(IncomingMail.conversation_id.is_not(None))
        work.session.execute(written.values(sender_address=MAIL))  # by Kim, in Lee's matter
    with reading(ME) as work:
        stays = [one for one in erasing_plan.of(work, kim).stays if one.why == "hold"]
    assert len(stays) == 2
    assert all("Flood" not in one.name for one in stays)  # its name is Lee's
    row = go(confirmed(kim))
    assert row.state == "partly"
    with reading(ME) as work:
        assert set(work.session.scalars(select(Message.text))) == {"Wet", "Wetter", "Copied in"}
    with begin(ME) as work:
        holds.lift(work, lees)
    assert go(row.id, days=60).state == "done"
    with reading(ME) as work:
        assert set(work.session.scalars(select(Message.text))) == {"", "Wetter", "Copied in"}


def test_what_was_asked_for_a_record_can_be_stopped_after_its_merge(shop: Shop) -> None:
    kim, twin = shop.customer("Kim", MAIL), shop.customer("Kim", "kim@work.example")
    first, second = confirmed(twin), confirmed(kim)
    with begin(ME) as work:
        merge.merge(work, kim, twin)
    relay()
    with reading(ME) as work:
        found = erasures.open_of(work, kim)
        assert found is not None
        assert found.id == first
    with begin(ME) as work:
        assert erasures.stop(work, kim)
    assert {state(one).state for one in (first, second)} == {"stopped"}
    third = confirmed(twin)
    assert go(third).state == "done"
    with reading(ME) as work:
        assert {work.session.get_one(Customer, one).name for one in (kim, twin)} == {""}


@pytest.mark.parametrize(
    "text,is_said",
    [
        ('{"from": "kim@x.example"}', True),
        ("Kim@X.example wrote", True),
        ('{"text": "from:\\nkim@x.example."}', True),
        ("joakim@x.example", False),
        ("kim@x.example.org", False),
        ("kim@x.example-shop.org", False),
        ("call +491701", True),
        ("call +4917012", False),
    ],
)
def test_an_address_is_said_only_where_it_stands_by_itself(text: str, is_said: bool) -> None:
    assert erasing_parts.says(text, ["kim@x.example", "+491701"]) is is_said


def test_every_table_has_its_line() -> None:
    """A new table is blanked, deleted, or said to hold nothing of a customer's."""
    assert erasing_table.known() == set(Base.metadata.tables)


def test_a_hold_goes_before_everything_and_time_runs_from_the_end() -> None:
    at = clock.now()
    old, fresh = at - timedelta(days=30), at - timedelta(days=2)
    given = [Subject("a", "A", old), Subject("b", "B", fresh), Subject("c", "C", None),
             Subject("d", "D", None, held=True)]  # fmt: skip
    found = deciding.sort(given, days=10, at=at)
    assert [one.id for one in found.goes] == ["a"]
    assert [(one.id, one.why) for one in found.kept] == [("b", "retention"), ("d", "hold")]
    assert [one.id for one in found.open] == ["c"]
    assert deciding.next_look(found.kept, at) == fresh + timedelta(days=10)
