"""One customer's whole way: searched, read, asked, chatted, answered, rated, and found again.

And nothing of it for anybody else, by any of the addresses that were gone through (C9, E1, E6).
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from helpdesk.core.work import begin
from helpdesk.identity import service as identity
from helpdesk.kb import publishing, service
from helpdesk.routing import presence, setup
from helpdesk.routing import service as routing
from helpdesk.surveys import setup as surveys
from helpdesk.workflows import articles_found
from tests.real.mail_servers import ImapServer
from tests.real.server import Installation
from tests.web.agent.office import session_cookie
from tests.web.portal.at_the_door import ADA, SYSTEM, a_customer, link_from, signed_in

pytestmark = pytest.mark.browser
SECRET = "walrus-4471"
ANSWER = "Pull the grey lever twice."
ARTICLES = ("Paper jams in the printer", "The printer prints half a page")


def furnish(installation: Installation) -> str:
    """Two articles, a question after each chat, and Salla on the queue; her id."""
    with begin(SYSTEM) as work:
        for title in ARTICLES:
            article = service.add_article(work, title=title, body="Clean the **rollers**.")
            publishing.take_step(work, article.id, "publish")
            articles_found.renew_articles(work, [article.id])
        salla = identity.create_user(
            work, email="salla@shop.example", name="Salla Niemi", role="agent"
        )
        presence.ensure_agent(work, salla.id)
        queue = routing.prefer_queue(work, None, None)
        setup.set_members(work, queue.id, [salla.id])
        asked = {"name": "After a chat", "kind": "csat", "question": "", "queue_ids": []}
        asked |= {"brand_id": None, "delay_s": 0, "valid_days": 30}
        surveys.switch(work, surveys.add_plan(work, asked).id, True)
    return salla.id


def at_the_desk(page: Page, installation: Installation, user_id: str) -> Page:
    cookie = {"name": "helpdesk", "value": session_cookie(user_id), "url": installation.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    page.goto(f"{installation.url}/desk")
    expect(page.locator("html")).to_have_attribute("data-live", "live")
    page.locator("[data-presence] summary").click()
    page.get_by_role("button", name="Available", exact=True).click()
    expect(page.locator("[data-presence=available]")).to_be_visible()
    return page


def comes_in(page: Page, mailbox: ImapServer, url: str, *, but: str = "") -> str:
    """By a link from the mailbox; the link."""
    page.goto(f"{url}/portal/sign-in")
    page.locator("#f-email").fill(ADA)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    link = link_from(mailbox, but=but)
    page.goto(link)
    page.get_by_role("button", name="Sign in now").click()
    expect(page.get_by_role("heading", name="Hello")).to_be_visible()
    return link


def chat_of(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[title^='Chat with']")


def test_C9_E1_E6_a_customer_searches_asks_chats_rates_and_finds_it_all_again(
    new_page: Callable[..., Page],
    installation: Installation,
    mailbox: ImapServer,
    page_errors: list[str],
) -> None:
    desk = at_the_desk(new_page(), installation, furnish(installation))
    page = new_page()
    page.goto(f"{installation.url}/help")
    page.get_by_role("searchbox").fill("prnter half page")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("main").get_by_role("link", name=ARTICLES[1]).click()
    page.get_by_role("button", name="No", exact=True).click()
    link = comes_in(page, mailbox, installation.url)

    page.goto(f"{installation.url}/portal/requests/new")
    page.get_by_label("In a few words").press_sequentially("The printer prints half a page")
    expect(page.get_by_role("status").filter(has_text="These 2 articles")).to_be_visible()
    page.get_by_label("Tell us more").fill(f"The rollers are clean. My code is {SECRET}.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("heading", name="We have it")).to_be_visible()
    page.goto(f"{installation.url}/portal")
    page.get_by_role("main").get_by_role("link", name="The printer prints half a page").click()
    expect(page.get_by_text(SECRET)).to_be_visible()
    matter = page.url.partition("?")[0]

    page.get_by_role("button", name="Open chat").click()
    chat = chat_of(page)
    chat.get_by_label("How can we help?").fill(f"Is anybody there? {SECRET}")
    chat.get_by_role("button", name="Start chat").click()
    _accept_the_chat(desk)
    desk.locator("[data-composer] textarea").fill(ANSWER)
    desk.locator("[data-composer] textarea").press("Enter")
    expect(chat.get_by_text(ANSWER)).to_be_visible()
    desk.get_by_role("button", name=re.compile("^End")).first.click()
    expect(desk.get_by_role("button", name="Finish")).to_be_visible()
    chat.get_by_role("radio", name="5").check(force=True)
    chat.get_by_role("button", name="Send", exact=True).click()
    expect(chat.get_by_role("status").get_by_text("Thank you")).to_be_visible()

    page.get_by_role("button", name="Close chat").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    later = new_page()
    comes_in(later, mailbox, installation.url, but=link)
    later.goto(f"{installation.url}/portal/matters")
    expect(later.get_by_role("link", name="The printer prints half a page")).to_be_visible()
    later.goto(f"{installation.url}/portal/matters?show=talks")
    later.get_by_role("main").get_by_role("link", name="Is anybody there?").click()
    expect(later.get_by_role("main").get_by_text(ANSWER)).to_be_visible()
    talk = later.url.partition("?")[0]
    assert page_errors == []

    other = new_page()
    signed_in(other, installation, a_customer("Bob", "bob@customer.example"))
    for path in (matter, talk, f"{matter}/rating"):
        answer = other.goto(path)
        assert answer is not None
        assert answer.status in (404, 405), path
        assert SECRET not in other.content()
    for path in ("", "/matters", "/matters?show=done", "/matters?show=talks", "/privacy"):
        other.goto(f"{installation.url}/portal{path}")
        assert "printer" not in other.get_by_role("main").inner_text().lower(), path
    other.goto(f"{installation.url}/help/search?q={SECRET}")
    assert "half a page" not in other.get_by_role("main").inner_text()


def _accept_the_chat(desk: Page) -> None:
    """The request is offered, too: this is about the chat."""
    offer = desk.locator(".offer", has_text="chat")
    offer.get_by_role("button", name="Accept").click(timeout=20_000)
    desk.wait_for_url(re.compile(r"/desk/conversations/"))
