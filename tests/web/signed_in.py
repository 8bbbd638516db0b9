"""Browsers for tests: `browser_as(app, "agent")` is signed in and sends its CSRF token along."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from helpdesk.core.actors import system
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin
from helpdesk.identity import sessions
from helpdesk.identity.models import User


@dataclass
class Browser:
    client: FlaskClient
    csrf: str
    user_id: str
    session_id: str

    def get(self, path: str, **kw: Any) -> TestResponse:
        return self.client.get(path, **kw)

    def post(self, path: str, **kw: Any) -> TestResponse:
        return self.open(path, "POST", **kw)

    def open(self, path: str, method: str, **kw: Any) -> TestResponse:
        headers = {"X-CSRF-Token": self.csrf, **kw.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **kw)


def add_user(role: str, *, email: str | None = None, **facts: Any) -> str:
    """A person of this role, without a password; the id."""
    with begin(system("test")) as work:
        user = User(
            id=new_id(),
            email=email or f"{role}-{new_id()}@example.org",
            name=f"Ada {role.title()}",
            public_name="Ada",
            role=role,
            created_at=work.at,
            **facts,
        )
        work.session.add(user)
        return user.id


def browser_as(app: Flask, role: str, *, user_id: str | None = None) -> Browser:
    """A signed-in browser of a new person of this role, or of `user_id`."""
    user_id = user_id or add_user(role)
    with begin(system("test")) as work:
        opened = sessions.open_session(
            work, user_id, stage="full", address="127.0.0.1", agent="test"
        )
    client = app.test_client()
    https = app.extensions["helpdesk"].https
    client.set_cookie(sessions.cookie_name(https), opened.token, secure=https)
    return Browser(client, opened.csrf, user_id, opened.id)


def mark(page: TestResponse) -> str:
    """The CSRF token in a page's form."""
    found = re.search(r'name="_csrf" value="([^"]+)"', page.get_data(as_text=True))
    assert found, page.get_data(as_text=True)[:500]
    return html.unescape(found.group(1))


def send(client: FlaskClient, page: str, to: str | None = None, **fields: str) -> TestResponse:
    """Open `page`, then send its form to `to` (the same address if not given)."""
    token = mark(client.get(page))
    return client.post(to or page, data={"_csrf": token, **fields})
