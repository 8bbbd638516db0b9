"""The demo's telephone rings up and a desk answers, both in browsers, the exchange between them."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from werkzeug.serving import make_server

from helpdesk.carriers import numbers
from helpdesk.core import stored_settings
from helpdesk.core.config import KNOWN
from helpdesk.demo import telephones
from helpdesk.demo.callers import STRANGER
from helpdesk.demo.filling import SETTING
from helpdesk.demo.line import NUMBER
from helpdesk.exchange.exchange import Exchange
from helpdesk.exchange.live import LiveRunner
from helpdesk.ivr import service as flows
from helpdesk.ivr.starting import step
from helpdesk.supervise import installation
from helpdesk.workflows import call_flows
from tests.real.server import Installation
from tests.web.agent import office as o
from tests.web.agent.office import Office

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]
AINO = "+358401234567"


@dataclass
class Demo:
    server: Installation
    office: Office
    exchange: Exchange
    aino: str


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with ExitStack() as running:
        server = Installation()
        running.callback(server.stop_all)
        listening = running.enter_context(installation.listen("127.0.0.1", 0, 64))
        settings = telephones.with_account(
            replace(server.settings, demo=True), listening.getsockname()[1]
        )
        exchange = telephones.connected(settings)
        _serve(running, exchange, listening)
        account = {name: attribute for name, (attribute, _) in KNOWN.items() if "TWILIO" in name}
        server.extra = {name: getattr(settings, value) for name, value in account.items()}
        server.extra["HELPDESK_DEMO"] = "1"
        server.start_all()
        running.enter_context(o.inside(server))
        office, aino = _furnish()
        yield Demo(server, office, exchange, aino)


def _serve(running: ExitStack, exchange: Exchange, listening: Any) -> None:
    runner = LiveRunner(exchange)
    runner.start()
    running.callback(runner.stop)
    http = make_server(
        "127.0.0.1", 0, telephones.application(exchange), threaded=True, fd=listening.fileno()
    )
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    running.callback(http.server_close)
    running.callback(thread.join)
    running.callback(http.shutdown)


def _furnish() -> tuple[Office, str]:
    office = o.furnish()
    aino = o.add_customer(office, "Aino Virtanen", contact_points=[("phone", AINO)])
    people = office.people
    with o.begin(o.SETUP) as work:
        menu = step("menu", "menu", "Main menu", prompt="For heating press 2.", otherwise="wait",
                    choices=[{"key": "2", "words": [], "to": "wait"}])  # fmt: skip
        wait = step("wait", "queue", "Heating", queue_id=office.heating, text="One moment.")
        flow = flows.add_flow(
            work, name="Main line",
            content={"language": "en-GB", "zone": "Europe/Berlin", "greeting": "Moin.",
                     "greeting_known": "Moin {name}.", "nodes": [menu, wait]},
        )  # fmt: skip
        flows.publish(work, flow.id, call_flows.known(work), note="", version=flow.version)
        numbers.add_number(
            work, number=NUMBER, name="Main line", queue_id=office.heating, flow_id=flow.id,
            greeting="", language="en-GB", takes_calls=True, takes_texts=True,
        )  # fmt: skip
        stored_settings.put(
            work, SETTING,
            {"filled": True, "site_id": office.site, "colleagues": [],
             "loses_browser": people["nadia"], "declines": people["nadia"],
             "regulars": [[aino, "Aino"]]},
        )  # fmt: skip
    return office, aino


@pytest.fixture
def desk(demo: Demo, new_page: NewPage) -> Page:
    page = new_page(viewport={"width": 1440, "height": 900})
    token = o.session_cookie(demo.office.people["salla"])
    page.context.add_cookies([{"name": "helpdesk", "value": token, "url": demo.server.url}])
    with o.begin(demo.office.actor("salla")) as work:
        o.desk.set_presence(work, "available")
    page.goto(f"{demo.server.url}/desk")
    expect(page.locator("html")).to_have_attribute("data-live", "live")
    return page


@pytest.fixture
def telephone(demo: Demo, new_page: NewPage) -> Page:
    page = new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{demo.server.url}/demo/phone")
    return page


def heard(telephone: Page) -> Locator:
    return telephone.locator("[data-heard]")


def test_a_call_from_the_telephone_is_answered_held_and_ended_at_the_desk(
    demo: Demo, desk: Page, telephone: Page, page_errors: list[str]
) -> None:
    screen = telephone.locator("[data-screen]")
    telephone.get_by_role("button", name="Call").click()
    expect(heard(telephone)).to_contain_text("Moin Aino.")
    expect(heard(telephone)).to_contain_text("For heating press 2.")
    telephone.keyboard.press("2")
    expect(heard(telephone)).to_contain_text("One moment.")

    expect(desk.locator(".offer")).to_contain_text("Aino Virtanen")
    desk.keyboard.press("a")
    card = desk.locator("[data-phone] [data-call]")
    expect(card).to_contain_text("Talking")
    expect(card).to_contain_text("Demo: no sound")
    brief = desk.locator("[data-brief]")
    expect(brief).to_contain_text("Aino Virtanen")
    expect(brief).to_contain_text("Main menu: chose 2, Heating")
    expect(screen).to_contain_text("Talking")
    expect(heard(telephone)).to_contain_text("Somebody is on the line")
    call = next(one.sid for one in demo.exchange.calls.values() if one.from_ == AINO)
    assert len(demo.exchange.hears(call)) == 1

    telephone.get_by_label("Say something").fill("The radiator is cold.")
    telephone.get_by_role("button", name="Say").click()
    expect(desk.get_by_text("They say: The radiator is cold.")).to_be_visible()
    desk.keyboard.press("h")
    expect(card).to_contain_text("On hold")
    _comes_about(desk, lambda: demo.exchange.hears(call) == set())
    desk.keyboard.press("h")
    expect(card).to_contain_text("Talking")
    desk.reload()
    expect(card).to_contain_text("Talking")
    _comes_about(desk, lambda: len(demo.exchange.hears(call)) == 1)

    desk.keyboard.press("e")
    expect(heard(telephone)).to_contain_text("The call has ended")
    expect(screen).to_contain_text("Ready")
    desk.get_by_label("Resolved").check()
    desk.get_by_role("button", name="Finish").click()
    expect(desk).to_have_url(re.compile("/desk$"))  # only once it is written down
    desk.goto(f"{demo.server.url}/desk/customers/{demo.aino}")
    entry = desk.locator(".timeline-entry", has_text=re.compile("Waited .+, talked .+"))
    expect(entry.first).to_contain_text("Resolved, wrapped up in")
    assert page_errors == []


def test_a_text_from_the_telephone_is_answered(
    desk: Page, telephone: Page, page_errors: list[str]
) -> None:
    telephone.get_by_label("Whose telephone is it?").select_option(STRANGER[1])
    telephone.get_by_label("Text message").fill("Is the heating engineer coming?")
    telephone.get_by_role("button", name="Send").click()
    expect(telephone.locator("[data-texts] .own")).to_have_text("Is the heating engineer coming?")
    expect(desk.locator(".offer")).to_be_visible()
    desk.keyboard.press("a")
    expect(desk.get_by_text("Is the heating engineer coming?").first).to_be_visible()
    box = desk.get_by_role("textbox", name="Message")
    box.fill("At ten.")
    box.press("Enter")
    expect(telephone.locator("[data-texts]")).to_contain_text("At ten.")
    assert page_errors == []


def _comes_about(page: Page, true: Callable[[], object]) -> None:
    for _ in range(200):
        if true():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not come about")
