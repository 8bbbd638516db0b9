"""A day of field service in browsers, from the customer's booking to the timeline of what was done.

A customer books in the portal, an agent books on a ticket by keyboard, the dispatcher optimises and
locks, the technician finishes both visits without a net, and everything is there once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from helpdesk.clocks.models import ClockRow, SpanRow
from helpdesk.core.work import begin, reading
from helpdesk.customers.models import TimelineEntry
from helpdesk.field_service import places, promises, settings
from helpdesk.field_service.models import RouteStop, Visit
from helpdesk.field_service.models_crew import Technician, VisitType
from helpdesk.field_service.models_work import VisitFile, VisitReport
from helpdesk.tickets.models import Ticket
from tests.real.server import Installation
from tests.web.agent import office as o
from tests.web.agent.office import inside, session_cookie
from tests.web.signed_in import add_user
from tests.web.technician import scene
from tests.web.technician.scene import SYSTEM
from tests.web.technician.test_offline_in_browser import ALL_SENT, PHONE, do_the_work

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
HOURS = [[f"{hour:02}:00", f"{hour + 2:02}:00"] for hour in range(0, 24, 2)]


@dataclass
class Firm:
    """Ada books by herself, Bob has written and is booked for."""

    office: o.Office
    crew: scene.Crew
    ada: str
    adas_account: str
    bob: str
    bobs_ticket: str


@pytest.fixture
def firm(server: Installation) -> Iterator[Firm]:
    """One technician works, today and no other day; where they work it is noon."""
    with inside(server):
        office, crew = o.furnish(), scene.furnish()
        for visit_id in crew.visits:
            scene.cancel(visit_id)
        week = {str(scene.today().weekday()): [["00:00", "24:00"]]}
        with begin(SYSTEM) as work:
            settings.put(
                work,
                {
                    "zone": scene.noon_zone(), "windows": dict.fromkeys(settings.WEEKDAYS, HOURS),
                    "notice_s": 0, "days_ahead": 3, "fewest": 1,
                },
            )  # fmt: skip
            for one in work.session.scalars(select(Technician)):
                one.week, one.version = week, one.version + 1
                one.is_active = one.user_id == crew.tom
            kind = work.session.get_one(VisitType, crew.kind)
            kind.name, kind.names = "Boiler repair", {"en": "Repair of your boiler"}
            kind.duration_p50_s, kind.duration_p80_s = 900, 1200
            ada, bob = (
                scene._customer(work, name, phone, "en")
                for name, phone in (("Ada Norton", "+4930333333"), ("Bo Stone", "+4930444444"))
            )
            for customer in (ada, bob):
                places.make(work, customer, address="Deich 1, Hamburg", lat=53.56, lon=10.02)
            ticket = scene._case(work, bob, "The boiler drips", "Water under the boiler.")
        account = add_user("customer", customer_id=ada)
        yield Firm(office, crew, ada, account, bob, ticket)


@pytest.fixture
def open_as(new_page: Callable[..., Page], server: Installation) -> Callable[..., Page]:
    def open_(user_id: str, path: str, **context: Any) -> Page:
        page = new_page(**({"viewport": {"width": 1440, "height": 900}} | context))
        cookie: Any = {"name": "helpdesk", "value": session_cookie(user_id), "url": server.url}
        page.context.add_cookies([cookie])
        page.goto(f"{server.url}{path}")
        return page

    return open_


def test_a_day_from_two_bookings_to_the_timeline(
    firm: Firm, open_as: Callable[..., Page], server: Installation, page_errors: list[str]
) -> None:
    customer = open_as(firm.adas_account, "/portal/visits/new")
    _books_in_the_portal(customer)
    desk = open_as(firm.office.people["salla"], f"/desk/tickets/{firm.bobs_ticket}")
    _books_by_keyboard(desk)
    adas, bobs = _visit_of(firm.ada), _visit_of(firm.bob)
    assert (adas.state, bobs.state) == ("booked", "booked")
    assert bobs.ticket_id == firm.bobs_ticket
    board = open_as(firm.office.people["boss"], f"/dispatch?day={scene.today()}")
    _optimises_and_locks(board, bobs.id)
    _goes_offline_and_finishes_both(open_as(firm.crew.tom, "/tech", **PHONE), server)
    for visit_id in (adas.id, bobs.id):
        _is_there_once(visit_id)
    desk.goto(f"{server.url}/desk/customers/{firm.bob}")
    expect(desk.locator(".timeline-entry", has_text="New pump fitted.").first).to_be_visible()
    customer.goto(f"{server.url}/portal/visits/{adas.id}")
    expect(customer.locator("main")).to_contain_text("Done")
    assert [one for one in page_errors if "ERR_INTERNET_DISCONNECTED" not in one] == []


def _books_in_the_portal(page: Page) -> None:
    page.get_by_label("Repair of your boiler").check()
    page.get_by_role("button", name="See times").click()
    page.locator("main form button", has_text=" to ").first.click()
    expect(page.get_by_text("We keep this time for you until")).to_be_visible()
    page.get_by_role("button", name="Book this visit").click()
    expect(page.get_by_text("Your visit is booked.")).to_be_visible()


def _books_by_keyboard(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("data-live", "live")
    page.keyboard.press("Alt+v")
    panel = page.locator("#book-visit")
    expect(panel.locator("select").first).to_be_focused()
    page.keyboard.type("Boiler")
    page.keyboard.press("Tab")
    panel.locator("form button[type=submit]").first.press("Enter")
    expect(panel.locator("[data-slot]").first).to_be_focused()
    page.keyboard.press("1")
    expect(panel.get_by_text("Kept until then.")).to_be_visible()
    expect(panel.locator("[data-book-yes]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel.locator("[data-book-done]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def _optimises_and_locks(page: Page, visit_id: str) -> None:
    expect(page.locator("html")).to_have_attribute("data-live", "live")
    block = page.locator(f'.tl-visit[data-visit="{visit_id}"]')
    expect(block).to_be_visible()
    page.get_by_role("button", name="Optimise", exact=True).click()
    page.get_by_role("button", name="Optimise the day").click()
    run = page.locator("[data-run]")
    made = re.compile("^(ready|dropped)$")  # dropped: nothing could be made better
    expect(run).to_have_attribute("data-run-state", made, timeout=60_000)
    expect(run.get_by_role("rowheader", name="Driving")).to_be_visible()
    carry_out = run.get_by_role("button", name="Carry out")
    if carry_out.count():
        carry_out.click()
        expect(page.locator('[data-run][data-run-state="applied"]')).to_be_visible()
    page.locator("[data-close-plans]").click()
    page.keyboard.press("b")
    focused = page.locator(".tl-visit:focus")
    expect(focused).to_be_visible()
    page.keyboard.press("l")
    expect(focused).to_contain_text("locked")


def _goes_offline_and_finishes_both(page: Page, server: Installation) -> None:
    expect(page.locator(ALL_SENT)).to_be_visible()
    expect(page.locator("html[data-ready]")).to_be_attached()
    page.context.set_offline(True)
    page.reload()
    for name in ("Ada Norton", "Bo Stone"):
        do_the_work(page, name=name)
    expect(page.get_by_text("All visits of this day are done.")).to_be_visible()
    page.context.set_offline(False)
    page.goto(f"{server.url}/tech")
    expect(page.locator(ALL_SENT)).to_be_visible(timeout=60_000)


def _visit_of(customer_id: str) -> Visit:
    with reading(SYSTEM) as work:
        return work.session.scalars(select(Visit).where(Visit.customer_id == customer_id)).one()


def _is_there_once(visit_id: str) -> None:
    """Timeline, ledger of promises, clocks and the report say the same."""
    with reading(SYSTEM) as work:
        visit = work.session.get_one(Visit, visit_id)
        assert (visit.state, visit.outcome) == ("done", "solved")
        told = work.session.scalars(
            select(TimelineEntry.kind).where(
                TimelineEntry.customer_id == visit.customer_id, TimelineEntry.kind.like("visit.%")
            )
        ).all()
        steps = ("visit.booked", "visit.departed", "visit.arrived", "visit.finished")
        assert [list(told).count(one) for one in steps] == [1, 1, 1, 1]
        (promise,) = promises.of_visit(work, visit_id)
        assert (promise.state, promise.late_s) == ("kept", 0)
        clock = work.session.scalars(
            select(ClockRow).where(
                ClockRow.ticket_id == visit.ticket_id, ClockRow.name == "appointment"
            )
        ).one()
        assert (clock.stopped_at, clock.breached_at) == (visit.arrived_at, None)
        assert work.session.get_one(Ticket, visit.ticket_id).state == "resolved"
        spans = {
            span.party: (span.from_at, span.to_at)
            for span in work.session.scalars(
                select(SpanRow).where(
                    SpanRow.ticket_id == visit.ticket_id,
                    SpanRow.party.in_(("travelling", "on_site")),
                )
            )
        }
        assert spans["travelling"] == (visit.departed_at, visit.arrived_at)
        assert spans["on_site"] == (visit.arrived_at, visit.finished_at)
        report = select(VisitReport).where(VisitReport.visit_id == visit_id)
        assert work.session.scalars(report).one().signed_at is not None
        photo = select(VisitFile).where(VisitFile.visit_id == visit_id)
        assert work.session.scalars(photo).one().attachment_id is not None
        stops = work.session.scalars(select(RouteStop).where(RouteStop.visit_id == visit_id)).all()
        assert len(stops) == 1
