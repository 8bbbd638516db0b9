"""Signatures, pauses and the list of what may be told."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from helpdesk.core.events import kinds as all_kinds
from helpdesk.webhooks import pauses, signing
from helpdesk.webhooks.kinds import KINDS, told_facts
from helpdesk.workflows import webhooks_resources

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_receiver_can_check_the_signature_by_the_description_alone() -> None:
    secret = signing.new_secret()
    sent = signing.headers([secret], message_id="abc", at=AT, body=b'{"a":1}')
    key = base64.b64decode(secret.removeprefix("whsec_"))
    words = f"{sent['webhook-id']}.{sent['webhook-timestamp']}.".encode() + b'{"a":1}'
    expected = base64.b64encode(hmac.new(key, words, hashlib.sha256).digest()).decode()
    assert sent["webhook-signature"] == f"v1,{expected}"
    assert sent["webhook-timestamp"] == str(int(AT.timestamp()))


def test_the_signature_is_the_one_of_the_published_specification() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert (
        signing.signature(
            secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
        )
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_while_a_secret_is_replaced_both_sign() -> None:
    two = signing.headers(
        [signing.new_secret(), signing.new_secret()], message_id="a", at=AT, body=b""
    )
    assert len(two["webhook-signature"].split()) == 2


def test_pauses_grow_and_end_after_about_a_day() -> None:
    found = []
    attempts = 1
    while (again := pauses.next_try(attempts, AT)) is not None:
        found.append(again - AT)
        attempts += 1
    assert found == sorted(found)
    assert timedelta(hours=20) < sum(found, timedelta()) < timedelta(days=2)


def test_one_that_does_not_answer_rests_at_once_and_one_that_refuses_later() -> None:
    assert pauses.rest(1, True, AT) is None
    assert pauses.rest(1, False, AT) is not None
    assert pauses.rest(50, True, AT) == AT + timedelta(seconds=pauses.RESTS_S[-1])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_each_kind_on_the_list_exists_with_the_facts_named_and_a_reader(kind) -> None:  # type: ignore[no-untyped-def]
    known = all_kinds()[kind.kind].__dataclass_fields__
    assert set(kind.facts) <= set(known)
    assert kind.subject in webhooks_resources.READERS
    assert not kind.public_only or "public" in known


def test_E2_facts_about_notes_and_fields_of_our_own_are_not_told() -> None:
    by_name = {kind.kind: kind for kind in KINDS}
    assert told_facts(by_name["message.posted"], {"public": False, "seq": 1}) is None
    assert told_facts(by_name["message.posted"], {"seq": 1}) is None
    changes = {"state": ["new", "open"], "fields": [{}, {"secret": "x"}], "note": ["a", "b"]}
    told = told_facts(by_name["ticket.changed"], {"ticket_id": "1", "changes": changes})
    assert told == {"ticket_id": "1", "changes": {"state": ["new", "open"]}}
    told = told_facts(by_name["customer.changed"], {"changed": ["name", "custom.iban"]})
    assert told == {"changed": ["name"]}
