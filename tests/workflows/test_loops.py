"""Machines that answer machines: whatever they do, it ends after a mail or two (D3, D7)."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from helpdesk.core import clock, db, secrets
from helpdesk.core.db import Database
from helpdesk.core.work import begin, reading
from helpdesk.mail import mailboxes, outbox, place
from helpdesk.mail.models import OutgoingMail
from helpdesk.mail.reading import readers
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import mail_automatic, mail_in
from helpdesk.workflows.mail_sending import Sender
from tests.real import schema
from tests.real.mail_servers import SmtpServer, Taken
from tests.workflows import postroom
from tests.workflows.people import SETUP
from tests.workflows.postroom import Postroom

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@dataclass
class House:
    """An installation of its own: database, key, folder and mailbox, in this process."""

    address: str
    key: str
    database: Database
    folder: Path
    relay: SmtpServer
    post: Postroom | None = None
    settings: place.Place | None = None
    sent: list[Taken] = field(default_factory=list)

    @contextmanager
    def inside(self) -> Iterator[None]:
        before = db.current()
        db.use(self.database)
        secrets.configure(self.key)
        if self.post is None:
            self.post = postroom.make_postroom(
                self.folder, acknowledges=True, smtp_url=self.relay.url
            )
            with begin(SETUP) as work:
                box = mailboxes.get_mailbox(work, self.post.box_id)
                box.address = self.address
        else:
            place._here = self.settings
        self.settings = place.here()
        try:
            yield
        finally:
            db.use(before)

    def take(self, raw: bytes, sender: str) -> None:
        with self.inside():
            mail_in.deliver(io.BytesIO(raw), envelope_from=sender, envelope_to=[self.address])

    def answer_each_customer_by_rule(self) -> None:
        """As a rule would that writes to the customer whenever something happens."""
        with self.inside(), begin(SETUP) as work:
            for ticket in work.session.scalars(select(Ticket)):
                mail_automatic.send(work, ticket, "We are working on it.")

    def send(self) -> list[Taken]:
        with self.inside():
            while Sender().send_due():
                pass
        taken, self.relay.taken[:] = list(self.relay.taken), []
        self.sent += taken
        return taken


@pytest.fixture
def houses(_sqlite_template: Path, tmp_path: Path) -> Iterator[tuple[House, House]]:
    relay = SmtpServer().start()
    made = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        copied = schema.sqlite_copy(_sqlite_template, folder / "test.db")
        made.append(
            House(f"support@{name}.example", f"the key of {name} " * 5, copied, folder, relay)
        )
    yield made[0], made[1]
    relay.stop()
    readers.close()
    for house in made:
        house.database.dispose()


def without_marks(raw: bytes) -> bytes:
    """As a gateway that throws out what it does not know, also what says that a program wrote."""
    head, _, body = raw.partition(b"\r\n\r\n")
    kept = re.sub(rb"(?im)^(auto-submitted|x-[\w-]+|precedence):.*\r?\n", b"", head + b"\r\n")
    return kept + b"\r\n" + body


@on_sqlite
@pytest.mark.parametrize("gateway", [bytes, without_marks], ids=["plain", "marks lost"])
def test_D3_two_installations_that_answer_each_other_stop_after_two_mails(
    database: Database,
    houses: tuple[House, House],
    clock_at: Callable[..., None],
    gateway: Callable[[bytes], bytes],
) -> None:
    """Ten minutes by the clock, each with receipts on and a rule that writes to customers."""
    one, two = houses
    start = clock.now()
    first = (
        f"From: Support <{one.address}>\r\nTo: {two.address}\r\nSubject: A question\r\n"
        "Message-ID: <first@one.example>\r\n\r\nDo you sell printers?\r\n"
    )
    two.take(first.encode(), one.address)
    for half_minutes in range(20):
        clock_at(start + timedelta(seconds=30 * half_minutes))
        for here, there in (houses, houses[::-1]):
            for taken in here.send():
                sender = taken.sender if gateway is bytes else here.address
                there.take(gateway(taken.raw), sender.strip("<>"))
            here.answer_each_customer_by_rule()
    assert 1 <= len(one.sent) + len(two.sent) <= 2


@on_sqlite
def test_D7_a_colleagues_answer_to_an_address_that_answers_each_mail_ends_there(
    database: Database, tmp_path: Path, clock_at: Callable[..., None]
) -> None:
    """The address answers every mail within a minute, in the thread, as a person would."""
    post = postroom.make_postroom(tmp_path, acknowledges=True)
    robot, start = "noreply@odd.example", clock.now()
    first = post.deliver(sender=robot, subject="Your order", text="It was sent.")
    assert first.ticket_id is not None
    post.reply(first.ticket_id, "Where is it?")
    answered: set[str] = set()
    for minute in range(60):
        clock_at(start + timedelta(minutes=minute))
        for mail in postroom.outgoing():
            if mail.id in answered:
                continue
            answered.add(mail.id)
            with begin(SETUP) as work:
                work.session.get_one(OutgoingMail, mail.id).state = "sent"
            post.deliver(sender=robot, text="Thank you.", subject=f"Re: {mail.subject}",
                         replies_to=mail.message_id)  # fmt: skip
        with begin(SETUP) as work:
            for ticket in work.session.scalars(select(Ticket)):
                mail_automatic.send(work, ticket, "We are working on it.")
    with reading(SETUP) as work:
        assert outbox.due(work) == []
    assert len(postroom.outgoing()) <= 3
    assert len(postroom.tickets()) == 1
    readers.close()
