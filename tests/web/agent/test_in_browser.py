"""The desk in a real browser over a real socket: tasks by keyboard, what survives, how it looks.

One installation for the module; visitors write from this process, and the relay carries it over.
"""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from helpdesk.channels.models import Message
from helpdesk.core.work import reading
from helpdesk.kb import publishing
from helpdesk.kb import service as articles
from helpdesk.routing.models import Assignment
from helpdesk.workflows import articles_found
from tests.conftest import OUT
from tests.real.axe import serious
from tests.real.server import ROOT, Installation
from tests.web.agent import office as o
from tests.web.agent.office import Office

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]


@pytest.fixture(scope="module")
def office(server: Installation) -> Iterator[Office]:
    with o.inside(server):
        yield o.furnish()


@pytest.fixture
def open_desk(
    new_page: NewPage, server: Installation, office: Office
) -> Iterator[Callable[..., Page]]:
    """`open_desk("salla", path, **context)`: her browser, live; afterwards she is off duty."""
    opened: list[str] = []

    def open_(name: str, path: str = "/desk", *, available: bool = False, **context: Any) -> Page:
        page = new_page(**{"viewport": {"width": 1440, "height": 900}, **context})
        token = o.session_cookie(office.people[name])
        page.context.add_cookies([{"name": "helpdesk", "value": token, "url": server.url}])
        if available:
            with o.begin(office.actor(name)) as work:
                o.desk.set_presence(work, "available")
        opened.append(name)
        page.goto(server.url + path)
        expect(page.locator("html")).to_have_attribute("data-live", "live")
        return page

    yield open_
    for name in set(opened):
        clear(office, name)


def clear(office: Office, name: str) -> None:
    """End and wrap up whatever the agent has, and sign them off."""
    actor = office.actor(name)
    with o.begin(actor) as work:
        o.desk.set_presence(work, "offline")
        o.desk.withdraw_offers(work, actor.id, "browser_gone")
        held = [item.subject_id for _, item in o.desk.desk_work(work, actor.id)["in_hand"]]
    for conversation_id in held:
        with o.begin(actor) as work:
            o.chat.end_conversation(work, conversation_id, ended_by="agent")
        with o.begin(actor) as work:
            o.desk.finish_wrap_up(work, conversation_id, outcome="resolved")


def accepted(office: Office, page: Page, text: str, **facts: str) -> o.chat.Started:
    """A visitor writes and the agent takes it with one key."""
    started = o.writes(office, text, **facts)
    expect(page.locator(".offer")).to_have_count(1)
    page.keyboard.press("a")
    expect(page.locator(f'[data-talk="{started.conversation_id}"]')).to_be_visible()
    expect(page.locator("[data-composer] textarea")).to_be_focused()
    return started


def said(conversation_id: str) -> list[tuple[str, str, bool]]:
    with reading(o.SETUP) as work:
        rows = work.session.scalars(
            select(Message).where(Message.conversation_id == conversation_id).order_by(Message.seq)
        )
        return [(m.author.split(":")[0], m.text, m.public) for m in rows]


def until(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def out_of_field(page: Page) -> None:
    page.evaluate("document.activeElement.blur()")


def test_a_whole_chat_by_keyboard_alone(
    open_desk: Callable[..., Page], office: Office, page_errors: list[str]
) -> None:
    """Become available, accept, reply, note, canned reply, end, wrap up."""
    page = open_desk("salla")
    page.keyboard.press("Control+k")
    page.keyboard.type("I am: Available")
    page.keyboard.press("Enter")
    expect(page.locator("[data-presence]")).to_have_attribute("data-presence", "available")
    started = o.writes(office, "The radiator stays cold", name="Aino Virtanen")
    expect(page.locator(".offer-customer")).to_have_text("Aino Virtanen")
    assert "New: Aino Virtanen" in page.title()
    assert page.evaluate("document.documentElement.dataset.lastSound") == "offer"
    assert "favicon-alert" in (page.locator("#favicon").get_attribute("href") or "")
    page.keyboard.press("Enter")
    expect(page.locator("[data-composer] textarea")).to_be_focused()
    expect(page.locator(".message-visitor .message-body")).to_have_text("The radiator stays cold")

    page.keyboard.type("Let me look")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("at that.")
    page.keyboard.press("Enter")
    expect(page.locator(".message-agent")).to_have_attribute("data-state", "sent")
    o.says(started, "Thank you")
    expect(page.locator(".message-visitor .message-body").last).to_have_text("Thank you")

    page.keyboard.press("Alt+n")
    page.keyboard.type("Same fault in March")
    page.keyboard.press("Enter")
    expect(page.locator(".message-note .message-body")).to_have_text("Same fault in March")
    page.keyboard.type("/hel")
    expect(page.locator("[data-canned-list] [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("[data-composer] textarea")).to_have_value(
        "Hello Aino Virtanen, this is Salla. How can I help?"
    )
    page.keyboard.press("Enter")
    expect(page.locator(".message-agent[data-state=sent]")).to_have_count(2)

    out_of_field(page)
    page.keyboard.press("e")
    expect(page.get_by_text("The chat ends")).to_be_visible()
    out_of_field(page)
    page.keyboard.press("e")
    expect(page.locator("[data-wrap-up]")).to_be_visible()
    expect(page.locator("[name=outcome]").first).to_be_focused()
    page.keyboard.press("1")
    page.keyboard.press("Tab")
    page.keyboard.type("Valve opened")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-wrap-up]")).to_have_count(0)
    expect(page.locator("[data-row]")).to_have_count(0)

    assert said(started.conversation_id)[1:] == [
        ("agent", "Let me look\nat that.", True),
        ("visitor", "Thank you", True),
        ("agent", "Same fault in March", False),
        ("agent", "Hello Aino Virtanen, this is Salla. How can I help?", True),
    ]
    with reading(o.SETUP) as work:
        done = work.session.scalars(
            select(Assignment).where(Assignment.work_item_id == started.work_item_id)
        ).one()
        assert (done.outcome, done.note) == ("resolved", "Valve opened")
    assert not page_errors


def test_a_transfer_by_keyboard_takes_the_chat_to_the_colleague(
    open_desk: Callable[..., Page], office: Office
) -> None:
    page = open_desk("salla", available=True)
    started = accepted(office, page, "Who is in charge?")
    other = open_desk("olu", available=True)
    out_of_field(page)
    page.keyboard.press("t")
    expect(page.locator("#transfer [role=option]").first).to_be_visible()
    page.keyboard.type("olu")
    expect(page.locator("#transfer [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    page.keyboard.type("Knows this boiler")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Transferred to Olu Adeyemi")).to_be_visible()
    expect(other.locator(".offer")).to_have_count(1)
    other.keyboard.press("a")
    expect(other.locator(".message-note .message-body")).to_have_text("Knows this boiler")
    assert ("agent", "Knows this boiler", False) in said(started.conversation_id)


def test_E2_articles_follow_what_is_said_and_one_key_puts_them_into_the_answer(
    open_desk: Callable[..., Page], office: Office
) -> None:
    bleed = article(office, "Bleed a radiator", "Open the small valve of the radiator.")
    article(office, "Read the invoice", "Each invoice has a total.")
    article(office, "Radiator refunds", "The radiator refund is ours.", audience="internal")
    page = open_desk("salla", available=True)
    started = accepted(office, page, "How do I bleed a radiator?", name="Iris Laine")
    titles, box = page.locator(".article-title"), page.locator("[data-composer] textarea")
    expect(titles).to_have_text(["Bleed a radiator", "Radiator refunds"])
    page.keyboard.press("Alt+q")
    expect(box).to_have_value(re.compile(r"Bleed a radiator: http\S+/help/en/bleed-a-radiator$"))
    page.keyboard.press("Alt+Shift+Q")
    expect(box).to_have_value(re.compile(r"radiator Open the small valve of the radiator\.$"))
    page.keyboard.press("Alt+w")
    expect(page.locator(".toaster-item", has_text="for colleagues only. It can")).to_be_visible()
    page.locator(f'[data-article="{bleed}"] [aria-pressed]').click()
    expect(page.locator(f'[data-article="{bleed}"] [aria-pressed=true]')).to_be_visible()
    o.says(started, "And I do not understand the total of the invoice, please explain the invoice")
    expect(titles.filter(has_text="Read the invoice")).to_be_visible()
    page.keyboard.press("Alt+k")
    page.keyboard.type("refunds")
    expect(titles).to_have_text(["Radiator refunds"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".article-peek [data-peek-close]")).to_be_focused()
    expect(page.locator(".peek-body")).to_contain_text("The radiator refund is ours.")
    assert serious(page) == []
    page.keyboard.press("Escape")
    expect(titles).to_be_focused()
    page.keyboard.press("Escape")
    expect(box).to_be_focused()


def article(office: Office, title: str, body: str, **more: str) -> str:
    with o.begin(office.actor("boss")) as work:
        made = articles.add_article(work, title=title, body=body, **more).id
        publishing.take_step(work, made, "publish")
        articles_found.renew_articles(work, [made])
        return made


def test_finding_a_customer_by_keyboard(open_desk: Callable[..., Page], office: Office) -> None:
    customer = o.add_customer(office, "Wilhelmina Quist")
    page = open_desk("salla")
    page.keyboard.press("/")
    page.keyboard.type("wilhel")
    expect(page.locator("#palette-list [role=option]").first).to_contain_text("Wilhelmina Quist")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/desk/customers/{customer}$"))
    expect(page.locator("h1")).to_have_text("Wilhelmina Quist")


def test_a_draft_survives_a_reload_and_another_conversation(
    open_desk: Callable[..., Page], office: Office
) -> None:
    page = open_desk("salla", available=True)
    first = accepted(office, page, "First matter", name="First Person")
    page.keyboard.type("Half a sent")
    out_of_field(page)
    second = accepted(office, page, "Second matter", name="Second Person")
    expect(page.locator("[data-composer] textarea")).to_have_value("")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(f'[data-talk="{first.conversation_id}"]')).to_be_visible()
    expect(page.locator("[data-composer] textarea")).to_have_value("Half a sent")
    page.reload()
    page.keyboard.press("Control+1")
    expect(page.locator(f'[data-talk="{first.conversation_id}"]')).to_be_visible()
    expect(page.locator("[data-composer] textarea")).to_have_value("Half a sent")
    o.says(second, "Still there?")
    row = page.locator(f'[data-row="{second.conversation_id}"]')
    expect(row).to_have_attribute("data-unread", "")
    expect(row.locator("[data-row-preview]")).to_have_text("Still there?")


def test_what_is_sent_offline_goes_out_once_when_the_line_is_back(
    open_desk: Callable[..., Page], office: Office, server: Installation
) -> None:
    page = open_desk("salla", available=True)
    started = accepted(office, page, "Hello")
    page.context.set_offline(True)
    page.evaluate("window.dispatchEvent(new Event('offline'))")
    server.stop("web")
    try:
        expect(page.locator("html")).to_have_attribute("data-live", "offline")
        page.keyboard.type("Written without a line")
        page.keyboard.press("Enter")
        pending = page.locator(".message-agent")
        expect(pending).to_have_attribute("data-state", "pending")
    finally:
        server.start("web")
        page.context.set_offline(False)
    expect(page.locator("html")).to_have_attribute("data-live", "live", timeout=20_000)
    expect(pending).to_have_attribute("data-state", "sent", timeout=15_000)
    texts = [text for _, text, _ in said(started.conversation_id)]
    assert texts.count("Written without a line") == 1


def test_what_is_pressed_while_the_line_breaks_for_a_moment_is_done(
    open_desk: Callable[..., Page], office: Office
) -> None:
    page = open_desk("salla", available=True)
    page.evaluate("""async () => {
      const { ask, socket } = await import("/static/agent/socket.js");
      const gone = new Promise((tell) => socket.once("disconnect", tell));
      socket.io.engine.close();
      await gone;
      await ask("presence.set", { state: "break" });
    }""")
    expect(page.locator("[data-presence]")).to_have_attribute("data-presence", "break")


def test_A1_A14_payloads_run_nowhere_and_links_say_where_they_lead(
    open_desk: Callable[..., Page], office: Office
) -> None:
    page = open_desk("salla", available=True)
    foreign: list[str] = []

    def watch(route: Route) -> None:
        if not route.request.url.startswith(("http://127.0.0.1", "data:", "blob:")):
            foreign.append(route.request.url)
        route.continue_()

    page.route("**/*", watch)
    payload = "<img src=//evil.example/x onerror=window.__pwn=1>"
    started = accepted(office, page, payload, name=payload)
    for text in (
        "[x](javascript:window.__pwn=1) ![x](javascript:alert(1)) data:text/html,<b>x</b>",
        "https://bank.example@evil.example/login and https://www.\u0430pple.com/",
        "read \u202egnp.exe",
        "<svg onload=window.__pwn=1><script>window.__pwn=1</script>",
    ):
        o.says(started, text)
    expect(page.locator(".message-visitor")).to_have_count(5)
    hrefs = page.locator(".message-body a").evaluate_all("all => all.map(a => [a.href, a.text])")
    assert [href for href, _ in hrefs] == ["https://www.xn--pple-43d.com/"]
    assert "xn--pple-43d" in hrefs[0][1]
    expect(page.locator(".message-body", has_text="U+202E")).to_have_count(1)
    assert page.evaluate("window.__pwn") is None
    assert not foreign


def test_two_colleagues_edit_a_field_and_the_second_is_asked(
    open_desk: Callable[..., Page], office: Office
) -> None:
    customer = o.add_customer(office, "Maria Lind")
    page = open_desk("salla", f"/desk/customers/{customer}")
    field = page.locator("#card-custom-boiler")
    field.fill("Model 7")
    with o.begin(office.actor("olu")) as work:
        o.customers.change_customer(
            work, customer, version=1, changes={"custom": {"boiler": "Model 9"}}
        )
    field.press("Tab")
    expect(page.locator("[data-conflict]")).to_contain_text("Theirs: Model 9")
    page.get_by_role("button", name="Use mine").click()
    expect(page.locator("[data-conflict]")).to_have_count(0)
    expect(page.locator("#card-custom-boiler")).to_have_value("Model 7")


LAYOUT_SHIFT = """
window.__shift = 0;
window.__moved = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    window.__shift += entry.value;
    for (const { node, previousRect: was, currentRect: is } of entry.sources) {
      const name = node?.className || node?.nodeName || "gone";
      window.__moved.push(`${name} ${was.x},${was.y} ${was.width} -> ${is.x},${is.y} ${is.width}`);
    }
  }
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_screens_are_sound_in_both_themes_and_widths(
    open_desk: Callable[..., Page], office: Office, scheme: str
) -> None:
    """axe finds nothing serious, nothing shifts or is wider than the screen; pictures are kept."""
    OUT.mkdir(exist_ok=True)
    o.make_available(office, "salla")
    started = o.writes(office, "The radiator is cold", name="Aino Virtanen", email="a@example.net")
    o.take(office, "salla", started)
    o.answers(office, "salla", started, "Please open the valve.")
    o.answers(office, "salla", started, "Same fault in March", public=False)
    with o.begin(office.actor("salla")) as work:
        o.desk.set_presence(work, "break")  # nothing is offered while pictures are taken
    waiting = o.writes(office, "Second matter", name="Tarik Y. Demir")
    customer = o.customer_of(started)
    screens = {
        "conversation": ("salla", f"/desk/conversations/{started.conversation_id}"),
        "customers": ("salla", "/desk/customers"),
        "record": ("salla", f"/desk/customers/{customer}"),
        "why": ("salla", f"/desk/work/{started.work_item_id}/why"),
        "floor": ("boss", "/floor"),
    }
    wrong: list[str] = []
    for width in (1440, 360):
        for name, (who, path) in screens.items():
            page = open_desk(
                who, path, color_scheme=scheme, viewport={"width": width, "height": 820}
            )
            page.evaluate(LAYOUT_SHIFT)
            page.wait_for_timeout(300)
            page.screenshot(path=OUT / f"desk-{name}-{scheme}-{width}.png")
            wrong += [f"{name} {width}: {line}" for line in serious(page)]
            shift = page.evaluate("window.__shift")
            if shift >= 0.05:
                moved = page.evaluate("window.__moved")
                wrong.append(f"{name} {width}: shifts by {shift:.2f}: {moved[:4]}")
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append(f"{name} {width}: wider than the screen")
            page.context.close()
    assert waiting.work_item_id
    assert not wrong, "\n".join(wrong)


def test_the_wallboard_is_sound_and_goes_stale_when_data_stops(
    new_page: NewPage, server: Installation, office: Office
) -> None:
    page = new_page(viewport={"width": 1920, "height": 1080})
    token = o.session_cookie(office.people["boss"])
    page.context.add_cookies([{"name": "helpdesk", "value": token, "url": server.url}])
    page.clock.install()
    page.goto(server.url + "/floor/wall")
    expect(page.locator(".tile-value").first).to_be_visible()
    page.screenshot(path=OUT / "floor-wall.png")
    assert not serious(page)
    page.route("**/floor/wall/now", lambda route: route.abort())
    page.clock.run_for(20_000)
    expect(page.locator("[data-wall]")).to_have_attribute("data-stale", "")
    expect(page.locator(".board-stale")).to_be_visible()


def test_the_desk_weighs_less_than_300_kilobytes_and_paints_within_a_second(
    open_desk: Callable[..., Page], office: Office, server: Installation
) -> None:
    weights: dict[str, int] = {}
    page = open_desk("salla")

    def weigh(response: Any) -> None:
        if response.url.startswith(server.url) and response.request.method == "GET":
            weights[response.url] = len(gzip.compress(response.body()))

    page.on("response", weigh)
    page.goto(server.url + "/desk")
    expect(page.locator("html")).to_have_attribute("data-live", "live")
    assert sum(weights.values()) < 300 * 1024, sorted(weights.items(), key=lambda w: -w[1])[:8]
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert paint < 1000


def test_every_module_is_preloaded_under_the_address_it_is_imported_by() -> None:
    page = (ROOT / "templates/agent/page.html").read_text("utf-8")
    listed = set(re.findall(r'"([a-z_-]+)"', page.split("for name in [")[1].split("]")[0]))
    there = {path.stem for path in Path(ROOT / "static/agent").glob("*.js")} - {"desk"}
    assert listed == there
