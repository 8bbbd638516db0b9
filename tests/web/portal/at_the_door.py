"""Somebody at the customers' door in a real browser, with a mailbox of their own."""

from __future__ import annotations

import re
import time
from email import message_from_bytes, policy

from playwright.sync_api import Page

from helpdesk.core.actors import system
from helpdesk.core.work import begin
from helpdesk.customers import points
from helpdesk.customers import service as customers
from helpdesk.identity import sessions
from tests.real.mail_servers import ImapServer
from tests.real.server import Installation
from tests.web.signed_in import add_user

SYSTEM = system("test")
ADA = "ada@customer.example"


def link_from(mailbox: ImapServer, *, but: str = "") -> str:
    """The link of the newest mail in the mailbox, once there is one (another than `but`)."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with mailbox.client() as client:
            found = client.search("ALL")
            if found:
                raw = client.fetch(found[-1:], "RFC822")[found[-1]][b"RFC822"]
                text = message_from_bytes(raw, policy=policy.default).get_body(("plain",))
                assert text is not None
                links = re.findall(r"http\S+/portal/link/\S+", text.get_content())
                if links and links[0] != but:
                    return links[0]
        time.sleep(0.1)
    raise AssertionError("no mail came")


def signed_in(page: Page, installation: Installation, customer_id: str) -> None:
    user_id = add_user("customer", customer_id=customer_id)
    with begin(SYSTEM) as work:
        opened = sessions.open_session(
            work, user_id, stage="full", address="127.0.0.1", agent="Chromium"
        )
    cookie = {"name": "helpdesk", "value": opened.token, "url": installation.url}
    page.context.add_cookies([cookie])


def a_customer(name: str, email: str) -> str:
    with begin(SYSTEM) as work:
        made = customers.create_customer(work, name=name)
        points.put(work, made, points.read(work, "email", email), proved=True)
        return made.id
