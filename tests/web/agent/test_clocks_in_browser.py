"""Clocks and service levels in a real browser: how they look, what a drag and a key do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from helpdesk.clocks.models import PolicyRow
from helpdesk.core import db, secrets
from helpdesk.core.work import begin, reading
from helpdesk.identity import sessions
from tests.conftest import OUT
from tests.real.axe import serious
from tests.real.server import Installation
from tests.web.agent import clock_scene, office
from tests.web.agent.clock_scene import ME, Scene
from tests.web.agent.office import Office

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def people(server: Installation) -> Iterator[Office]:
    secrets.configure(server.secret_key)
    db.use(server.database)
    yield office.furnish()
    db.use(None)


@pytest.fixture(scope="module")
def scene(people: Office) -> Scene:
    return clock_scene.furnish(people.heating, people.people["salla"])


@pytest.fixture
def open_as(
    new_page: Callable[..., Page], server: Installation, people: Office
) -> Callable[..., Page]:
    def open_(name: str, path: str, **context: Any) -> Page:
        page = new_page(**{"viewport": {"width": 1440, "height": 900}, **context})
        with begin(ME) as work:
            opened = sessions.open_session(
                work, people.people[name], stage="full", address="127.0.0.1", agent="Chromium"
            )
        cookie = {"name": "helpdesk", "value": opened.token, "url": server.url}
        page.context.add_cookies([cookie])
        page.goto(server.url + path)
        return page

    return open_


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_screens_of_clocks_are_sound_in_both_themes_and_widths(
    open_as: Callable[..., Page], scene: Scene, scheme: str
) -> None:
    OUT.mkdir(exist_ok=True)
    clocks = f"/desk/tickets/{scene.ticket}/clocks"
    screens = {
        "clocks": ("salla", clocks + "?priority=urgent&calendar=always"),
        "levels": ("root", "/admin/sla"),
        "level": ("root", f"/admin/sla/{scene.vip}"),
    }
    wrong: list[str] = []
    for width in (1440, 360):
        for name, (who, path) in screens.items():
            page = open_as(who, path, color_scheme=scheme, viewport={"width": width, "height": 900})
            page.wait_for_timeout(200)
            page.screenshot(path=OUT / f"sla-{name}-{scheme}-{width}.png")
            if name == "clocks":
                page.locator("[data-scroll-kept]").last.evaluate("it => it.scrollTop = 560")
                page.wait_for_timeout(100)
                page.screenshot(path=OUT / f"sla-{name}-{scheme}-{width}-below.png")
            wrong += [f"{name} {width}: {line}" for line in serious(page)]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append(f"{name} {width}: wider than the screen")
            page.context.close()
    assert not wrong, "\n".join(wrong)


def test_a_clock_is_chosen_and_a_question_asked_by_keyboard(
    open_as: Callable[..., Page], scene: Scene, page_errors: list[str]
) -> None:
    page = open_as("salla", f"/desk/tickets/{scene.ticket}/clocks")
    page.get_by_role("link", name="Resolution").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Resolution, window by window")).to_be_visible()
    page.get_by_label("Priority").focus()
    page.keyboard.press("u")
    page.get_by_role("button", name="Compare").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("table", name="Clocks as they are")).to_contain_text("of 2 h")
    assert page_errors == []


def test_levels_are_put_in_order_by_drag_and_by_keyboard(
    open_as: Callable[..., Page], scene: Scene, page_errors: list[str]
) -> None:
    page = open_as("root", "/admin/sla")
    rows = page.locator("[data-order-list] [data-id]")
    first, second = rows.nth(0), rows.nth(1)
    first.locator(".order-grip").drag_to(second, target_position={"x": 40, "y": 160})
    expect(rows.nth(1)).to_contain_text("Important customers")
    expect(page.locator("#sla-progress")).to_be_visible()
    assert _order() == [scene.house, scene.vip]
    page.get_by_role("button", name="Move Important customers up").focus()
    page.keyboard.press("Enter")
    expect(rows.nth(0)).to_contain_text("Important customers")
    expect(page.get_by_role("button", name="Move Important customers down")).to_be_focused()
    assert _order() == [scene.vip, scene.house]
    assert page_errors == []


def test_the_meaning_of_a_level_follows_while_it_is_typed(
    open_as: Callable[..., Page], scene: Scene, page_errors: list[str]
) -> None:
    page = open_as("root", f"/admin/sla/{scene.vip}")
    page.get_by_label("Resolution, normal").fill("6 h")
    expect(page.locator("#preview")).to_contain_text("Resolution within 6 h (normal)")
    page.get_by_role("button", name="Add a condition").click()
    expect(page.locator(".sla-condition")).to_have_count(2)
    page.get_by_label("How it compares").last.select_option("present")
    expect(page.locator(".sla-values").last).to_be_hidden()
    assert page_errors == []


def _order() -> list[str]:
    with reading(ME) as work:
        return list(work.session.scalars(select(PolicyRow.id).order_by(PolicyRow.position)))
