"""Rules and surveys in a real browser: a rule is written and tried out; how all of it looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from helpdesk.core import db, secrets
from helpdesk.core.actors import system
from helpdesk.core.config import Settings
from helpdesk.core.work import begin
from helpdesk.customers import service as customers
from helpdesk.identity import sessions
from helpdesk.mail import place
from helpdesk.rules.triggers import Timer
from helpdesk.workflows import cases, surveying
from tests.conftest import OUT
from tests.real.axe import serious
from tests.real.server import Installation
from tests.web.admin import scene
from tests.web.signed_in import add_user
from tests.web.survey.asked import asked
from tests.workflows.ruling_scene import act, rule, when

pytestmark = pytest.mark.browser
SYSTEM = system("test")


@dataclass
class House:
    admin: str
    rule: str
    open_link: str
    answered: str


@pytest.fixture(scope="module")
def house(server: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    secrets.configure(server.secret_key)
    db.use(server.database)
    folder = tmp_path_factory.mktemp("mail")
    place.configure(Settings(data=folder, secret_key=server.secret_key, base_url=server.url))
    admin, queue_id = add_user("admin", email="ada@example.org"), scene.queue("Lighting")
    for n in range(6):
        with begin(SYSTEM) as work:
            who = customers.create_customer(
                work, name=f"Customer {n}", contact_points=[("email", f"c{n}@example.org")]
            )
            cases.open_case(
                work, customer_id=who.id, queue=queue_id, subject=f"No light in hall {n}",
                body="The lamp is dark." if n % 2 else "Water.", channel="form",
            )  # fmt: skip
    made = rule(
        "Dark halls are urgent",
        "opened",
        "customer_wrote",
        every=(when("message", "contains", "lamp", "light"), when("by", "any_of", "customer")),
        some=(when("priority", "any_of", "low", "normal"), when("tags", "any_of", "vip")),
        actions=(
            act("set_priority", "urgent"),
            act("add_tags", "", "lamp"),
            act("send_reply", text="We are on it. Your number is {ticket}."),
            act("notify", "", "assignee", admin, text="Look at {ticket}."),
        ),
        stops=True,
        on=False,
    )
    reminder = Timer("in_state", 5 * 86_400, "waiting_on_customer")
    rule("Remind the customer", timer=reminder, actions=(act("add_note", text="Still there?"),))
    answered = asked("csat", email="bob@example.org", queue_id=queue_id)
    with begin(SYSTEM) as work:
        long = "It took three calls, and nobody knew what the one before had said."
        token = answered.rpartition("/")[2]
        surveying.answer(work, token, score=2, comment=long)
    yield House(admin, made, asked("nps", email="eve@example.org", queue_id=queue_id), answered)
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


def test_a_rule_is_written_tried_out_on_the_past_and_switched_on(
    open_admin: Callable[..., Page], house: House, page_errors: list[str]
) -> None:
    page = open_admin("/admin/rules/new")
    page.get_by_role("textbox", name="Name", exact=True).fill("Lamps")
    every = page.get_by_role("group", name="All of these")
    every.get_by_role("button", name="Add a condition").click()
    subject = every.get_by_label("What it asks about")
    expect(subject).to_be_focused()
    subject.select_option("message")
    expect(every.get_by_label("How it compares")).to_contain_text("contains any of")
    every.get_by_label("Values").fill("lamp")
    some = page.get_by_role("group", name="One of these")
    some.get_by_role("button", name="Add a condition").click()
    some.get_by_label("What it asks about").select_option("priority")
    some.locator("[data-values] summary").click()
    some.get_by_role("checkbox", name="Low").check()
    some.get_by_role("checkbox", name="Normal").check()
    page.screenshot(path=OUT / "admin_rule_values.png")
    page.keyboard.press("Escape")
    expect(some.locator("[data-values-shown]")).to_have_text("Low, Normal")
    done = page.get_by_role("group", name="What is done")
    done.get_by_label("What is done").select_option("set_priority")
    done.get_by_label("Which").select_option("urgent")
    expect(page.locator("#preview")).to_contain_text("Then: set priority to Urgent.")
    page.keyboard.press("Control+s")
    expect(page.locator("#toasts")).to_contain_text("Added.")
    page.get_by_role("button", name="Try it out").click()
    expect(page.get_by_text("it would have fired at 3")).to_be_visible(timeout=20_000)
    expect(page.locator("tr[data-row]")).to_have_count(3)
    expect(page.locator("tr[data-row]").first).to_contain_text("Priority: Normal → Urgent")
    page.screenshot(path=OUT / "admin_rule_trial.png", full_page=True)
    page.get_by_role("link", name="Back to the rule").click()
    page.get_by_role("button", name="Switch on").click()
    expect(page.locator("#toasts")).to_contain_text("It is on.")
    assert page_errors == []


def test_a_survey_is_answered_by_keyboard_alone_without_a_script(
    new_page: Callable[..., Page], server: Installation, house: House
) -> None:
    page = new_page(java_script_enabled=False, viewport={"width": 360, "height": 740})
    link = asked("ces", email="zoe@example.org")
    page.goto(server.url + link)
    page.get_by_role("radio", name="6").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("Quick")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


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
    screens = {
        "rules": "/admin/rules",
        "rule": f"/admin/rules/{house.rule}",
        "rule_new": "/admin/rules/new",
        "surveys": "/admin/surveys",
        "survey_new": "/admin/surveys/new",
        "answers": "/admin/surveys/answers",
        "survey_page": house.open_link,
        "survey_thanks": house.answered,
        "survey_stop": f"{house.open_link}/stop",
    }
    OUT.mkdir(exist_ok=True)
    wrong: list[str] = []
    for name, path in screens.items():
        answer = page.goto(server.url + path)
        assert answer is not None
        assert answer.status == 200, name
        page.screenshot(path=OUT / f"admin_{name}_{width}_{theme}.png", full_page=True)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{name}: wider than the window")
        wrong += [f"{name}: {told}" for told in serious(page)]
    assert wrong == []
    assert [one for one in page_errors if not re.search("favicon", one)] == []
