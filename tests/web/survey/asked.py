"""Somebody who was asked: a resolved ticket, its survey sent, and the link in the mail."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from helpdesk.core.actors import system
from helpdesk.core.listening import Consumer
from helpdesk.core.work import begin, reading
from helpdesk.customers import service as customers
from helpdesk.jobs.relay import Relay
from helpdesk.mail.models import OutgoingMail
from helpdesk.surveys import setup
from helpdesk.surveys.models import Survey
from helpdesk.workflows import cases, cases_line, surveying
from tests.web.admin import scene

SYSTEM = system("test")


def asked(
    kind: str = "csat",
    *,
    email: str = "ada@example.org",
    name: str = "Ada",
    language: str | None = None,
    question: str = "",
    queue_id: str | None = None,
) -> str:
    """The path of the link that this customer got."""
    values: dict[str, Any] = {
        "name": kind, "kind": kind, "question": question, "queue_ids": [], "brand_id": None,
        "delay_s": 0, "valid_days": 30,
    }  # fmt: skip
    queue_id = queue_id or scene.queue(f"Queue of {email}")
    with begin(SYSTEM) as work:
        for row in setup.list_plans(work):
            setup.switch(work, row.id, False)
        setup.switch(work, setup.add_plan(work, values).id, True)
        who = customers.create_customer(
            work, name=name, language=language, contact_points=[("email", email)]
        )
        opened = cases.open_case(
            work, customer_id=who.id, queue=queue_id, subject="No light", body="Dark",
            channel="email",
        )  # fmt: skip
    with begin(SYSTEM) as work:
        cases_line.set_state(work, opened.ticket.id, "resolved")
    running = Relay({"ticket.resolved": [Consumer("surveys", surveying.plan)]})
    while running.deliver_waiting():
        pass
    surveying.send_due()
    with reading(SYSTEM) as work:
        mail = work.session.scalars(
            select(OutgoingMail).where(OutgoingMail.to_address == email)
        ).one()
    return urlsplit(mail.unsubscribe_url).path.removesuffix("/stop")


def only() -> Survey:
    with reading(SYSTEM) as work:
        return work.session.scalars(select(Survey)).one()
