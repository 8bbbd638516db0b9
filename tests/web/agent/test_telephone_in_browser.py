"""A telephone call at a real desk: the carrier's own library is loaded, everything else is ours.

The carrier's REST and hooks are an exchange on this machine. Its signalling for browsers is not:
the library's socket is caught, and at the exchange the test speaks for the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect
from sqlalchemy import select

from helpdesk.calls import calling_rules
from helpdesk.calls.calling_hours import DAYS
from helpdesk.carriers.models import PhoneNumber
from helpdesk.carriers.twilio.words import identity_of
from helpdesk.core.ids import new_id
from helpdesk.core.work import reading
from helpdesk.customers import finding
from helpdesk.exchange.agenda import LiveClock
from helpdesk.exchange.couriers import HttpCourier
from helpdesk.exchange.exchange import ACCOUNT_SID, AUTH_TOKEN, Exchange
from helpdesk.exchange.http import served
from helpdesk.exchange.live import LiveRunner
from helpdesk.exchange.phones import Device, Phone
from helpdesk.field_service.models import Visit
from helpdesk.recordings.models import CallRecording, RecordingRule
from helpdesk.routing import assignments as desk_work
from helpdesk.routing import service as routing
from helpdesk.workflows import calling_back
from tests.field_service import crew_scene
from tests.real.axe import serious
from tests.real.server import Installation
from tests.web.agent import office as o
from tests.web.agent.office import Office

pytestmark = pytest.mark.browser
NUMBER = "+442071838750"


@dataclass
class Line:
    server: Installation
    office: Office
    exchange: Exchange
    caller: Phone
    page_of_salla: Device
    application: str


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    with ExitStack() as running:
        exchange = Exchange(HttpCourier(), clock=LiveClock(), strict=False)
        runner = LiveRunner(exchange)
        base = running.enter_context(served(exchange))
        server = Installation()
        running.callback(server.stop_all)
        hooks = f"{server.url}/hooks/twilio"
        application = exchange.application(
            f"{hooks}/voice/agent", status_callback=f"{hooks}/status"
        )
        exchange.number(
            NUMBER, voice_url=f"{hooks}/voice", voice_fallback_url=f"{hooks}/voice/fallback",
            status_callback=f"{hooks}/status",
        )  # fmt: skip
        server.extra = {
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID, "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_API_BASE": base, "TWILIO_API_KEY": "SK" + "0" * 32,
            "TWILIO_API_SECRET": "0123456789" * 4, "TWILIO_APPLICATION_SID": application.sid,
        }  # fmt: skip
        server.start_all()
        runner.start()
        running.callback(runner.stop)
        running.enter_context(o.inside(server))
        office = o.furnish()
        with o.begin(o.SETUP) as work:
            work.session.add(
                PhoneNumber(
                    id=new_id(), number=NUMBER, name="Heating", queue_id=office.heating,
                    greeting="Welcome.", created_at=work.at,
                )
            )  # fmt: skip
        salla = exchange.device(identity_of(office.people["salla"]), application.sid)
        caller = exchange.phone("+447400123456")
        yield Line(server, office, exchange, caller, salla, application.sid)


def until(true: Callable[[], object], page: Page) -> None:
    for _ in range(200):
        if true():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not come about")


def test_a_telephone_call_is_answered_held_and_ended_at_the_desk(
    line: Line, new_page: Callable[..., Page], page_errors: list[str]
) -> None:
    desk = new_page(viewport={"width": 1440, "height": 900})
    asked: list[str] = []
    sockets: list[WebSocketRoute] = []
    desk.on("request", lambda request: asked.append(request.url))
    desk.route_web_socket(lambda url: "twilio" in url, lambda caught: sockets.append(caught))
    desk.route("https://**", lambda route: route.abort())
    token = o.session_cookie(line.office.people["salla"])
    desk.context.add_cookies([{"name": "helpdesk", "value": token, "url": line.server.url}])
    with o.begin(line.office.actor("salla")) as work:
        o.desk.set_presence(work, "available")
    desk.goto(f"{line.server.url}/desk")
    expect(desk.locator("html")).to_have_attribute("data-live", "live")

    line.caller.dial(NUMBER)
    expect(desk.locator(".offer")).to_contain_text("call")
    assert not any("voice-sdk" in url for url in asked), "fetched only when a call needs it"
    desk.keyboard.press("a")
    card = desk.locator("[data-phone] [data-call]")
    expect(card).to_contain_text("Connecting")
    until(lambda: sockets, desk)
    assert sockets[0].url.startswith("wss://voice-js.roaming.twilio.com/")
    line.page_of_salla.connect({"call": card.get_attribute("data-call") or ""})
    expect(card).to_have_attribute("data-state", "talk")
    assert line.page_of_salla.call
    ours, theirs = line.page_of_salla.call.sid, line.caller.calls[-1].sid
    until(lambda: line.exchange.hears(theirs) == {ours}, desk)

    desk.keyboard.press("h")
    expect(card).to_have_attribute("data-state", "hold")
    until(lambda: line.exchange.hears(theirs) == set(), desk)
    desk.keyboard.press("h")
    until(lambda: line.exchange.hears(theirs) == {ours}, desk)
    desk.keyboard.press("e")
    until(lambda: line.caller.call is None and line.page_of_salla.call is None, desk)
    expect(desk.locator("[data-phone]")).to_be_hidden()
    foreign = [url for url in asked if not url.startswith((line.server.url, "data:", "blob:"))]
    assert all(url.startswith("https://eventgw.twilio.com/") for url in foreign), foreign
    assert line.exchange.faults == []
    assert not any("Content Security Policy" in words for words in page_errors), page_errors


def test_a_recorded_call_is_paused_for_card_data_and_heard_afterwards(
    line: Line, new_page: Callable[..., Page], page_errors: list[str]
) -> None:
    office = line.office
    with o.begin(o.SETUP) as work:
        work.session.add(
            RecordingRule(
                queue_id=office.heating, mode="always", announcement="Recorded.",
                listeners="own",
            )
        )  # fmt: skip
    desk = new_page(viewport={"width": 1440, "height": 900})
    desk.route_web_socket(lambda url: "twilio" in url, lambda caught: None)
    desk.route("https://**", lambda route: route.abort())
    token = o.session_cookie(office.people["olu"])
    desk.context.add_cookies([{"name": "helpdesk", "value": token, "url": line.server.url}])
    with o.begin(office.actor("olu")) as work:
        o.desk.set_presence(work, "available")
    desk.goto(f"{line.server.url}/desk")
    expect(desk.locator("html")).to_have_attribute("data-live", "live")
    page_of_olu = line.exchange.device(identity_of(office.people["olu"]), line.application)
    line.caller.dial(NUMBER)
    expect(desk.locator(".offer")).to_contain_text("call", timeout=15000)
    desk.keyboard.press("a")
    card = desk.locator("[data-phone] [data-call]")
    expect(card).to_be_visible()
    conversation_id = card.get_attribute("data-call") or ""
    page_of_olu.connect({"call": conversation_id})
    strip = card.locator("[data-recording]")
    expect(strip).to_have_attribute("data-recording", "running", timeout=15000)
    strip.get_by_role("button", name="Pause for card data").click()
    expect(strip).to_contain_text("Safe to take card data", timeout=15000)
    strip.get_by_role("button", name="Resume recording").click()
    expect(strip).to_have_attribute("data-recording", "running", timeout=15000)
    desk.locator("body").press("e")
    until(lambda: line.caller.call is None, desk)

    def fetched() -> bool:
        with reading(o.SETUP) as work:
            return work.session.scalars(select(CallRecording.file)).one() == "stored"

    until(fetched, desk)
    desk.goto(f"{line.server.url}/desk/conversations/{conversation_id}")
    player = desk.locator("article [data-player]")
    play = player.locator("[data-play]")
    play.press("Enter")
    expect(play).to_have_attribute("aria-label", "Pause", timeout=15000)
    expect(player.locator("[data-seek]")).to_be_enabled()
    expect(desk.locator("article [data-gaps]")).to_contain_text("Paused for card data: ")
    player.locator("[data-speed]").press("Enter")
    expect(player.locator("[data-speed]")).to_have_text("1.25×")
    assert not any("Content Security Policy" in words for words in page_errors), page_errors


def _desk_of_salla(line: Line, new_page: Callable[..., Page], path: str) -> Page:
    desk = new_page(viewport={"width": 1440, "height": 900})
    desk.route_web_socket(lambda url: "twilio" in url, lambda caught: None)
    desk.route("https://**", lambda route: route.abort())
    token = o.session_cookie(line.office.people["salla"])
    desk.context.add_cookies([{"name": "helpdesk", "value": token, "url": line.server.url}])
    with o.begin(line.office.actor("salla")) as work:
        for assignment, item in desk_work.open_of_agent(work, work.actor.id):
            desk_work.release(work, assignment, item, "taken_over")
        o.desk.set_presence(work, "available")
    desk.goto(f"{line.server.url}{path}")
    expect(desk.locator("html")).to_have_attribute("data-live", "live")
    return desk


def test_a_customer_is_rung_from_their_number_and_a_callback_meets_a_machine(
    line: Line, new_page: Callable[..., Page]
) -> None:
    with o.begin(o.SETUP) as work:
        customer = finding.find_or_create(work, name="Kim Weber", phone=line.caller.number).customer
        calling_rules.change(
            work, version=0, from_time="00:00", until_time="23:59", days=list(DAYS), is_hard=False,
            zone="UTC",
        )  # fmt: skip
    desk = _desk_of_salla(line, new_page, f"/desk/customers/{customer.id}")
    desk.get_by_role("button", name="Call +44 7400 123456").click()
    card = desk.locator("[data-phone] [data-call]")
    expect(card).to_contain_text("Connecting your line")
    id_ = card.get_attribute("data-call") or ""
    line.page_of_salla.connect({"call": id_})
    expect(card).to_contain_text("Ringing")
    until(lambda: line.caller.ringing, desk)
    line.caller.answer()
    expect(card).to_have_attribute("data-state", "talk")
    desk.keyboard.press("Alt+p")
    desk.keyboard.press("4")
    desk.keyboard.press("#")
    expect(card.get_by_label("Keys pressed")).to_have_text("4#")
    assert line.caller.call
    line.caller.hang_up()
    expect(card).to_have_count(0)
    desk.goto(f"{line.server.url}/desk/conversations/{id_}")
    desk.get_by_label("Resolved").check()
    desk.get_by_role("button", name="Finish").click()
    expect(desk).to_have_url(re.compile("/desk$"))

    line.caller.when_called = "machine"
    with o.begin(o.SETUP) as work:
        queue = routing.get_queue(work, line.office.heating)
        person = work.session.merge(customer)
        calling_back.ask(work, person, queue, number=line.caller.number, about="Heating")
    expect(desk.locator(".offer")).to_contain_text("callback")
    desk.keyboard.press("Escape")
    desk.keyboard.press("a")
    expect(card).to_contain_text("Connecting your line")
    line.page_of_salla.connect({"call": card.get_attribute("data-call") or ""})
    expect(card).to_contain_text("An answering machine seems to have answered", timeout=20_000)
    card.get_by_role("button", name="Left a message").click()
    expect(card.locator(".phone-machine")).to_have_count(0)
    card.get_by_role("button", name="End call").click()
    expect(card).to_have_count(0)
    expect(desk.locator("[data-log]")).to_contain_text("Left a message on the answering machine")
    assert line.exchange.faults == []


def test_an_agent_books_a_visit_by_keyboard_while_the_caller_is_on_the_line(
    line: Line, new_page: Callable[..., Page], page_errors: list[str]
) -> None:
    with o.begin(o.SETUP) as work:
        kim = finding.find_or_create(work, name="Kim Weber", phone=line.caller.number).customer
        crew_scene.add_technician(work, "Nils Brandt")
        crew_scene.add_type(work)
        crew_scene.add_place(work, kim.id)
    desk = _desk_of_salla(line, new_page, "/desk")
    line.caller.when_called = "person"
    line.caller.dial(NUMBER)
    expect(desk.locator(".offer")).to_contain_text("call", timeout=15_000)
    desk.keyboard.press("a")
    card = desk.locator("[data-phone] [data-call]")
    expect(card).to_be_visible()
    line.page_of_salla.connect({"call": card.get_attribute("data-call") or ""})
    expect(card).to_have_attribute("data-state", "talk", timeout=15_000)
    expect(desk.locator(f"[data-talk][data-customer='{kim.id}']")).to_be_visible()
    desk.keyboard.press("Alt+v")
    panel = desk.get_by_role("dialog", name="Book a visit")
    expect(panel.get_by_label("What for")).to_be_focused()
    assert not serious(desk)
    panel.get_by_label("Not before").press("Enter")
    expect(panel.locator("[data-nth='1']")).to_be_focused()
    expect(panel).to_contain_text("min driving")
    assert not serious(desk)
    desk.keyboard.press("2")
    yes = panel.get_by_role("button", name="Promise this time")
    expect(yes).to_be_focused()
    expect(panel.get_by_role("timer")).to_be_visible()
    desk.keyboard.press("Enter")
    expect(panel).to_contain_text("Promised: ")
    expect(card).to_have_attribute("data-state", "talk")
    desk.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(desk.locator("#card-visits")).to_contain_text("Booked")
    desk.locator("body").press("e")
    until(lambda: line.caller.call is None, desk)
    with reading(o.SETUP) as work:
        visit = work.session.scalars(select(Visit)).one()
        assert (visit.customer_id, visit.state, visit.source) == (kim.id, "booked", "desk")
    assert not any("Content Security Policy" in words for words in page_errors), page_errors
