"""Bounces, absences, lists, senders and threads: the judgements, by what stands in mails."""

from __future__ import annotations

import pytest

from helpdesk.core import secrets
from helpdesk.mail import content, sender, threads
from helpdesk.mail.classify import Verdict, classify
from helpdesk.mail.writing import mailbox, unstructured


@pytest.fixture(autouse=True)
def _key() -> None:
    secrets.configure("a key for tests only, as long as it has to be: 0123456789")


def verdict(*head: str, body: str = "Hello") -> Verdict:
    raw = "\r\n".join(head) + "\r\n\r\n" + body
    return classify(content.read(raw.encode()).facts)


BOUNCES = [
    (
        ("From: MAILER-DAEMON@qmail.example", "Subject: failure notice"),
        ("Hi. This is the qmail-send program at qmail.example.\n<joe@x.example>:\n"
        "Sorry, no mailbox here by that name. (#5.1.1)"),
        "failed",
    ),
    (
        ("From: Mail Delivery System <Mailer-Daemon@exim.example>",
         "Subject: Mail delivery failed: returning message to sender",
         "X-Failed-Recipients: joe@x.example"),
        "A message that you sent could not be delivered to one or more of its recipients.",
        "failed",
    ),
    (
        ("From: Postmaster <postmaster@exchange.example>", "Subject: Undeliverable: Offer"),
        ("Delivery has failed to these recipients: joe@x.example\n"
        "#550 5.1.10 RESOLVER.ADR.RecipientNotFound"),
        "failed",
    ),
    (
        ("From: MAILER-DAEMON@sendmail.example",
         "Subject: Warning: could not send message for past 4 hours"),
        ("THIS IS A WARNING MESSAGE ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.\n"
        "Will keep trying until message is 5 days old"),
        "delayed",
    ),
    (
        ("From: postmaster@web.example", "Subject: Unzustellbar: Ihre Anfrage"),
        "Ihre Nachricht konnte nicht zugestellt werden: joe@x.example",
        "failed",
    ),
    (
        ("From: Mail Administrator <Postmaster@carrier.example>",
         "Subject: Mail System Error - Returned Mail"),
        "This Message was undeliverable due to the following reason:\nUser unknown joe@x.example",
        "failed",
    ),
]  # fmt: skip


@pytest.mark.parametrize("head,body,action", BOUNCES)
def test_D2_bounces_are_known_in_many_servers_words(
    head: tuple[str, ...], body: str, action: str
) -> None:
    found = verdict(*head, body=body)
    assert found.bounce is not None
    assert found.bounce.action == action
    assert not found.answerable


@pytest.mark.parametrize(
    "head,body",
    [
        (("From: ada@x.example", "Subject: Delivery failed"), "My parcel was not delivered."),
        (("From: ada@x.example", "Subject: error"), "I get 550 5.1.1 user unknown, help."),
        (("From: Ada <ada@x.example>", "Subject: My account is disabled"), "Please enable it."),
    ],
)
def test_D2_a_person_who_writes_about_failures_is_a_person(
    head: tuple[str, ...], body: str
) -> None:
    assert verdict(*head, body=body).kind == "person"


@pytest.mark.parametrize(
    "head",
    ["Subject: Automatic reply: x", "Subject: Out of Office: x", "Subject: Réponse automatique : x",
     "Subject: =?utf-8?b?6Ieq5YuV6L+U5L+h?=", "Auto-Submitted: auto-replied",
     "X-Autoreply: yes"],
)  # fmt: skip
def test_D4_absences_are_known(head: str) -> None:
    assert verdict("From: ada@x.example", head).kind == "away"


@pytest.mark.parametrize(
    "head,kind",
    [
        ("Auto-Submitted: auto-generated", "automatic"),
        ("Precedence: bulk", "list"),
        ("Precedence: auto_reply", "away"),
        ("X-Autorespond: yes", "away"),
        ("X-Loop: x", "automatic"),
        ("List-Id: <a.b>", "list"),
        ("X-Auto-Response-Suppress: All", "automatic"),
        ("Return-Path: <>", "automatic"),
        ("Auto-Submitted: no", "person"),
    ],
)
def test_D1_what_a_program_sent_is_not_answered(head: str, kind: str) -> None:
    found = verdict("From: ada@x.example", head)
    assert (found.kind, found.answerable) == (kind, kind == "person")


def who(*head: str, **given: object) -> sender.Sender:
    raw = "\r\n".join(head) + "\r\n\r\nx"
    return sender.identify(content.read(raw.encode()).facts, **given)  # type: ignore[arg-type]


def test_C7_only_one_plain_sender_is_sure() -> None:
    assert who("From: Ada <ada@x.example>").sure
    assert not who("From: a@x.example", "From: b@y.example").sure
    assert who("From: a@x.example, b@y.example").address is None
    assert not who('From: "boss@shop.example" <eve@evil.example>').sure
    assert not who("From: a@x.example", "Sender: b@y.example").sure


def test_only_our_own_servers_checks_are_believed() -> None:
    mine = "Authentication-Results: mx.shop.example; dmarc=fail"
    other = "Authentication-Results: evil.example; dmarc=pass"
    assert not who("From: a@x.example", other, mine, checked_by="mx.shop.example").sure
    assert who("From: a@x.example", mine, checked_by="").sure


def test_tokens_of_ours_cannot_be_made_up() -> None:
    mine = threads.new_message_id("conversation", "0" * 32, "shop.example")
    assert threads.is_ours(mine, "conversation")
    assert not threads.is_ours(mine, "another")
    assert not threads.is_ours(mine.replace("@", "0@"), "conversation")
    assert threads.ids_of_ours(f"Message-Id: <{mine}> and so on") == [mine]
    plus = threads.plus_address("support@shop.example", 10432)
    assert threads.plus_numbers([plus]) == [10432]
    assert threads.plus_numbers([plus.replace("10432", "10433")]) == []


def test_a_number_counts_only_in_brackets() -> None:
    assert threads.subject_numbers("Re: x [T-10432]") == [10432]
    assert threads.subject_numbers("colour #104320 and T-10432") == []
    assert threads.with_number("Re: AW: [T-1000] x", 1000) == "Re: x [T-1000]"


def test_a_proof_without_the_correspondent_joins_nothing() -> None:
    found = threads.Candidate("c", "t", "reference", frozenset({"ada@x.example"}))
    assert threads.place([found], "ada@x.example", sure=True).joins is found
    assert threads.place([found], "eve@evil.example", sure=True) == threads.Place(None, found)
    assert threads.place([found], "ada@x.example", sure=False).joins is None


def test_B14_headers_hold_one_line() -> None:
    assert "\n" not in unstructured("Subject", "a\r\nBcc: b@x.example").replace("\r\n ", "")
    with pytest.raises(ValueError, match="one address"):
        mailbox("x", "a@x.example\r\nBcc: b@x.example")
    with pytest.raises(ValueError, match="one address"):
        mailbox("x", "a@x.example, b@y.example")
