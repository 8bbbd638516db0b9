"""Mails that come in, through the whole program but for the network: kept, read, put in place."""

from __future__ import annotations

import io
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpdesk.channels.models import Conversation
from helpdesk.core.db import Database
from helpdesk.core.work import begin, reading
from helpdesk.customers import service as customers
from helpdesk.customers.models import Customer
from helpdesk.identity.models import User
from helpdesk.mail import mailboxes, queries, service, settings, threads
from helpdesk.mail.models import MailBody, OutgoingMail
from helpdesk.mail.reading import readers
from helpdesk.routing import setup
from helpdesk.tickets import service as tickets
from helpdesk.workflows import cases, mail_automatic, mail_in
from helpdesk.workflows import cases_line as line
from tests.workflows import postroom
from tests.workflows.people import SETUP
from tests.workflows.postroom import ADDRESS, Postroom


@pytest.fixture(autouse=True, scope="module")
def _readers_end() -> Iterator[None]:
    yield
    readers.close()


@pytest.fixture
def post(database: Database, tmp_path: Path) -> Postroom:
    return postroom.make_postroom(tmp_path)


@pytest.fixture
def acknowledging(database: Database, tmp_path: Path) -> Postroom:
    return postroom.make_postroom(tmp_path, acknowledges=True)


def customer_of(ticket_id: str | None) -> Customer:
    with reading(SETUP) as work:
        ticket = next(t for t in postroom.tickets() if t.id == ticket_id)
        return work.session.get_one(Customer, ticket.customer_id)


def test_a_first_mail_becomes_a_ticket_in_the_mailboxs_queue_on_its_writers_record(
    post: Postroom,
) -> None:
    outcome = post.deliver(subject="Re: Printer")
    (ticket,) = postroom.tickets()
    assert (outcome.outcome, outcome.ticket_id) == ("ticket", ticket.id)
    assert (ticket.subject, ticket.channel, ticket.queue_id) == (
        "Printer",
        "email",
        post.floor.queue_id,
    )
    assert customer_of(ticket.id).name == "Ada"
    assert [m.text for m in postroom.messages()] == ["It is broken."]


def test_the_record_that_colleagues_made_with_the_address_is_found(post: Postroom) -> None:
    with begin(SETUP) as work:
        known = customers.create_customer(
            work, name="Ada Lovelace", contact_points=[("email", "Ada@Customer.example")]
        )
    assert customer_of(post.deliver().ticket_id).id == known.id
    assert customer_of(post.deliver(subject="Another").ticket_id).id == known.id


def test_an_answer_to_our_mail_joins_its_ticket(post: Postroom) -> None:
    first = post.deliver()
    assert first.ticket_id is not None
    sent = post.reply(first.ticket_id)
    back = post.deliver(subject="Aw: Printer", replies_to=sent.message_id, text="Thanks.")
    assert (back.outcome, back.ticket_id) == ("reply", first.ticket_id)
    assert len(postroom.tickets()) == 1


def test_an_answer_reopens_a_resolved_ticket(post: Postroom) -> None:
    first = post.deliver()
    assert first.ticket_id is not None
    sent = post.reply(first.ticket_id)
    with begin(post.floor.anna) as work:
        line.set_state(work, first.ticket_id, "resolved")
    post.deliver(replies_to=sent.message_id, text="It burns again.")
    (ticket,) = postroom.tickets()
    assert (ticket.state, ticket.reopened_count) == ("open", 1)


def test_quotes_and_signatures_are_folded_and_nothing_is_lost(post: Postroom) -> None:
    text = "Thanks.\n-- \nAda\n\nOn 1 May Anna <support@shop.example> wrote:\n> Turn it off."
    outcome = post.deliver(text=text)
    assert [m.text for m in postroom.messages()] == ["Thanks."]
    with reading(SETUP) as work:
        body = work.session.get_one(MailBody, outcome.mail_id)
    assert "Turn it off" in body.quoted
    assert "Ada" in body.signature


def test_B11_one_mail_by_five_fetchers_at_once_is_one_ticket(post: Postroom) -> None:
    raw, outcomes = post.raw(), []
    barrier = threading.Barrier(5)

    def fetch() -> None:
        barrier.wait()
        outcomes.append(mail_in.deliver(io.BytesIO(raw)).outcome)

    runners = [threading.Thread(target=fetch) for _ in range(5)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    assert len(postroom.tickets()) == 1
    assert len(postroom.messages()) == 1
    assert sorted(outcomes).count("ticket") == 1


def test_B12_a_mail_that_was_kept_by_a_process_that_died_is_settled_by_the_next(
    post: Postroom,
) -> None:
    raw = post.raw()
    mail_in.take_in(io.BytesIO(raw))
    assert postroom.tickets() == []
    assert mail_in.deliver(io.BytesIO(raw)).outcome == "duplicate"
    assert mail_in.handle_waiting() == 0
    assert len(postroom.tickets()) == 1


def test_a_copy_that_came_by_another_way_is_the_same_mail(post: Postroom) -> None:
    raw = post.raw()
    post.deliver(raw)
    again = b"Received: from elsewhere\r\nDelivered-To: x@y\r\n" + raw.replace(b"\r\n", b"\n")
    assert post.deliver(again).outcome == "duplicate"


def test_a_forged_mail_under_a_known_id_is_another_mail(post: Postroom) -> None:
    post.deliver(message_id="same@x", text="The truth.")
    forged = post.deliver(message_id="same@x", text="Pay here.", sender="eve@evil.example")
    assert forged.outcome == "ticket"
    assert [m.text for m in postroom.messages()] == ["The truth.", "Pay here."]


def test_B13_a_mail_without_id_date_and_sender_is_kept_with_our_own_time(post: Postroom) -> None:
    outcome = post.deliver(b"Subject: Hello\r\nDate: Fri, 1 Jan 2099 00:00:00 +0000\r\n\r\nHi\r\n")
    (ticket,) = postroom.tickets()
    assert outcome.outcome == "ticket"
    assert ticket.opened_at.year < 2099
    assert "does not say who" in postroom.incoming(outcome.mail_id).doubt


@pytest.mark.parametrize(
    "raw",
    [
        b"To: " + b", ".join(b"u%d@x.example" % i for i in range(20_000)) + b"\r\n\r\nx",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 100_000,
        b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i)
            for i in range(2_000)
        ),
    ],
    ids=["B2-20000-addresses", "B3-100000-parts", "B3-2000-deep"],
)
def test_B2_B3_a_mail_beyond_the_bounds_is_parked_and_the_next_one_flows(
    post: Postroom, raw: bytes
) -> None:
    parked = post.deliver(b"From: a@b.example\r\n" + raw)
    assert parked.outcome == "quarantine"
    assert "too much" in parked.reason
    assert post.deliver().outcome == "ticket"


@pytest.mark.parametrize(
    "raw, why",
    [
        (b"", "not a mail"),
        (b"Hello, is anybody there?\n\nAda\n", "not a mail"),
        (bytes(range(256)) * 40, "not a mail"),
        (random.Random(7).randbytes(20_000), "not a mail"),
        (b"Subject: x\r\n\r\n" + random.Random(8).randbytes(9_000), "only bytes"),
    ],
    ids=["empty", "a-bare-text", "all-bytes", "random", "random-without-a-sender"],
)
def test_what_is_no_mail_is_parked_with_a_plain_reason(
    post: Postroom, raw: bytes, why: str
) -> None:
    outcome = post.deliver(raw)
    assert outcome.outcome == "quarantine"
    assert why in outcome.reason
    assert postroom.tickets() == []


def test_mail_that_no_mailbox_claims_goes_to_the_queue_set_for_it_else_to_the_chat_sites(
    post: Postroom,
) -> None:
    with begin(SETUP) as work:
        setup.create_queue(work, name="A first queue")
        later = setup.create_queue(work, name="Later").id
    post.deliver(to="who@else.example")
    with begin(SETUP) as work:
        settings.change(work, queue_id=later)
    post.deliver(to="who@else.example")
    post.deliver()
    own = post.floor.queue_id
    assert [ticket.queue_id for ticket in postroom.tickets()] == [own, later, own]


def test_B5_broken_headers_and_unknown_charsets_are_kept_with_their_defects(
    post: Postroom,
) -> None:
    raw = (
        b"From: " + b"(" * 50_000 + b"\r\nMessage-ID: <<<<\r\n"
        b"Content-Type: text/plain; charset=klingon\r\n\r\nHallo \xe4\r\n"
    )
    outcome = post.deliver(raw)
    assert outcome.outcome == "ticket"
    with reading(SETUP) as work:
        body = work.session.get_one(MailBody, outcome.mail_id)
    assert body.text == "Hallo ä"
    assert "unknown character set 'klingon'" in body.defects


def test_what_could_not_be_settled_is_tried_again_after_the_quarantine(post: Postroom) -> None:
    noted = mail_in.take_in(io.BytesIO(post.raw()))
    with begin(SETUP) as work:
        mail = service.claim(work, noted.id)
        assert mail is not None
        service.park(work, mail, "for a test")
    with reading(SETUP) as work:
        assert queries.count_in_state(work, "quarantined") == 1
    with begin(SETUP) as work:
        service.retry(work, noted.id)
    assert mail_in.handle(noted.id).outcome == "ticket"


def test_C1_a_mail_in_a_colleagues_name_is_held_and_nothing_reaches_the_customer(
    post: Postroom,
) -> None:
    first = post.deliver()
    assert first.ticket_id is not None
    sent = post.reply(first.ticket_id)
    with reading(SETUP) as work:
        agent = work.session.get_one(User, post.floor.anna.id)
    before = len(postroom.messages())
    forged = post.deliver(
        sender=f"Anna <{agent.email}>", replies_to=sent.message_id, text="Refund granted."
    )
    assert forged.outcome == "quarantine"
    assert len(postroom.messages()) == before
    assert len(postroom.outgoing()) == 1
    with begin(SETUP) as work:
        mail_automatic.tell_colleague(
            work, tickets.hold(work, first.ticket_id), agent, once_key="n", title="Look", text="x"
        )
    notice = next(mail for mail in postroom.outgoing() if mail.kind == "notice")
    forged = post.deliver(
        sender=agent.email, replies_to=notice.message_id, subject=f"Re: {notice.subject}"
    )
    assert forged.outcome == "quarantine"
    assert len(postroom.messages()) == before


def test_C2_a_stranger_with_a_number_in_the_subject_gets_a_case_of_their_own(
    post: Postroom,
) -> None:
    first = post.deliver(text="My secret is blue.")
    stranger = post.deliver(
        sender="eve@evil.example", subject=f"Re: Printer [T-{first.ticket_number}]", text="Tell me."
    )
    assert stranger.outcome == "ticket"
    assert stranger.ticket_id != first.ticket_id
    assert stranger.ticket_id is not None
    sent = post.reply(stranger.ticket_id, "What is it?")
    assert "secret" not in sent.text + sent.html + sent.subject
    assert sent.to_address == "eve@evil.example"


def test_the_writer_with_the_number_in_the_subject_goes_on(post: Postroom) -> None:
    first = post.deliver()
    again = post.deliver(subject=f"Once more [T-{first.ticket_number}]", text="More.")
    assert (again.outcome, again.ticket_id) == ("reply", first.ticket_id)


def test_C4_who_was_copied_takes_no_part(post: Postroom) -> None:
    first = post.deliver(headers=["Cc: eve@evil.example"])
    assert first.ticket_id is not None
    sent = post.reply(first.ticket_id)
    assert sent.to_address == "ada@customer.example"
    eve = post.deliver(sender="eve@evil.example", replies_to=sent.message_id, text="And me?")
    assert eve.ticket_id != first.ticket_id
    with reading(SETUP) as work:
        conversation_id = postroom.incoming(first.mail_id).conversation_id
        assert "eve@evil.example" not in queries.correspondents(work, conversation_id)


def test_C5_a_third_party_that_writes_to_a_tickets_plus_address_is_not_shown_there(
    post: Postroom,
) -> None:
    mine = post.deliver(sender="mallory@evil.example")
    assert mine.ticket_number is not None
    trick = post.deliver(
        sender="no-reply@slack.example",
        to=threads.plus_address(ADDRESS, mine.ticket_number),
        text="Your code is 1234.",
    )
    assert trick.outcome == "ticket"
    assert trick.ticket_id != mine.ticket_id
    public = [
        m.text
        for m in postroom.messages(postroom.incoming(mine.mail_id).conversation_id)
        if m.public
    ]
    assert all("1234" not in text for text in public)


def test_C6_control_headers_count_only_in_a_mailbox_for_programs(post: Postroom) -> None:
    asked = ["X-Helpdesk-Priority: urgent", "X-Helpdesk-Tags: vip", "X-Priority: 1"]
    post.deliver(headers=asked)
    assert [t.priority for t in postroom.tickets()] == ["normal"]
    with begin(SETUP) as work:
        mailboxes.get_mailbox(work, post.box_id).is_trusted = True
    post.deliver(headers=asked, subject="Alarm")
    assert [(t.priority, t.tags) for t in postroom.tickets()][1:] == [("urgent", ["vip"])]


@pytest.mark.parametrize(
    "sender,headers",
    [
        ("agent@x.example\r\nFrom: evil@y.example", ()),
        ("agent@x.example, evil@y.example", ()),
        ("Friends: ada@customer.example;", ()),
        ("ada@customer.example", ("Sender: evil@y.example",)),
    ],
    ids=["two-lines", "two-addresses", "group", "another-sender"],
)
def test_C7_a_mail_whose_sender_is_not_sure_leads_to_nobodys_record(
    post: Postroom, sender: str, headers: tuple[str, ...]
) -> None:
    known = customer_of(post.deliver().ticket_id)
    odd = post.deliver(sender=sender, headers=headers, subject="Other")
    assert odd.outcome == "ticket"
    assert customer_of(odd.ticket_id).id != known.id
    conversation_id = postroom.incoming(odd.mail_id).conversation_id
    assert any("not sure" in m.text for m in postroom.messages(conversation_id))


def test_C7_a_mail_that_wants_answers_at_a_colleagues_address_is_not_sure(post: Postroom) -> None:
    with reading(SETUP) as work:
        agent = work.session.get_one(User, post.floor.anna.id)
    outcome = post.deliver(headers=[f"Reply-To: {agent.email}"])
    assert "colleague" in postroom.incoming(outcome.mail_id).doubt


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-generated",
        "Precedence: bulk",
        "Precedence: list",
        "Precedence: junk",
        "List-Id: <a.b>",
        "X-Auto-Response-Suppress: All",
        "X-Loop: yes",
        "Return-Path: <>",
    ],
)
def test_D1_a_program_gets_no_receipt(acknowledging: Postroom, header: str) -> None:
    acknowledging.deliver(headers=[header])
    assert postroom.outgoing() == []
    assert len(postroom.tickets()) == 1


def test_D5_a_person_gets_one_receipt_an_hour_that_quotes_nothing(
    acknowledging: Postroom,
) -> None:
    for number in range(3):
        acknowledging.deliver(subject=f"BUY {number} NOW", text="Cheap pills")
    (receipt,) = postroom.outgoing()
    assert receipt.is_automatic
    assert "BUY" not in receipt.subject + receipt.text
    assert "pills" not in receipt.text + receipt.html
    assert len(postroom.tickets()) == 3


def bounce_of(mail: OutgoingMail, status: str = "5.1.1", action: str = "failed") -> bytes:
    return (
        "From: MAILER-DAEMON@mx.example\r\nTo: support@shop.example\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\nReturn-Path: <>\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\n\r\nI'm sorry to have to inform you.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; ada@customer.example\r\nAction: {action}\r\n"
        f"Status: {status}\r\nDiagnostic-Code: smtp; 550 {status} No such user\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: <{mail.message_id}>\r\n--b--\r\n"
    ).encode()


def test_D2_a_bounce_hangs_on_the_mail_that_came_back(post: Postroom) -> None:
    first = post.deliver()
    assert first.ticket_id is not None
    sent = post.reply(first.ticket_id)
    with begin(post.floor.anna) as work:
        line.set_state(work, first.ticket_id, "resolved")
    outcome = post.deliver(bounce_of(sent))
    assert (outcome.outcome, outcome.ticket_id) == ("attached", first.ticket_id)
    (ticket,) = postroom.tickets()
    assert (ticket.state, ticket.reopened_count) == ("resolved", 0)
    (mail,) = postroom.outgoing()
    assert (mail.state, mail.error) == ("bounced", "5.1.1 smtp; 550 5.1.1 No such user")
    note = postroom.messages()[-1]
    assert (note.public, note.author) == (False, "system")


def test_D2_a_bounce_of_an_unknown_mail_opens_nothing(post: Postroom) -> None:
    fake = OutgoingMail(message_id="never-sent@x.example")
    assert post.deliver(bounce_of(fake)).outcome == "quarantine"
    assert postroom.tickets() == []


def test_D2_a_bounce_in_a_servers_own_words_is_found_by_the_id_it_quotes(post: Postroom) -> None:
    first = post.deliver()
    assert first.ticket_id is not None
    sent = post.reply(first.ticket_id)
    raw = (
        "From: MAILER-DAEMON@host.example\r\nTo: support@shop.example\r\n"
        "Subject: failure notice\r\n\r\n"
        "Hi. This is the qmail-send program at host.example.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n\n"
        "<ada@customer.example>:\n192.0.2.1 does not like recipient.\n"
        "Remote host said: 550 5.1.1 unknown user\n\n--- Below this line is a copy.\n\n"
        f"Message-ID: <{sent.message_id}>\n"
    ).encode()
    assert post.deliver(raw).outcome == "attached"
    assert postroom.outgoing()[0].state == "bounced"


@pytest.mark.parametrize(
    "subject", ["Automatic reply: Printer", "Abwesenheitsnotiz", "Out of Office"]
)
def test_D4_an_absence_is_a_note_and_moves_nothing(post: Postroom, subject: str) -> None:
    first = post.deliver()
    assert first.ticket_id is not None
    post.reply(first.ticket_id)
    with begin(post.floor.anna) as work:
        line.set_state(work, first.ticket_id, "resolved")
    away = post.deliver(subject=subject, text="I am on the beach.")
    assert (away.outcome, away.ticket_id) == ("attached", first.ticket_id)
    (ticket,) = postroom.tickets()
    assert ticket.state == "resolved"
    assert not postroom.messages()[-1].public


def test_a_mail_of_our_own_that_comes_back_opens_nothing(post: Postroom) -> None:
    from helpdesk.workflows.mail_settling import own_mark

    outcome = post.deliver(headers=[f"X-Helpdesk-Loop: {own_mark()}"])
    assert outcome.outcome == "quarantine"
    assert postroom.tickets() == []


def test_I1_a_files_name_is_only_a_name(post: Postroom) -> None:
    raw = (
        b"From: ada@customer.example\r\nSubject: x\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nSee file\r\n'
        b'--b\r\nContent-Disposition: attachment; filename="../../etc/pass\xe2\x80\xaewd"\r\n\r\n'
        b"root\r\n--b--\r\n"
    )
    post.deliver(raw)
    (message,) = postroom.messages()
    assert [a["name"] for a in message.attachments] == ["passwd"]


def test_a_merged_ticket_and_a_long_mail_lose_no_words(post: Postroom) -> None:
    outcome = post.deliver(text="long words " * 5_000)
    (message,) = postroom.messages()
    assert len(message.text) <= 10_000
    assert "Open it to read all" in message.text
    with reading(SETUP) as work:
        assert len(work.session.get_one(MailBody, outcome.mail_id).text) > 50_000


def test_a_reply_is_one_mail_however_often_it_is_told(post: Postroom) -> None:
    from helpdesk.workflows import mail_out

    first = post.deliver()
    assert first.ticket_id is not None
    sent = post.reply(first.ticket_id)
    assert sent.conversation_id is not None
    assert sent.seq is not None
    with begin(SETUP) as work:
        again = mail_out.write_reply(work, first.ticket_id, sent.conversation_id, sent.seq)
        assert again is None
    assert len(postroom.outgoing()) == 1


def test_a_note_stays_in_the_house(post: Postroom) -> None:
    first = post.deliver()
    assert first.ticket_id is not None
    anna = post.floor.anna
    with begin(anna) as work:
        cases.reply(work, first.ticket_id, author=f"agent:{anna.id}", text="Hm.", public=False)
    assert postroom.outgoing() == []


def test_the_conversation_is_an_email_one(post: Postroom) -> None:
    outcome = post.deliver()
    with reading(SETUP) as work:
        conversation_id = postroom.incoming(outcome.mail_id).conversation_id
        assert work.session.get_one(Conversation, conversation_id).channel == "email"
