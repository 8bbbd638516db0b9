"""The admin area in a real browser: tasks from end to end, what is not lost, and how it looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from helpdesk.calendars import service as calendars
from helpdesk.calendars.queries import get_calendar
from helpdesk.channels import canned, sites
from helpdesk.core import db, secrets
from helpdesk.core.actors import system
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import custom_fields
from helpdesk.identity import sessions, teams
from helpdesk.routing import presence, setup
from helpdesk.routing import queries as routing
from helpdesk.tickets import queue_rules, types
from helpdesk.tickets.lifecycle import ReopenRule
from tests.conftest import OUT
from tests.real.axe import serious
from tests.real.server import Installation
from tests.web.signed_in import add_user

pytestmark = pytest.mark.browser
SYSTEM = system("test")
WEEK = {day: [["09:00", "12:30"], ["13:00", "17:00"]] for day in ("mon", "tue", "wed", "thu")}


@dataclass
class House:
    """A small company that is set up, and its administrator."""

    admin: str
    agent: str
    queue: str
    calendar: str
    site: str
    skill: str
    type: str

    def screens(self) -> dict[str, str]:
        lists = ("people", "teams", "queues", "skills", "hours", "presences", "sites", "canned")
        tickets = ("ticket-types", "done-tickets", "ticket-types/new")
        return {
            "overview": "/admin",
            **{name: f"/admin/{name}" for name in (*lists, "fields", "audit")},
            **{name.replace("/", "_"): f"/admin/{name}" for name in tickets},
            "ticket-type": f"/admin/ticket-types/{self.type}",
            "done-ticket": f"/admin/done-tickets/{self.queue}",
            "person": f"/admin/people/{self.agent}",
            "queue": f"/admin/queues/{self.queue}",
            "calendar": f"/admin/hours/{self.calendar}",
            "site": f"/admin/sites/{self.site}",
            "look": f"/admin/sites/{self.site}/look",
            "sign-in": "/admin/sign-in",
            "sign-in_new": "/admin/sign-in/new",
            "canned_new": "/admin/canned/new",
        }


@pytest.fixture(scope="module")
def house(server: Installation) -> Iterator[House]:
    secrets.configure(server.secret_key)
    db.use(server.database)
    yield furnish()
    db.use(None)


def furnish() -> House:
    admin = add_user("admin", email="ada@example.org")
    agents = [add_user("agent", email=f"agent{n}@example.org") for n in range(10)]
    with begin(SYSTEM) as work:
        teams.create_team(work, "Billing team")
        skill = setup.create_skill(work, "Swedish").id
        plan = {"zone": "Europe/Helsinki", "weekly": WEEK, "exceptions": {"2030-12-25": []}}
        calendar = calendars.create_calendar(work, name="Office hours", plan=plan).id
        general = setup.create_queue(work, name="General", calendar_id=calendar).id
        step = {"after_s": 60, "drop": [skill], "lower": {}, "add_queues": [general]}
        rule = {"when": "nobody_signed_in", "over": 0, "to": general}
        queue = setup.create_queue(
            work, name="Billing", skills={skill: 3}, relaxation=[step], overflow=[rule]
        ).id
        for agent in agents:
            presence.ensure_agent(work, agent)
        setup.set_members(work, queue, agents[:4])
        asks = [{"key": "name", "label": "Your name", "kind": "text"}]
        site, _ = sites.create_site(work, name="Shop", queue_id=general, pre_chat=asks)
        canned.create_reply(work, shortcut="hello", title="Greeting", text="Hello {name}")
        kind = ticket_types(work, queue)
        return House(admin, agents[0], queue, calendar, site.id, skill, kind)


def ticket_types(work: Work, queue: str) -> str:
    """Three types, one with a form, and a queue with a rule of its own; the id of the first."""
    facts = [("meter", "Meter number", "text", []), ("room", "Room", "choice", ["Hall", "Cellar"])]
    facts.append(("dark_since", "Dark since", "date", []))
    for key, label, field_kind, choices in facts:
        custom_fields.add_custom_field(
            work, subject="ticket", key=key, label=label, kind=field_kind, choices=choices
        )
    form = [{"key": "room", "needed": "to_open", "shown_to_customer": True}]
    form.append({"key": "meter", "needed": "to_resolve"})
    fault = types.add_type(
        work, key="fault", name="Fault", description="Something does not work.", form=form
    )
    types.add_type(work, key="question", name="Question")
    old = types.add_type(work, key="letter", name="Letter").id
    types.use(work, old, False)
    queue_rules.set_rule(work, queue, ReopenRule("within", 7, None))
    return fault.id


@pytest.fixture
def open_admin(
    new_page: Callable[..., Page], server: Installation, house: House
) -> Callable[..., Page]:
    """`open_admin(path, **context)`: a page of the administrator's browser."""

    def open_(path: str, **context: Any) -> Page:
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


def test_somebody_is_added_and_signs_in_with_the_link(
    open_admin: Callable[..., Page],
    new_page: Callable[..., Page],
    server: Installation,
    page_errors: list[str],
) -> None:
    page = open_admin("/admin/people")
    page.get_by_role("link", name="Add somebody").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Noor Haddad")
    page.get_by_role("textbox", name="E-mail").fill("noor@example.org")
    page.get_by_role("checkbox", name="Billing", exact=True).check()
    page.get_by_role("radio", name="Swedish: 4").check()
    page.keyboard.press("Control+s")
    link = page.get_by_label("Link").input_value()
    assert link.startswith(f"{server.url}/set-password/")
    theirs = new_page()
    theirs.goto(link)
    theirs.get_by_label("New password").fill("a few plain words")
    theirs.get_by_label("The same again").fill("a few plain words")
    theirs.get_by_role("button", name="Set the password").click()
    theirs.get_by_label("E-mail").fill("noor@example.org")
    theirs.get_by_label("Password").fill("a few plain words")
    theirs.get_by_role("button", name="Sign in").click()
    expect(theirs).to_have_url(re.compile("/desk"))
    page.get_by_role("link", name="Done", exact=True).click()
    page.get_by_role("searchbox", name="Find by name or e-mail").fill("noor")
    expect(page.locator("tr[data-row]")).to_have_count(1)
    expect(page.locator("tr[data-row]")).to_contain_text("Billing")
    assert page_errors == []


def test_hours_are_edited_in_place_and_the_strip_follows(
    open_admin: Callable[..., Page], house: House, page_errors: list[str]
) -> None:
    page = open_admin(f"/admin/hours/{house.calendar}")
    saturdays = page.get_by_role("group", name="Saturday")
    page.get_by_role("button", name="Add hours on Saturday").click()
    expect(page.get_by_label("Saturday from")).to_be_focused()
    page.keyboard.type("22:00")
    page.get_by_label("Saturday to").fill("02:00")
    expect(page.locator("#preview")).to_contain_text("22:00–24:00")
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    page.get_by_role("button", name="Copy to Tue–Fri").click()
    expect(page.get_by_label("Friday from")).to_have_count(2)
    expect(page.get_by_label("Saturday from")).to_have_value("22:00")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Saved.")
    expect(saturdays).to_contain_text("next day")
    with reading(SYSTEM) as work:
        assert get_calendar(work, house.calendar).plan["weekly"]["sat"] == [["22:00", "02:00"]]
    assert page_errors == []


def test_a_queue_tells_in_words_what_its_rules_mean_while_they_are_typed(
    open_admin: Callable[..., Page], house: House, page_errors: list[str]
) -> None:
    page = open_admin(f"/admin/queues/{house.queue}")
    page.get_by_label("Answered within, seconds").fill("240")
    expect(page.locator("#preview")).to_contain_text("within 4 min")
    page.get_by_role("button", name="Add a step").click()
    expect(page.locator("#rows-step .row-line")).to_have_count(3)
    page.get_by_role("button", name="Remove this step").last.click()
    expect(page.locator("#rows-step .row-line")).to_have_count(2)
    page.get_by_role("radio", name="Weighted").check()
    expect(page.get_by_label("Per skill level")).to_be_visible()
    assert page_errors == []


def test_unsaved_changes_are_not_left_without_a_word(
    open_admin: Callable[..., Page], house: House
) -> None:
    page = open_admin(f"/admin/queues/{house.queue}")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("textbox", name="Name", exact=True).fill("Half done")
    page.evaluate("setTimeout(() => (location.href = '/admin'), 0)")
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value("Half done")


def test_what_was_removed_comes_back_by_one_click(
    open_admin: Callable[..., Page], page_errors: list[str]
) -> None:
    page = open_admin("/admin/canned")
    page.get_by_role("button", name="Remove").first.click()
    expect(page.get_by_text("No replies yet")).to_be_visible()
    page.locator("#toasts [data-undo]").click()
    expect(page.locator("tr[data-row]")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/admin/canned$"))
    assert page_errors == []


def test_without_script_every_row_can_still_be_added(
    open_admin: Callable[..., Page], house: House
) -> None:
    page = open_admin(f"/admin/queues/{house.queue}", java_script_enabled=False)
    page.get_by_role("button", name="Add an outcome").click()
    page.get_by_placeholder("Outcome, such as").fill("Refund given")
    page.get_by_role("button", name="Save").click()
    with reading(SYSTEM) as work:
        assert setup.get_queue(work, house.queue).outcomes == [
            {"code": "refund_given", "label": "Refund given"}
        ]
        assert len(routing.members(work, house.queue)) >= 4


def test_a_type_gets_its_form_by_keyboard_and_by_dragging(
    open_admin: Callable[..., Page], house: House, page_errors: list[str]
) -> None:
    page = open_admin("/admin/ticket-types/new")
    page.get_by_role("textbox", name="Name", exact=True).fill("Order")
    add = page.get_by_role("button", name="Add a field")
    for n in range(3):
        add.focus()
        page.keyboard.press("Enter")
        expect(page.locator("[data-order-rows] [data-id]")).to_have_count(n + 1)
    fields = page.get_by_label("Field", exact=True)
    expect(fields.nth(2)).to_be_focused()
    page.get_by_role("button", name="Move Room up").focus()
    page.keyboard.press("Enter")
    expect(fields.first).to_have_value("room")
    expect(page.get_by_role("button", name="Move Room down")).to_be_focused()
    page.locator("[data-id]").nth(2).locator(".order-grip").drag_to(
        page.locator("[data-id]").first, target_position={"x": 40, "y": 2}
    )
    expect(fields.first).to_have_value("dark_since")
    expect(page.locator("#preview .form-label").first).to_contain_text("Dark since")
    page.get_by_role("checkbox", name="Customers see it").first.check()
    expect(page.locator("#preview")).to_contain_text("Its customer sees it too")
    page.keyboard.press("Control+s")
    expect(page.locator("#toasts")).to_contain_text("Added.")
    rows = page.locator("[data-order-list] [data-id]")
    expect(rows.last).to_contain_text("Order")
    page.get_by_role("button", name="Move Order up").focus()
    page.keyboard.press("Enter")
    expect(rows.nth(1)).to_contain_text("Order")
    expect(page.get_by_role("button", name="Move Order up")).to_be_focused()
    rows.nth(1).get_by_role("button", name="Retire").click()
    expect(rows).to_have_count(2)
    page.locator("[data-undo]").click()
    expect(rows).to_have_count(3)
    with reading(SYSTEM) as work:
        found = types.find_type(work, "order")
        assert found is not None
        assert [one["key"] for one in found.form] == ["dark_since", "room", "meter"]
        assert [one["shown_to_customer"] for one in found.form] == [True, False, False]
    assert page_errors == []


def test_the_rule_of_a_queue_tells_what_it_means_while_it_is_chosen(
    open_admin: Callable[..., Page], house: House, page_errors: list[str]
) -> None:
    page = open_admin(f"/admin/done-tickets/{house.queue}")
    days = page.get_by_label("Days after the resolution in which")
    expect(days).to_be_visible()
    page.get_by_role("radio", name="Never reopen it").check()
    expect(days).to_be_hidden()
    expect(page.locator("#preview")).to_contain_text("An answer opens a follow-up ticket.")
    page.keyboard.press("Control+s")
    expect(page.locator("#toasts")).to_contain_text("Saved.")
    row = page.locator("tr[data-row]", has_text="Billing")
    expect(row).to_contain_text("Opens a follow-up")
    row.get_by_role("button", name="Back to the usual").click()
    expect(page.locator("tr[data-row]", has_text="Billing")).to_contain_text("The usual rule")
    page.locator("[data-undo]").click()
    expect(page.locator("tr[data-row]", has_text="Billing")).to_contain_text("Opens a follow-up")
    assert page_errors == []


BESIDE = """() => {
  const here = document.querySelector(".side-nav [aria-current]")?.getBoundingClientRect();
  return Boolean(here) && (here.left < 0 || here.right > innerWidth || here.bottom > innerHeight);
}"""


@pytest.mark.parametrize("width,theme", [(1440, "light"), (360, "dark")])
def test_each_screen_fits_and_reads_well(
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
    for name, path in house.screens().items():
        answer = page.goto(server.url + path)
        assert answer is not None
        assert answer.status == 200, name
        page.screenshot(path=OUT / f"admin_{name}_{width}_{theme}.png", full_page=True)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{name}: wider than the window")
        if page.evaluate(BESIDE):
            wrong.append(f"{name}: the menu does not show where one is")
        wrong += [f"{name}: {told}" for told in serious(page)]
    assert wrong == []
    assert page_errors == []
