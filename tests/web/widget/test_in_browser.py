"""The widget in a real browser on somebody else's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from helpdesk.channels import sites
from helpdesk.channels.models import Conversation, Message, Visitor
from helpdesk.core.actors import system
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.kb import publishing, service
from helpdesk.mail.models import OutgoingMail
from helpdesk.surveys.models import Survey
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.queries import shown_number
from helpdesk.workflows import articles_found
from tests.real import axe
from tests.web.widget.conftest import QUESTIONS, Agent, Place, until

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator, Page

pytestmark = pytest.mark.browser
TEST = system("test")


def open_chat(page: Page, url: str) -> FrameLocator:
    page.goto(url)
    page.get_by_role("button", name="Open chat").click()
    chat = page.frame_locator("iframe")
    chat.locator("#app").wait_for()
    return chat


def begin_chat(page: Page, url: str, text: str = "Hello") -> FrameLocator:
    chat = open_chat(page, url)
    chat.get_by_label("How can we help?").fill(text)
    chat.get_by_role("button", name="Start chat").click()
    chat.locator("#log .mine [data-mark=sent], #log .mine[data-mark=sent]").first.wait_for()
    return chat


def write(chat: FrameLocator, text: str) -> None:
    box = chat.get_by_label("Your message")
    box.fill(text)
    box.press("Enter")


def stored(conversation_id: str) -> list[str]:
    with reading(TEST) as at:
        return list(
            at.session.scalars(
                select(Message.text)
                .where(Message.conversation_id == conversation_id, Message.author == "visitor")
                .order_by(Message.seq)
            )
        )


def test_articles_come_with_the_first_words_and_while_one_waits(page: Page, place: Place) -> None:
    with begin(TEST) as work:
        row = service.add_article(
            work, title="Boiler shows F28", body="Press the **reset** button."
        )
        publishing.take_step(work, row.id, "publish")
        articles_found.renew_articles(work, [row.id])
    chat = open_chat(page, place.page())
    chat.get_by_label("How can we help?").press_sequentially("My boiler shows an error")
    title = chat.get_by_role("button", name="Boiler shows F28")
    title.click()
    sheet = chat.get_by_role("dialog", name="Boiler shows F28")
    expect(sheet.get_by_text("Press the reset button.")).to_be_visible()
    expect(sheet.get_by_role("link", name="Open the page")).to_be_visible()
    sheet.get_by_role("button", name="This answered it").click()
    expect(chat.get_by_text("Nothing was sent.")).to_be_visible()
    chat.get_by_role("button", name="I still need help").click()
    expect(chat.get_by_label("How can we help?")).to_have_value("My boiler shows an error")
    title.click()
    expect(sheet.get_by_text("Press the reset button.")).to_be_visible()
    sheet.press("Escape")
    expect(title).to_be_focused()
    chat.get_by_role("button", name="Start chat").click()
    expect(chat.get_by_text("You are number 1.")).to_be_visible()  # it is there to be ended
    expect(chat.get_by_text("While you wait, this may help")).to_be_visible()
    with begin(TEST) as work:
        publishing.take_step(work, row.id, "withdraw")


def test_a_visitor_asks_an_agent_answers_and_the_chat_ends(
    page: Page, page_errors: list[str], place: Place, agent: Agent
) -> None:
    place.site(pre_chat=QUESTIONS)
    chat = open_chat(page, place.page())
    chat.get_by_role("button", name="Start chat").click()
    chat.get_by_role("link", name="Enter your name").click()
    assert chat.get_by_label("Your name").evaluate("node => node === document.activeElement")
    chat.get_by_label("Your name").fill("Ida Berg")
    chat.get_by_label("What is it about?").select_option("My bill")
    chat.get_by_label("How can we help?").fill("My bill has doubled")
    chat.get_by_role("button", name="Start chat").click()
    chat.get_by_text("You are number 1.").wait_for()

    conversation_id = agent.accept()
    chat.get_by_text("Mara is here for you").wait_for()
    agent.say(conversation_id, "Hello Ida")
    agent.say(conversation_id, "CANARY-NOTE", public=False)
    chat.get_by_text("Hello Ida").wait_for()
    write(chat, "Thank you")
    chat.locator(".mine", has_text="Thank you").get_by_text("Sent").wait_for()
    assert stored(conversation_id) == ["My bill has doubled", "Thank you"]
    whole = chat.locator("body").inner_text()
    assert "CANARY-NOTE" not in whole
    assert "Lindqvist" not in whole

    chat.get_by_role("button", name="More").click()
    chat.get_by_role("button", name="End chat").click()
    chat.get_by_role("button", name="End chat").click()
    chat.get_by_role("button", name="Start a new chat").wait_for()
    with reading(TEST) as at:
        kept = at.session.get_one(Conversation, conversation_id)
        assert (kept.state, kept.ended_by) == ("ended", "visitor")
        assert kept.answers["about"] == "My bill"
        assert kept.page_url == page.url
    chat.get_by_role("button", name="Start a new chat").click()
    # Who asks again need not say again who they are.
    assert chat.get_by_label("Your name").input_value() == "Ida Berg"
    assert chat.get_by_label("How can we help?").input_value() == ""
    assert page_errors == []


def test_unread_answers_are_counted_on_the_button_and_a_reload_resumes(
    page: Page, place: Place, agent: Agent
) -> None:
    chat = begin_chat(page, place.page(), "Are you there?")
    conversation_id = agent.accept()
    page.keyboard.press("Escape")
    agent.say(conversation_id, "Yes")
    agent.say(conversation_id, "What can I do?")
    unread = page.get_by_role("button", name="Open chat, 2 unread messages")
    unread.wait_for()
    page.reload()
    unread.wait_for()
    unread.click()
    chat.get_by_text("What can I do?").wait_for()
    assert chat.locator("#log .bubble").all_inner_texts() == [
        "Are you there?",
        "Yes",
        "What can I do?",
    ]


def test_G8_what_is_written_while_the_helpdesk_is_away_arrives_once_and_in_order(
    page: Page, place: Place, agent: Agent
) -> None:
    chat = begin_chat(page, place.page(), "one")
    conversation_id = agent.accept()
    chat.get_by_text("Mara is here for you").wait_for()
    place.server.kill("web")
    try:
        write(chat, "two")
        chat.get_by_text("Reconnecting…").wait_for()
        write(chat, "three")
        chat.locator(".mine", has_text="three").get_by_text("Sending…").wait_for()
    finally:
        place.server.start("web")
    chat.locator(".mine[data-mark=sent]", has_text="three").wait_for(timeout=20_000)
    assert chat.get_by_text("Reconnecting…").is_hidden()
    assert stored(conversation_id) == ["one", "two", "three"]
    assert chat.locator("#log .mine").count() == 3


def test_a_page_reload_while_the_helpdesk_is_away_keeps_what_was_written(
    page: Page, place: Place, agent: Agent
) -> None:
    chat = begin_chat(page, place.page(), "one")
    conversation_id = agent.accept()
    chat.get_by_text("Mara is here for you").wait_for()
    chat.get_by_label("Your message").fill("a draft")
    page.context.set_offline(True)
    place.server.kill("web")
    page.context.set_offline(False)
    try:
        chat.get_by_label("Your message").press("Enter")
        chat.get_by_label("Your message").fill("another draft")
    finally:
        place.server.start("web")
    page.reload()
    chat.locator(".mine[data-mark=sent]", has_text="a draft").wait_for(timeout=20_000)
    assert chat.get_by_label("Your message").input_value() == "another draft"
    assert stored(conversation_id) == ["one", "a draft"]


HOSTILE = (
    '<img src=x onerror="window.__pwn=1"><script>window.__pwn=1</script> '
    "[x](javascript:window.__pwn=1) data:text/html,<script>window.__pwn=1</script> "
    "https://bank.example@evil.example/ https://\u0430pple.com/x "
    "invoice\u202egnp.exe https://example.com/a?b=1."
)


def test_A1_A14_A16_hostile_words_stay_words(
    page: Page, page_errors: list[str], place: Place, agent: Agent
) -> None:
    chat = begin_chat(page, place.page(), HOSTILE)
    agent.say(agent.accept(), HOSTILE)
    chat.locator(".theirs .bubble").wait_for()
    for bubble in chat.locator(".bubble").all():
        text = bubble.inner_text()
        assert '<img src=x onerror="window.__pwn=1">' in text
        assert "\u202e" not in text
        assert "⟨U+202E⟩" in text
        links = bubble.locator("a")
        assert links.evaluate_all("all => all.map(a => a.getAttribute('href'))") == [
            "https://xn--pple-43d.com/x",
            "https://example.com/a?b=1",
        ]
        assert links.first.inner_text() == "https://xn--pple-43d.com/x"
        for link in links.all():
            assert link.get_attribute("target") == "_blank"
            assert set((link.get_attribute("rel") or "").split()) >= {"noopener", "noreferrer"}
        assert bubble.locator("img, script").count() == 0
    for frame in page.frames:
        assert frame.evaluate("window.__pwn") is None
    assert page_errors == []


def test_A4_a_picture_is_shown_only_when_it_is_one(page: Page, place: Place, agent: Agent) -> None:
    chat = begin_chat(page, place.page())
    picture = page.screenshot(clip={"x": 0, "y": 0, "width": 40, "height": 30})
    evil = b"<svg xmlns='http://www.w3.org/2000/svg' onload='window.__pwn=1'/>"
    chat.locator("input[type=file]").set_input_files(
        [
            {"name": "real.png", "mimeType": "text/html", "buffer": picture},
            {"name": "xss.png", "mimeType": "image/png", "buffer": evil},
        ]
    )
    chat.locator(".chips progress").first.wait_for(state="detached")
    chat.locator(".send[aria-disabled=false]").click()
    chat.get_by_role("img", name="real.png").wait_for()
    chat.get_by_role("button", name="Save xss.png").wait_for()
    assert chat.locator(".picture").count() == 1
    with page.expect_download() as saved:
        chat.get_by_role("button", name="Save xss.png").click()
    assert saved.value.suggested_filename == "xss.png"
    page.reload()
    chat.get_by_role("img", name="real.png").wait_for()
    for frame in page.frames:
        assert frame.evaluate("window.__pwn") is None


def test_F15_an_unlisted_site_gets_no_button_and_no_frame(page: Page, place: Place) -> None:
    url = place.page(listed=False)
    with page.expect_console_message(lambda said: "not listed" in said.text):
        page.goto(url)
    assert page.locator("button").count() == 0
    framed = place.host.serve(
        f'<iframe src="{place.server.url}/widget/frame?site={place.key}"></iframe>'
    )
    with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
        page.goto(framed)
    assert page.frame_locator("iframe").locator("#app").count() == 0


def test_G11_forged_messages_change_nothing_on_either_side(
    page: Page, place: Place, agent: Agent
) -> None:
    forger = place.host.serve(
        """<script>
        const say = (data) => {
          parent.postMessage(data, '*')
          parent.frames[1]?.postMessage(data, '*')
        }
        setInterval(() => {
          for (const type of ['unread', 'close', 'reset', 'hello', 'identify', 'state']) {
            say({ helpdesk: 1, type, count: 7, state: 'ended', open: true,
                  identity: { external_id: 'x', email: 'victim@example.org' } })
          }
        }, 50)</script>"""
    )
    url = place.page(more=f'<iframe src="{forger}" width="10" height="10"></iframe>')
    page.goto(url)
    page.get_by_role("button", name="Open chat").click()
    chat = page.frame_locator("iframe[title^=Chat]")
    chat.get_by_label("How can we help?").fill("still here")
    chat.get_by_role("button", name="Start chat").click()
    agent.accept()
    chat.get_by_text("Mara is here for you").wait_for()
    page.wait_for_timeout(500)
    assert chat.get_by_text("still here").is_visible()
    assert page.get_by_role("button", name="Close chat", exact=True).first.is_visible()
    assert page.get_by_role("button", name="unread").count() == 0


def test_G11_the_hosts_own_page_cannot_make_the_frame_do_what_is_not_agreed(
    page: Page, page_errors: list[str], place: Place
) -> None:
    chat = open_chat(page, place.page())
    page.evaluate(
        """() => {
          const frame = document.querySelector('div').shadowRoot.querySelector('iframe')
          for (const data of [null, 1, 'x', {}, { helpdesk: 1 },
              { helpdesk: 1, type: 'constructor' },
              { helpdesk: 1, type: '__proto__' }, { helpdesk: 1, type: 'open', page: {} },
              { helpdesk: 1, type: 'identify', identity: { external_id: {}, email: [] } }]) {
            frame.contentWindow.postMessage(data, '*')
          }
        }"""
    )
    page.wait_for_timeout(200)
    assert chat.get_by_role("button", name="Start chat").is_visible()
    assert page_errors == []


def test_G3_the_token_is_in_no_address(page: Page, place: Place, agent: Agent) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda line: asked.append(line.url))
    chat = begin_chat(page, place.page())
    agent.accept()
    chat.get_by_text("Mara is here for you").wait_for()
    frame = next(f for f in page.frames if "/widget/frame" in f.url)
    token = frame.evaluate(f"JSON.parse(localStorage.getItem('helpdesk:{place.key}:token'))")
    assert token.startswith("hdv_")
    assert not [url for url in asked if token in url]
    host_keeps = page.evaluate("JSON.stringify(localStorage)")
    assert token not in host_keeps


def test_G13_only_a_signed_identity_is_believed(
    new_page: Callable[..., Page], place: Place, agent: Agent
) -> None:
    proof = sites.identity_hash(place.secret, "c-17", "ida@example.org")
    for proved, given in ((True, proof), (False, "0" * 64)):
        page = new_page()
        before = (
            "window.HelpdeskChat = {identity: {external_id: 'c-17', email: 'ida@example.org', "
            f"name: 'Ida Berg', hash: '{given}'}}}}"
        )
        begin_chat(page, place.page(before=before))
        conversation_id = agent.accept()
        with reading(TEST) as at:
            kept = at.session.get_one(Conversation, conversation_id)
            visitor = at.session.get_one(Visitor, kept.visitor_id)
            assert (visitor.identified_at is not None) is proved


def test_the_whole_chat_works_by_keyboard_alone_and_focus_returns(
    page: Page, place: Place, agent: Agent
) -> None:
    page.goto(place.page())
    page.get_by_role("button", name="Open chat").wait_for()
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    chat = page.frame_locator("iframe")
    chat.get_by_label("How can we help?").wait_for()
    until(
        lambda: chat.get_by_label("How can we help?").evaluate("n => n === document.activeElement")
    )
    page.keyboard.type("By keyboard")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    chat.locator(".mine").wait_for()
    page.keyboard.type("And more")
    page.keyboard.press("Enter")
    chat.locator(".mine", has_text="And more").wait_for()
    page.keyboard.press("Escape")
    active = "document.activeElement.shadowRoot?.activeElement?.getAttribute('aria-label')"
    until(lambda: page.evaluate(active) == "Open chat")


def test_the_button_steps_aside_from_what_has_the_focus(page: Page, place: Place) -> None:
    page.goto(place.page())
    button = page.get_by_role("button", name="Open chat")
    before = button.bounding_box()
    page.locator("#under").focus()
    after = button.bounding_box()
    assert before is not None
    assert after is not None
    assert after["x"] < 100 < before["x"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_of_320_pixels(
    new_page: Callable[..., Page], place: Place, scheme: str
) -> None:
    place.site(pre_chat=QUESTIONS)
    page = new_page(
        viewport={"width": 320, "height": 480}, color_scheme=scheme, has_touch=True, is_mobile=True
    )
    chat = open_chat(page, place.page())
    size = chat.locator("html").evaluate("n => [n.scrollWidth, innerWidth, innerHeight]")
    assert size == [320, 320, 480]
    for control in chat.locator("input:visible, select:visible, textarea:visible").all():
        box = control.bounding_box()
        assert box is not None
        assert box["height"] >= 44


def test_it_opens_in_under_300_ms(page: Page, place: Place) -> None:
    page.goto(place.page())
    page.get_by_role("button", name="Open chat").hover()
    took = []
    for _ in range(3):
        page.reload()
        page.get_by_role("button", name="Open chat").wait_for()
        took.append(
            page.evaluate(
                """() => new Promise((done) => {
                  const began = performance.now()
                  addEventListener('message', ({ data }) => {
                    if (data.type === 'state') done(performance.now() - began)
                  })
                  HelpdeskChat.open()
                })"""
            )
        )
    assert min(took) < 300, took


def test_signing_out_on_the_hosts_page_forgets_the_chat(
    page: Page, place: Place, agent: Agent
) -> None:
    chat = begin_chat(page, place.page(), "private words")
    agent.accept()
    chat.get_by_text("Mara is here for you").wait_for()
    page.evaluate("HelpdeskChat.reset()")
    chat.get_by_role("button", name="Start chat").wait_for()
    assert chat.get_by_text("private words").count() == 0
    frame = next(f for f in page.frames if "/widget/frame" in f.url)
    assert frame.evaluate(f"localStorage.getItem('helpdesk:{place.key}:token')") is None


def test_in_closed_hours_a_message_is_left_with_a_reference(
    page: Page, page_errors: list[str], place: Place
) -> None:
    place.close()
    place.site(offline_text="We are back on Monday.")
    chat = open_chat(page, place.page())
    chat.get_by_text("Closed now").wait_for()
    chat.get_by_text("We are back on Monday.").wait_for()
    chat.get_by_label("How can we help?").fill("My meter stands still")
    chat.get_by_role("button", name="Send message").click()
    chat.get_by_role("link", name="Enter your e-mail address").wait_for()
    chat.get_by_label("Your e-mail address").fill("ida@example.org")
    chat.get_by_role("button", name="Send message").click()
    chat.get_by_role("heading", name="Thank you, we have your message").wait_for()
    reference = chat.locator("#reference").inner_text()
    with reading(TEST) as at:
        kept = at.session.scalars(select(Ticket).where(Ticket.channel == "form")).all()
        assert reference in [shown_number(one) for one in kept]
    assert page_errors == []


def test_a_message_that_is_refused_says_why_and_can_be_removed(
    page: Page, place: Place, agent: Agent
) -> None:
    chat = begin_chat(page, place.page())
    agent.accept()
    chat.get_by_text("Mara is here for you").wait_for()
    frame = next(f for f in page.frames if "/widget/frame" in f.url)
    unknown = {"id": "x" * 32, "text": "with a lost file", "at": "2026-01-01T00:00:00Z"}
    unknown |= {"files": [{"id": new_id(), "name": "a.png", "type": "x", "size": 1}]}
    frame.evaluate(
        "([key, one]) => localStorage.setItem(`helpdesk:${key}:out`, JSON.stringify([one]))",
        [place.key, unknown],
    )
    page.reload()
    chat.get_by_text("Not sent. A file is not here. Add it again.").wait_for()
    chat.get_by_role("button", name="Remove").click()
    chat.get_by_text("with a lost file").wait_for(state="detached")


def test_after_a_chat_one_question_is_answered_by_keyboard_and_the_copy_leaves(
    page: Page, page_errors: list[str], place: Place, agent: Agent
) -> None:
    chat = begin_chat(page, place.page(), "My bill has doubled")
    conversation_id = agent.accept()
    agent.say(conversation_id, "Let me look")
    agent.say(conversation_id, "CANARY-NOTE", public=False)
    chat.get_by_text("Let me look").wait_for()
    chat.get_by_role("button", name="More").click()
    chat.get_by_label("Send me a transcript").check()
    chat.get_by_label("E-mail address").fill("ida@example.org")
    chat.get_by_role("button", name="Save").click()
    chat.get_by_text("We send the transcript to ida@example.org.").wait_for()
    agent.end(conversation_id)

    question = chat.get_by_role("group", name="How satisfied are you with the help you got?")
    question.get_by_role("radio", name="1").focus()
    page.keyboard.press("ArrowRight")
    chat.get_by_label("What should we know?").fill("<b>Slow</b>")
    page.reload()
    page.get_by_role("button", name="Open chat").click()
    question.get_by_role("radio", name="2").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("<b>Slow</b>")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    chat.get_by_role("status").get_by_text("Thank you").wait_for()
    again = chat.get_by_role("button", name="Start a new chat")
    assert again.evaluate("node => node === document.activeElement")

    def copies() -> list[OutgoingMail]:
        with reading(TEST) as at:
            return list(at.session.scalars(select(OutgoingMail)))

    until(copies, seconds=20)
    [copy] = copies()
    assert (copy.to_address, copy.is_automatic) == ("ida@example.org", True)
    assert "My bill has doubled" in copy.text
    assert "CANARY-NOTE" not in copy.text + copy.html
    with reading(TEST) as at:
        [survey] = at.session.scalars(
            select(Survey).where(Survey.conversation_id == conversation_id)
        )
        assert (survey.score, survey.comment, survey.state) == (2, "<b>Slow</b>", "answered")
    page.reload()
    page.get_by_role("button", name="Open chat").click()
    chat.get_by_role("button", name="Start a new chat").wait_for()
    assert chat.get_by_role("group").count() == 0
    assert page_errors == []


def test_the_question_after_a_chat_may_be_left_and_does_not_come_back(
    page: Page, place: Place, agent: Agent
) -> None:
    chat = begin_chat(page, place.page())
    conversation_id = agent.accept()
    agent.say(conversation_id, "Hello")
    chat.get_by_text("Hello").last.wait_for()
    agent.end(conversation_id)
    chat.get_by_role("button", name="Not now").click()
    chat.get_by_role("group").wait_for(state="hidden")

    def left() -> bool:
        with reading(TEST) as at:
            found = select(Survey.state).where(Survey.conversation_id == conversation_id)
            return at.session.scalar(found) == "skipped"

    until(left)
    page.reload()
    page.get_by_role("button", name="Open chat").click()
    chat.get_by_role("button", name="Start a new chat").wait_for()
    assert chat.get_by_role("group").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(
    new_page: Callable[..., Page], place: Place, agent: Agent, scheme: str
) -> None:
    place.site(pre_chat=QUESTIONS)
    # The checker is a foreign script to the frame's policy, so the policy is set aside for it.
    page = new_page(color_scheme=scheme, bypass_csp=True, reduced_motion="reduce")
    chat = open_chat(page, place.page())
    frame = next(f for f in page.frames if "/widget/frame" in f.url)

    def look(state: str) -> None:
        assert axe.anything(frame) == [], state

    look("form")
    chat.get_by_role("button", name="Start chat").click()
    chat.get_by_text("There is a problem").wait_for()
    look("errors")
    chat.get_by_label("Your name").fill("Ida")
    chat.get_by_label("What is it about?").select_option("My bill")
    chat.get_by_label("How can we help?").fill("Hello https://example.com")
    chat.get_by_role("button", name="Start chat").click()
    chat.get_by_text("You are number 1.").wait_for()
    look("waiting")
    agent.say(agent.accept(), "See https://example.com/help")
    chat.locator(".theirs .bubble").wait_for()
    chat.get_by_role("button", name="More").click()
    chat.get_by_label("Send me a transcript").check()
    look("menu")
    chat.get_by_role("button", name="End chat").click()
    look("leaving")
    chat.get_by_role("button", name="End chat").click()
    chat.get_by_role("radio", name="5").wait_for()
    look("over, with a question")
    chat.get_by_role("radio", name="4").check()
    look("over, with an answer")
