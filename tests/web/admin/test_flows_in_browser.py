"""Call flows in a real browser: one is written by keyboard and tried out; how all of it looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from helpdesk import wiring
from helpdesk.calendars import service as calendars
from helpdesk.core import db, secrets
from helpdesk.core.actors import system
from helpdesk.core.work import begin
from helpdesk.customers import custom_fields
from helpdesk.identity import sessions
from helpdesk.ivr import service
from helpdesk.ivr.flow import read
from helpdesk.workflows import call_flows
from tests.conftest import OUT
from tests.ivr.flows import flow, node, shop
from tests.real.axe import serious
from tests.real.server import Installation
from tests.web.admin import scene
from tests.web.signed_in import add_user

pytestmark = pytest.mark.browser
SYSTEM = system("test")


@dataclass
class House:
    admin: str
    whole: str
    short: str


@pytest.fixture(scope="module")
def house(server: Installation) -> Iterator[House]:
    secrets.configure(server.secret_key)
    db.use(server.database)
    wiring.register()
    admin, queue = add_user("admin", email="ada@example.org"), scene.queue("Bills and payments")
    plan = {"zone": "Europe/Berlin", "weekly": {"mon": [["08:00", "18:00"]]}}
    with begin(SYSTEM) as work:
        hours = calendars.create_calendar(work, name="Office hours", plan=plan).id
        custom_fields.add_custom_field(
            work, subject="customer", key="postcode", label="Postcode", kind="text"
        )
        content = shop(queue, hours)
        known = call_flows.known(work)
        whole = service.add_flow(work, name="Main line", content=content)
        for greeting, note in (("Welcome.", "Opens in May"), ("Good day, this is our shop.", "")):
            said = content | {"greeting": greeting}
            service.save_draft(
                work, whole.id, name="Main line", content=said, version=whole.version
            )
            service.publish(work, whole.id, known, note=note, version=whole.version)
        said = content | {"greeting": "Good day, this is our shop.", "nodes": content["nodes"][:-1]}
        service.save_draft(work, whole.id, name="Main line", content=said, version=whole.version)
        start = flow(node("line", "queue", "Wait", queue_id=queue))
        short = service.add_flow(work, name="New call flow", content=start)
        found = House(admin, whole.id, short.id)
    yield found
    db.use(None)


@pytest.fixture
def open_admin(
    new_page: Callable[..., Page], server: Installation, house: House
) -> Callable[..., Page]:
    def open_(path: str, **context: object) -> Page:
        page = new_page(**{"viewport": {"width": 1440, "height": 900}, **context})
        with begin(SYSTEM) as work:
            opened = sessions.open_session(
                work, house.admin, stage="full", address="127.0.0.1", agent="Chromium"
            )
        cookie = {"name": "helpdesk", "value": opened.token, "url": server.url}
        page.context.add_cookies([cookie])
        page.goto(server.url + path)
        return page

    return open_


def test_a_flow_is_written_tried_out_and_published(
    open_admin: Callable[..., Page], house: House, page_errors: list[str]
) -> None:
    page = open_admin(f"/admin/flows/{house.short}")
    steps = page.get_by_role("group", name="Steps", exact=True)
    page.get_by_label("Greeting (optional)").fill("Welcome to the shop.")
    steps.get_by_text("Add a step").focus()
    page.keyboard.press("Enter")
    steps.get_by_role("button", name=re.compile("^Menu")).press("Enter")
    menu = steps.get_by_role("region", name="Menu")
    name = menu.get_by_label("Name of the step")
    expect(name).to_be_focused()
    name.fill("Main menu")
    menu.get_by_label("What is asked").fill("1 for a person, 9 to hear this again.")
    menu.get_by_label("Without a choice, go to").select_option(label="Wait")
    menu.get_by_role("button", name="Add a choice").press("Enter")
    key = page.get_by_label("Key", exact=True)
    expect(key).to_be_focused()
    page.get_by_label("Or these words").fill("person, agent")
    page.get_by_label("Goes to").select_option(label="Wait")
    page.get_by_role("button", name="Add a choice").press("Enter")
    expect(page.get_by_label("Key", exact=True)).to_have_count(2)
    page.get_by_label("Key", exact=True).last.select_option("9")
    page.get_by_label("Goes to").last.select_option(label="Main menu")
    page.get_by_role("button", name="Move Main menu up").press("Enter")
    expect(page.locator("#preview li").first).to_contain_text("Main menu")
    phone = page.get_by_role("region", name="Try it")
    phone.get_by_role("button", name="Call").click()
    heard = phone.get_by_role("log")
    expect(heard).to_contain_text("Welcome to the shop. 1 for a person", use_inner_text=True)
    phone.get_by_role("button", name="9").click()
    expect(heard.locator("[data-by=flow]")).to_have_count(3)
    phone.get_by_label("Say something").fill("a person please")
    page.keyboard.press("Enter")
    expect(heard).to_contain_text("The caller waits in Bills and payments.")
    page.screenshot(path=OUT / "admin_flow_tried.png", full_page=True)
    page.keyboard.press("Control+s")
    expect(page.locator("#toasts")).to_contain_text("Saved.")
    page.get_by_label("What changed").fill("A menu first")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("#toasts")).to_contain_text("Published.")
    with begin(SYSTEM) as work:
        row = service.get_flow(work, house.short)
        assert row.live_version == 1
        assert [one.name for one in read(row.draft).nodes.values()] == ["Main menu", "Wait"]
    assert page_errors == []


@pytest.mark.parametrize("width,theme", [(1440, "light"), (360, "dark")])
def test_the_screens_fit_and_read_well(
    open_admin: Callable[..., Page],
    server: Installation,
    house: House,
    page_errors: list[str],
    width: int,
    theme: str,
) -> None:
    page = open_admin("/admin", viewport={"width": width, "height": 900}, color_scheme=theme)
    OUT.mkdir(exist_ok=True)
    wrong: list[str] = []
    for name, path in {"flows": "", "flow": f"/{house.whole}"}.items():
        page.goto(f"{server.url}/admin/flows{path}")
        if path:
            page.get_by_role("button", name="Call", exact=True).click()
            expect(page.get_by_role("log")).to_contain_text("Good day")
        page.screenshot(path=OUT / f"admin_{name}_{width}_{theme}.png", full_page=True)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{name}: wider than the window")
        wrong += [f"{name}: {told}" for told in serious(page)]
    assert wrong == []
    assert [one for one in page_errors if not re.search("favicon", one)] == []
