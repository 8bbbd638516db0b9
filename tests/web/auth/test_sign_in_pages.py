"""The whole way in and out through the door: cookies, second step, links, account."""

from __future__ import annotations

import re
import statistics
import time
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from helpdesk.app import create_app
from helpdesk.core import clock
from helpdesk.core.actors import system
from helpdesk.core.config import Settings
from helpdesk.core.work import begin, reading
from helpdesk.identity import resets, service, sessions, tokens, totp
from tests.identity.people import PASSWORD, add
from tests.web.signed_in import mark, send

NEW = "a heron in the reeds"
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD, **more: str) -> TestResponse:
    return send(client, "/sign-in", email=email, password=password, **more)


def cookie(answer: TestResponse, name: str) -> str:
    return next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith(f"{name}="))


def test_signing_in_leads_on_and_signing_out_ends_it(app: Flask) -> None:
    add(email="ada@example.org")
    client = app.test_client()
    assert client.get("/").headers["Location"] == "/sign-in"
    answer = sign_in(client, "  Ada@Example.org ", next="/account/password")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account/password")
    page = client.get("/account/password")
    assert page.status_code == 200
    assert client.get("/").headers["Location"] == "/desk"
    before = client.get_cookie("helpdesk")
    assert before is not None
    client.post("/sign-out", data={"_csrf": mark(page)})
    assert client.get("/account").status_code == 303
    client.set_cookie("helpdesk", before.value)
    assert client.get("/account").status_code == 303


def test_F1_a_planted_cookie_does_not_become_a_session(app: Flask) -> None:
    add(email="ada@example.org")
    client = app.test_client()
    client.set_cookie("helpdesk", "hdb_planted-by-somebody-else")
    sign_in(client, "ada@example.org")
    fresh = client.get_cookie("helpdesk")
    assert fresh is not None
    assert fresh.value != "hdb_planted-by-somebody-else"
    other = app.test_client()
    other.set_cookie("helpdesk", "hdb_planted-by-somebody-else")
    assert other.get("/account").status_code == 303


def test_F9_the_session_cookie_is_bound_to_this_host_over_https(settings: Settings) -> None:
    base = "https://desk.example.org"
    app = create_app(replace(settings, base_url=base), sockets=False)
    add(email="ada@example.org")
    client = app.test_client()
    page = client.get("/sign-in", base_url=base)
    data = {"_csrf": mark(page), "email": "ada@example.org", "password": PASSWORD}
    answer = client.post("/sign-in", data=data, base_url=base)
    assert answer.status_code == 303
    for name in ("__Host-helpdesk", "__Host-helpdesk-device"):
        said = cookie(answer, name)
        for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert word in said
        assert "Domain" not in said
    assert client.get("/account", base_url=base).status_code == 200


def test_F9_no_session_token_is_in_an_address_or_the_log(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    add(email="ada@example.org")
    client = app.test_client()
    with caplog.at_level("DEBUG"):
        answer = sign_in(client, "ada@example.org")
    kept = client.get_cookie("helpdesk")
    assert kept is not None
    assert kept.value not in answer.headers["Location"] + answer.get_data(as_text=True)
    assert kept.value not in caplog.text
    assert PASSWORD not in caplog.text


def test_F4_known_and_unknown_addresses_get_the_same_answer_at_the_same_pace(app: Flask) -> None:
    add(email="ada@example.org")
    add(email="new@example.org", password=False)
    emails = ("ada@example.org", "nobody@example.org", "new@example.org")
    sign_in(app.test_client(), "warm@example.org", "wrong password")
    bodies, times = set(), {email: [] for email in emails}
    for turn in range(4):
        for email in emails:
            client = app.test_client()
            token = mark(client.get("/sign-in"))
            data = {"_csrf": token, "email": email, "password": "wrong password"}
            before = time.process_time()
            answer = client.post(
                "/sign-in", data=data, environ_overrides={"REMOTE_ADDR": f"198.51.{turn}.1"}
            )
            times[email].append(time.process_time() - before)
            text = answer.get_data(as_text=True).replace(email, "EMAIL")
            text = re.sub(r'value="[0-9a-f]{64}"|data-now="[^"]*"', "", text)
            bodies.add((answer.status_code, text))
    assert len(bodies) == 1
    medians = [statistics.median(t) for t in times.values()]
    assert max(medians) < 2 * min(medians)


def test_F3_too_many_wrong_passwords_have_to_wait(app: Flask) -> None:
    add(email="ada@example.org")
    client = app.test_client()
    codes = [
        sign_in(client, "ada@example.org", f"wrong password {n}").status_code for n in range(7)
    ]
    assert codes == [401] * 5 + [429] * 2
    answer = sign_in(app.test_client(), "ada@example.org")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1


def test_F7_a_huge_password_is_refused_fast(app: Flask) -> None:
    client = app.test_client()
    add(email="ada@example.org")
    token = mark(client.get("/sign-in"))
    for size, status in ((2_000, 400), (10_000_000, 413)):
        data = {"_csrf": token, "email": "ada@example.org", "password": "x" * size}
        before = time.perf_counter()
        assert client.post("/sign-in", data=data).status_code == status
        assert time.perf_counter() - before < 0.5


def test_F14_signing_in_never_leads_to_another_site(app: Flask) -> None:
    add(email="ada@example.org")
    for target in (
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/%2f/evil.example",
    ):
        answer = sign_in(app.test_client(), "ada@example.org", next=target)
        assert answer.headers["Location"] == "/"


def test_the_second_step_is_asked_for_and_its_code_is_good_once(app: Flask) -> None:
    user_id = add(email="ada@example.org")
    with clock.moved_to(clock.now() - timedelta(minutes=5)), begin(system("test")) as work:
        secret = totp.start(work, user_id)
        totp.confirm(work, user_id, pyotp.TOTP(secret).at(work.at))
    client = app.test_client()
    answer = sign_in(client, "ada@example.org", next="/account")
    assert answer.headers["Location"] == "/sign-in/code?next=%2Faccount"
    half = client.get_cookie("helpdesk")
    assert half is not None
    assert client.get("/account").status_code == 303
    assert send(client, "/sign-in/code", code="000000").status_code == 401
    code = pyotp.TOTP(secret).now()
    answer = send(client, "/sign-in/code", code=code, next="/account")
    assert answer.headers["Location"] == "/account"
    full = client.get_cookie("helpdesk")
    assert full is not None
    assert full.value != half.value
    assert client.get("/account").status_code == 200
    again = app.test_client()
    sign_in(again, "ada@example.org")
    assert send(again, "/sign-in/code", code=code).status_code == 401


def test_F13_a_link_sets_a_password_once_and_opening_it_uses_nothing_up(app: Flask) -> None:
    user_id = add(email="ada@example.org", password=False)
    with begin(system("test")) as work:
        path = f"/set-password/{resets.issue(work, user_id)}"
    client = app.test_client()
    for _ in range(3):
        assert client.head(path).status_code == 200
        page = client.get(path)
        assert page.headers["Referrer-Policy"] == "strict-origin"
    assert send(client, path, password="short", again="short").status_code == 400
    assert send(client, path, password=NEW, again="another one here").status_code == 400
    assert send(client, path, password=NEW, again=NEW).status_code == 303
    assert client.get(path).status_code == 404
    token = mark(client.get("/sign-in"))
    data = {"_csrf": token, "password": NEW, "again": NEW}
    assert client.post(path, data=data).status_code == 404
    assert sign_in(client, "ada@example.org", NEW).status_code == 303


def test_F2_changing_the_password_keeps_this_browser_and_ends_the_others(app: Flask) -> None:
    user_id = add(email="ada@example.org")
    here, there = app.test_client(), app.test_client()
    for client in (here, there):
        sign_in(client, "ada@example.org")
    with begin(system("test")) as work:
        _, token = tokens.create(work, user_id, "report")
    before = here.get_cookie("helpdesk")
    wrong = send(
        here, "/account/password", current_password="not this one", password=NEW, again=NEW
    )
    assert wrong.status_code == 400
    done = send(here, "/account/password", current_password=PASSWORD, password=NEW, again=NEW)
    assert done.status_code == 303
    after = here.get_cookie("helpdesk")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 303
    with reading(system("test")) as work:
        assert tokens.find(work, token) is None
        assert sessions.find(work, before.value) is None


def test_the_account_pages_do_what_they_say(app: Flask) -> None:
    user_id = add(email="ada@example.org")
    client = app.test_client()
    sign_in(client, "ada@example.org")
    profile = {
        "name": "Ada K",
        "public_name": "Ada",
        "timezone": "Europe/Helsinki",
        "theme": "dark",
    }
    assert send(client, "/account", **profile).headers["Location"] == "/account?note=saved"
    assert "Saved." in client.get("/account?note=saved").get_data(as_text=True)
    bad = send(client, "/account", **{**profile, "timezone": "Mars/Base"})
    assert bad.status_code == 400
    assert send(client, "/account", **profile, role="admin").status_code == 400
    started = send(client, "/account/two-step", "/account/two-step/start", password=PASSWORD)
    assert started.status_code == 303
    page = client.get("/account/two-step").get_data(as_text=True)
    assert "data:image/svg+xml" in page
    with reading(system("test")) as work:
        secret = totp.pending_secret(service.get_user(work, user_id))
    assert secret
    code = pyotp.TOTP(secret).now()
    done = send(client, "/account/two-step", "/account/two-step/confirm", code=code)
    assert len(re.findall(r"<code>[a-z2-9]{4}-", done.get_data(as_text=True))) == 10
    assert "10 recovery codes left" in client.get("/account/two-step").get_data(as_text=True)
    made = send(client, "/account/tokens", name="nightly <b>report</b>", days="30")
    found = re.search(r"hd_[\w-]{20,}", made.get_data(as_text=True))
    assert found
    listed = client.get("/account/tokens").get_data(as_text=True)
    assert found.group() not in listed
    assert "nightly &lt;b&gt;report" in listed
    path = re.search(r"/account/tokens/[0-9a-f-]{36}/revoke", listed)
    assert path
    assert send(client, "/account/tokens", path.group()).status_code == 303
    with reading(system("test")) as work:
        assert tokens.find(work, found.group()) is None
    other = app.test_client()
    sign_in(other, "ada@example.org")
    assert send(client, "/account/sessions", "/account/sessions/end-others").status_code == 303
    off = send(client, "/account/two-step", "/account/two-step/off", password=PASSWORD)
    assert off.status_code == 303


def test_nobody_ends_the_session_of_somebody_else(app: Flask) -> None:
    add(email="ada@example.org")
    victim = add(email="grace@example.org")
    with begin(system("test")) as work:
        opened = sessions.open_session(work, victim, stage="full", address=None, agent=None)
    client = app.test_client()
    sign_in(client, "ada@example.org")
    send(client, "/account/sessions", f"/account/sessions/{opened.id}/end")
    with reading(system("test")) as work:
        assert sessions.live_roles(work, [opened.id])


def test_the_use_of_a_session_is_noted_at_most_once_a_minute(app: Flask) -> None:
    user_id, start = add(email="ada@example.org"), clock.now()
    client = app.test_client()
    with clock.moved_to(start):
        sign_in(client, "ada@example.org")
    seen = []
    for seconds in (10, 59, 61):
        with clock.moved_to(start + timedelta(seconds=seconds)):
            client.get("/account")
            with reading(system("test")) as work:
                seen.append((sessions.of_user(work, user_id)[0].seen_at - start).seconds)
    assert seen == [0, 0, 61]
