"""Triage in a real browser: how its screens look, and a suggestion taken with one key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from helpdesk.core import db, secrets
from helpdesk.core.actors import system
from helpdesk.core.work import begin
from helpdesk.identity import sessions
from helpdesk.triage import setup
from tests.conftest import OUT
from tests.real.axe import serious
from tests.real.server import Installation
from tests.web.admin.test_triage import ticket_in, two_queues
from tests.web.admin.triage_scene import suggest, trained
from tests.web.signed_in import add_user

pytestmark = pytest.mark.browser
SYSTEM = system("test")


@dataclass
class House:
    admin: str
    ticket: str


@pytest.fixture(scope="module")
def house(server: Installation) -> Iterator[House]:
    secrets.configure(server.secret_key)
    db.use(server.database)
    admin = add_user("admin", email="triage@example.org")
    heating, billing = two_queues()
    model_id, ticket_id = trained(heating, billing), ticket_in(billing)
    with begin(SYSTEM) as work:
        setup.switch(work, True)
        setup.choose(work, "queue_id", acts=True, own=None)
    suggest(ticket_id, model_id, heating, was=billing)
    suggest(ticket_id, model_id, "high", field="priority", sure=0.71, was="normal")
    yield House(admin, ticket_id)
    db.use(None)


@pytest.fixture
def opened(
    new_page: Callable[..., Page], server: Installation, house: House
) -> Callable[..., Page]:
    def open_(path: str, **context: object) -> Page:
        page = new_page(**{"viewport": {"width": 1440, "height": 900}, **context})
        with begin(SYSTEM) as work:
            session = sessions.open_session(
                work, house.admin, stage="full", address="127.0.0.1", agent="Chromium"
            )
        cookie = {"name": "helpdesk", "value": session.token, "url": server.url}
        page.context.add_cookies([cookie])
        page.goto(server.url + path)
        return page

    return open_


@pytest.mark.parametrize("width,theme", [(1440, "light"), (360, "dark")])
def test_its_screens_fit_and_read_well(
    opened: Callable[..., Page], house: House, page_errors: list[str], width: int, theme: str
) -> None:
    page = opened("/admin/triage", viewport={"width": width, "height": 900}, color_scheme=theme)
    OUT.mkdir(exist_ok=True)
    wrong: list[str] = []
    for name, path in {"triage": "", "ticket": f"/desk/tickets/{house.ticket}"}.items():
        if path:
            page.goto(page.url.replace("/admin/triage", path))
            expect(page.get_by_role("group", name="Triage")).to_be_visible()
        page.screenshot(path=OUT / f"triage_{name}_{width}_{theme}.png", full_page=True)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{name}: wider than the window")
        wrong += [f"{name}: {told}" for told in serious(page)]
    assert wrong == []
    assert page_errors == []


def test_a_suggestion_is_taken_with_one_key(opened: Callable[..., Page], house: House) -> None:
    page = opened(f"/desk/tickets/{house.ticket}")
    group = page.get_by_role("group", name="Triage")
    expect(group.get_by_role("button", name=re.compile("^Move to Heating"))).to_be_visible()
    expect(page.locator("[data-pick-for=queue_id]").first).to_contain_text("Billing")
    page.locator("body").press("s")
    expect(page.locator("[data-pick-for=queue_id]").first).to_contain_text("Heating")
    expect(group.get_by_role("button", name=re.compile("^Priority High"))).to_be_visible()
    expect(group.get_by_role("button", name=re.compile("^Move to Heating"))).to_have_count(0)
