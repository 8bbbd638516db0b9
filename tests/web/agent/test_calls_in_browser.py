"""Calls between real browsers: a caller on a page, agents at their desks, and sound both ways."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from helpdesk.calls import queries as calls
from helpdesk.calls.models import Call, Callback
from helpdesk.channels.models import Conversation, WidgetSite
from helpdesk.core.work import reading
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import cases_line
from tests.real.server import Installation
from tests.web.agent import office as o
from tests.web.agent.office import Office

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]
WIDE = {"width": 1440, "height": 900}


@pytest.fixture(scope="module")
def office(server: Installation) -> Iterator[Office]:
    with o.inside(server):
        yield o.furnish()


@pytest.fixture
def desk_of(
    new_page: NewPage, server: Installation, office: Office
) -> Iterator[Callable[[str], Page]]:
    """The desk of that colleague, available; afterwards they are off duty."""
    opened: list[str] = []

    def open_(name: str) -> Page:
        page = new_page(viewport=WIDE)
        token = o.session_cookie(office.people[name])
        page.context.add_cookies([{"name": "helpdesk", "value": token, "url": server.url}])
        with o.begin(office.actor(name)) as work:
            o.desk.set_presence(work, "available")
        opened.append(name)
        page.goto(f"{server.url}/desk")
        expect(page.locator("html")).to_have_attribute("data-live", "live")
        return page

    yield open_
    for name in opened:
        actor = office.actor(name)
        with o.begin(actor) as work:
            o.desk.set_presence(work, "offline")
            held = [item.subject_id for _, item in o.desk.desk_work(work, actor.id)["in_hand"]]
        for conversation_id in held:
            with o.begin(actor) as work:
                o.chat.end_conversation(work, conversation_id, ended_by="agent")
                o.desk.finish_wrap_up(work, conversation_id, outcome="resolved")


@pytest.fixture
def caller(new_page: NewPage, server: Installation, office: Office) -> Page:
    """A visitor with the chat open in a tab of its own."""
    with reading(o.SETUP) as work:
        key = work.session.get_one(WidgetSite, office.site).key
    page = new_page(viewport={"width": 420, "height": 720})
    page.goto(f"{server.url}/widget/frame?site={key}")
    return page


def ring(caller: Page) -> None:
    caller.get_by_role("button", name="Call us").click()


def card(desk: Page) -> Locator:
    return desk.locator("[data-phone] [data-call]")


def talking(desk: Page, caller: Page) -> None:
    expect(card(desk)).to_have_attribute("data-sound", "connected")
    expect(card(desk).get_by_text("Talking")).to_be_visible()
    expect(caller.locator("#call")).to_have_attribute("data-state", "talk")
    expect(caller.locator("#intro")).to_be_hidden()
    expect(caller.locator("#call")).to_have_attribute("data-sound", "connected")


def flows(page: Page) -> None:
    """Packets come and go at the desk: sound both ways."""

    def measured() -> dict[str, float]:
        return page.evaluate(  # type: ignore[no-any-return]
            "async () => (await import('/static/agent/phone.js')).speaking().voice.measure()"
        )

    before, deadline = measured(), time.monotonic() + 15
    while time.monotonic() < deadline:
        now = measured()
        if now["received"] > before["received"] + 10 and now["sent"] > before["sent"] + 10:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"no sound: {before} then {now}")


def latest_call() -> Call:
    with reading(o.SETUP) as work:
        found = work.session.scalars(select(Call).order_by(Call.began_at.desc()).limit(1)).one()
        work.session.expunge(found)
        return found


def test_a_visitor_calls_an_agent_answers_holds_and_ends(
    caller: Page, desk_of: Callable[[str], Page], server: Installation, page_errors: list[str]
) -> None:
    desk = desk_of("salla")
    ring(caller)
    expect(desk.locator(".offer")).to_contain_text("call")
    expect(caller.locator("#call")).to_contain_text("Calling")
    desk.keyboard.press("a")
    talking(desk, caller)
    flows(desk)

    desk.keyboard.press("h")
    expect(card(desk).get_by_text("On hold")).to_be_visible()
    expect(caller.locator("#call")).to_contain_text("put you on hold")
    desk.keyboard.press("h")
    talking(desk, caller)
    desk.keyboard.press("u")
    expect(card(desk).get_by_role("button", name="Muted")).to_be_visible()
    desk.keyboard.press("u")

    desk.keyboard.press("e")
    expect(caller.locator("#call")).to_contain_text("The call has ended")
    expect(desk.locator("[data-phone]")).to_be_hidden()
    desk.get_by_label("Resolved").check()
    desk.get_by_role("button", name="Finish").click()
    expect(desk).to_have_url(re.compile("/desk$"))  # only once it is written down
    call = latest_call()
    assert call.ended_why == "agent"
    with reading(o.SETUP) as work:
        customer_id = work.session.get_one(Conversation, call.conversation_id).customer_id
        kinds = [span.kind for span in calls.spans(work, call.conversation_id)]
    assert kinds == ["waiting", "talk", "hold", "talk"]
    desk.goto(f"{server.url}/desk/customers/{customer_id}")
    entry = desk.locator(".timeline-entry", has_text="Call from the website").first
    expect(entry).to_contain_text(re.compile(r"Waited .+, talked .+"))
    expect(entry).to_contain_text("Resolved, wrapped up in")
    assert page_errors == []


def test_both_pages_may_be_reloaded_in_the_middle_of_a_call(
    caller: Page, desk_of: Callable[[str], Page]
) -> None:
    desk = desk_of("salla")
    ring(caller)
    expect(desk.locator(".offer")).to_be_visible()
    desk.keyboard.press("a")
    talking(desk, caller)
    desk.on("dialog", lambda dialog: dialog.accept())
    desk.reload()
    talking(desk, caller)
    flows(desk)
    caller.reload()
    talking(desk, caller)
    flows(desk)
    caller.get_by_role("button", name="Hang up").click()
    expect(desk.locator("[data-phone]")).to_be_hidden()


def test_a_colleague_is_brought_in_and_takes_the_call(
    caller: Page, desk_of: Callable[[str], Page]
) -> None:
    desk = desk_of("salla")
    ring(caller)
    expect(desk.locator(".offer")).to_be_visible()
    desk.keyboard.press("a")
    talking(desk, caller)
    other = desk_of("olu")
    desk.keyboard.press("c")
    expect(desk.locator("[data-handover=consult]")).to_contain_text("they come into the call")
    desk.locator("[data-handover=consult] [data-pick-find]").fill("Olu")
    desk.locator("[data-handover=consult] textarea").fill("It whistles")
    desk.locator("[data-handover=consult]").get_by_role("button", name="Bring in").click()
    expect(other.locator("[data-rings]")).to_contain_text("It whistles")
    other.keyboard.press("a")
    expect(card(other)).to_have_attribute("data-sound", "connected")
    flows(other)
    expect(other.locator(".composer-note")).to_contain_text("Not your call")
    card(desk).get_by_role("button", name="Hand over").click()
    expect(desk.locator("[data-phone]")).to_be_hidden()
    talking(other, caller)
    expect(other.locator(".composer-note")).to_contain_text("during a call")
    flows(other)
    caller.get_by_role("button", name="Hang up").click()
    expect(other.locator("[data-phone]")).to_be_hidden()


def test_a_supervisor_listens_whispers_and_joins_in(
    caller: Page, desk_of: Callable[[str], Page], page_errors: list[str]
) -> None:
    desk = desk_of("salla")
    ring(caller)
    expect(desk.locator(".offer")).to_be_visible()
    desk.keyboard.press("a")
    talking(desk, caller)
    desk.keyboard.press("n")  # to the note, where letters are no keys of the call
    desk.keyboard.type("e")
    expect(desk.locator("[data-composer] textarea")).to_have_value("e")
    talking(desk, caller)
    boss = desk_of("boss")
    boss.goto(desk.url)
    boss.get_by_role("button", name="Listen").click()
    expect(card(boss)).to_have_attribute("data-sound", "connected")
    expect(card(boss)).to_contain_text("You listen")
    expect(card(boss).get_by_role("button", name="Mute")).to_have_count(0)
    expect(card(desk)).to_contain_text("Ben Koch listens")
    card(boss).get_by_role("button", name="Whisper").click()
    expect(card(boss)).to_contain_text("You whisper")
    expect(card(desk)).to_contain_text("Ben Koch whispers")
    card(boss).get_by_role("button", name="Join in").click()
    expect(card(boss)).to_contain_text("Talking")
    flows(boss)
    card(boss).get_by_role("button", name="Leave call").click()
    expect(boss.locator("[data-phone]")).to_be_hidden()
    expect(card(desk)).not_to_contain_text("Ben Koch")
    talking(desk, caller)
    caller.get_by_role("button", name="Hang up").click()
    expect(desk.locator("[data-phone]")).to_be_hidden()
    assert page_errors == []


def test_a_caller_in_line_is_rung_back_on_the_agents_own_telephone(
    caller: Page, desk_of: Callable[[str], Page], page_errors: list[str]
) -> None:
    ring(caller)
    expect(caller.locator("#call")).to_contain_text("Nobody is here right now. Stay on the line")
    caller.get_by_role("button", name="Call me back instead").click()
    caller.get_by_label("Your telephone number").fill("soon")
    caller.get_by_role("button", name="Call me back", exact=True).click()
    expect(caller.locator("#back-error")).to_contain_text("like +49 30 1234567")
    caller.get_by_label("Your telephone number").fill("+49 30 1234567")
    caller.get_by_role("button", name="Call me back", exact=True).click()
    expect(caller.locator("#call")).to_contain_text(
        "Nobody is here right now. We call +49 30 1234567 as soon as somebody is."
    )

    desk = desk_of("salla")
    expect(desk.locator(".offer")).to_contain_text("Call back · Call from the website")
    desk.keyboard.press("a")
    own = desk.locator("[data-own]")
    expect(own.locator(".phone-number")).to_have_text("+49 30 1234567")
    own.get_by_role("button", name="Reached").click()
    expect(own).to_contain_text("Talking on your phone")
    expect(desk.locator(".composer-note")).to_contain_text("during a call")
    desk.keyboard.press("e")
    expect(desk.locator("[data-phone]")).to_be_hidden()
    desk.get_by_label("Resolved").check()
    desk.get_by_role("button", name="Finish").click()
    expect(desk).to_have_url(re.compile("/desk$"))
    assert page_errors == []


def test_a_visitor_calls_their_callback_off_after_a_reload_and_nobody_is_offered_it(
    caller: Page, desk_of: Callable[[str], Page], page_errors: list[str]
) -> None:
    caller.get_by_role("button", name="Have us call you").click()
    caller.get_by_label("Your telephone number").fill("+49 30 7654321")
    caller.get_by_role("button", name="Call me back", exact=True).click()
    expect(caller.locator("#call")).to_contain_text("We call +49 30 7654321 as soon as somebody is")
    caller.reload()
    expect(caller.locator("#call")).to_contain_text("We call +49 30 7654321")
    caller.get_by_role("button", name="Don’t call me").click()
    expect(caller.get_by_role("button", name="Yes, call it off")).to_be_focused()
    caller.get_by_role("button", name="Keep it").click()
    expect(caller.get_by_role("button", name="Don’t call me")).to_be_focused()
    caller.keyboard.press("Enter")
    caller.keyboard.press("Enter")
    expect(caller.locator("#call")).to_contain_text("We won’t ring you")
    expect(caller.locator("#booked")).to_be_hidden()
    caller.reload()
    expect(caller.get_by_role("button", name="Call us")).to_be_visible()
    desk = desk_of("salla")
    expect(desk.locator(".offer")).to_have_count(0)
    with reading(o.SETUP) as work:
        last = select(Callback).order_by(Callback.conversation_id.desc()).limit(1)
        assert work.session.scalars(last).one().state == "cancelled"
    assert page_errors == []


def test_a_caller_in_line_records_a_message_that_is_heard_at_the_desk(
    caller: Page, desk_of: Callable[[str], Page], page_errors: list[str]
) -> None:
    ring(caller)
    caller.get_by_role("button", name="Leave a message instead").click()
    recorder = caller.locator("#recorder")
    expect(recorder).to_have_attribute("data-state", "recording")
    expect(recorder).to_contain_text("You keep your place in line")
    recorder.get_by_role("button", name="Cancel").click()
    expect(recorder).to_be_hidden()
    expect(caller.locator("#call")).to_contain_text("Calling…")
    caller.get_by_role("button", name="Leave a message instead").click()
    expect(recorder).to_contain_text("0:02 of 3:00")
    recorder.get_by_role("button", name="Send").click()
    expect(caller.locator("#call")).to_contain_text("Thank you, we have your message")
    assert latest_call().ended_why == "message"
    desk = desk_of("salla")
    expect(desk.locator(".offer")).to_contain_text("Voice message: Call from the website")
    desk.keyboard.press("a")
    player = desk.locator("[data-player]").first
    player.get_by_role("button", name="Play").click()
    expect(player.locator("[data-time]")).to_have_text(re.compile(r"/ 0:0[23]$"))
    with o.begin(o.SETUP) as work:
        ticket_id = work.session.scalars(select(Ticket.id).order_by(Ticket.id.desc())).first()
        cases_line.set_state(work, str(ticket_id), "resolved")
    assert page_errors == []
