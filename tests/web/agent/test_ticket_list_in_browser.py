"""The list of tickets in a real browser: by keyboard alone, many at once and back, how it looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from helpdesk.core.work import begin, reading
from helpdesk.customers import service as customers
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import cases, cases_line
from tests.conftest import OUT
from tests.real.axe import serious
from tests.real.server import Installation
from tests.web.agent import office as o
from tests.web.agent.office import Office

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]
SUBJECTS = (
    ("Boiler shows F28 and the radiators stay cold", "urgent", ["boiler", "vip"]),
    ("Invoice 20431 was charged twice", "high", ["invoice"]),
    ("When does the fitter come?", "normal", []),
    ("Please change my address to a street with a very long name, longer than one line", "low", []),
    ("Water drips from the valve under the sink", "normal", ["leak"]),
    ("Thermostat forgets its programme", "normal", []),
)  # fmt: skip


@pytest.fixture(scope="module")
def office(server: Installation) -> Iterator[Office]:
    with o.inside(server):
        made = o.furnish()
        for number, (subject, priority, tags) in enumerate(SUBJECTS):
            with begin(o.SETUP) as work:
                who = customers.create_customer(work, name=f"Aino Virtanen {number}")
                case = cases.open_case(
                    work, customer_id=who.id, subject=subject, body="Please help.",
                    channel="email", queue=made.heating if number % 2 else made.billing,
                    priority=priority, tags=tags,
                )  # fmt: skip
            if number == 2:
                with begin(made.actor("olu")) as work:
                    cases_line.pull(work, case.ticket.id)
        yield made


@pytest.fixture
def open_list(new_page: NewPage, server: Installation, office: Office) -> Callable[..., Page]:
    def open_(path: str = "/desk/tickets?view=open", **context: Any) -> Page:
        page = new_page(**{"viewport": {"width": 1440, "height": 900}, **context})
        token = o.session_cookie(office.people["salla"])
        page.context.add_cookies([{"name": "helpdesk", "value": token, "url": server.url}])
        page.goto(server.url + path)
        expect(page.locator("html")).to_have_attribute("data-desk", "ready")
        return page

    return open_


def mine(office: Office) -> int:
    with reading(o.SETUP) as work:
        return work.session.query(Ticket).filter_by(assignee_id=office.people["salla"]).count()


def picture(page: Page, name: str) -> None:
    OUT.mkdir(exist_ok=True)
    page.screenshot(path=OUT / f"{name}.png")


def test_many_are_chosen_taken_and_given_back_by_keyboard_alone(
    open_list: Callable[..., Page], office: Office, page_errors: list[str]
) -> None:
    page = open_list()
    rows = page.locator("[data-ticket-row]")
    expect(rows).to_have_count(len(SUBJECTS))
    expect(rows.nth(0).locator("[data-row-link]")).to_be_focused()
    expect(page.locator('[data-count="open"]')).to_have_text(str(len(SUBJECTS)))
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-chosen-words]")).to_have_text("2 chosen")
    picture(page, "ticket-list-chosen")
    page.keyboard.press("i")
    expect(page.locator("#toasts")).to_contain_text("2 tickets changed")
    assert mine(office) == 2
    page.keyboard.press("z")
    expect(page.locator("#toasts")).to_contain_text("2 tickets undone")
    assert mine(office) == 0
    page.keyboard.press("v")
    expect(page.locator("[data-chosen-words]")).to_have_text("6 chosen")
    page.keyboard.press("Escape")
    expect(page.locator("[data-chosen]")).to_be_hidden()
    assert page_errors == []


def test_the_dialog_changes_many_and_tells_which_stayed(
    open_list: Callable[..., Page], office: Office, page_errors: list[str]
) -> None:
    page = open_list("/desk/tickets?view=open&sort=oldest")
    page.keyboard.press("v")
    page.keyboard.press("p")
    dialog = page.locator("#tickets-change")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Priority").select_option("low")
    dialog.get_by_label("Add tags").fill("autumn, check")
    picture(page, "ticket-list-dialog")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("6 tickets changed")
    expect(page.locator("[data-ticket-row]").nth(0)).to_contain_text("autumn")
    page.keyboard.press("z")
    expect(page.locator("#toasts")).to_contain_text("6 tickets undone")
    expect(page.locator("[data-ticket-row]").nth(0)).not_to_contain_text("autumn")
    assert page_errors == []


def test_a_filter_becomes_chips_and_a_view_of_one_s_own(
    open_list: Callable[..., Page], page_errors: list[str]
) -> None:
    page = open_list()
    page.keyboard.press("f")
    panel = page.locator(".filter-panel")
    panel.get_by_label("Urgent").check()
    panel.get_by_label("High").check()
    picture(page, "ticket-list-filter")
    panel.get_by_role("button", name="Show").click()
    expect(page.locator("[data-ticket-row]")).to_have_count(2)
    expect(page.locator(".filter-chip")).to_have_count(2)
    page.get_by_role("button", name="Save as a view").click()
    page.locator("#tickets-save").get_by_label("Name").fill("Burning")
    page.keyboard.press("Enter")
    expect(page.locator(".ticket-view[aria-current]")).to_contain_text("Burning")
    expect(page.locator("[data-ticket-row]")).to_have_count(2)
    page.locator(".filter-chip").first.click()
    expect(page.locator("[data-ticket-row]")).to_have_count(1)
    assert page_errors == []


def test_what_a_colleague_changes_is_offered_and_not_pulled_from_under_the_hand(
    open_list: Callable[..., Page], office: Office
) -> None:
    page = open_list()
    link = page.locator("[data-row-link]").nth(0)
    ticket_id = (link.get_attribute("href") or "").rsplit("/", 1)[1]
    with begin(office.actor("olu")) as work:
        cases_line.change(work, ticket_id, {"subject": "Something else"})
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("[data-fresh]")).to_be_visible(timeout=20_000)
    expect(page.locator("[data-fresh-words]")).to_have_text("1 changed, refresh")
    expect(page.locator("[data-ticket-row]").nth(0)).not_to_contain_text("Something else")
    page.keyboard.press(".")
    expect(page.locator("[data-ticket-row]").nth(0)).to_contain_text("Something else")
    expect(page.locator("[data-fresh]")).to_be_hidden()


@pytest.mark.parametrize("width", [1440, 1024, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_list_looks_right_and_is_accessible(
    open_list: Callable[..., Page], width: int, scheme: str
) -> None:
    page = open_list(viewport={"width": width, "height": 800}, color_scheme=scheme)
    if width < 900:
        page.evaluate("document.querySelector('.panes').dataset.pane = 'conversation'")
    expect(page.locator("[data-ticket-row]").nth(0)).to_be_visible()
    expect(page.locator('[data-count="open"]')).to_have_text("6")
    picture(page, f"ticket-list-{scheme}-{width}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert serious(page) == []


def test_a_merge_is_undone_from_its_toast_and_a_lost_session_says_so(
    open_list: Callable[..., Page], office: Office
) -> None:
    with begin(o.SETUP) as work:
        who = customers.create_customer(work, name="Aino Virtanen").id
        first, second = (
            cases.open_case(
                work, customer_id=who, subject=subject, body="Please help.", channel="email",
                queue=office.heating,
            ).ticket
            for subject in ("Please change my address", "Please change my address to Lake Street")
        )  # fmt: skip
        told = f"T-{first.number} was merged into T-{second.number}"
        first, second = first.id, second.id
    page = open_list(
        f"/desk/tickets/{first}/merge?with={second}",
        viewport={"width": 360, "height": 760},
        color_scheme="dark",
    )
    page.evaluate("document.querySelector('.panes').dataset.pane = 'conversation'")
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text(told)
    expect(page).to_have_url(re.compile(f"/desk/tickets/{second}$"))
    picture(page, "ticket-merged-dark-360")
    page.locator("#toasts [data-undo]").click()
    expect(page).to_have_url(re.compile(f"/desk/tickets/{first}$"))
    history = page.locator("[data-side-tab=history]")
    expect(history).to_have_attribute("href", re.compile(f"/{first}\\?"))
    with reading(o.SETUP) as work:
        assert work.session.get_one(Ticket, first).merged_into_id is None

    page.locator("[data-ticket-composer] textarea").fill("Half a sentence")
    page.context.clear_cookies()
    asked: list[str] = []
    page.on("response", lambda answer: asked.append(answer.url) if answer.status == 401 else None)
    page.evaluate("document.querySelector('[data-show-pane=customer]').click()")
    history.click()
    bar = page.locator(".signed-out")
    expect(bar).to_contain_text("You are signed out. Sign in again; your drafts are kept.")
    picture(page, "signed-out-dark-360")
    page.locator("[data-side-tab=ticket]").click()
    expect(bar).to_have_count(1)
    assert len(asked) == 1
    token = o.session_cookie(office.people["salla"])
    page.context.add_cookies(
        [{"name": "helpdesk", "value": token, "url": page.url.split("/desk")[0]}]
    )
    bar.get_by_role("link", name="Sign in").click()
    expect(page).to_have_url(re.compile(f"/desk/tickets/{first}"))
    expect(page.locator("[data-ticket-composer] textarea")).to_have_value("Half a sentence")


@pytest.mark.parametrize("width", [1440, 360])
def test_the_pages_of_merging_splitting_and_macros_look_right(
    open_list: Callable[..., Page], office: Office, width: int, page_errors: list[str]
) -> None:
    with reading(o.SETUP) as work:
        first, second = (
            work.session.query(Ticket).filter_by(number=number).one().id
            for number in (10001, 10002)
        )
    page = open_list(
        f"/desk/tickets/{first}/merge?with={second}", viewport={"width": width, "height": 900}
    )
    for name, path in (
        ("merge", f"/desk/tickets/{first}/merge?with={second}"),
        ("split", f"/desk/tickets/{first}/split"),
        ("macro", "/desk/macros/new"),
        ("macros", "/desk/macros"),
    ):
        page.goto(page.url.split("/desk")[0] + path)
        expect(page.locator("html")).to_have_attribute("data-desk", "ready")
        if width < 900:
            page.evaluate("document.querySelector('.panes').dataset.pane = 'conversation'")
        expect(page.locator("#main h1")).to_be_visible()
        picture(page, f"ticket-{name}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert serious(page) == [], name
    assert page_errors == []
