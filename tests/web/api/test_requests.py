"""What is sent to the API: JSON, methods, addresses, tokens; and the form of every refusal."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk.core.actors import system
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.customers import custom_fields
from helpdesk.identity import tokens
from helpdesk.identity.models import ApiToken, User
from tests.web.api.conftest import ProgramOf, add_customer, program_of
from tests.web.signed_in import browser_as

BROKEN = [
    b"", b"{", b"}", b'{"name":}', b'{"name":"a",}', b"{name:'a'}", b'{"name":"a"} x', b"nul",
    b'{"name":"a"', b'{"name":"\x01"}', b'{"name":"\xff"}', b'{"name":"\\x"}', b'{"name":"\\u12"}',
    b'{"name":"\\ud800"}', b'{"custom":{"a":NaN}}', b'{"custom":{"a":Infinity}}',
    b'{"custom":{"a":1e}}', b'{"custom":{"a":01}}', b'{"custom":{"a":+1}}', b'{"custom":{"a":.5}}',
    b"\xef\xbb\xbf{}", b'\xff\xfe{\x00}\x00', b"/* c */{}", b'{"custom":{"a":' + b"[" * 100_000,
    b'{"custom":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_001,
]  # fmt: skip


@pytest.mark.parametrize("raw", BROKEN, ids=range(len(BROKEN)))
def test_K1_what_is_no_json_is_refused(program: ProgramOf, raw: bytes) -> None:
    answer = program("agent").call("POST", "/customers", data=raw, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json["code"] == "bad_json"
    assert answer.mimetype == "application/problem+json"


VALID = [
    b'"\\u0061\\uD801\\udc37"', b'"\\\\u0000"', b'"a\\/b\\n\\t\\""', b"-0", b"1E+2", b"0.1e-7",
    b"123456789", b"true", b"null", b'"\xe2\x82\xac\xef\xbf\xbf"', b'" "', b"[]", b'{"":1}',
]  # fmt: skip


@pytest.mark.parametrize("value", VALID, ids=range(len(VALID)))
def test_K1_valid_json_is_read_however_it_is_written(program: ProgramOf, value: bytes) -> None:
    """The value may not fit the field, but it is read."""
    raw = b' {"name": "Ada", "custom": {"colour": %s} , "name":"Bob"}\r\n' % value
    with begin(system("test")) as work:
        custom_fields.add_custom_field(
            work, subject="customer", key="colour", label="Colour", kind="text"
        )
    answer = program("agent").call("POST", "/customers", data=raw, content_type="application/json")
    if answer.status_code == 201:
        assert answer.json["name"] == "Bob"  # the last of two wins
    else:
        assert answer.json["code"] == "invalid"
        assert "custom.colour" in answer.json["fields"]


def test_K1_text_comes_back_as_it_was_sent(program: ProgramOf) -> None:
    agent, customer = program("agent"), add_customer()
    for text in ("\\u0000", "\\x00 {0.__class__} %s%n", "\u202e\ufeff𝕬\U0001f600", "\x7f\x85"):
        note = agent.post(f"/customers/{customer}/notes", {"text": text})
        assert note["text"] == text


def test_K1_a_nul_is_refused_wherever_it_stands(program: ProgramOf) -> None:
    agent = program("agent")
    for raw in (b'{"name":"a\\u0000b"}', b'{"custom":{"a\\u0000":1}}'):
        answer = agent.call("POST", "/customers", data=raw, content_type="application/json")
        assert (answer.status_code, answer.json["code"]) == (400, "bad_text")
    for path in ("/customers?q=%00", "/customers?%00=1", "/customers/%00"):
        assert agent.call("GET", path).status_code in (400, 404)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", None])
def test_F10_bodies_of_another_type_are_refused(program: ProgramOf, kind: str | None) -> None:
    agent = program("agent")
    answer = agent.call("POST", "/customers", data=b'{"name":"Ada"}', content_type=kind)
    assert answer.status_code == 415
    assert answer.mimetype == "application/problem+json"
    assert agent.get("/customers")["items"] == []


def test_a_body_too_large_is_refused_before_it_is_read(program: ProgramOf) -> None:
    raw = b'{"name":"' + b"a" * 300_000 + b'"}'
    answer = program("agent").call("POST", "/customers", data=raw, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "field",
    ["is_admin", "role", "id", "created_at", "merged_into_id", "merge_into", "link_to",
     "parent_id", "clone_from", "version", "assignee_id", "internal", "__proto__"],
)  # fmt: skip
def test_E8_fields_that_are_not_declared_are_refused(program: ProgramOf, field: str) -> None:
    agent, customer = program("agent"), add_customer()
    point = {"kind": "email", "value": "b@example.org"}
    for method, path, body in (
        ("POST", "/customers", {"name": "Bob", field: customer}),
        ("POST", "/customers", {"contact_points": [{**point, field: 1}]}),
        ("POST", f"/customers/{customer}/notes", {"text": "x", field: customer}),
    ):
        answer = agent.call(method, path, body)
        assert answer.status_code == 400
        assert field in answer.json["fields"]
    assert len(agent.get("/customers")["items"]) == 1
    assert agent.get(f"/customers/{customer}/notes")["items"] == []


def test_E8_a_person_cannot_be_made_more_than_their_role(program: ProgramOf) -> None:
    admin = program("admin")
    body = {"email": "eve@example.org", "name": "Eve", "role": "agent"}
    for extra in ({"is_admin": True}, {"password_hash": "x"}, {"is_active": False}, {"id": "1"}):
        assert admin.call("POST", "/users", {**body, **extra}).status_code == 400
    assert admin.get("/users", q="eve")["items"] == []


@pytest.mark.parametrize(
    "method,path,status",
    [
        ("TRACE", "/customers", 405),
        ("DELETE", "/customers", 405),
        ("OPTIONS", "/customers", 405),
        ("PROPFIND", "/customers", 405),
        ("GET", "/customers/", 404),
        ("GET", "//customers", 404),
        ("GET", "/customers/1", 404),
        ("GET", "/customers/019A0B52-7C1E-7A44-9D0B-5F4B7E6C1A20", 404),
        ("GET", "/nothing", 404),
        ("GET", "/.git/config", 404),
        ("POST", "/me", 405),
    ],
)
def test_K8_other_methods_and_addresses_are_problems(
    program: ProgramOf, method: str, path: str, status: int
) -> None:
    answer = program("admin").call(method, path)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert ("Allow" in answer.headers) == (status == 405)
    assert set(answer.json) >= {"type", "title", "status", "detail", "code"}


def test_head_answers_like_get_without_the_body(program: ProgramOf) -> None:
    answer = program("agent").call("HEAD", "/customers")
    assert answer.status_code == 200
    assert answer.get_data() == b""


def test_F10_a_method_override_means_nothing(program: ProgramOf) -> None:
    agent, customer = program("agent"), add_customer()
    answer = agent.call(
        "GET", f"/customers/{customer}", headers={"X-HTTP-Method-Override": "DELETE"}
    )
    assert answer.status_code == 200
    assert agent.get(f"/customers/{customer}")["name"] == "Ada Byron"


def test_F17_a_token_in_the_address_is_refused(app: Flask, program: ProgramOf) -> None:
    token = program("admin").token
    for name in ("access_token", "token", "api_key", "key"):
        answer = app.test_client().get(f"/api/v1/me?{name}={token}")
        assert answer.status_code == 401
        assert token.encode() not in answer.get_data()


def test_F17_a_revoked_token_is_dead_at_once_and_only_its_hash_is_kept(
    program: ProgramOf,
) -> None:
    agent = program("agent")
    assert agent.call("GET", "/me").status_code == 200
    with begin(system("test")) as work:
        row = work.session.scalars(select(ApiToken).where(ApiToken.user_id == agent.user_id)).one()
        kept = [str(getattr(row, column)) for column in ApiToken.__table__.columns.keys()]  # noqa: SIM118
        assert agent.token not in kept
        tokens.revoke(work, agent.user_id, row.id)
    answer = agent.call("GET", "/me")
    assert (answer.status_code, answer.json["code"]) == (401, "not_signed_in")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_E10_somebody_deactivated_is_out_at_once(program: ProgramOf) -> None:
    admin, agent = program("admin"), program("agent")
    changed = admin.call("PATCH", f"/users/{agent.user_id}", {"is_active": False})
    assert changed.json["is_active"] is False
    assert agent.call("GET", "/me").status_code == 401


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer hd_x", "Basic YTpi", "bearer \x00"]
)
def test_what_is_no_token_is_refused(app: Flask, header: str) -> None:
    answer = app.test_client().get("/api/v1/me", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"


def test_F11_headers_of_proxies_sign_nobody_in(app: Flask) -> None:
    for name in ("X-Remote-User", "Remote-User", "X-Forwarded-User"):
        assert app.test_client().get("/api/v1/me", headers={name: "admin"}).status_code == 401


def test_a_page_of_ours_may_call_with_its_session_and_its_mark(app: Flask) -> None:
    browser = browser_as(app, "agent")
    with_mark = browser.client.get("/api/v1/me", headers={"X-CSRF-Token": browser.csrf})
    assert with_mark.status_code == 200
    assert browser.get("/api/v1/me").status_code == 401
    assert browser.post("/api/v1/customers", json={"name": "Ada"}).status_code == 201


def test_L9_the_last_administrator_stays(program: ProgramOf) -> None:
    admin = program("admin")
    answer = admin.call("PATCH", f"/users/{admin.user_id}", {"role": "agent"})
    assert (answer.status_code, answer.json["code"]) == (409, "last_admin")
    assert admin.get("/me")["role"] == "admin"


def test_changes_need_the_version_they_were_made_from(program: ProgramOf) -> None:
    agent, customer = program("agent"), add_customer()
    path = f"/customers/{customer}"

    def change(body: Any, **headers: str) -> Any:
        return agent.call(
            "PATCH", path, body, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )

    read = agent.call("GET", path)
    assert read.headers["ETag"] == '"1"'
    assert change({"name": "Bob"}).json["code"] == "version_needed"
    changed = change({"name": "Bob"}, if_match=read.headers["ETag"])
    assert (changed.status_code, changed.json["version"]) == (200, 2)
    assert change({"name": "Eve", "version": 1}).status_code == 409
    assert change({"name": "Eve", "version": 2}, if_match='"1"').json["code"] == "bad_if_match"
    assert change({"name": "Eve"}, if_match="*").json["code"] == "bad_if_match"
    assert agent.get(path)["name"] == "Bob"


def test_refusals_say_which_field_is_wrong(program: ProgramOf) -> None:
    agent = program("agent")
    body = {"name": "x" * 161, "contact_points": []}
    assert set(agent.call("POST", "/customers", body).json["fields"]) == {"name"}
    body = {"contact_points": [{"kind": "email", "value": "nobody"}]}
    assert set(agent.call("POST", "/customers", body).json["fields"]) == {"email"}
    wrong = {"name": "Bob", "organisation_id": new_id(), "owner_id": None}
    assert set(agent.call("POST", "/customers", wrong).json["fields"]) == {"organisation_id"}


def test_the_document_names_every_operation_and_is_built_once(app: Flask) -> None:
    first = app.test_client().get("/api/v1/openapi.json")
    document = first.json
    assert document["openapi"].startswith("3.1")
    told = {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
    served = set()
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("api.") and rule.endpoint != "api.openapi":
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1"))
            served |= {(method, path) for method in (rule.methods or set()) - {"HEAD"}}
    assert told == served
    for methods in document["paths"].values():
        for one in methods.values():
            assert one["summary"]
            assert {"400", "401", "403", "404", "409", "429"} <= set(one["responses"])
    assert app.test_client().get("/api/v1/openapi.json").get_data() == first.get_data()


def test_the_audit_tells_who_changed_what_through_the_api(app: Flask, program: ProgramOf) -> None:
    admin, agent = program("admin"), program("agent")
    admin.call("PATCH", f"/users/{agent.user_id}", {"role": "supervisor"})
    (entry,) = admin.get("/audit", action="user.role_changed")["items"]
    assert (entry["actor"]["id"], entry["subject_id"]) == (admin.user_id, agent.user_id)
    assert entry["details"] == {"before": "agent", "after": "supervisor"}
    assert entry["address"] == "127.0.0.1"
    again = program_of(app, agent.user_id)
    assert again.get("/me")["role"] == "supervisor"
    with reading(system("test")) as work:
        assert work.session.get_one(User, agent.user_id).role == "supervisor"
