"""A mail on the desk: shown in a frame that can do nothing, pictures only when asked for."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from flask import Flask

from helpdesk.core.ids import new_id
from helpdesk.core.work import begin
from helpdesk.mail import mailboxes
from helpdesk.workflows import mail_in
from tests.web.signed_in import Browser, browser_as
from tests.workflows import postroom
from tests.workflows.people import SETUP, make_floor

HOSTILE = (
    b"From: Eve <eve@evil.example>\r\nSubject: <img src=x onerror=window.__pwn=1>\r\n"
    b"Content-Type: multipart/related; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/html\r\n\r\n"
    b'<base href="https://evil.example/"><meta http-equiv=refresh content="0;url=//evil.example">'
    b"<style>@import url(//evil.example/a.css)</style><link rel=stylesheet href=//evil.example/b>"
    b'<script>window.__pwn=1</script><img name=cookie id=config src="https://evil.example/p.png">'
    b'<img srcset="//evil.example/q.png 1x" src="cid:logo@x">'
    b'<div style="position:fixed;top:0;background:url(//evil.example/c)" onclick="x()">over</div>'
    b'<table background="//evil.example/t.png"><tr><td>cell</td></tr></table>'
    b'<form action="//evil.example/f"><input name=a></form><iframe srcdoc="<script>1</script>">'
    b'</iframe><a href="javascript:alert(1)">link</a><svg onload=alert(1)></svg>\r\n'
    b"--b\r\nContent-Type: image/png\r\nContent-ID: <logo@x>\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\n"
    b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    b"rkJggg==\r\n--b--\r\n"
)


@pytest.fixture
def agent(app: Flask) -> Browser:
    return browser_as(app, "agent")


@pytest.fixture
def mail_id(app: Flask) -> str:
    make_floor()
    return mail_in.deliver(io.BytesIO(HOSTILE)).mail_id


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_A1_A9_A10_nothing_of_a_hostile_mail_is_left_but_its_words(
    agent: Browser, mail_id: str
) -> None:
    shown = agent.get(f"/desk/mails/{mail_id}/shown")
    body = shown.text.partition("<body>")[2]
    assert "over" in body
    assert "cell" in body
    for word in ("script", "position", "evil.example", "javascript", "onclick", "<form", "<iframe",
                 "<base", "<meta", "<svg", "<style", " id=", " name=", "srcset"):  # fmt: skip
        assert word not in body, word
    policy = shown.headers["Content-Security-Policy"]
    assert "sandbox allow-popups" in policy
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_A2_a_hostile_subject_is_only_text_on_the_page(agent: Browser, mail_id: str) -> None:
    page = agent.get(f"/desk/mails/{mail_id}").text
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror" in page
    assert re.search(r'<iframe class="mail-frame"[^>]* sandbox="allow-popups', page)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_A7_pictures_from_elsewhere_are_fetched_only_when_asked_for(
    agent: Browser, mail_id: str
) -> None:
    page = agent.get(f"/desk/mails/{mail_id}").text
    assert "Pictures from evil.example" in page
    first = agent.get(f"/desk/mails/{mail_id}/shown")
    assert "https:" not in first.headers["Content-Security-Policy"]
    asked = agent.get(f"/desk/mails/{mail_id}/shown?pictures=1")
    assert 'src="https://evil.example/p.png"' in asked.text
    assert "img-src data: https: http:" in asked.headers["Content-Security-Policy"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_picture_that_lies_in_the_mail_is_shown(agent: Browser, mail_id: str) -> None:
    assert "data:image/png;base64,iVBORw0" in agent.get(f"/desk/mails/{mail_id}/shown").text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_I5_the_raw_mail_is_a_download_with_one_header(agent: Browser, app: Flask) -> None:
    make_floor()
    raw = b"From: a@b.example\r\nSubject: =?utf-8?q?x=0D=0AX-Evil:_1_=22q=22_=C3=BC?=\r\n\r\nHi"
    mail_id = mail_in.deliver(io.BytesIO(raw)).mail_id
    answer = agent.get(f"/desk/mails/{mail_id}/raw")
    assert answer.data == raw
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.mimetype == "application/octet-stream"
    assert "X-Evil" not in answer.headers
    answer.close()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_mail_that_is_not_there_is_not_found(agent: Browser) -> None:
    for tail in ("", "/shown", "/raw"):
        assert agent.get(f"/desk/mails/{new_id()}{tail}").status_code == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_answer_that_has_no_server_to_leave_by_says_so(
    app: Flask, agent: Browser, tmp_path: Path
) -> None:
    post = postroom.make_postroom(tmp_path)
    ticket_id = post.deliver().ticket_id
    assert ticket_id is not None
    post.reply(ticket_id)

    def mail_of(browser: Browser) -> dict[str, str]:
        told = browser.get(f"/desk/tickets/{ticket_id}/words").get_json()
        return next(line["mail"] for line in told["messages"] if line["from"] == "agent")

    assert mail_of(agent) == {"state": "waiting", "to": "ada@customer.example", "error": ""}
    assert mail_of(browser_as(app, "admin"))["mend"] == "/admin/mailboxes"
    with begin(SETUP) as work:
        smtp = {"host": "mail.shop.example", "port": 25, "security": "none"}
        mailboxes.change_mailbox(work, post.box_id, version=1, outgoing="smtp", smtp=smtp)
    assert mail_of(agent)["state"] == "queued"


@pytest.mark.browser
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_A7_a_browser_that_shows_the_mail_asks_no_other_host(
    agent: Browser, mail_id: str, page: object, tmp_path: Path
) -> None:
    """The frame's document with its own policy, opened in a real browser."""
    from playwright.sync_api import Page

    assert isinstance(page, Page)
    shown = agent.get(f"/desk/mails/{mail_id}/shown")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route(
        "https://desk.example/mail",
        lambda route: route.fulfill(
            body=shown.text,
            headers={
                "Content-Type": "text/html",
                "Content-Security-Policy": shown.headers["Content-Security-Policy"],
            },
        ),
    )
    page.goto("https://desk.example/mail")
    page.wait_for_timeout(300)
    assert [u for u in asked if not u.startswith(("data:", "https://desk.example/mail"))] == []
    assert page.locator("text=over").count() == 1
