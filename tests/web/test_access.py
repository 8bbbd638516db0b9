"""Every route with every role against the table (E1)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from helpdesk.core.actors import ROLES
from helpdesk.core.ids import new_id
from helpdesk.web import doors
from tests.web.access_table import ALLOWED
from tests.web.signed_in import browser_as


def routes(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """Each rule with each of its methods and an address that fits it."""
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<id:[^>]+>", lambda _: new_id(), rule.rule)
        path = re.sub(r"<int:[^>]+>", "1", path)
        path = re.sub(r"<[^>]+>", "something", path)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method, path


def is_refusal(answer: TestResponse) -> bool:
    where = answer.headers.get("Location", "")
    to_sign_in = answer.status_code == 303 and where.startswith(("/sign-in", "/portal/sign-in"))
    return to_sign_in or answer.status_code in (401, 403, 404)


def roles_of(row: str) -> frozenset[str]:
    words = frozenset(row.split())
    return frozenset(ROLES) if words & {"public", "signed_in"} else words


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_E1_every_endpoint_has_a_row_and_every_row_an_endpoint(app: Flask) -> None:
    assert set(app.view_functions) == set(ALLOWED)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_E1_views_and_table_say_the_same(app: Flask) -> None:
    said = {name: doors.admission_of(app, name) for name in app.view_functions}
    assert {name: entry.who for name, entry in said.items() if entry} == {
        name: frozenset(row.split()) for name, row in ALLOWED.items()
    }


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.timeout(300)  # every address, each role
@pytest.mark.parametrize("role", ROLES)
def test_E1_a_role_reaches_only_what_the_table_grants(app: Flask, role: str) -> None:
    app.testing = False
    wrong = []
    for rule, method, path in routes(app):
        row = ALLOWED[rule.endpoint]
        browser = browser_as(app, role)
        answer = browser.open(path, method, buffered=True)
        granted = role in roles_of(row)
        locked_out = granted and "public" not in row and answer.status_code == 403
        if answer.status_code == 500 or locked_out or (not granted and not is_refusal(answer)):
            wrong.append((method, path, answer.status))
    assert not wrong


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_E1_somebody_who_is_not_signed_in_reaches_only_what_is_public(app: Flask) -> None:
    wrong = []
    for rule, method, path in routes(app):
        if "public" in ALLOWED[rule.endpoint].split():
            continue
        answer = app.test_client().open(path, method=method)
        if not is_refusal(answer):
            wrong.append((method, path, answer.status))
    assert not wrong


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_F10_each_unsafe_route_refuses_a_browser_without_the_token(app: Flask) -> None:
    wrong = []
    for rule, method, path in routes(app):
        entry = doors.admission_of(app, rule.endpoint)
        if method == "GET" or entry is None or not entry.cookies:
            continue
        for role in roles_of(ALLOWED[rule.endpoint]):
            browser = browser_as(app, role)
            answers = (
                browser.client.open(path, method=method),
                browser.open(path, method, headers={"Origin": "https://evil.example"}),
                browser.open(path, method, headers={"Origin": "null"}),
                browser.open(path, method, data="{}", content_type="text/plain"),
            )
            wrong += [
                (method, path, a.status)
                for a in answers
                if a.status_code not in (400, 401, 403, 404, 415)
            ]
            break
    assert not wrong
