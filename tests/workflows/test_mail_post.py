"""Mail over real servers on loopback: IMAP with IDLE, SMTP, LMTP, and what breaks between."""

from __future__ import annotations

import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from helpdesk.core import addresses, clock
from helpdesk.core.db import Database
from helpdesk.core.work import begin, reading
from helpdesk.mail import imap, lines, mailboxes, outbox, place, settings, smtp
from helpdesk.mail.models import Mailbox, OutgoingMail
from helpdesk.mail.reading import readers
from helpdesk.workflows import mail_fetching, mail_in
from helpdesk.workflows.mail_post import PostOffice
from helpdesk.workflows.mail_sending import Sender
from tests.real.mail_servers import ImapServer, SmtpServer
from tests.workflows import postroom
from tests.workflows.people import SETUP
from tests.workflows.postroom import Postroom


@pytest.fixture(autouse=True)
def running() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack
    readers.close()


@pytest.fixture
def relay(running: ExitStack) -> SmtpServer:
    server = SmtpServer().start()
    running.callback(server.stop)
    return server


@pytest.fixture
def post(database: Database, tmp_path: Path, relay: SmtpServer) -> Postroom:
    return postroom.make_postroom(tmp_path, smtp_url=relay.url)


@pytest.fixture
def inbox(running: ExitStack) -> ImapServer:
    server = ImapServer()
    running.callback(server.stop)
    return server.start()


def fetched_from(post: Postroom, server: ImapServer, **given: object) -> None:
    """The mailbox of the postroom is fetched from this server."""
    imap_server = {"host": "127.0.0.1", "port": server.port, "security": "none",
                   "user": server.user, **given}  # fmt: skip
    with begin(SETUP) as work:
        settings.change(work, inner_hosts=True)
        mailboxes.change_mailbox(
            work,
            post.box_id,
            version=mailboxes.get_mailbox(work, post.box_id).version,
            hidden={"imap_password": server.password},
            incoming="imap",
            imap=imap_server,
        )


def until(what: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def office(running: ExitStack) -> Callable[[], PostOffice]:
    def start() -> PostOffice:
        stop = threading.Event()

        class Stopping:
            def __bool__(self) -> bool:
                return stop.is_set()

        opened = PostOffice(Stopping())
        thread = threading.Thread(target=opened.run)
        thread.start()
        running.callback(thread.join, 10)
        running.callback(stop.set)
        return opened

    return start


def test_a_mail_travels_from_a_client_to_a_ticket_and_its_answer_back_in_the_thread(
    post: Postroom, inbox: ImapServer, relay: SmtpServer, office: Callable[[], PostOffice]
) -> None:
    relay.files_into = inbox
    fetched_from(post, inbox)
    office()
    mail = EmailMessage()
    mail["From"], mail["To"] = "Ada <ada@customer.example>", "support@shop.example"
    mail["Subject"] = "Grüße"
    mail["Message-ID"] = "<first@customer.example>"
    mail.set_content("Der Drucker brennt.\n")
    mail.add_attachment(b"%PDF-1.4 x", maintype="application", subtype="pdf", filename="bild.pdf")
    with smtplib.SMTP("127.0.0.1", relay.port) as client:
        client.send_message(mail)
    until(lambda: postroom.messages())
    relay.files_into = None
    (ticket,) = postroom.tickets()
    (message,) = postroom.messages()
    assert (ticket.subject, message.text) == ("Grüße", "Der Drucker brennt.")
    assert [a["name"] for a in message.attachments] == ["bild.pdf"]
    assert inbox.unseen() == 0

    post.reply(ticket.id, "Bitte löschen.")
    until(lambda: len(relay.taken) == 2)
    answer = relay.taken[1]
    assert answer.to == ["ada@customer.example"]
    assert answer.mail["In-Reply-To"] == "<first@customer.example>"
    assert answer.mail["References"] == "<first@customer.example>"
    assert answer.mail["Subject"] == f"Re: Grüße [T-{ticket.number}]"
    plain = answer.mail.get_body(("plain",))
    assert plain is not None
    assert "Bitte löschen." in plain.get_content()
    until(lambda: postroom.outgoing()[0].state == "sent")

    reply = EmailMessage()
    reply["From"], reply["To"] = "ada@customer.example", "support@shop.example"
    reply["Subject"] = "Re: x"
    reply["In-Reply-To"] = answer.mail["Message-ID"]
    reply.set_content("Gelöscht.\n")
    inbox.put(reply.as_bytes())  # while the fetcher waits in IDLE
    until(lambda: len(postroom.messages()) == 3)
    assert len(postroom.tickets()) == 1


def test_B16_a_broken_mailbox_does_not_hold_up_a_good_one(
    post: Postroom, inbox: ImapServer, office: Callable[[], PostOffice]
) -> None:
    fetched_from(post, inbox)
    with begin(SETUP) as work:
        broken = mailboxes.add_mailbox(
            work,
            name="Broken",
            address="broken@shop.example",
            incoming="imap",
            imap={"host": "127.0.0.1", "port": inbox.port, "security": "none", "user": inbox.user},
            hidden={"imap_password": "wrong"},
        )
    inbox.put(post.raw())
    office()
    until(lambda: postroom.tickets())

    def failing() -> bool:
        with reading(SETUP) as work:
            return work.session.get_one(Mailbox, broken.id).failing_since is not None

    until(failing)


def test_B12_a_fetcher_killed_between_keeping_and_marking_makes_one_ticket(
    post: Postroom, inbox: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched_from(post, inbox)
    inbox.put(post.raw())

    def die(self: imap.Inbox, uid: int) -> None:
        raise SystemExit("killed")

    with monkeypatch.context() as patch:
        patch.setattr(imap.Inbox, "seen", die)
        with pytest.raises(SystemExit):
            mail_fetching.fetch_once(post.box_id)
    assert inbox.unseen() == 1
    assert mail_fetching.fetch_once(post.box_id) == 1
    assert len(postroom.tickets()) == 1
    assert inbox.unseen() == 0


def test_a_large_mail_is_fetched_in_pieces(post: Postroom, inbox: ImapServer) -> None:
    fetched_from(post, inbox)
    raw = post.raw(text="0123456789\r\n" * 800_000)
    inbox.put(raw)
    mail_fetching.fetch_once(post.box_id)
    (mail,) = postroom.incoming()
    assert (mail.size, mail.outcome) == (len(raw), "ticket")


def test_J7_a_mailbox_of_an_inner_host_is_not_called_without_the_setting(
    post: Postroom, inbox: ImapServer
) -> None:
    fetched_from(post, inbox)
    with begin(SETUP) as work:
        settings.change(work, inner_hosts=False)
    with pytest.raises(addresses.AddressRefused):
        mail_fetching.fetch_once(post.box_id)


def test_mails_wait_while_the_server_is_away_and_leave_once_each_when_it_is_back(
    post: Postroom, relay: SmtpServer, clock_at: Callable[..., None]
) -> None:
    tickets = [post.deliver(sender=f"c{n}@x.example").ticket_id for n in range(3)]
    relay.stop()
    for ticket_id in tickets:
        assert ticket_id is not None
        post.reply(ticket_id)
    sender, start = Sender(), clock.now()
    for minute in range(0, 61, 5):
        clock_at(start + timedelta(minutes=minute, seconds=1))
        assert sender.send_due() == 0
    assert {m.state for m in postroom.outgoing()} == {"queued"}
    ids = [m.message_id for m in postroom.outgoing()]
    relay.start()
    clock_at(start + timedelta(minutes=70))
    assert sender.send_due() == 3
    clock_at(start + timedelta(minutes=80))
    assert sender.send_due() == 0
    assert sorted(t.mail["Message-ID"] for t in relay.taken) == sorted(f"<{i}>" for i in ids)


def test_a_mail_that_is_refused_for_good_is_told_to_colleagues(
    post: Postroom, relay: SmtpServer
) -> None:
    first = post.deliver()
    assert first.ticket_id is not None
    post.reply(first.ticket_id)
    relay.answers.append("550 5.1.1 No such user")
    assert Sender().send_due() == 0
    (mail,) = postroom.outgoing()
    assert (mail.state, mail.error) == ("failed", "550 5.1.1 No such user")
    assert "was refused" in postroom.messages()[-1].text


def test_a_mail_that_is_refused_for_now_is_tried_again_with_its_own_id(
    post: Postroom, relay: SmtpServer, clock_at: Callable[..., None]
) -> None:
    first = post.deliver()
    assert first.ticket_id is not None
    sent = post.reply(first.ticket_id)
    relay.answers.append("451 4.7.1 Greylisted")
    sender = Sender()
    assert sender.send_due() == 0
    assert sender.send_due() == 0
    clock_at(clock.now() + timedelta(seconds=30))
    assert sender.send_due() == 1
    assert [t.mail["Message-ID"] for t in relay.taken] == [f"<{sent.message_id}>"]


def test_when_the_line_dies_after_the_text_the_copy_has_the_same_id(
    post: Postroom, relay: SmtpServer, clock_at: Callable[..., None]
) -> None:
    first = post.deliver()
    assert first.ticket_id is not None
    post.reply(first.ticket_id)
    relay.answers.append("hang up")
    assert Sender().send_due() == 0
    clock_at(clock.now() + timedelta(seconds=30))
    assert Sender().send_due() == 1
    assert len({t.mail["Message-ID"] for t in relay.taken}) == 1


def test_two_senders_at_once_hand_a_mail_over_once(post: Postroom, relay: SmtpServer) -> None:
    first = post.deliver()
    assert first.ticket_id is not None
    sent = post.reply(first.ticket_id)
    with begin(SETUP) as work:
        assert outbox.take(work, sent.id) is not None
    with begin(SETUP) as work:
        assert outbox.take(work, sent.id) is None
    assert Sender().send_due() == 0
    assert relay.taken == []


def test_a_sender_that_died_over_a_mail_is_followed_by_the_next(
    post: Postroom, relay: SmtpServer, clock_at: Callable[..., None]
) -> None:
    first = post.deliver()
    assert first.ticket_id is not None
    sent = post.reply(first.ticket_id)
    with begin(SETUP) as work:
        outbox.take(work, sent.id)
    clock_at(clock.now() + timedelta(minutes=5))
    assert Sender().send_due() == 1


def test_B14_line_breaks_in_names_and_subjects_add_no_header(
    post: Postroom, relay: SmtpServer
) -> None:
    raw = (
        b"From: =?utf-8?b?QWRhDQpCY2M6IGV2aWxAeA==?= <ada@customer.example>\r\n"
        b"Subject: =?utf-8?q?Hi=0D=0ABcc:_evil=40x.example=0D=0A=0D=0Abody?=\r\n\r\nHi\r\n"
    )
    first = post.deliver(raw)
    assert first.ticket_id is not None
    post.reply(first.ticket_id)
    Sender().send_due()
    (taken,) = relay.taken
    assert taken.to == ["ada@customer.example"]
    assert taken.mail["Bcc"] is None
    head = taken.raw.split(b"\r\n\r\n", 1)[0]
    assert not [x for x in head.split(b"\r\n") if x.lower().startswith(b"bcc")]


def test_D1_our_receipts_say_that_a_program_wrote_them(
    database: Database, tmp_path: Path, relay: SmtpServer
) -> None:
    post = postroom.make_postroom(tmp_path, acknowledges=True, smtp_url=relay.url)
    post.deliver()
    assert Sender().send_due() == 1
    (receipt,) = relay.taken
    assert receipt.sender == "<>"
    assert receipt.mail["Auto-Submitted"] == "auto-replied"
    assert receipt.mail["In-Reply-To"] == "<m1@customer.example>"


def test_D3_two_installations_facing_each_other_stop(
    database: Database, tmp_path: Path, relay: SmtpServer
) -> None:
    """One of them is played by what it sends: its receipt comes to us as an automatic mail."""
    post = postroom.make_postroom(tmp_path, acknowledges=True, smtp_url=relay.url)
    other = "support@other.example"
    post.deliver(sender=other, subject="We have your message [T-1]", text="Thank you.")
    assert Sender().send_due() == 1
    ours = relay.taken[0].mail["Message-ID"].strip("<>")
    theirs = ["Auto-Submitted: auto-replied", "X-Helpdesk-Loop: theirs", "Return-Path: <>"]
    for number in range(20):
        outcome = post.deliver(
            sender=other, subject=f"We have your message [T-{number}]", headers=theirs,
            replies_to=ours,
        )  # fmt: skip
        assert outcome.outcome == "attached"
    assert Sender().send_due() == 0
    assert len(postroom.tickets()) == 1


def test_D7_an_address_that_answers_each_mail_gets_few_of_ours(
    database: Database, tmp_path: Path, clock_at: Callable[..., None]
) -> None:
    post = postroom.make_postroom(tmp_path, acknowledges=True)
    start = clock.now()
    for hour in range(20):
        clock_at(start + timedelta(hours=hour, minutes=1))
        post.deliver(sender="steve@odd.example", subject=f"Number {hour}")
    assert 1 <= len(postroom.outgoing()) <= 5


def test_lmtp_keeps_a_mail_before_it_says_so(
    post: Postroom, office: Callable[[], PostOffice]
) -> None:
    port = SmtpServer().port
    with begin(SETUP) as work:
        settings.change(work, lmtp_port=port)
    office()

    def delivers() -> bool:
        try:
            with smtplib.LMTP("127.0.0.1", port) as client:
                client.sendmail("ada@customer.example", ["support@shop.example"], post.raw())
        except OSError:
            return False
        return True

    until(delivers)
    (mail,) = postroom.incoming()
    assert mail.envelope_from == "ada@customer.example"
    until(lambda: postroom.tickets())


def test_what_lies_in_the_books_is_settled_by_the_post_office(
    post: Postroom, office: Callable[[], PostOffice]
) -> None:
    import io

    mail_in.take_in(io.BytesIO(post.raw()))
    office()
    until(lambda: postroom.tickets())


def test_smtp_signs_in_only_where_it_is_told_to() -> None:
    server, password = smtp.server_of("smtps://me%40x:se%20cret@mail.example")
    assert (server["user"], password, server["port"], server["security"]) == (
        "me@x",
        "se cret",
        465,
        "tls",
    )
    assert smtp.server_of("smtp://h:2525?starttls=1")[0]["security"] == "starttls"


def test_a_mail_server_that_is_not_there_is_away(tmp_path: Path) -> None:
    server, _ = smtp.server_of(f"smtp://127.0.0.1:{SmtpServer().port}")
    relay = smtp.Relay(server, password="", dial=lines.dialler(inner_allowed=True))
    with pytest.raises(smtp.Away):
        relay.send(b"x", envelope_from="a@b.example", to="c@d.example")


def test_the_environments_mailbox_is_made_and_kept_up_to_date(
    database: Database, tmp_path: Path
) -> None:
    url = "imaps://me%40shop.example:pw@imap.example/Post?address=help@shop.example"
    with begin(SETUP) as work:
        box = mailboxes.from_environment(work, url, "shop.example")
        again = mailboxes.from_environment(work, url.replace("pw", "new"), "shop.example")
        assert box.id == again.id
        assert box.address == "help@shop.example"
        assert (box.imap["port"], box.imap["folder"]) == (993, "Post")
        assert mailboxes.secrets_of(box)["imap_password"] == "new"
        assert "new" not in box.secrets_sealed


def test_without_a_mail_server_answers_wait_and_go_out_by_the_first_that_is_set_up(
    database: Database, tmp_path: Path, relay: SmtpServer, clock_at: Callable[..., None]
) -> None:
    post = postroom.make_postroom(tmp_path)
    first = post.deliver()
    assert first.ticket_id is not None
    post.reply(first.ticket_id)
    assert place.here().smtp_url == ""
    assert Sender().send_due() == 0
    (mail,) = postroom.outgoing()
    assert isinstance(mail, OutgoingMail)
    assert (mail.state, mail.attempts) == ("queued", 0)

    # Long after, and by another mailbox; its server is away at the first try.
    clock_at(clock.now() + timedelta(days=9))
    with begin(SETUP) as work:
        settings.change(work, inner_hosts=True)
        mailboxes.add_mailbox(
            work,
            name="New",
            address="new@shop.example",
            outgoing="smtp",
            smtp={"host": "127.0.0.1", "port": relay.port, "security": "none"},
        )
    relay.answers.append("421 4.3.2 Not now")
    assert Sender().send_due() == 0
    assert postroom.outgoing()[0].state == "queued"
    clock_at(clock.now() + timedelta(seconds=30))
    assert Sender().send_due() == 1
    (taken,) = relay.taken
    assert "new@shop.example" in taken.mail["From"]
    assert taken.mail["Message-ID"] == f"<{mail.message_id}>"
