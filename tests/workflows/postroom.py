"""A place for mail in tests: a floor with a queue, a mailbox, short ways."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from helpdesk.channels.models import Message
from helpdesk.core.config import Settings
from helpdesk.core.work import begin, reading
from helpdesk.mail import mailboxes, place
from helpdesk.mail.models import IncomingMail, OutgoingMail
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import cases, mail_in, mail_out
from helpdesk.workflows.mail_in import Outcome
from tests.workflows.people import SETUP, Floor, make_floor

ADDRESS = "support@shop.example"


@dataclass
class Postroom:
    floor: Floor
    box_id: str
    numbers: int = 0

    def raw(
        self,
        text: str = "It is broken.",
        *,
        sender: str = "Ada <ada@customer.example>",
        subject: str = "Printer",
        to: str = ADDRESS,
        message_id: str | None = None,
        headers: Sequence[str] = (),
        replies_to: str | None = None,
    ) -> bytes:
        self.numbers += 1
        mid = message_id or f"m{self.numbers}@customer.example"
        lines = [f"From: {sender}", f"To: {to}", f"Subject: {subject}", f"Message-ID: <{mid}>"]
        if replies_to is not None:
            lines += [f"In-Reply-To: <{replies_to}>", f"References: <{replies_to}>"]
        return ("\r\n".join([*lines, *headers]) + f"\r\n\r\n{text}\r\n").encode()

    def deliver(self, raw: bytes | None = None, **given: Any) -> Outcome:
        return mail_in.deliver(io.BytesIO(raw if raw is not None else self.raw(**given)))

    def reply(
        self, ticket_id: str, text: str = "Turn it off and on.", **given: Any
    ) -> OutgoingMail:
        """A colleague answers in public; the mail that goes out."""
        anna = self.floor.anna
        with begin(anna) as work:
            posted = cases.reply(
                work, ticket_id, author=f"agent:{anna.id}", text=text, public=True, **given
            )
        with begin(SETUP) as work:
            mail_id = mail_out.write_reply(work, ticket_id, posted.conversation_id, posted.seq)
            assert mail_id is not None
            return work.session.get_one(OutgoingMail, mail_id)


def make_postroom(folder: Path, *, acknowledges: bool = False, smtp_url: str = "") -> Postroom:
    settings = Settings(data=folder, base_url="https://desk.shop.example", smtp_url=smtp_url)
    place.configure(settings)
    floor = make_floor()
    with begin(SETUP) as work:
        box = mailboxes.add_mailbox(
            work,
            name="Support",
            address=ADDRESS,
            queue_id=floor.queue_id,
            acknowledges=acknowledges,
        )
        mailboxes.save_brand(work, None, name="Shop", sender_name="Shop care", language="en")
        return Postroom(floor, box.id)


def tickets() -> list[Ticket]:
    with reading(SETUP) as work:
        return list(work.session.scalars(select(Ticket).order_by(Ticket.number)))


def messages(conversation_id: str | None = None) -> list[Message]:
    with reading(SETUP) as work:
        wanted = select(Message).order_by(Message.at, Message.seq)
        if conversation_id:
            wanted = wanted.where(Message.conversation_id == conversation_id)
        return list(work.session.scalars(wanted))


def incoming(mail_id: str | None = None) -> Any:
    with reading(SETUP) as work:
        if mail_id:
            return work.session.get_one(IncomingMail, mail_id)
        return list(work.session.scalars(select(IncomingMail).order_by(IncomingMail.received_at)))


def outgoing() -> list[OutgoingMail]:
    with reading(SETUP) as work:
        return list(work.session.scalars(select(OutgoingMail).order_by(OutgoingMail.created_at)))
