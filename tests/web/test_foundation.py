"""What every request meets, whichever page it asks for: hosts, headers, marks, errors, health."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Annotated

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient

from helpdesk.app import compose, create_app
from helpdesk.core.actors import system
from helpdesk.core.config import Settings
from helpdesk.core.errors import Invalid, TooMany
from helpdesk.core.work import begin
from helpdesk.identity import tokens
from helpdesk.web import doors
from helpdesk.web.bodies import Body, form_body, json_body
from helpdesk.web.doors import allow
from tests.web.signed_in import add_user, browser_as

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

HTTPS = "https://desk.example.org"


class Note(Body, frozen=True):
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    count: int = 0
    tags: list[str] = msgspec.field(default_factory=list)
    urgent: bool = False


@pytest.fixture(scope="module")
def _made() -> list[Flask]:
    """Once for all who change nothing of it: a thousand routes are put together for each."""
    return []


@pytest.fixture
def app(settings: Settings, _made: list[Flask]) -> Flask:
    """The application with a few views of its own to ask, over this test's database."""
    if not _made:
        _made.append(with_views(settings))
    compose(settings)
    _made[0].extensions["helpdesk"] = settings
    return _made[0]


def with_views(settings: Settings) -> Flask:
    application = create_app(settings, sockets=False)

    @application.post("/try/json", endpoint="try.json")
    @application.post("/api/try", endpoint="try.api")
    @allow("signed_in")
    def take_json() -> dict[str, object]:
        note = json_body(Note)
        return {"text": note.text, "count": note.count, "by": doors.actor().id}

    @application.post("/try/form", endpoint="try.form")
    @allow("signed_in")
    def take_form() -> dict[str, object]:
        return msgspec.structs.asdict(form_body(Note))

    @application.get("/try/fails", endpoint="try.fails")
    @allow("public")
    def fails() -> str:
        raise RuntimeError("SELECT secret FROM app_user -- /srv/helpdesk/core/db.py")

    @application.get("/try/slow-down", endpoint="try.slow_down")
    @allow("public")
    def slow_down() -> str:
        raise TooMany("Too many.", retry_after_s=7)

    @application.get("/try/admin", endpoint="try.admin")
    @allow("admin")
    def for_admins() -> str:
        return "secret"

    @application.get("/try/hidden", endpoint="try.hidden")
    @allow("admin", hidden=True)
    def hidden() -> str:
        return "secret"

    @application.post("/try/token-in-body", endpoint="try.cookieless")
    @allow("public", cookies=False)
    def cookieless() -> dict[str, str]:
        return {"actor": doors.actor().label}

    @application.get("/try/who", endpoint="try.who")
    @allow("public")
    def who() -> dict[str, str]:
        return {"actor": doors.actor().label, "address": str(doors.address())}

    return application


def https(settings: Settings, **more: object) -> Flask:
    return with_views(replace(settings, base_url=HTTPS, **more))  # type: ignore[arg-type]


# Hosts


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "localhost:80:80", "localhost@evil", "", "[::1"],
)
def test_F5_another_host_name_is_refused_everywhere(client: FlaskClient, host: str) -> None:
    for path in ("/", "/sign-in", "/static/core/page.js", "/socket.io/?EIO=4", "/nothing"):
        assert client.get(path, headers={"Host": host}).status_code == 400


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1:9", "[::1]:8000", "[::1]"]
)
def test_own_host_names_are_known(client: FlaskClient, host: str) -> None:
    assert client.get("/forgot-password", headers={"Host": host}).status_code == 200


def test_F5_a_forwarded_host_means_nothing_without_a_trusted_proxy(settings: Settings) -> None:
    app = https(settings)
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-For": "203.0.113.9"}
    answer = app.test_client().get("/try/who", base_url=HTTPS, headers=headers)
    assert answer.json == {"actor": "visitor:nobody", "address": "127.0.0.1"}


def test_F5_a_trusted_proxy_is_believed_only_as_far_as_it_is_trusted(settings: Settings) -> None:
    app = https(settings, trusted_proxies=1)
    client = app.test_client()
    headers = {
        "X-Forwarded-For": "198.51.100.1, 203.0.113.9",
        "X-Forwarded-Host": "evil, desk.example.org",
    }
    answer = client.get("/try/who", base_url="http://10.0.0.1:8000", headers=headers)
    assert answer.json is not None
    assert answer.json["address"] == "203.0.113.9"
    headers["X-Forwarded-Host"] = "desk.example.org, evil.example"
    assert client.get("/try/who", base_url=HTTPS, headers=headers).status_code == 400


def test_F11_headers_that_name_a_user_are_ignored(client: FlaskClient) -> None:
    for name in ("X-Remote-User", "Remote-User", "X-Forwarded-User", "X-Authenticated-User"):
        answer = client.get(
            "/try/who", headers={name: "admin"}, environ_overrides={"REMOTE_USER": "admin"}
        )
        assert answer.json is not None
        assert answer.json["actor"] == "visitor:nobody"


# Headers


@pytest.mark.parametrize(
    "path", ["/forgot-password", "/nothing", "/api/nothing", "/try/fails", "/livez"]
)
def test_F15_every_answer_carries_the_protecting_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert policy["default-src"] == policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == "'self' ws://localhost wss://localhost"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers


def test_https_is_insisted_on_once_it_is_configured(settings: Settings) -> None:
    answer = https(settings).test_client().get("/forgot-password", base_url=HTTPS)
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


def test_static_files_may_be_kept_for_ever_only_under_their_present_hash(app: Flask) -> None:
    asset = app.jinja_env.globals["asset"]
    client = app.test_client()
    kept = client.get(asset("core/page.js"), buffered=True)  # type: ignore[operator]
    assert "immutable" in kept.headers["Cache-Control"]
    for path in ("/static/core/page.js", "/static/core/page.js?v=0123456789ab"):
        answer = client.get(path, buffered=True)
        assert answer.headers["Cache-Control"] == "max-age=0, public"
    assert client.get("/static/core/none.js?v=1").status_code == 404
    assert client.get("/static/../helpdesk/app.py").status_code == 404
    assert client.get("/static/%2e%2e/pyproject.toml").status_code == 404


# Marks on unsafe requests


def test_F10_a_request_without_mark_or_from_elsewhere_changes_nothing(app: Flask) -> None:
    browser = browser_as(app, "agent")
    good = {"text": "hi"}
    assert browser.post("/try/form", data=good).status_code == 200
    assert browser.client.post("/try/form", data=good).status_code == 403
    assert browser.client.post("/try/form", data={**good, "_csrf": browser.csrf}).status_code == 200
    assert browser.client.post("/try/form", data={**good, "_csrf": "x"}).status_code == 403
    for name, value in (
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Origin", "http://localhost.evil.example"),
        ("Origin", "http://localhost:81"),
        ("Referer", "https://evil.example/localhost"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ):
        answer = browser.post("/try/form", data=good, headers={name: value})
        assert answer.status_code == 403, (name, value)
    own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert browser.post("/try/form", data=good, headers=own).status_code == 200


def test_F10_json_in_disguise_and_method_override_are_refused(app: Flask) -> None:
    browser = browser_as(app, "agent")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
        answer = browser.post("/try/json", data='{"text": "hi"}', content_type=kind)
        assert answer.status_code in (400, 415)
    override = {"X-HTTP-Method-Override": "POST", "X-CSRF-Token": browser.csrf}
    assert browser.get("/try/json?_method=POST", headers=override).status_code == 405


def test_F10_the_mark_of_one_session_does_not_fit_another(app: Flask) -> None:
    one, other = browser_as(app, "agent"), browser_as(app, "agent")
    headers = {"X-CSRF-Token": other.csrf}
    assert one.client.post("/try/form", data={"text": "x"}, headers=headers).status_code == 403


def test_a_view_that_takes_its_proof_elsewhere_knows_nobody(app: Flask) -> None:
    browser = browser_as(app, "admin")
    answer = browser.client.post("/try/token-in-body", headers={"Origin": "https://shop.example"})
    assert answer.json == {"actor": "visitor:nobody"}


# Bearer tokens


def bearer(role: str = "agent") -> str:
    user_id = add_user(role)
    with begin(system("test")) as work:
        return tokens.create(work, user_id, "test")[1]


def test_a_program_comes_in_with_a_bearer_token_and_needs_no_mark(client: FlaskClient) -> None:
    headers = {"Authorization": f"Bearer {bearer()}"}
    assert client.post("/api/try", json={"text": "hi"}, headers=headers).status_code == 200
    wrong = {"Authorization": "Bearer hd_wrong"}
    assert client.post("/api/try", json={"text": "hi"}, headers=wrong).status_code == 401


def test_F17_a_token_in_the_address_is_refused(client: FlaskClient) -> None:
    token = bearer()
    for name in ("token", "access_token", "api_key", "authorization"):
        answer = client.post(f"/api/try?{name}={token}", json={"text": "hi"})
        assert answer.status_code in (400, 401)
        assert token not in answer.get_data(as_text=True)


def test_a_bearer_token_opens_no_page(client: FlaskClient) -> None:
    answer = client.get("/account", headers={"Authorization": f"Bearer {bearer()}"})
    assert answer.status_code == 303


def test_a_session_cookie_is_taken_at_the_api_only_with_its_mark(app: Flask) -> None:
    browser = browser_as(app, "agent")
    assert browser.client.post("/api/try", json={"text": "hi"}).status_code == 401
    assert browser.post("/api/try", json={"text": "hi"}).status_code == 200
    foreign = {"Origin": "https://evil.example"}
    assert browser.post("/api/try", json={"text": "hi"}, headers=foreign).status_code == 403


# Bodies


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "null", '{"text": 1}', '{"text": ""}', '{"text": "x", "count": NaN}',
     '{"text": "\\u0000"}', '{"text": "\\ud800"}', '{"text": "' + "x" * 21 + '"}',
     "[" * 100_000, '{"text": "x", "is_admin": true}', b'{"text": "\xff"}', "{}"],
)  # fmt: skip
def test_E8_a_body_that_does_not_fit_its_shape_is_refused(app: Flask, body: str | bytes) -> None:
    browser = browser_as(app, "agent")
    answer = browser.post("/try/json", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"


def test_E8_a_form_with_an_unknown_field_is_refused(app: Flask) -> None:
    browser = browser_as(app, "agent")
    assert browser.post("/try/form", data={"text": "x", "role": "admin"}).status_code == 400
    assert browser.post("/try/form", data={"text": "x\x00"}).status_code == 400


def test_a_form_gives_typed_values(app: Flask) -> None:
    browser = browser_as(app, "agent")
    data = {"text": "  hi\r\nyou ", "count": "3", "tags": ["a", "b"], "urgent": "1"}
    answer = browser.post("/try/form", data=data)
    assert answer.json == {"text": "hi\nyou", "count": 3, "tags": ["a", "b"], "urgent": True}
    answer = browser.post("/try/form", data={"text": "hi", "count": ""})
    assert answer.json == {"text": "hi", "count": 0, "tags": [], "urgent": False}


@pytest.mark.parametrize(
    "data, field, word",
    [
        ({}, "text", "needed"),
        ({"text": "x" * 21}, "text", "at most 20"),
        ({"text": "x", "count": "many"}, "count", "can't be used"),
    ],
)
def test_a_refused_field_is_named_in_plain_words(
    app: Flask, data: dict[str, str], field: str, word: str
) -> None:
    with app.test_request_context(method="POST", data=data), pytest.raises(Invalid) as caught:
        form_body(Note)
    assert word in caught.value.fields[field]


def test_a_large_body_is_refused_before_it_is_read(app: Flask) -> None:
    browser = browser_as(app, "agent")
    answer = browser.post("/try/form", data={"text": "x" * 300_000})
    assert answer.status_code == 413


# Errors


def test_K5_an_unforeseen_error_tells_nothing_but_a_reference(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "helpdesk.web"):
        pages = [client.get("/try/fails"), client.get("/try/fails", headers={"HX-Request": "true"})]
        pages.append(client.get("/try/fails", headers={"Accept": "application/json"}))
    for answer in pages:
        text = answer.get_data(as_text=True)
        assert answer.status_code == 500
        for secret in ("SELECT", "Traceback", "RuntimeError", ".py", "/srv"):
            assert secret not in text
    reference = pages[-1].get_json()["reference"]
    assert reference in caplog.text
    assert pages[-1].mimetype == "application/problem+json"


def test_errors_come_in_the_form_of_the_door(client: FlaskClient) -> None:
    page = client.get("/nothing")
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "There is nothing here" in page.get_data(as_text=True)
    problem = client.get("/api/nothing")
    assert problem.mimetype == "application/problem+json"
    assert problem.get_json()["code"] == "not_found"
    piece = client.get("/nothing", headers={"HX-Request": "true"})
    assert "<html" not in piece.get_data(as_text=True)
    assert client.get("/try/slow-down").headers["Retry-After"] == "7"


def test_who_may_not_is_told_by_the_form_of_the_door(app: Flask) -> None:
    nobody, agent = app.test_client(), browser_as(app, "agent")
    customer = browser_as(app, "customer")
    sent_on = nobody.get("/try/admin?tab=a%20b")
    assert sent_on.headers["Location"] == "/sign-in?next=/try/admin%3Ftab%3Da%2520b"
    assert nobody.get("/try/admin", headers={"HX-Request": "true"}).status_code == 401
    assert nobody.get("/try/admin", headers={"Accept": "application/json"}).status_code == 401
    assert agent.get("/try/admin").status_code == 403
    assert agent.get("/try/hidden").status_code == 404
    assert customer.get("/try/admin").status_code == 404


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "FOO"])
def test_K8_odd_methods_are_refused(client: FlaskClient, method: str) -> None:
    assert client.open("/sign-in", method=method).status_code == 405


@pytest.mark.parametrize(
    "path",
    ["/.git/config", "/.env", "/app.py~", "/backup.sql", "/static/.git/HEAD", "/rq", "/static/"],
)
def test_K8_backup_and_hidden_files_are_not_there(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/nothing?x=%00", "/try/who?x=\x00", "/sign-in?next=%00"])
def test_a_nul_in_the_address_is_no_error_of_ours(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code in (400, 404)


# Health


def test_K5_health_tells_outsiders_one_word_and_metrics_nothing(client: FlaskClient) -> None:
    outside = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.get("/livez", environ_overrides=outside).get_json() == {"status": "alive"}
    ready = client.get("/readyz", environ_overrides=outside)
    assert set(ready.get_json()) == {"status"}
    assert client.get("/metrics", environ_overrides=outside).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404


def test_metrics_are_for_this_machine_and_an_administrators_token(client: FlaskClient) -> None:
    client.get("/livez")
    assert b'helpdesk_http_seconds_count{endpoint="health.livez"' in client.get("/metrics").data
    outside = {"REMOTE_ADDR": "203.0.113.9"}
    for role, status in (("admin", 200), ("supervisor", 404)):
        headers = {"Authorization": f"Bearer {bearer(role)}"}
        answer = client.get("/metrics", headers=headers, environ_overrides=outside)
        assert answer.status_code == status


def test_a_view_that_does_not_say_who_may_call_it_stops_the_start(settings: Settings) -> None:
    app = with_views(settings)

    app.add_url_rule("/try/bare", "try.bare", lambda: "x")
    with pytest.raises(RuntimeError, match=r"try\.bare"):
        doors.require_marks(app)
