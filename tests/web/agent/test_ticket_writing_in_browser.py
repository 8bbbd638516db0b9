"""The writing side of a ticket in a real browser: begun, waiting, planned, promised, told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select, update

from helpdesk.clocks import queries as clocks
from helpdesk.clocks.models import ClockRow
from helpdesk.core import clock
from helpdesk.core.work import begin, reading
from helpdesk.notices import service as notices
from helpdesk.notices.models import Notice
from helpdesk.tickets import drafts
from helpdesk.tickets.models import PendingReply, Ticket
from helpdesk.web import presenting
from helpdesk.workflows import cases, cases_line, cases_macros, cases_sending, promising
from helpdesk.workflows.cases_reading import last_words
from tests.conftest import OUT
from tests.real.axe import serious
from tests.real.server import Installation
from tests.web.agent import office as o
from tests.web.agent.office import Office
from tests.web.agent.test_in_browser import LAYOUT_SHIFT, out_of_field, until

pytestmark = pytest.mark.browser
OpenDesk = Callable[..., Page]
BOX = "[data-ticket-composer] textarea"
PLANNED = ".message[data-state=planned]"
SCREENS = (("writing", ""), ("macros", "Alt+y"), ("later", "Alt+l"), ("promise", "Alt+o"))


@pytest.fixture(scope="module")
def office(server: Installation) -> Iterator[Office]:
    with o.inside(server):
        yield o.furnish()


@pytest.fixture
def open_desk(new_page: Callable[..., Page], server: Installation, office: Office) -> OpenDesk:
    def open_(name: str, path: str = "/desk", **context: Any) -> Page:
        page = new_page(**{"viewport": {"width": 1440, "height": 900}, **context})
        token = o.session_cookie(office.people[name])
        page.context.add_cookies([{"name": "helpdesk", "value": token, "url": server.url}])
        page.goto(server.url + path)
        expect(page.locator("html")).to_have_attribute("data-live", "live")
        return page

    return open_


@pytest.fixture
def ticket(office: Office) -> str:
    """Salla's, from Aino Virtanen by e-mail."""
    return owned(office, "The boiler leaks", "There is water on the floor.")


def owned(office: Office, subject: str, body: str, **more: Any) -> str:
    customer = o.add_customer(office, "Aino Virtanen")
    with begin(office.actor("boss")) as work:
        opened = cases.open_case(
            work,
            customer_id=customer,
            subject=subject,
            body=body,
            channel="email",
            queue=office.heating,
            **more,
        ).ticket.id
    with begin(office.actor("salla")) as work:
        cases_line.pull(work, opened)
    return opened


def customer_writes(ticket_id: str, text: str) -> None:
    with begin(o.SETUP) as work:
        cases.customer_wrote(work, ticket_id, text=text)


def said(ticket_id: str) -> list[str]:
    with reading(o.SETUP) as work:
        return [one.message.text for one in last_words(work, ticket_id)][1:]


def kept(office: Office, ticket_id: str, *, public: bool = True) -> str:
    with reading(office.actor("salla")) as work:
        found = drafts.draft_of(work, ticket_id, public=public)
        return found.text if found else ""


def now_of(ticket_id: str) -> Ticket:
    with reading(o.SETUP) as work:
        return work.session.get_one(Ticket, ticket_id)


def test_a_draft_follows_its_writer_and_tells_what_changed_since(
    open_desk: OpenDesk, office: Office, ticket: str, page_errors: list[str]
) -> None:
    """Out of a killed tab into another browser; two windows don't overwrite each other unseen."""
    path = f"/desk/tickets/{ticket}"
    page = open_desk("salla", path)
    page.locator(BOX).fill("Dear Aino, the plumber")
    page.keyboard.press("Alt+n")
    expect(page.locator(BOX)).to_have_value("")
    page.keyboard.type("She sounded worried")
    until(lambda: kept(office, ticket, public=False) == "She sounded worried")
    until(lambda: kept(office, ticket) == "Dear Aino, the plumber")
    page.context.close()
    customer_writes(ticket, "It is getting worse")
    with begin(office.actor("olu")) as work:
        cases_line.change(work, ticket, {"priority": "high"})

    colleague = open_desk("olu", path)
    here = colleague.locator("[data-here]")
    expect(here).to_contain_text("Salla Niemi has begun a reply")
    expect(here).to_contain_text("Salla Niemi has begun a note")
    assert "worried" not in colleague.content()
    colleague.context.close()

    other = open_desk("salla", path)
    expect(other.locator(BOX)).to_have_value("Dear Aino, the plumber")
    since = other.locator("[data-meanwhile]")
    expect(since).to_contain_text("Aino Virtanen wrote")
    expect(since).to_contain_text(
        re.compile(r"Olu Adeyemi: Changed · Priority: Normal\s+became High")
    )
    expect(other.locator("label.has-draft")).to_have_attribute("title", "You have begun a note")
    other.locator("[data-seen]").click()
    expect(since).to_be_hidden()

    third = open_desk("salla", path)
    expect(third.locator("[data-meanwhile]")).to_be_hidden()
    expect(third.locator(BOX)).to_have_value("Dear Aino, the plumber")
    third.locator(BOX).fill("Dear Aino, the plumber comes at four")
    until(lambda: kept(office, ticket).endswith("at four"))
    other.locator(BOX).fill("Dear Aino, nobody comes")
    expect(other.locator("[data-clash]")).to_contain_text("the plumber comes at four")
    other.locator("[data-take-other]").click()
    expect(other.locator(BOX)).to_have_value("Dear Aino, the plumber comes at four")
    other.keyboard.press("Control+Enter")
    other.keyboard.press("Control+Enter")  # a slip of the hand sends nothing sooner
    assert said(ticket)[-1:] == ["It is getting worse"]
    other.locator("[data-may-hurry]").wait_for()
    other.keyboard.press("Control+Enter")
    until(lambda: said(ticket)[-1:] == ["Dear Aino, the plumber comes at four"])
    expect(third.locator(BOX)).to_have_value("")  # sent elsewhere: nobody sends it twice
    assert kept(office, ticket) == ""
    assert kept(office, ticket, public=False) == "She sounded worried"
    assert not page_errors


def test_a_reply_can_be_taken_back_also_after_a_reload_and_from_another_screen(
    open_desk: OpenDesk, office: Office, ticket: str, page_errors: list[str]
) -> None:
    path = f"/desk/tickets/{ticket}"
    page = open_desk("salla", path)
    words = page.locator("[data-undo-words]")
    page.locator(BOX).fill("On our way")
    page.keyboard.press("Control+Enter")
    expect(words).to_have_text(re.compile(r"^Sending in \d+ s$"))
    expect(page.locator(PLANNED)).to_contain_text("On our way")
    page.reload()
    expect(words).to_have_text(re.compile(r"^Sending in \d+ s$"))
    page.locator(BOX).focus()
    page.keyboard.press("Control+z")
    expect(page.locator(BOX)).to_have_value("On our way")
    expect(page.locator("[data-undo-words]")).to_have_count(0)
    expect(page.locator(PLANNED)).to_have_count(0)
    page.keyboard.type(", at four")
    page.keyboard.press("Control+Shift+Enter")
    expect(words).to_contain_text("Sending and resolving in")
    out_of_field(page)
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page.locator("#undo-foot")).to_contain_text(f"T-{now_of(ticket).number}: Sending and")
    page.locator("#undo-foot [data-undo-send]").click()
    expect(page.locator(BOX)).to_have_value("On our way, at four")
    assert said(ticket) == []
    page.get_by_role("button", name="Without State: Resolved").click()
    page.keyboard.press("Control+Enter")
    expect(words).to_contain_text("Sending in")
    with begin(o.SETUP) as work:  # the seconds are over
        work.session.execute(update(PendingReply).values(send_at=work.at))
    expect(page.locator(".message-agent[data-state=sent]")).to_contain_text("at four")
    expect(words).to_have_count(0)
    assert said(ticket) == ["On our way, at four"]
    assert not page_errors


def test_a_planned_reply_waits_for_its_author_when_the_customer_writes(
    open_desk: OpenDesk, office: Office, ticket: str, page_errors: list[str]
) -> None:
    page = open_desk("salla", f"/desk/tickets/{ticket}", timezone_id="Asia/Tokyo")
    planned = page.locator(PLANNED)
    page.locator(BOX).fill("How is it today?")
    page.keyboard.press("Alt+l")
    expect(page.locator("#send-later .moment")).not_to_have_count(0)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(planned).to_contain_text("Goes out")
    page.get_by_role("button", name="Another time").click()
    # Read by the clock on Salla's wall (UTC), wherever the browser stands.
    ahead = (clock.now() + timedelta(days=200)).replace(hour=9, minute=30)
    page.locator("#send-later input[type=datetime-local]").fill(f"{ahead:%Y-%m-%dT%H:%M}")
    page.locator("#send-later [type=submit]").click()
    when = presenting.moment(ahead, clock.now())
    expect(planned).to_contain_text(f"Goes out {when}")
    page.get_by_role("button", name="Cancel it").click()
    expect(planned).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(planned).to_have_count(1)
    page.get_by_role("button", name="Edit").click()
    expect(page.locator(BOX)).to_have_value("How is it today?")
    expect(page.locator("[data-with]")).to_contain_text(when)
    expect(planned).to_have_count(0)
    page.keyboard.type(" And the tap?")
    page.keyboard.press("Control+Enter")
    expect(planned).to_contain_text("And the tap?")

    customer_writes(ticket, "It is fixed, thank you")
    expect(planned).to_contain_text("Aino Virtanen wrote since")
    with begin(o.SETUP) as work:
        work.session.execute(update(PendingReply).values(send_at=work.at))
    expect(planned).to_contain_text("Held back")
    expect(page.locator("#toasts")).to_contain_text("Your planned reply waits for you")
    assert said(ticket) == ["It is fixed, thank you"]
    page.get_by_role("button", name="Send it all the same").click()
    expect(page.locator(".message-agent[data-state=sent]")).to_contain_text("And the tap?")
    until(lambda: said(ticket)[-1] == "How is it today? And the tap?")
    assert not page_errors


def test_a_name_that_is_chosen_before_the_names_have_come_is_still_meant(
    open_desk: OpenDesk, ticket: str
) -> None:
    page = open_desk("salla", f"/desk/tickets/{ticket}")
    held: list[Route] = []
    page.route("**/desk/people", lambda route: held.append(route))
    page.keyboard.press("n")
    expect(page.locator(BOX)).to_be_focused()
    page.keyboard.type("Look at this, @olu")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    until(lambda: page.locator(BOX).input_value() == "Look at this, @olu" and bool(held))
    assert said(ticket) == []
    held[0].continue_()
    expect(page.locator(".message-note .message-body")).to_have_text("Look at this, @Olu Adeyemi")


def test_a_macro_puts_its_words_and_changes_into_the_composer_by_keyboard(
    open_desk: OpenDesk, office: Office, ticket: str, page_errors: list[str]
) -> None:
    with begin(office.actor("boss")) as work:
        for facts in (
            {
                "name": "Fitter comes",
                "description": "Leaks and burst pipes",
                "reply": "Hello {{customer.first_name}}, a fitter comes. {{ticket.number}}",
                "changes": {"priority": "urgent", "state": "waiting_on_customer"},
                "add_tags": ["leak"],
            },
            {"name": "To billing", "changes": {"queue_id": office.billing}},
        ):
            cases_macros.save(work, {"audience": "everybody", **facts})
    page = open_desk("salla", f"/desk/tickets/{ticket}")
    page.keyboard.press("y")
    page.keyboard.type("fitter")
    expect(page.locator("#ticket-macros [role=option]")).to_have_count(1)
    preview = page.locator("[data-macro-preview]")
    expect(preview).to_contain_text("Hello Aino, a fitter comes. T-")
    expect(preview).to_contain_text("Urgent")
    expect(preview).to_contain_text("leak")
    page.keyboard.press("Enter")
    words = f"Hello Aino, a fitter comes. T-{now_of(ticket).number}"
    expect(page.locator(BOX)).to_have_value(words)
    chips = page.locator("[data-with] .with-chip")
    expect(chips).to_have_count(3)
    page.locator("#toasts [data-undo]").click()
    expect(page.locator(BOX)).to_have_value("")
    expect(chips).to_have_count(0)
    page.keyboard.press("Alt+y")
    page.keyboard.type("fitter")
    page.keyboard.press("Enter")
    expect(chips).to_have_count(3)
    page.get_by_role("button", name="Without Priority: Urgent").click()
    until(lambda: kept(office, ticket) == words)
    page.reload()
    expect(chips).to_have_count(2)
    page.locator(BOX).press("Control+Enter")
    expect(page.locator(PLANNED)).to_contain_text("+ leak")
    page.locator("[data-send-now]").click()
    until(lambda: now_of(ticket).state == "waiting_on_customer")
    after = now_of(ticket)
    assert (after.priority, after.tags) == ("normal", ["leak"])

    out_of_field(page)
    page.keyboard.press("y")
    page.keyboard.type("billing")
    expect(preview).to_contain_text("Billing")
    page.keyboard.press("Enter")
    expect(page.locator("[data-pick-for=queue_id]")).to_contain_text("Billing")
    page.keyboard.press("z")
    expect(page.locator("[data-pick-for=queue_id]")).to_contain_text("Heating")
    assert not page_errors


def test_what_is_promised_is_seen_kept_and_told_in_time(
    open_desk: OpenDesk, office: Office, ticket: str, page_errors: list[str]
) -> None:
    page = open_desk("salla", f"/desk/tickets/{ticket}")
    at = f"{clock.now() + timedelta(hours=5):%H:%M}"
    words = f"I will call you at {at}."
    page.locator(BOX).fill("I will call you at 23:59 tomorrow.")
    expect(page.locator("[data-suggest]")).to_contain_text("23:59")
    expect(page.locator("[data-suggest]")).not_to_contain_text("today")
    page.locator(BOX).fill(f"Dear Aino. {words}")
    expect(page.locator("[data-suggest]")).to_contain_text("Promise it")
    page.keyboard.press("Alt+o")
    expect(page.locator("#promise-text")).to_have_value(words)
    expect(page.locator("#promise input[type=datetime-local]")).to_have_value(re.compile(f"T{at}$"))
    page.keyboard.press("Control+Enter")
    promise = page.locator("[data-promise]")
    expect(promise).to_contain_text(f"You promised {words}")
    expect(page.locator("[data-owed]")).to_contain_text(words)
    with reading(o.SETUP) as work:
        (one,) = [c for c in clocks.clocks_of(work, ticket) if c.name == "promise"]
    assert (one.owner_id, one.text) == (office.people["salla"], words)

    with begin(o.SETUP) as work:  # it is nearly time
        row = work.session.get_one(ClockRow, one.id)
        row.started_at = row.due_at = work.at + timedelta(minutes=10)
        row.created_at, row.tell_at = work.at - timedelta(hours=1), work.at
    expect(page.locator("#toasts")).to_contain_text("You promised something for soon")
    expect(promise.locator(".deadline")).to_have_attribute("data-state", "soon")
    colleague = open_desk("olu", f"/desk/tickets/{ticket}")
    expect(colleague.locator("[data-promise]")).to_contain_text("Salla Niemi promised")
    expect(colleague.locator("[data-promise] [value=kept]")).to_have_count(0)
    out_of_field(page)
    page.keyboard.press("v")
    expect(promise).to_have_count(0)
    expect(page.locator("[data-owed]")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(promise).to_have_count(1)
    page.keyboard.press("h")
    for told in ("Promised", "Kept a promise", "A promise stands again"):
        expect(page.locator(".ticket-history")).to_contain_text(told)
    page.keyboard.press("c")
    expect(page.locator("[data-card]")).to_contain_text("Kept a promise")
    assert not page_errors


def test_a_notice_comes_over_the_socket_and_is_found_afterwards(
    open_desk: OpenDesk, office: Office, ticket: str, page_errors: list[str]
) -> None:
    other = owned(office, "Another matter", "Please look.")
    with begin(office.actor("olu")) as work:  # what earlier tests told is known
        notices.read(work)
    page = open_desk("olu")
    second = open_desk("olu")
    me = f"agent:{office.people['salla']}"
    for where in (ticket, other):
        with begin(office.actor("salla")) as work:
            cases.reply(work, where, author=me, text="What do you say, @olu?", public=False)
    count = page.locator("[data-bell-count]")
    expect(page.locator("#toasts")).to_contain_text("Salla Niemi named you in a note")
    expect(count).to_have_text("2")
    expect(second.locator("[data-bell-count]")).to_have_text("2")
    page.keyboard.press("g")
    page.keyboard.press("b")
    expect(page.locator("[data-notice][data-new]")).to_have_count(2)
    page.locator(f'[data-notice][href$="{ticket}"]').click()
    expect(page.locator(f'[data-ticket="{ticket}"]')).to_be_visible()
    expect(count).to_have_text("1")
    expect(second.locator("[data-bell-count]")).to_have_text("1")
    second.goto(f"{second.url.split('/desk')[0]}/desk/tickets/{other}")
    expect(count).to_be_hidden()
    with reading(o.SETUP) as work:
        rows = work.session.scalars(select(Notice).where(Notice.user_id == office.people["olu"]))
        assert all(row.read_at for row in rows)
    assert not page_errors


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_writing_side_is_sound_in_both_themes_and_widths(
    open_desk: OpenDesk, office: Office, scheme: str
) -> None:
    """axe finds nothing serious, nothing shifts or is wider than the screen; pictures are kept."""
    OUT.mkdir(exist_ok=True)
    ticket_id = owned(office, "The boiler in the cellar leaks", "Water under the boiler.\n\nAino")
    me = office.actor("salla")
    with begin(me) as work:
        drafts.save_draft(
            work,
            ticket_id,
            text="Dear Aino,\n\nI will call you at 16:00.",
            then={"priority": "high"},
        )
        promising.promise(
            work,
            ticket_id,
            text="Call Aino about the fitter",
            due_at=work.at + timedelta(minutes=9),
        )
    customer_writes(ticket_id, "It is getting worse, please hurry.")
    with begin(office.actor("olu")) as work:
        cases_line.change(work, ticket_id, {"priority": "urgent", "tags": ["leak"]})
        drafts.save_draft(work, ticket_id, text="I know this one", public=False)
    rows = [
        ("undoable", "pending", "The fitter is on the way.", timedelta(seconds=900)),
        ("scheduled", "pending", "Is it dry again?", timedelta(hours=20)),
        ("scheduled", "held", "Please send a picture.", timedelta(hours=-1)),
    ]
    with begin(me) as work:
        for kind, state, text, ahead in rows:
            made = cases_sending.send_undoable(work, ticket_id, text=text, undo_s=900)
            made.kind, made.state, made.send_at = kind, state, work.at + ahead
        drafts.save_draft(
            work,
            ticket_id,
            text="Dear Aino,\n\nI will call you at 16:00.",
            then={"priority": "high", "add_tags": ["leak"], "macro": "Fitter comes"},
            seen_at=work.at - timedelta(minutes=20),
        )
    wrong: list[str] = []
    for width in (1440, 360):
        page = open_desk(
            "salla",
            f"/desk/tickets/{ticket_id}",
            color_scheme=scheme,
            viewport={"width": width, "height": 900 if width == 1440 else 820},
        )
        page.evaluate(LAYOUT_SHIFT)
        page.wait_for_timeout(400)
        for name, key in (
            ("writing", ""),
            ("macros", "Alt+y"),
            ("later", "Alt+l"),
            ("promise", "Alt+o"),
        ):
            if key:
                page.keyboard.press(key)
                page.locator("dialog[open]").wait_for()
                page.wait_for_timeout(300)
            page.screenshot(path=OUT / f"desk-ticket-{name}-{scheme}-{width}.png")
            wrong += [f"{name} {width}: {line}" for line in serious(page)]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append(f"{name} {width}: wider than the screen")
            if key:
                page.keyboard.press("Escape")
        if page.evaluate("window.__shift") >= 0.05:
            wrong.append(f"{width}: shifts: {page.evaluate('window.__moved')[:4]}")
        page.context.close()
    assert not wrong, "\n".join(wrong)
