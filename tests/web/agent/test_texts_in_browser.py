"""Texts on a desk in a browser, with the exchange as the carrier and its own time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from helpdesk.carriers.models import PhoneNumber
from helpdesk.core.ids import new_id
from helpdesk.exchange.agenda import LiveClock
from helpdesk.exchange.couriers import HttpCourier
from helpdesk.exchange.exchange import ACCOUNT_SID, AUTH_TOKEN, Exchange
from helpdesk.exchange.http import create_app
from helpdesk.exchange.live import LiveRunner
from helpdesk.exchange.phones import Phone
from helpdesk.texts import templates
from tests.conftest import OUT
from tests.real.server import Installation
from tests.texts.files import Files
from tests.web.agent import office as o
from tests.web.agent.office import Office

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]
CENTRE, KIM = "+442071838750", "+447400123456"
VIEWS = (("light", 1440), ("dark", 1440), ("light", 360), ("dark", 360))


@dataclass
class Line:
    server: Installation
    exchange: Exchange
    files: Files


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    with ExitStack() as running:
        exchange, files = Exchange(HttpCourier(), clock=LiveClock(), strict=False), Files()
        files.rest = create_app(exchange)
        api = make_server("127.0.0.1", 0, files, threaded=True)
        thread = threading.Thread(target=api.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        running.callback(api.server_close)
        running.callback(thread.join)
        running.callback(api.shutdown)
        base = f"http://127.0.0.1:{api.server_port}"
        files.base = f"{base}/files"
        server = Installation()
        server.extra |= {
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_API_BASE": base,
        }
        running.callback(server.stop_all)
        server.start_all()
        exchange.number(CENTRE, sms_url=f"{server.url}/hooks/twilio/sms")
        runner = LiveRunner(exchange)
        runner.start()
        running.callback(runner.stop)
        yield Line(server, exchange, files)


@pytest.fixture(scope="module")
def office(line: Line) -> Iterator[Office]:
    with o.inside(line.server):
        made = o.furnish()
        with o.begin(o.SETUP) as work:
            work.session.add(
                PhoneNumber(
                    id=new_id(),
                    number=CENTRE,
                    name="Main line",
                    queue_id=made.heating,
                    created_at=work.at,
                )
            )
            templates.add(
                work,
                name="Technician on the way",
                language="en",
                body="Hello {{1}}, our technician comes on {{2}}.",
                content_sid="HX" + "0" * 32,
            )
        yield made


def picture(page: Page, name: str) -> None:
    """Of one screen in both lights and on a phone, for whoever looks at it."""
    OUT.mkdir(exist_ok=True)
    for scheme, width in VIEWS:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(200)  # colours move to their new ones
        page.screenshot(path=OUT / f"texts-{name}-{scheme}-{width}.png")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})


def test_a_text_is_answered_watched_and_stopped(
    line: Line, office: Office, new_page: NewPage
) -> None:
    page = new_page(viewport={"width": 1440, "height": 900})
    token = o.session_cookie(office.people["salla"])
    page.context.add_cookies([{"name": "helpdesk", "value": token, "url": line.server.url}])
    with o.begin(office.actor("salla")) as work:
        o.desk.set_presence(work, "available")
    page.goto(f"{line.server.url}/desk")
    expect(page.locator("html")).to_have_attribute("data-live", "live")

    kim: Phone = line.exchange.phone(KIM)
    kim.text(CENTRE, "My boiler makes this noise", media=(line.files.put("boiler.png"),))
    page.get_by_role("button", name="Accept").click()
    log = page.locator("[data-log]")
    expect(log.get_by_text("My boiler makes this noise")).to_be_visible()
    # The worker may still be on its way up.
    expect(log.get_by_role("link", name="Photo.png")).to_be_visible(timeout=60_000)

    box = page.get_by_role("textbox", name="Message")
    box.fill("Thank you – we look at it today")
    expect(page.locator("[data-parts]")).to_contain_text("31 characters · 1 part")
    box.press("Enter")
    expect(log.get_by_text("Delivered", exact=True)).to_be_visible()
    assert [message.body for message in kim.inbox] == ["Thank you – we look at it today"]

    kim.reachable_by_text = False
    box.fill("Are you at home?")
    box.press("Enter")
    expect(log.get_by_text("Not delivered: the number is unreachable")).to_be_visible()
    kim.reachable_by_text = True

    page.get_by_role("button", name="Templates").click()
    page.get_by_label("Place 1").fill("Kim")
    page.get_by_label("Place 2").fill("Tuesday at nine")
    dialog = page.get_by_role("dialog")
    filled = "Hello Kim, our technician comes on Tuesday at nine."
    expect(dialog.get_by_text(filled)).to_be_visible()
    picture(page, "template")
    dialog.get_by_role("button", name="Send").click()
    expect(log.get_by_text(filled)).to_be_visible()
    expect(log.get_by_text("Delivered", exact=True)).to_have_count(2)
    box.fill("A text of some length " * 9)
    picture(page, "talk")
    box.fill("")

    kim.text(CENTRE, "Stop!")
    expect(page.locator("[data-no-texts]")).to_contain_text("wrote “Stop!”")
    expect(page.get_by_role("button", name="Save note")).to_be_visible()
    expect(page.get_by_text("no texts", exact=True).first).to_be_visible()
    picture(page, "stopped")
    kim.text(CENTRE, "Start")
    expect(page.get_by_role("button", name="Send")).to_be_visible()

    kim.whatsapp(CENTRE, "And by WhatsApp?")
    page.get_by_role("button", name="Accept").click()
    expect(page.locator("[data-text-bar] [data-window]")).to_contain_text("another 23 h")
    picture(page, "whatsapp")

    customer = page.locator("[data-card]").get_attribute("data-card")
    page.goto(f"{line.server.url}/desk/customers/{customer}/text")
    expect(page.get_by_role("heading", name="Send a text")).to_be_visible()
    picture(page, "new")


def test_templates_are_kept_in_admin(line: Line, office: Office, new_page: NewPage) -> None:
    page = new_page(viewport={"width": 1440, "height": 900})
    token = o.session_cookie(office.people["root"])
    page.context.add_cookies([{"name": "helpdesk", "value": token, "url": line.server.url}])
    page.goto(f"{line.server.url}/admin/text-templates/new")
    page.get_by_label("Name").fill("Parcel is here")
    page.get_by_label("Text", exact=True).fill("Your parcel {{2}} is here.")
    page.get_by_role("button", name="Add").click()
    told = "Number what is filled in from 1 on, without gaps."
    expect(page.get_by_text(told).first).to_be_visible()
    picture(page, "admin-template")
    page.get_by_label("Text", exact=True).fill("Your parcel {{1}} is here.")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("link", name="Parcel is here")).to_be_visible()
    picture(page, "admin-templates")
