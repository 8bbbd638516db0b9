"""A ticket on the desk in a real browser: offered, answered, changed by two, and how it looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from helpdesk.core.work import begin, reading
from helpdesk.tickets import checklists, following, links, queries
from helpdesk.tickets import service as tickets
from helpdesk.workflows import cases, cases_line
from helpdesk.workflows.cases_reading import last_words
from tests.conftest import OUT
from tests.real.axe import serious
from tests.real.server import Installation
from tests.web.agent import office as o
from tests.web.agent.office import Office
from tests.web.agent.test_in_browser import LAYOUT_SHIFT, until

pytestmark = pytest.mark.browser
OpenDesk = Callable[..., Page]


@pytest.fixture(scope="module")
def office(server: Installation) -> Iterator[Office]:
    with o.inside(server):
        yield o.furnish()


@pytest.fixture
def open_desk(
    new_page: Callable[..., Page], server: Installation, office: Office
) -> Iterator[OpenDesk]:
    """`open_desk("salla", path, **context)`: her browser, live; afterwards she is off duty."""
    opened: list[str] = []

    def open_(name: str, path: str = "/desk", *, available: bool = False, **context: Any) -> Page:
        page = new_page(**{"viewport": {"width": 1440, "height": 900}, **context})
        token = o.session_cookie(office.people[name])
        page.context.add_cookies([{"name": "helpdesk", "value": token, "url": server.url}])
        if available:
            with begin(office.actor(name)) as work:
                o.desk.set_presence(work, "available")
        opened.append(name)
        page.goto(server.url + path)
        expect(page.locator("html")).to_have_attribute("data-live", "live")
        return page

    yield open_
    for name in set(opened):
        actor = office.actor(name)
        with begin(actor) as work:
            o.desk.set_presence(work, "offline")
            o.desk.withdraw_offers(work, actor.id, "browser_gone")
            held = [item.subject_id for _, item in o.desk.desk_work(work, actor.id)["in_hand"]]
        for subject_id in held:
            with begin(actor) as work:
                cases_line.set_state(work, subject_id, "resolved")


def case(
    office: Office, subject: str, body: str, *, name: str = "Aino Virtanen", **more: Any
) -> str:
    customer = o.add_customer(office, name)
    with begin(office.actor("boss")) as work:
        opened = cases.open_case(
            work,
            customer_id=customer,
            subject=subject,
            body=body,
            channel="email",
            queue=office.heating,
            **more,
        )
        return opened.ticket.id


def owned(office: Office, who: str, subject: str, body: str, **more: Any) -> str:
    ticket_id = case(office, subject, body, **more)
    with begin(office.actor(who)) as work:
        cases_line.pull(work, ticket_id)
    return ticket_id


def said(ticket_id: str) -> list[tuple[str, str, bool]]:
    with reading(o.SETUP) as work:
        return [
            (one.message.author.split(":")[0], one.message.text, one.message.public)
            for one in last_words(work, ticket_id)
        ]


def state_of(ticket_id: str) -> str:
    with reading(o.SETUP) as work:
        found = queries.find_ticket(work, ticket_id)
        assert found is not None
        return found.state


def test_a_ticket_is_offered_answered_and_resolved_by_keyboard_alone(
    open_desk: OpenDesk, office: Office, page_errors: list[str]
) -> None:
    page = open_desk("salla", available=True)
    ticket_id = case(office, "The boiler leaks", "There is water on the floor.")
    expect(page.locator(".offer-customer")).to_have_text("Aino Virtanen")
    expect(page.locator(".offer-kind")).to_contain_text("New ticket T-")
    page.keyboard.press("a")
    expect(page.locator(f'[data-ticket="{ticket_id}"]')).to_be_visible()
    expect(page.locator("[data-ticket] [data-scroll]")).to_be_focused()
    expect(page.locator(".message-visitor .message-body")).to_have_text(
        "There is water on the floor."
    )
    expect(page.locator(f'[data-row="{ticket_id}"]')).to_have_attribute("aria-current", "true")

    page.keyboard.press("n")  # keys mean keys until somebody writes
    box = page.locator("[data-ticket-composer] textarea")
    expect(box).to_be_focused()
    expect(box).to_have_value("")
    expect(page.locator("[data-way-out]")).to_have_text("Ctrl Enter saves the note")
    page.keyboard.press("Escape")
    expect(page.locator("[data-way-out]")).to_have_text("Ctrl Enter sends")
    page.keyboard.type("/hel")
    expect(page.locator("[data-canned-list] [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-undo-words]")).to_contain_text("Sending in")
    page.locator("[data-may-hurry]").wait_for()
    page.keyboard.press("Control+Enter")  # an empty box: don't wait
    expect(page.locator(".message-agent")).to_have_attribute("data-state", "sent")
    page.keyboard.press("Alt+n")
    page.keyboard.type("Same fault in March, @olu")
    page.keyboard.press("Enter")  # at once: the names may still be on their way
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message-note .message-body")).to_contain_text("Olu Adeyemi")
    page.keyboard.type("All done.")
    page.keyboard.press("Control+Shift+Enter")
    expect(page.locator("[data-undo-words]")).to_contain_text("Sending and resolving in")
    page.locator("[data-may-hurry]").wait_for()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".ticket-bar .pill").first).to_have_text("Resolved")
    expect(page.locator(f'[data-row="{ticket_id}"]')).to_have_count(0)
    assert said(ticket_id)[1:] == [
        ("agent", "Hello Aino Virtanen, this is Salla. How can I help?", True),
        ("agent", "Same fault in March, @Olu Adeyemi", False),
        ("agent", "All done.", True),
    ]
    assert state_of(ticket_id) == "resolved"
    with reading(o.SETUP) as work:
        follows = [row.user_id for row in following.followers(work, ticket_id)]
    assert follows == [office.people["olu"]]
    assert not page_errors


def test_colleagues_see_each_other_and_a_change_on_a_change_is_a_choice(
    open_desk: OpenDesk, office: Office
) -> None:
    """Who looks and who writes is shown; what somebody types survives a colleague's change."""
    ticket_id = owned(office, "salla", "Cold radiator in the bedroom", "It is cold.")
    path = f"/desk/tickets/{ticket_id}"
    page, other = open_desk("salla", path), open_desk("olu", path)
    expect(page.locator("[data-here]")).to_have_text("Olu Adeyemi is looking")
    expect(other.locator("[data-here]")).to_have_text("Salla Niemi is looking")
    other.locator("[data-ticket-composer] textarea").fill("I can take")
    expect(page.locator("[data-here]")).to_have_text("Olu Adeyemi is writing")

    page.locator("[data-ticket-composer] textarea").fill("Half a sentence")
    subject = page.locator("#ticket-subject")
    subject.fill("Cold radiator, thermostat open")
    other.locator("#ticket-subject").fill("Cold radiator in the bathroom")
    other.locator("#ticket-subject").press("Enter")
    expect(page.locator(".ticket-head h1")).to_contain_text("bathroom")
    expect(subject).to_have_value("Cold radiator, thermostat open")
    subject.press("Enter")
    expect(page.locator("[data-conflict]")).to_contain_text("Olu Adeyemi changed “Subject”")
    expect(page.locator("[data-conflict] ins").first).to_be_visible()
    page.get_by_role("button", name="Keep mine").click()
    expect(page.locator("[data-conflict]")).to_have_count(0)
    expect(other.locator("#ticket-subject")).to_have_value("Cold radiator, thermostat open")
    expect(page.locator("[data-ticket-composer] textarea")).to_have_value("Half a sentence")
    other.close()
    # Their draft may have been kept by now, and is told of; they themselves are gone.
    expect(page.locator("[data-here]")).not_to_contain_text(re.compile("is (looking|writing)"))
    page.reload()
    expect(page.locator("[data-ticket-composer] textarea")).to_have_value("Half a sentence")


def test_every_part_is_reached_by_keys(open_desk: OpenDesk, office: Office) -> None:
    ticket_id = owned(office, "salla", "Keys", "Nothing but keys.")
    page = open_desk("salla", f"/desk/tickets/{ticket_id}")
    page.keyboard.press("p")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("[data-ticket-menu=priority] summary")).to_contain_text("High")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("q")
    page.keyboard.type("bill")
    expect(page.locator("#ticket-pick [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("[data-pick-for=queue_id]")).to_contain_text("Billing")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("b")
    page.keyboard.type("Call the plumber")
    page.keyboard.press("Enter")
    expect(page.locator(".parts .check")).to_have_text("Call the plumber")
    expect(page.locator("#ticket-task")).to_be_focused()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("h")
    expect(page.locator(".ticket-history")).to_contain_text("Added to the checklist")
    page.keyboard.press("h")
    page.keyboard.press("c")
    expect(page.locator("[data-ticket-side] [data-card]")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?side=customer$"))
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("w")
    expect(page.locator(".ticket-bar .pill").first).to_have_text("Waiting on customer")
    page.keyboard.press("Control+k")
    page.keyboard.type("Work on it again")
    page.keyboard.press("Enter")
    until(lambda: state_of(ticket_id) == "open")


def test_A1_A2_A14_what_strangers_write_stays_text(open_desk: OpenDesk, office: Office) -> None:
    payload = "<img src=//evil.example/x onerror=window.__pwn=1>"
    ticket_id = owned(
        office, "salla", payload, f"{payload} [x](javascript:window.__pwn=1)", name=payload
    )
    page = open_desk("salla", f"/desk/tickets/{ticket_id}")
    foreign: list[str] = []
    page.on(
        "request",
        lambda asked: foreign.append(asked.url) if "evil" in asked.url else None,
    )
    page.reload()
    expect(page.locator(".message-visitor .message-body")).to_contain_text("javascript:")
    assert page.locator(".message-body a").count() == 0
    assert payload in page.title()
    for side in ("h", "c"):
        page.keyboard.press(side)
        page.wait_for_timeout(300)
    assert page.evaluate("window.__pwn") is None
    assert not foreign


def test_on_a_phone_a_ticket_is_mostly_words_and_nothing_covers_what_one_presses(
    open_desk: OpenDesk, office: Office
) -> None:
    ticket_id = owned(office, "salla", "The lamp in the hall is dark", "Since Monday.")
    path = f"/desk/tickets/{ticket_id}"
    page = open_desk("olu", path, available=True, viewport={"width": 360, "height": 740})
    words = page.locator("[data-ticket] [data-scroll]")
    send = page.get_by_role("button", name="Send", exact=True)
    expect(send).to_be_hidden()
    assert height(words) > 0.5 * 740
    page.get_by_label("Message", exact=True).click()
    expect(send).to_be_visible()
    page.evaluate(
        "import('/static/core/toast.js').then(({ toast }) => void toast('Saved', { seconds: 600 }))"
    )
    toast = page.locator(".toaster-item").bounding_box()
    composer = page.locator("[data-composer]").bounding_box()
    assert toast
    assert composer
    assert toast["y"] + toast["height"] <= composer["y"]
    words.click()
    expect(send).to_be_hidden()
    page.get_by_label("Message", exact=True).fill("Soon")
    words.click()
    expect(send).to_be_visible()
    # What is offered meanwhile stands behind another pane, and is counted there.
    started = o.writes(office, "Is anybody there?")
    page.get_by_role("button", name="Work, 1 offered").click()
    expect(page.get_by_text("Nothing on your desk")).to_be_hidden()
    with begin(o.system("test")) as work:
        o.chat.end_conversation(work, started.conversation_id, ended_by="visitor")
    expect(page.locator("[data-offer]")).to_have_count(0)
    expect(page.get_by_text("Nothing on your desk")).to_be_visible()


def height(part: Locator) -> float:
    box = part.bounding_box()
    return box["height"] if box else 0.0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_screens_are_sound_in_both_themes_and_widths(
    open_desk: OpenDesk, office: Office, scheme: str
) -> None:
    """axe finds nothing serious, nothing shifts or is wider than the screen; pictures are kept."""
    OUT.mkdir(exist_ok=True)
    ticket_id = owned(
        office,
        "salla",
        "The boiler in the cellar leaks since last night",
        "There is water under the boiler. The gauge shows 0.4 bar.\n\nAino",
        priority="high",
        tags=["leak"],
    )
    other = case(office, "Invoice 2231 is wrong", "The sum is wrong.")
    me = f"agent:{office.people['salla']}"
    with begin(office.actor("salla")) as work:
        cases.reply(work, ticket_id, author=me, text="Please open the valve.", public=True)
    with begin(office.actor("salla")) as work:
        cases.reply(work, ticket_id, author=me, text="Same in March, @olu", public=False)
        held = tickets.hold(work, ticket_id)
        checklists.add_item(work, held, "Book the technician")
        links.link(work, held, tickets.hold(work, other), "related_to")
    screens = {
        "ticket": f"/desk/tickets/{ticket_id}",
        "ticket-history": f"/desk/tickets/{ticket_id}?side=history",
        "ticket-new": "/desk/tickets/new",
    }
    wrong: list[str] = []
    for width in (1440, 360):
        for name, path in screens.items():
            page = open_desk(
                "salla", path, color_scheme=scheme, viewport={"width": width, "height": 820}
            )
            page.evaluate(LAYOUT_SHIFT)
            page.wait_for_timeout(400)
            page.screenshot(path=OUT / f"desk-{name}-{scheme}-{width}.png")
            wrong += [f"{name} {width}: {line}" for line in serious(page)]
            if page.evaluate("window.__shift") >= 0.05:
                wrong.append(f"{name} {width}: shifts: {page.evaluate('window.__moved')[:4]}")
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append(f"{name} {width}: wider than the screen")
            page.context.close()
    assert not wrong, "\n".join(wrong)
