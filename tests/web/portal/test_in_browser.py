"""The portal in a real browser: a link from a real mailbox, a matter that came by mail, no script.

And how it looks: axe finds nothing serious, nothing is wider than a small telephone, and a page is
light enough for one.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Response, expect
from sqlalchemy import select

from helpdesk.channels.models import Conversation
from helpdesk.core.work import begin, reading
from helpdesk.kb import publishing, service
from helpdesk.kb.models import Offer
from helpdesk.workflows import articles_found, cases
from tests.conftest import OUT
from tests.field_service import crew_scene
from tests.real.axe import serious
from tests.real.mail_servers import ImapServer
from tests.real.server import Installation
from tests.web.portal.at_the_door import ADA, SYSTEM, a_customer, link_from, signed_in

pytestmark = pytest.mark.browser
MAIL = (
    f"From: Ada <{ADA}>\r\nTo: us@shop.example\r\nSubject: Printer\r\n"
    "Message-ID: <1@customer.example>\r\n\r\nIt prints only the left half.\r\n"
)
MOST_WEIGHT = 150_000


def test_a_mail_ticket_is_opened_answered_and_closed_by_a_link_from_the_mailbox_without_script(
    new_page: Callable[..., Page], installation: Installation, mailbox: ImapServer
) -> None:
    delivered = installation.command("mail", "deliver", "--json", given=MAIL)
    assert '"ticket"' in delivered.stdout, delivered.stderr
    page = new_page(java_script_enabled=False)
    page.goto(f"{installation.url}/portal")
    page.locator("#f-email").fill(ADA)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    link = link_from(mailbox)
    stranger = new_page()
    stranger.goto(link)
    expect(stranger.get_by_role("heading", name="Open it where you asked for it")).to_be_visible()
    page.goto(link)
    page.get_by_role("button", name="Sign in now").click()
    expect(page.get_by_role("heading", name="Hello")).to_be_visible()
    page.get_by_role("link", name="Printer").click()
    expect(page.get_by_text("It prints only the left half.")).to_be_visible()
    page.get_by_label("Add something").fill("Now it prints nothing at all.")
    page.get_by_label("Files").set_input_files(
        {"name": "page.txt", "mimeType": "text/plain", "buffer": b"half a page"}
    )
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Now it prints nothing at all.")).to_be_visible()
    expect(page.get_by_role("link", name="page.txt")).to_be_visible()
    matter = page.url.partition("?")[0]
    file = page.get_by_role("link", name="page.txt").get_attribute("href")
    page.get_by_role("button", name="It is solved").click()
    expect(page.get_by_text("The matter is solved and closed.")).to_be_visible()
    other = new_page()
    signed_in(other, installation, a_customer("Bob", "bob@customer.example"))
    for path in (matter, f"{installation.url}{file}"):
        answer = other.goto(path)
        assert answer is not None
        assert answer.status == 404
    other.goto(f"{installation.url}/portal/matters?show=done")
    expect(other.get_by_text("Nothing was solved yet.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()


def test_a_request_suggests_articles_one_is_read_and_it_is_sent_all_the_same(
    new_page: Callable[..., Page], installation: Installation, page_errors: list[str]
) -> None:
    with begin(SYSTEM) as work:
        for title in ("Boiler shows F28", "Boiler is too loud"):
            article = service.add_article(work, title=title, body="Press the **reset** button.")
            publishing.take_step(work, article.id, "publish")
            articles_found.renew_articles(work, [article.id])
    page = new_page()
    signed_in(page, installation, a_customer("Ida", "ida@customer.example"))
    page.goto(f"{installation.url}/portal/requests/new")
    page.get_by_label("In a few words").press_sequentially("My boiler shows an error")
    expect(page.get_by_role("status").filter(has_text="These 2 articles")).to_be_visible()
    page.get_by_label("Tell us more").fill("Since this morning.")
    page.reload()
    expect(page.get_by_label("Tell us more")).to_have_value("Since this morning.")
    link = page.get_by_role("link", name="Boiler shows F28")
    link.press("Enter")
    sheet = page.get_by_role("dialog", name="Boiler shows F28")
    expect(sheet.get_by_text("Press the reset button.")).to_be_visible()
    sheet.get_by_role("button", name="This answered it").click()
    expect(page.get_by_role("heading", name="Good that it is answered")).to_be_visible()
    page.get_by_role("button", name="I still need help").click()
    expect(page.get_by_label("Tell us more")).to_have_value("Since this morning.")
    link.press("Enter")
    expect(sheet.get_by_text("Press the reset button.")).to_be_visible()
    sheet.press("Escape")
    expect(link).to_be_focused()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("heading", name="We have it")).to_be_visible()
    page.goto(f"{installation.url}/portal/requests/new")
    expect(page.get_by_label("Tell us more")).to_have_value("")
    with reading(SYSTEM) as work:
        row = work.session.scalars(select(Offer).where(Offer.case_id.is_not(None))).one()
        assert (row.outcome, row.opened_at is not None) == ("contact", True)
    assert page_errors == []


SCREENS = (
    "",
    "/matters",
    "/matters?show=talks",
    "/requests/new",
    "/profile",
    "/household",
    "/security",
    "/privacy",
    "/privacy/erase",
)


@pytest.mark.parametrize(
    "width,theme,language", [(360, "dark", "de"), (1440, "light", "en")], ids=["small", "wide"]
)
def test_how_the_portal_looks(
    new_page: Callable[..., Page],
    installation: Installation,
    page_errors: list[str],
    width: int,
    theme: str,
    language: str,
) -> None:
    customer = a_customer("Kim", f"kim{width}@customer.example")
    with begin(SYSTEM) as work:
        case = cases.open_case(
            work, customer_id=customer, subject="Heating", body="It is cold.", channel="form"
        ).ticket.id
    page = new_page(viewport={"width": width, "height": 800}, color_scheme=theme)
    OUT.mkdir(exist_ok=True)
    wrong = _look(page, installation, "sign_in", f"/sign-in?lang={language}", width, theme)
    signed_in(page, installation, customer)
    for path in (*SCREENS, f"/matters/{case}"):
        name = re.sub(r"\W+", "_", path.replace(case, "one")) or "home"
        wrong += _look(page, installation, name, path, width, theme)
    assert wrong == []
    assert page_errors == []


def _look(
    page: Page, installation: Installation, name: str, path: str, width: int, theme: str
) -> list[str]:
    got: list[Response] = []

    def note(answer: Response) -> None:
        got.append(answer)

    page.on("response", note)
    page.goto(f"{installation.url}/portal{path}")
    page.wait_for_load_state("networkidle")
    page.remove_listener("response", note)
    page.screenshot(path=OUT / f"portal_{name}_{width}_{theme}.png", full_page=True)
    wrong = []
    weight = sum(one.request.sizes()["responseBodySize"] for one in got)
    if weight > MOST_WEIGHT:
        wrong.append(f"{name}: {weight:,} bytes")
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        wrong.append(f"{name}: wider than the window")
    return wrong + [f"{name}: {told}" for told in serious(page)]


def test_the_chat_on_the_page_knows_its_customer_and_leaves_with_them(
    new_page: Callable[..., Page], installation: Installation, page_errors: list[str]
) -> None:
    customer = a_customer("Lou", "lou@customer.example")
    with begin(SYSTEM) as work:
        case = cases.open_case(
            work, customer_id=customer, subject="Heating", body="It is cold.", channel="form"
        ).ticket.id
    page = new_page()
    signed_in(page, installation, customer)
    page.goto(f"{installation.url}/portal/matters/{case}")
    page.get_by_role("button", name="Open chat").click()
    frame = page.frame_locator("iframe[title='Chat with Shop']")
    frame.get_by_label("How can we help?").fill("Is anybody there?")
    frame.get_by_role("button", name="Start chat").click()
    expect(frame.get_by_text("Is anybody there?")).to_be_visible()
    _until_it_belongs_to(customer, case)
    page.goto(f"{installation.url}/portal/matters?show=talks")
    expect(page.get_by_role("main").get_by_text("Is anybody there?")).to_be_visible()
    expect(frame.get_by_text("Is anybody there?")).to_be_visible()  # it came along, open
    page.get_by_role("button", name="Close chat").click()
    expect(page.get_by_role("button", name="Open chat")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    _until_this_browser_forgot(page)
    assert page_errors == []


def _until_this_browser_forgot(page: Page) -> None:
    deadline = time.monotonic() + 20
    kept = "Object.keys(localStorage).some((key) => key.startsWith('helpdesk:hds_'))"
    while page.evaluate(kept):
        assert time.monotonic() < deadline, "the chat is still known to this browser"
        page.wait_for_timeout(100)


def _until_it_belongs_to(customer_id: str, case: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with reading(SYSTEM) as work:
            talk = work.session.scalar(select(Conversation).where(Conversation.channel == "chat"))
            if talk is not None and talk.customer_id == customer_id:
                assert (talk.page_url or "").endswith(f"/portal/matters/{case}")
                return
        time.sleep(0.1)
    raise AssertionError("the chat is nobody's")


def test_a_visit_is_booked_without_script_and_looks_right_on_a_small_telephone(
    new_page: Callable[..., Page], installation: Installation
) -> None:
    customer = a_customer("Vera", "vera@customer.example")
    with begin(SYSTEM) as work:
        crew_scene.add_technician(work, "Nils Brandt")
        crew_scene.add_type(work, description="When it stays cold")
        crew_scene.add_place(work, customer)
    page = new_page(java_script_enabled=False, viewport={"width": 360, "height": 740})
    signed_in(page, installation, customer)
    page.goto(f"{installation.url}/portal/visits?lang=en")
    page.get_by_role("link", name="Book a visit").click()
    page.get_by_role("button", name="See times").click()
    page.locator("[data-slot]").first.click()
    expect(page.get_by_text("We keep this time for you until")).to_be_visible()
    page.get_by_label("For the technician").fill("Second floor")
    page.get_by_role("button", name="Book this visit").click()
    expect(page.get_by_text("Your visit is booked.")).to_be_visible()
    here = page.url
    looked = new_page(viewport={"width": 360, "height": 740})
    signed_in(looked, installation, customer)
    for path in ("/portal/visits", "/portal/visits/new", here.removeprefix(installation.url)):
        looked.goto(f"{installation.url}{path}")
        assert not serious(looked), path
        assert looked.evaluate("document.documentElement.scrollWidth") <= 360, path
    looked.goto(f"{installation.url}/portal/visits/new")
    looked.get_by_role("button", name="See times").click()
    expect(looked.get_by_role("heading", name="Choose a time")).to_be_visible()
    assert not serious(looked)
    assert looked.evaluate("document.documentElement.scrollWidth") <= 360
