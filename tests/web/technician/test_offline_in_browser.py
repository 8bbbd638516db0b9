"""A technician's day on a phone without a net, in a real Chromium, and what is there afterwards."""

from __future__ import annotations

import io
import random
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from helpdesk.channels.models import Attachment, Message
from helpdesk.core.tables import EventRow
from helpdesk.core.work import reading
from helpdesk.customers.models import TimelineEntry
from helpdesk.field_service import signed
from helpdesk.field_service.models import Visit, VisitPromise
from helpdesk.field_service.models_work import (
    TechnicianCommand,
    VisitFile,
    VisitReport,
    VisitWork,
)
from helpdesk.tickets.models import Ticket
from tests.conftest import OUT
from tests.real.server import ROOT, Installation
from tests.web.agent.office import inside, session_cookie
from tests.web.technician import scene
from tests.web.technician.scene import SYSTEM, Crew

pytestmark = pytest.mark.browser
AXE = ROOT / "node_modules/axe-core/axe.min.js"
PHONE = {
    "viewport": {"width": 390, "height": 780},
    "device_scale_factor": 1,
    "has_touch": True,
    "is_mobile": True,
}
PATIENCE_S = 60.0
FILL = """() => {
  const { add } = IDBObjectStore.prototype;
  window.refuse = (full) => {
    IDBObjectStore.prototype.add = full
      ? () => { throw new DOMException("No room", "QuotaExceededError"); }
      : add;
  };
  refuse(true);
}"""
NOT_SENT = 'a[data-standing="warn"]'
ALL_SENT = 'a[data-standing="good"]'


@pytest.fixture
def crew(server: Installation) -> Iterator[Crew]:
    with inside(server):
        yield scene.furnish()


@pytest.fixture
def phone(new_page: Callable[..., Page], server: Installation, crew: Crew) -> Page:
    """Signed in, fetched once, and able to start without a net."""
    page = new_page(**PHONE)
    cookie: Any = {"name": "helpdesk", "value": session_cookie(crew.tom), "url": server.url}
    page.context.add_cookies([cookie])
    page.goto(f"{server.url}/tech")
    expect(page.locator(ALL_SENT)).to_be_visible()
    expect(page.locator("html[data-ready]")).to_be_attached()
    return page


def picture() -> dict[str, Any]:
    """Noise, so that it stays large enough for several pieces."""
    noise = random.Random(7).randbytes(1200 * 900 * 3)
    out = io.BytesIO()
    Image.frombytes("RGB", (1200, 900), noise).save(out, "JPEG", quality=90)
    return {"name": "plate.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def shoot(page: Page, name: str) -> None:
    OUT.mkdir(exist_ok=True)
    page.screenshot(path=OUT / f"technician-{name}.png", full_page=True)


def need_no_trouble(page: Page) -> None:
    page.evaluate(AXE.read_text("utf-8"))
    found: list[dict[str, Any]] = page.evaluate("axe.run()")["violations"]
    serious = [(one["id"], [n["html"][:90] for n in one["nodes"]]) for one in found]
    assert [one for one in serious if one] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def do_the_work(page: Page, *, name: str) -> None:
    """From the list to done: on my way, arrived, checklist, pictures, a part, signature."""
    page.get_by_role("link", name="Open the next visit").click()
    page.get_by_role("button", name="On my way").click()
    page.get_by_role("button", name="Arrived").click()
    page.get_by_role("link", name="Checklist, pictures, parts").click()
    page.get_by_label("Pressure checked").check()
    page.get_by_label("Reading in bar").fill("1.8")
    page.get_by_label("Take a picture: Picture of the type plate").set_input_files([picture()])
    expect(page.get_by_text("on this phone")).to_be_visible()
    page.get_by_role("button", name="One more: Pump").click()
    page.get_by_label("Minutes of work").fill("45")
    page.get_by_label("In a few words").fill("New pump fitted.")
    page.get_by_role("link", name="Back to the visit").click()
    expect(page.get_by_text("Checklist complete")).to_be_visible()
    page.get_by_role("link", name="Signature").click()
    sign(page, name)
    expect(page.get_by_text(f"Signed by {name}")).to_be_visible()
    page.get_by_role("link", name="Done", exact=True).click()
    page.get_by_role("button", name="Done", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Today")


def sign(page: Page, name: str) -> None:
    expect(page.locator("[data-digest]")).to_have_attribute("data-digest", hex64())
    page.locator("#signer").fill(name)
    box = page.locator("canvas").bounding_box()
    assert box is not None
    page.locator("canvas").scroll_into_view_if_needed()
    box = page.locator("canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 100)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(box["x"] + 40 + 25 * step, box["y"] + 100 + (40 if step % 2 else -40))
    page.mouse.up()
    page.locator(".thumb .button-thumb").click()


def hex64() -> Any:
    return re.compile(r"^[0-9a-f]{64}$")


def test_two_visits_are_finished_without_a_net_and_are_on_the_timeline_once(
    phone: Page, server: Installation, crew: Crew, page_errors: list[str]
) -> None:
    context = phone.context
    context.set_offline(True)
    phone.reload()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Today")
    do_the_work(phone, name="Ada Lindgren")
    expect(phone.locator(NOT_SENT)).to_contain_text("not sent")
    phone.close()  # as if the phone had killed it

    again = context.new_page()
    again.goto(f"{server.url}/tech")
    expect(again.locator(NOT_SENT)).to_contain_text("1 picture not sent")
    do_the_work(again, name="Bob Stone")
    expect(again.get_by_text("All visits of this day are done.")).to_be_visible()
    shoot(again, "not-sent")
    with reading(SYSTEM) as work:
        assert work.session.scalar(select(func.count()).select_from(TechnicianCommand)) == 0

    context.set_offline(False)
    again.reload()
    expect(again.locator(ALL_SENT)).to_be_visible(timeout=60_000)
    need_all_there(crew)
    need_reports_in_the_tickets(crew)
    assert [one for one in page_errors if "ERR_INTERNET_DISCONNECTED" not in one] == []


def need_all_there(crew: Crew) -> None:
    with reading(SYSTEM) as work:
        for visit_id, ticket_id, customer_id in zip(
            crew.visits, crew.tickets, crew.customers, strict=True
        ):
            visit = work.session.get_one(Visit, visit_id)
            assert (visit.state, visit.outcome) == ("done", "solved")
            assert work.session.get_one(Ticket, ticket_id).state == "resolved"
            kinds = work.session.scalars(
                select(TimelineEntry.kind).where(
                    TimelineEntry.customer_id == customer_id,
                    TimelineEntry.kind.like("visit.%"),
                )
            ).all()
            for kind in ("visit.departed", "visit.arrived", "visit.finished"):
                assert list(kinds).count(kind) == 1
            promise = work.session.scalars(
                select(VisitPromise).where(VisitPromise.visit_id == visit_id)
            ).one()
            assert promise.state == "kept"
            done = work.session.get_one(VisitWork, visit_id)
            assert done.checklist == {"pressure": True, "bar": "1.8"}
            assert done.parts_used == [{"part_id": crew.pump, "quantity": 1}]
            report = work.session.scalars(
                select(VisitReport).where(VisitReport.visit_id == visit_id)
            ).one()
            assert report.signed_at is not None
            assert report.digest == signed.digest(report.content)
            file = work.session.scalars(
                select(VisitFile).where(VisitFile.visit_id == visit_id)
            ).one()
            assert file.attachment_id is not None
            kept = work.session.get_one(Attachment, file.attachment_id)
            assert (kept.sha256, kept.type) == (file.sha256, "image/jpeg")
            assert file.size > 2 * 192 * 1024, "it has to go in pieces"
        states = work.session.scalars(select(TechnicianCommand.state)).all()
        assert set(states) == {"done"}


def need_reports_in_the_tickets(crew: Crew) -> None:
    """The worker draws them once the pictures are here; the pictures are a note of their own."""
    until = time.monotonic() + PATIENCE_S
    while True:
        with reading(SYSTEM) as work:
            names = [
                (one["name"], message.public)
                for message in work.session.scalars(
                    select(Message).where(Message.author == f"agent:{crew.tom}")
                )
                for one in message.attachments
            ]
        if len(names) == 4 or time.monotonic() > until:
            break
        time.sleep(0.3)
    assert sorted(name.split("-")[0] for name, public in names if public) == ["visit", "visit"]
    assert [name for name, public in names if not public] == ["plate.jpg", "plate.jpg"]
    with reading(SYSTEM) as work:
        reported = work.session.scalars(
            select(EventRow.facts).where(EventRow.kind == "visit.reported")
        ).all()
        assert [one["signed"] for one in reported] == [True, True]


def test_a_visit_that_was_taken_meanwhile_is_shown_and_kept(
    phone: Page, server: Installation, crew: Crew
) -> None:
    context = phone.context
    context.set_offline(True)
    phone.get_by_role("link", name="Open the next visit").click()
    phone.get_by_role("button", name="On my way").click()
    expect(phone.locator(NOT_SENT)).to_contain_text("1 step not sent")
    scene.give_to(crew.visits[0], crew.mia)
    context.set_offline(False)
    trouble = phone.locator('a[data-standing="bad"]')
    expect(trouble).to_be_visible(timeout=60_000)
    trouble.click()
    expect(phone.get_by_text("was given to Ada Technician")).to_be_visible()
    expect(phone.get_by_text("What you said is kept")).to_be_visible()
    need_no_trouble(phone)
    shoot(phone, "conflict")
    phone.get_by_role("button", name="I have read this").click()
    expect(phone.locator(ALL_SENT)).to_be_visible()


def test_an_ended_session_loses_nothing(phone: Page, server: Installation, crew: Crew) -> None:
    context = phone.context
    context.clear_cookies()
    phone.get_by_role("link", name="Open the next visit").click()
    phone.get_by_role("button", name="On my way").click()
    expect(phone.locator(NOT_SENT)).to_contain_text("Sign in to send 1 step")
    phone.locator(NOT_SENT).click()
    link = phone.get_by_role("link", name="Sign in", exact=True)
    assert link.get_attribute("href") == "/sign-in?next=/tech"
    cookie: Any = {"name": "helpdesk", "value": session_cookie(crew.tom), "url": server.url}
    context.add_cookies([cookie])
    phone.goto(f"{server.url}/tech")
    expect(phone.locator(ALL_SENT)).to_be_visible(timeout=60_000)
    with reading(SYSTEM) as work:
        assert work.session.get_one(Visit, crew.visits[0]).state == "travelling"


def test_a_full_phone_says_so_and_keeps_what_it_had(
    phone: Page, server: Installation, crew: Crew
) -> None:
    phone.context.set_offline(True)
    phone.get_by_role("link", name="Open the next visit").click()
    phone.get_by_role("button", name="On my way").click()
    expect(phone.locator(NOT_SENT)).to_contain_text("1 step not sent")
    phone.get_by_role("link", name="Checklist, pictures, parts").click()
    phone.evaluate(FILL)  # a private window's own bounds can't be reached
    phone.get_by_label("Take a picture: Picture of the type plate").set_input_files([picture()])
    expect(phone.locator('a[data-standing="bad"]')).to_contain_text("Phone is full")
    expect(phone.locator(".toast")).to_contain_text("was not kept")
    phone.locator('a[data-standing="bad"]').click()
    expect(phone.get_by_text("What is listed here is safe.")).to_be_visible()
    phone.evaluate("() => refuse(false)")
    phone.context.set_offline(False)  # it sends by itself as soon as there is a net
    expect(phone.locator(ALL_SENT)).to_be_visible(timeout=60_000)
    with reading(SYSTEM) as work:
        assert work.session.get_one(Visit, crew.visits[0]).state == "travelling"


@pytest.mark.parametrize(
    "look", [("light", 360), ("dark", 360), ("light", 1440)], ids=["light", "dark", "wide"]
)
def test_every_screen_can_be_read_and_touched(
    new_page: Callable[..., Page], server: Installation, crew: Crew, look: tuple[str, int]
) -> None:
    scheme, width = look
    size = {"width": width, "height": 740}
    page = new_page(**{**PHONE, "viewport": size, "is_mobile": width < 500}, color_scheme=scheme)
    cookie: Any = {"name": "helpdesk", "value": session_cookie(crew.tom), "url": server.url}
    page.context.add_cookies([cookie])
    page.goto(f"{server.url}/tech")
    expect(page.locator(ALL_SENT)).to_be_visible()
    visit = crew.visits[0]
    of_visit = ("visit/{}", "work/{}", "sign/{}", "end/{}/done", "end/{}/no_access", "note/{}")
    for name in ("", *(one.format(visit) for one in of_visit), f"next/{visit}", "unsent", "me"):
        page.goto(f"{server.url}/tech#/{name}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        need_no_trouble(page)
        need_large_targets(page)
        shoot(page, f"{name.split('/')[0] or 'day'}-{scheme}-{width}")


def need_large_targets(page: Page) -> None:
    small = page.evaluate(
        """() => [...document.querySelectorAll("a, button, input, select, summary")]
            .filter((one) => !one.closest(".skip, .sr-only") && !one.matches(".skip, [type=file]"))
            .map((one) => [one, (one.closest("label") ?? one).getBoundingClientRect()])
            .filter(([, box]) => box.width && (box.height < 43.5 || box.width < 43.5))
            .map(([one, box]) => `${one.outerHTML.slice(0, 90)} ${box.width}x${box.height}`)"""
    )
    assert small == []
    thumb = page.locator(".button-thumb")
    if thumb.count():
        box = thumb.first.bounding_box()
        assert box is not None
        assert box["height"] >= 56
