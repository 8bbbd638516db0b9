"""Knowledge in a real browser: written beside its preview, kept, published, found by a customer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from helpdesk.core import db, secrets
from helpdesk.core.actors import system
from helpdesk.core.work import begin
from helpdesk.identity import sessions
from helpdesk.kb import sections, settings
from tests.conftest import OUT
from tests.real.axe import serious
from tests.real.server import Installation
from tests.web.signed_in import add_user

pytestmark = pytest.mark.browser
SYSTEM = system("test")
BODY = "## What happens\n\nPress **reset**.\n\n::: internal\nAsk for the number.\n:::\n"


def picture(page: Page, name: str) -> None:
    page.screenshot(path=OUT / f"{name}.png", full_page=True)


@pytest.fixture(scope="module")
def author(server: Installation) -> Iterator[str]:
    secrets.configure(server.secret_key)
    db.use(server.database)
    with begin(SYSTEM) as work:
        settings.change(work, {"locales": ["en", "de"]})
        sections.add_section(work, names={"en": {"name": "Heating"}})
    yield add_user("supervisor", email="ada@example.org")
    db.use(None)


@pytest.fixture
def open_area(
    new_page: Callable[..., Page], server: Installation, author: str
) -> Callable[..., Page]:
    def open_(path: str, **context: object) -> Page:
        page = new_page(**{"viewport": {"width": 1440, "height": 900}, **context})
        with begin(SYSTEM) as work:
            opened = sessions.open_session(
                work, author, stage="full", address="127.0.0.1", agent="Chromium"
            )
        cookie = {"name": "helpdesk", "value": opened.token, "url": server.url}
        page.context.add_cookies([cookie])
        page.goto(server.url + path)
        return page

    return open_


def test_an_article_is_written_kept_published_and_found_by_a_customer(
    open_area: Callable[..., Page],
    new_page: Callable[..., Page],
    server: Installation,
    page_errors: list[str],
) -> None:
    page = open_area("/knowledge/new")
    page.get_by_label("Title").fill("Boiler shows F28")
    page.get_by_label("Section").select_option(label="Heating")
    page.get_by_role("button", name="Begin writing").click()
    expect(page).to_have_url(re.compile(r"/knowledge/[0-9a-f-]{36}$"))
    expect(page.locator("html")).to_have_class(re.compile("scripted"))
    text = page.get_by_role("textbox", name="Text", exact=True)
    text.fill(BODY)
    expect(page.locator("[data-kept]")).to_contain_text("Kept for you")
    page.keyboard.press("Alt+p")
    preview = page.get_by_role("region", name="Preview")
    expect(preview.get_by_role("heading", name="What happens")).to_be_visible()
    expect(preview).to_contain_text("Ask for the number.")
    picture(page, "knowledge-editor")

    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.get_by_text("did not save it")).to_be_visible()
    expect(page.locator("html")).to_have_class(re.compile("scripted"))
    page.get_by_role("textbox", name="Text", exact=True).select_text()
    page.get_by_role("button", name="Bold").click()
    expect(text).to_have_value(f"**{BODY}**")
    page.keyboard.press("Control+z")
    expect(text).to_have_value(BODY)
    page.keyboard.press("Control+s")
    expect(page.locator("#toasts")).to_contain_text("Saved as a new version")
    expect(page.locator("html")).to_have_class(re.compile("scripted"))
    text.fill(BODY + "\nAnd wait.\n")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("Readers see this version now")
    expect(text).to_have_value(BODY + "\nAnd wait.")

    reader = new_page(viewport={"width": 360, "height": 780}, color_scheme="dark")
    for _ in range(60):  # the relay puts it into the search a moment later
        reader.goto(f"{server.url}/help")
        reader.get_by_role("searchbox").press_sequentially("boi")
        lines = reader.locator("[data-help-while] a, [data-help-while] p")
        expect(lines.first).to_be_visible()
        if reader.locator("[data-help-while] a").count():
            break
        reader.wait_for_timeout(250)
    picture(reader, "help-typing-dark-360")
    reader.keyboard.press("ArrowDown")
    reader.keyboard.press("Enter")
    expect(reader.get_by_role("heading", name="Boiler shows F28")).to_be_visible()
    expect(reader.locator("body")).not_to_contain_text("Ask for the number.")
    reader.get_by_role("button", name="No").click()
    reader.get_by_label("What was missing or wrong?").fill("Which button?")
    reader.get_by_role("button", name="Send").click()
    expect(reader.get_by_text("reads it.")).to_be_visible()
    page.goto(f"{server.url}/knowledge/remarks")
    expect(page.get_by_text("Which button?")).to_be_visible()
    assert page_errors == []


@pytest.mark.parametrize("look", ["1440-light", "360-dark"])
def test_the_screens_of_knowledge_are_sound(
    open_area: Callable[..., Page], server: Installation, look: str
) -> None:
    width, scheme = look.split("-")
    page = open_area(
        "/knowledge", viewport={"width": int(width), "height": 900}, color_scheme=scheme
    )
    href = page.locator("tr[data-row] a").first.get_attribute("href")
    wrong: list[str] = []
    for path in (
        "/knowledge", "/knowledge/new", f"{href}", f"{href}/versions", "/knowledge/sections",
        "/knowledge/sections/new", "/knowledge/segments", "/knowledge/remarks", "/help",
        "/help/en/boiler-shows-f28", "/help/search?q=boilr",
    ):  # fmt: skip
        page.goto(server.url + path)
        name = path.replace(f"{href}", "article").strip("/").replace("/", "-").split("?")[0]
        picture(page, f"{name}-{look}")
        if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            wrong.append(f"{path} is wider than the window")
        wrong += [f"{path}: {told}" for told in serious(page)]
    assert not wrong, "\n".join(wrong)
