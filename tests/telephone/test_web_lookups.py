"""A caller asks how an order stands: another program is asked, in time, and not while it fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from helpdesk.carriers.models import PhoneNumber
from helpdesk.core import addresses
from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.tables import AuditEntry
from helpdesk.ivr import service as flows
from helpdesk.ivr import web_lookups
from helpdesk.ivr.lookups import BY_PROGRAM
from helpdesk.ivr.models import IvrRefusal, IvrWebLookup
from helpdesk.ivr.starting import step
from helpdesk.routing.models import WorkItem
from helpdesk.webhooks import signing
from helpdesk.workflows import call_flows
from tests.telephone.centre import NUMBER, Centre
from tests.webhooks.receiver import Receiver, receiver

SENTENCE = "Your order {number} is {status}."
SECRET = signing.new_secret()


@pytest.fixture
def shop() -> Iterator[Receiver]:
    addresses.configure(("127.0.0.0/8",))
    with receiver() as running:
        yield running
    addresses.configure(())


@pytest.fixture
def ordering(centre: Centre, shop: Receiver) -> Centre:
    """A flow that asks the shop, says goodbye, and else lets the caller wait."""
    with centre.at() as work:
        row = web_lookups.add(work, SECRET, name="Order status", url=shop.url, sentence=SENTENCE)
        nodes: list[dict[str, Any]] = [
            step("order", "lookup", "Order", what=f"web:{row.id}", prompt="Order number?",
                 proof=BY_PROGRAM, proof_prompt="Postcode?", next="bye", refused="wait",
                 retries="1"),
            step("bye", "hangup", "Goodbye", text="Goodbye."),
            step("wait", "queue", "Wait", queue_id=centre.floor.queue_id),
        ]  # fmt: skip
        content = {
            "language": "en-GB", "zone": "UTC", "greeting": "", "greeting_known": "",
            "nodes": nodes,
        }  # fmt: skip
        flow = flows.add_flow(work, name="Orders", content=content)
        flows.publish(work, flow.id, call_flows.known(work), note="", version=flow.version)
        work.session.scalars(select(PhoneNumber)).one().flow_id = flow.id
        with pytest.raises(Conflict, match="Orders"):
            web_lookups.remove(work, row.id, call_flows.flows_asking(work, f"web:{row.id}"))
    return centre


def asks(centre: Centre, *keys: str) -> str:
    """All that is heard in a call with these keys."""
    centre.caller.dial(NUMBER)
    for one in keys:
        centre.exchange.advance(5)
        centre.caller.press(one)
    centre.exchange.advance(15)
    heard = " ".join(centre.caller.hear())
    if centre.caller.call is not None:
        centre.caller.hang_up()
        centre.exchange.advance(2)
    return heard


def test_the_program_checks_the_proof_and_its_answer_is_said_in_our_words(
    ordering: Centre, shop: Receiver
) -> None:
    told = {"found": True, "status": "on its <way>", "secret": {"not": "plain"}}
    shop.answer = json.dumps(told).encode()
    assert "say: Your order 1 0 4 is on its <way>. " in asks(ordering, "104#", "20095#")
    (got,) = shop.got
    assert got.body["number"] == "104"
    assert got.body["proof"] == "20095"
    assert got.body["caller"] == ordering.caller.number
    signed = signing.signature(
        SECRET, got.headers["webhook-id"], int(got.headers["webhook-timestamp"]), got.raw
    )
    assert got.headers["webhook-signature"] == signed
    shop.answer = b'{"found": false}'
    heard = asks(ordering, "104#", "11111#", "104#", "22222#")
    assert heard.count("These numbers don't fit together.") == 1
    with ordering.look() as work:
        assert len(work.session.scalars(select(IvrRefusal)).all()) == 2
        told_of = work.session.scalars(
            select(AuditEntry.action).where(AuditEntry.action.startswith("call_lookup."))
        ).all()
        assert sorted(set(told_of)) == [
            "call_lookup.added", "call_lookup.refused", "call_lookup.told",
        ]  # fmt: skip
        assert work.session.scalars(select(WorkItem)).one().state == "left"


@pytest.mark.parametrize(
    "status, answer",
    [(500, b"oops"), (200, b"[1]"), (200, b'{"found": true}'), (200, b'{"found": "yes"}')],
)
def test_an_answer_that_is_none_leads_the_caller_on_without_it(
    ordering: Centre, shop: Receiver, status: int, answer: bytes
) -> None:
    shop.status, shop.answer = status, answer
    heard = asks(ordering, "104#", "20095#")
    assert "Your order" not in heard
    assert "These numbers" not in heard
    with ordering.look() as work:
        assert len(work.session.scalars(select(WorkItem)).all()) == 1


def test_a_program_that_fails_is_left_alone_for_a_while(ordering: Centre, shop: Receiver) -> None:
    shop.status = 500
    for _ in range(3):
        asks(ordering, "104#", "20095#")
    asked = len(shop.got)
    with ordering.at() as work:
        row = work.session.scalars(select(IvrWebLookup)).one()
        assert (row.failures, row.trouble) == (3, "bad_answer")
        row.rest_until = work.at.replace(year=work.at.year + 1)
    asks(ordering, "104#", "20095#")
    assert len(shop.got) == asked
    with ordering.at() as work:
        work.session.scalars(select(IvrWebLookup)).one().rest_until = None
    shop.status, shop.answer = 200, b'{"found": true, "status": "here"}'
    assert "is here" in asks(ordering, "104#", "20095#")
    with ordering.look() as work:
        row = work.session.scalars(select(IvrWebLookup)).one()
        assert (row.failures, row.trouble) == (0, "")


@pytest.mark.parametrize(
    "url", ["http://shop.example.com/", "https://127.0.0.1/", "https://169.254.169.254/", "file:/x"]
)
def test_J7_only_a_public_host_by_https_is_asked(database: object, url: str) -> None:
    with pytest.raises(Invalid):
        web_lookups.check_address(url)
