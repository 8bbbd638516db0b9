"""A new password by mail: the same answer for everybody, once, for an hour, by our own address."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from helpdesk.app import create_app
from helpdesk.core import clock
from helpdesk.core.actors import system
from helpdesk.core.config import Settings
from helpdesk.core.listening import Consumer
from helpdesk.core.tables import AuditEntry, EventRow
from helpdesk.core.work import begin, reading
from helpdesk.identity import resets, service, tokens
from helpdesk.identity.models import SignInFailure
from helpdesk.jobs.relay import Relay
from helpdesk.mail.models import OutgoingMail
from helpdesk.workflows import mail_sending, password_links
from tests.identity.people import add
from tests.web.admin.scene import statements, words_of
from tests.web.auth.test_sign_in_pages import NEW, sign_in
from tests.web.signed_in import mark, send

SYSTEM = system("test")
PAGE = "/forgot-password"
BASE = "https://desk.example.org"
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def app(settings: Settings) -> Flask:
    made = create_app(replace(settings, smtp_url="smtp://127.0.0.1:2525"), sockets=False)
    made.testing = True
    return made


def ask(client: FlaskClient, email: str) -> TestResponse:
    return send(client, PAGE, email=email)


def relay() -> None:
    running = Relay({"user.password_link_asked": [Consumer("links", password_links.send)]})
    while running.deliver_waiting():
        pass


def mails() -> list[OutgoingMail]:
    with reading(SYSTEM) as work:
        return list(work.session.scalars(select(OutgoingMail).order_by(OutgoingMail.created_at)))


def letter() -> str:
    """What the last mail says, as its reader gets it."""
    with reading(SYSTEM) as work:
        return mail_sending._letter(work, mails()[-1]).text


def path() -> str:
    found = re.search(r"/set-password/\S+", letter())
    assert found
    return found.group()


def test_F2_F13_a_link_comes_by_mail_sets_a_password_once_and_ends_everything_else(
    app: Flask,
) -> None:
    user_id = add(email="ada@example.org")
    there, client = app.test_client(), app.test_client()
    sign_in(there, "ada@example.org")
    with begin(SYSTEM) as work:
        _, token = tokens.create(work, user_id, "report")
    assert "Forgot your password?" in client.get("/sign-in").text
    answer = ask(client, "  Ada@Example.org ")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PAGE}?note=link_asked")
    assert "a link is on its way" in words_of(client.get(answer.headers["Location"]).text)
    relay()
    relay()
    [mail] = mails()
    assert (mail.to_address, mail.is_automatic) == ("ada@example.org", True)
    link = path()
    for _ in range(2):
        assert client.head(link).status_code == 200
        assert client.get(link).status_code == 200
    assert there.get("/account").status_code == 200
    assert send(client, link, password=NEW, again=NEW).status_code == 303
    assert there.get("/account").status_code == 303
    with reading(SYSTEM) as work:
        assert tokens.find(work, token) is None
        kinds = work.session.scalars(select(AuditEntry.action)).all()
    assert {"user.password_link_mailed", "user.password_changed"} <= set(kinds)
    gone = client.get(link)
    assert gone.status_code == 404
    assert "Get a new link" in gone.text
    assert sign_in(client, "ada@example.org", NEW).status_code == 303


def test_F17_the_database_keeps_no_link_in_clear(app: Flask) -> None:
    add(email="ada@example.org")
    ask(app.test_client(), "ada@example.org")
    relay()
    secret = path().rpartition("/")[2]
    [mail] = mails()
    assert secret not in repr(vars(mail))
    assert "Ada" not in mail.text + mail.html
    assert mail.is_sealed


def test_F4_known_and_unknown_addresses_take_the_same_steps_and_get_the_same_answer(
    app: Flask,
) -> None:
    add(email="ada@example.org")
    gone = add(email="gone@example.org")
    admin = add("admin")
    with begin(SYSTEM) as work:
        service.deactivate(work, gone)
    assert admin
    answers, steps = set(), set()
    for n, email in enumerate(("ada@example.org", "nobody@example.org", "gone@example.org")):
        client = app.test_client()
        token = mark(client.get(PAGE))
        with statements() as asked:
            answer = client.post(
                PAGE,
                data={"_csrf": token, "email": email},
                environ_overrides={"REMOTE_ADDR": f"198.51.{n}.1"},
            )
        steps.add(tuple(asked))
        answers.add((answer.status_code, answer.text, answer.headers["Location"]))
    assert len(steps) == 1
    assert len(answers) == 1
    with reading(SYSTEM) as work:
        facts = work.session.scalars(
            select(EventRow.facts).where(EventRow.kind == "user.password_link_asked")
        ).all()
    assert [one["user_id"] is not None for one in facts] == [True, False, False]
    assert "example.org" not in str(facts)
    relay()
    assert [mail.to_address for mail in mails()] == ["ada@example.org"]


def test_F5_the_link_leads_to_the_configured_address_whatever_a_request_says(
    settings: Settings,
) -> None:
    app = create_app(
        replace(settings, base_url=BASE, smtp_url="smtp://127.0.0.1:2525"), sockets=False
    )
    add(email="ada@example.org")
    client = app.test_client()
    token = mark(client.get(PAGE, base_url=BASE))
    data = {"_csrf": token, "email": "ada@example.org"}
    evil = client.post(PAGE, data=data, base_url=BASE, headers={"Host": "evil.example"})
    assert evil.status_code == 400
    sly = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    assert client.post(PAGE, data=data, base_url=BASE, headers=sly).status_code == 303
    relay()
    assert f"{BASE}/set-password/" in letter()
    assert "evil" not in letter()


def test_F3_whoever_asks_and_asks_has_to_wait_and_fills_no_mailbox(app: Flask) -> None:
    add(email="ada@example.org")
    client = app.test_client()
    codes = [ask(client, "ada@example.org").status_code for _ in range(7)]
    assert codes == [303] * 5 + [429] * 2
    refused = ask(client, "ada@example.org")
    assert int(refused.headers["Retry-After"]) >= 1
    assert "Too many tries" in refused.text
    relay()
    assert len(mails()) == 1


def test_a_link_ends_after_an_hour_and_a_new_one_ends_no_other(app: Flask) -> None:
    user_id = add(email="ada@example.org")
    client, start = app.test_client(), clock.now()
    with begin(SYSTEM) as work:
        by_hand = f"/set-password/{resets.issue(work, user_id)}"
    ask(client, "ada@example.org")
    relay()
    link = path()
    assert client.get(by_hand).status_code == 200
    with clock.moved_to(start + timedelta(minutes=59)):
        assert client.get(link).status_code == 200
    with clock.moved_to(start + timedelta(minutes=61)):
        assert client.get(link).status_code == 404
        token = mark(client.get("/sign-in"))
        late = client.post(link, data={"_csrf": token, "password": NEW, "again": NEW})
        assert late.status_code == 404
        assert client.get(by_hand).status_code == 200


def test_where_no_mail_leaves_the_page_says_whom_to_ask(settings: Settings) -> None:
    client = create_app(settings, sockets=False).test_client()
    add(email="ada@example.org")
    page = client.get(PAGE)
    assert "Ask an administrator for a link" in words_of(page.text)
    assert 'name="email"' not in page.text
    token = mark(client.get("/sign-in"))
    answer = client.post(PAGE, data={"_csrf": token, "email": "ada@example.org"})
    assert answer.status_code == 409
    assert "Ask an administrator for a link" in words_of(answer.text)
    with reading(SYSTEM) as work:
        assert work.session.scalars(select(SignInFailure)).all() == []


def test_F10_what_is_no_address_or_no_form_of_ours_is_refused(app: Flask) -> None:
    client = app.test_client()
    answer = ask(client, "<script>alert(1)</script>")
    assert answer.status_code == 400
    assert "<script>alert" not in answer.text
    assert client.post(PAGE, data={"email": "ada@example.org"}).status_code in (400, 403)
    token = mark(client.get(PAGE))
    long = {"_csrf": token, "email": "a" * 5_000 + "@example.org"}
    assert client.post(PAGE, data=long).status_code == 303
    relay()
    assert mails() == []
