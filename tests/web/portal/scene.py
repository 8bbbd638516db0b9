"""A shop with a mailbox, people and customers, for the tests of the portal.

`Shop.portal()` is an application whose mail can leave; `relay()` hands on what pages only noted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from helpdesk.core.actors import Actor, system
from helpdesk.core.config import Settings
from helpdesk.core.listening import Consumer
from helpdesk.core.work import Emitted, Work, begin, reading
from helpdesk.customers import points, records
from helpdesk.customers import service as customers
from helpdesk.jobs.relay import Relay
from helpdesk.mail import place
from helpdesk.mail.models import OutgoingMail
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import cases, mail_sending, portal_links
from tests.web.signed_in import Browser, add_user, browser_as, send
from tests.workflows.postroom import Postroom, make_postroom

SYSTEM = system("test")
SIGN_IN = "/portal/sign-in"
SMTP = "smtp://127.0.0.1:2525"


@dataclass
class Shop:
    """`room` takes mails in; customers are made by writing, or by hand."""

    app: Flask
    room: Postroom

    @property
    def anna(self) -> Actor:
        return self.room.floor.anna

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def customer(self, name: str, email: str, **facts: Any) -> str:
        """A record whose address is proved; its id."""
        with begin(SYSTEM) as work:
            made = customers.create_customer(work, name=name, **facts)
            points.put(work, made, points.read(work, "email", email), proved=True)
            return made.id

    def customer_in(self, work: Work, name: str) -> str:
        return customers.create_customer(work, name=name).id

    def browser(self, customer_id: str) -> Browser:
        """Somebody signed in for this record."""
        return browser_as(
            self.app, "customer", user_id=add_user("customer", customer_id=customer_id)
        )

    def case(self, customer_id: str, subject: str = "Printer", text: str = "Broken") -> str:
        """A matter that the customer wrote about; its id."""
        with begin(SYSTEM) as work:
            opened = cases.open_case(
                work,
                customer_id=customer_id,
                subject=subject,
                body=text,
                channel="form",
                queue=self.room.floor.queue_id,
            )
            return opened.ticket.id

    def answer(self, ticket_id: str, text: str, *, public: bool = True) -> None:
        with begin(self.anna) as work:
            cases.reply(work, ticket_id, author=f"agent:{self.anna.id}", text=text, public=public)


def furnish(app: Flask, settings: Settings) -> Shop:
    room = make_postroom(settings.data, smtp_url=SMTP)
    place.configure(replace(settings, smtp_url=SMTP))
    return Shop(app, room)


def ask(client: FlaskClient, email: str) -> TestResponse:
    return send(client, SIGN_IN, email=email)


def deliver(kind: str, reaction: Callable[[Work, list[Emitted]], None]) -> None:
    running = Relay({kind: [Consumer("this", reaction)]})
    while running.deliver_waiting():
        pass


def relay() -> None:
    deliver("user.sign_in_link_asked", portal_links.send)


def mails() -> Sequence[OutgoingMail]:
    with reading(SYSTEM) as work:
        wanted = select(OutgoingMail).where(OutgoingMail.kind == portal_links.KIND)
        return work.session.scalars(wanted.order_by(OutgoingMail.created_at)).all()


def letter() -> str:
    """What the last mail says, as its reader gets it."""
    with reading(SYSTEM) as work:
        return mail_sending._letter(work, mails()[-1]).text


def link_in(text: str) -> str:
    found = re.search(r"/portal/link/\S+", text)
    assert found, text
    return found.group()


def code_in(text: str) -> str:
    found = re.search(r"\b[0-9]{6}\b", text)
    assert found, text
    return found.group()


def come_in(client: FlaskClient, email: str) -> TestResponse:
    """Ask for a link and use it."""
    ask(client, email)
    relay()
    link = link_in(letter())
    return send(client, link)


def customer_of(ticket_id: str) -> str:
    with reading(SYSTEM) as work:
        found = records.find(work, work.session.get_one(Ticket, ticket_id).customer_id)
        assert found is not None
        return found.id
