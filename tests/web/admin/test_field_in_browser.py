"""Field service's set-up in a real browser: a technician set up by keyboard, and how it looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from helpdesk.core import db, secrets
from helpdesk.core.actors import system
from helpdesk.core.work import begin
from helpdesk.customers import service as customers
from helpdesk.field_service import crew, maintenance, parts, places, stock, territories, types
from helpdesk.identity import sessions
from helpdesk.routing import setup
from tests.conftest import OUT
from tests.real.axe import serious
from tests.real.server import Installation
from tests.web.admin.test_in_browser import BESIDE
from tests.web.signed_in import add_user

pytestmark = pytest.mark.browser
SYSTEM = system("test")


@dataclass
class Team:
    admin: str
    technician: str
    kind: str
    part: str
    area: str
    plan: str

    def screens(self) -> dict[str, str]:
        here = "/admin/field"
        return {
            "field": here,
            "technicians": f"{here}/technicians",
            "technician": f"{here}/technicians/{self.technician}",
            "visit-types": f"{here}/visit-types",
            "visit-type": f"{here}/visit-types/{self.kind}",
            "parts": f"{here}/parts",
            "part": f"{here}/parts/{self.part}",
            "territories": f"{here}/territories",
            "territory": f"{here}/territories/{self.area}",
            "booking": f"{here}/booking",
            "maintenance": f"{here}/maintenance",
            "maintenance-plan": f"{here}/maintenance/{self.plan}",
        }


@pytest.fixture(scope="module")
def team(server: Installation) -> Iterator[Team]:
    secrets.configure(server.secret_key)
    db.use(server.database)
    admin, driver = add_user("admin"), add_user("technician")
    with begin(SYSTEM) as work:
        skill = setup.create_skill(work, "Heat").id
        area = territories.add(work, name="North", postcodes=["22"]).id
        part = parts.add(work, sku="P-1", name="Pump").id
        line = {"text": "Pressure", "kind": "number", "needed": True}
        kind = types.add(
            work, key="repair", name="Repair", skills={skill: 2}, parts={part: 1}, checklist=[line]
        ).id
        crew.add(
            work, driver, start_lat=53.5, start_lon=10.0, zone="Europe/Berlin", skills={skill: 3}
        )
        stock.correct(work, driver, part, -1)
        ada = customers.create_customer(work, name="Ada").id
        place = places.make(work, ada, address="Deich 1", lat=53.5, lon=10.0).id
        day = work.at.date()
        plan = maintenance.add(
            work, ada, place_id=place, visit_type_id=kind, rule="FREQ=YEARLY", starts_on=day
        ).id
    yield Team(admin, driver, kind, part, area, plan)
    db.use(None)


@pytest.fixture
def open_admin(
    new_page: Callable[..., Page], server: Installation, team: Team
) -> Callable[..., Page]:
    def open_(path: str, **context: Any) -> Page:
        page = new_page(**{"viewport": {"width": 1440, "height": 900}, **context})
        with begin(SYSTEM) as work:
            opened = sessions.open_session(
                work, team.admin, stage="full", address="127.0.0.1", agent="Chromium"
            )
        page.context.add_cookies([{"name": "helpdesk", "value": opened.token, "url": server.url}])
        page.goto(server.url + path)
        return page

    return open_


def test_a_split_day_is_set_by_keyboard_and_an_absence_taken_back(
    open_admin: Callable[..., Page], team: Team, page_errors: list[str]
) -> None:
    page = open_admin(f"/admin/field/technicians/{team.technician}")
    page.get_by_label("Monday to").first.fill("12:00")
    page.get_by_role("button", name="Add hours on Monday").press("Enter")
    added = page.locator("[name=mon-1-from]")
    expect(added).to_be_focused()
    added.fill("13:00")
    page.keyboard.press("Tab")
    page.keyboard.type("17:00")
    page.keyboard.press("Control+s")
    expect(page.locator("#toasts")).to_contain_text("Saved.")
    expect(page.locator("#preview")).to_contain_text("08:00–12:00, 13:00–17:00")
    page.get_by_label("From", exact=True).last.fill("2031-05-05T08:00")
    page.get_by_label("To", exact=True).last.fill("2031-05-06T08:00")
    page.get_by_role("button", name="Write it down").press("Enter")
    row = page.locator("#away tbody tr")
    expect(row).to_contain_text("Leave")
    row.get_by_role("button", name="Remove").press("Enter")
    page.locator("#toasts [data-undo]").press("Enter")
    expect(page.locator("#away tbody tr")).to_contain_text("5 May 2031")
    assert page_errors == []


@pytest.mark.parametrize("width, theme", [(1440, "dark"), (360, "light")])
def test_every_screen_is_accessible_and_fits(
    open_admin: Callable[..., Page],
    server: Installation,
    team: Team,
    width: int,
    theme: str,
    page_errors: list[str],
) -> None:
    page = open_admin("/admin", viewport={"width": width, "height": 900}, color_scheme=theme)
    OUT.mkdir(exist_ok=True)
    wrong: list[str] = []
    for name, path in team.screens().items():
        answer = page.goto(server.url + path)
        assert answer is not None
        assert answer.status == 200, name
        page.screenshot(path=OUT / f"admin_field_{name}_{width}_{theme}.png", full_page=True)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{name}: wider than the window")
        if page.evaluate(BESIDE):
            wrong.append(f"{name}: the menu does not show where one is")
        wrong += [f"{name}: {told}" for told in serious(page)]
    assert wrong == []
    assert page_errors == []
