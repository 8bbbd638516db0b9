"""A ticket on the desk in a real browser: offered, answered, changed by two at once, and how it looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from helpdesk.core.work import begin, reading
from helpdesk.customers import custom_fields
from helpdesk.tickets import checklists, following, links, queries, types
from helpdesk.tickets import service as tickets
from helpdesk.workflows import cases, cases_line
from helpdesk.workflows.cases_reading import last_words
from tests.conftest import OUT
from tests.real.server import Installation
from tests.web.agent import office as o
from tests.web.agent.office import Office
from tests.web.agent.test_in_browser import LAYOUT_SHIFT, serious, until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("tickets")]
OpenDesk = Callable[..., Page]


@pytest.fixture(scope="module")
def office(server: Installation) -> Iterator[Office]:
    with o.inside(server):
        yield o.furnish()


@pytest.fixture
def open_desk(
    new_page: Callable[..., Page], server: Installation, office: Office
) -> Iterator[OpenDesk]:
    """`open_desk("salla", path, **context)`: her browser, live; afterwards she is off duty."""
    opened: list[str] = []

    def open_(name: str, path: str = "/desk", *, available: bool = False, **context: Any) -> Page:
        page = new_page(**{"viewport": {"width": 1440, "height": 900}, **context})
        token = o.session_cookie(office.people[name])
        page.context.add_cookies([{"name": "helpdesk", "value": token, "url": server.url}])
        if available:
            with begin(office.actor(name)) as work:
                o.desk.set_presence(work, "available")
        opened.append(name)
        page.goto(server.url + path)
        expect(page.locator("html")).to_have_attribute("data-live", "live")
        return page

    yield open_
    for name in set(opened):
        actor = office.actor(name)
        with begin(actor) as work:
            o.desk.set_presence(work, "offline")
            o.desk.withdraw_offers(work, actor.id, "browser_gone")
            held = [item.subject_id for _, item in o.desk.desk_work(work, actor.id)["in_hand"]]
        for subject_id in held:
            with begin(actor) as work:
                cases_line.set_state(work, subject_id, "resolved")


def case(
    office: Office, subject: str, body: str, *, name: str = "Aino Virtanen", **more: Any
) -> str:
    customer = o.add_customer(office, name)
    with begin(office.actor("boss")) as work:
        opened = cases.open_case(
            work,
            customer_id=customer,
            subject=subject,
            body=body,
            channel="email",
            queue=office.heating,
            **more,
        )
        return opened.ticket.id


def owned(office: Office, who: str, subject: str, body: str, **more: Any) -> str:
    ticket_id = case(office, subject, body, **more)
    with begin(office.actor(who)) as work:
        cases_line.pull(work, ticket_id)
    return ticket_id


def said(ticket_id: str) -> list[tuple[str, str, bool]]:
    with reading(o.SETUP) as work:
        return [
            (one.message.author.split(":")[0], one.message.text, one.message.public)
            for one in last_words(work, ticket_id)
        ]


def state_of(ticket_id: str) -> str:
    with reading(o.SETUP) as work:
        found = queries.find_ticket(work, ticket_id)
        assert found is not None
        return found.state


def test_a_ticket_is_offered_answered_and_resolved_by_keyboard_alone(
    open_desk: OpenDesk, office: Office, page_errors: list[str]
) -> None:
    page = open_desk("salla", available=True)
    ticket_id = case(office, "The boiler leaks", "There is water on the floor.")
    expect(page.locator(".offer-customer")).to_have_text("Aino Virtanen")
    expect(page.locator(".offer-kind")).to_contain_text("New ticket T-")
    page.keyboard.press("a")
    expect(page.locator(f'[data-ticket="{ticket_id}"]')).to_be_visible()
    expect(page.locator("[data-ticket-composer] textarea")).to_be_focused()
    expect(page.locator(".message-visitor .message-body")).to_have_text(
        "There is water on the floor."
    )
    expect(page.locator(f'[data-row="{ticket_id}"]')).to_have_attribute("aria-current", "true")

    page.keyboard.type("/hel")
    expect(page.locator("[data-canned-list] [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message-agent")).to_have_attribute("data-state", "sent")
    page.keyboard.press("Alt+n")
    page.keyboard.type("Same fault in March, @olu")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message-note .message-body")).to_contain_text("Olu Adeyemi")
    page.keyboard.type("All done.")
    page.keyboard.press("Control+Shift+Enter")
    expect(page.get_by_text("Sent and resolved")).to_be_visible()
    expect(page.locator(".ticket-bar .pill").first).to_have_text("Resolved")
    expect(page.locator("[data-row]")).to_have_count(0)
    assert said(ticket_id)[1:] == [
        ("agent", "Hello Aino Virtanen, this is Salla. How can I help?", True),
        ("agent", "Same fault in March, @Olu Adeyemi", False),
        ("agent", "All done.", True),
    ]
    assert state_of(ticket_id) == "resolved"
    with reading(o.SETUP) as work:
        follows = [row.user_id for row in following.followers(work, ticket_id)]
    assert follows == [office.people["olu"]]
    assert not page_errors
