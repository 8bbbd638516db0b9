"""Programs that call the API, and a small floor for them to work on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from helpdesk.channels import sites
from helpdesk.core.actors import Actor, system
from helpdesk.core.heartbeats import process_id
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin
from helpdesk.customers import service as customers
from helpdesk.identity import tokens
from helpdesk.routing import setup
from helpdesk.workflows import chat, desk
from tests.web.signed_in import add_user


@dataclass
class Program:
    """Somebody's bearer token; `call("POST", "/customers", {...})` answers the response."""

    app: Flask
    user_id: str
    token: str

    def call(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, **kw: Any
    ) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **kw.pop("headers", {})}
        if key is not None:
            headers["Idempotency-Key"] = key
        if body is not None:
            kw["json"] = body
        return self.app.test_client().open(f"/api/v1{path}", method=method, headers=headers, **kw)

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of an answer that must be good."""
        answer = self.call("GET", path, query_string=query)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.json

    def post(self, path: str, body: Any = None, **kw: Any) -> Any:
        answer = self.call("POST", path, body, **kw)
        assert answer.status_code in (200, 201), answer.get_data(as_text=True)
        return answer.json


ProgramOf = Callable[..., Program]


@pytest.fixture
def program(app: Flask) -> ProgramOf:
    """`program("agent")`: a new person of this role with a token."""

    def make(role: str, **facts: Any) -> Program:
        return program_of(app, add_user(role, **facts))

    return make


def program_of(app: Flask, user_id: str) -> Program:
    with begin(Actor("user", user_id)) as work:
        _, text = tokens.create(work, user_id, "test")
    return Program(app, user_id, text)


@dataclass
class Floor:
    """A queue with a widget site; chats come in by `chat()`, agents by `sit_down`."""

    queue_id: str
    site_id: str
    secret: str
    members: list[str] = field(default_factory=list)

    def chat(self, text: str = "My order has not come", **facts: Any) -> str:
        """A visitor writes; the conversation's id."""
        with begin(system("test")) as work:
            site = sites.get_site(work, self.site_id)
            return chat.start(work, site, None, text=text, **facts).conversation_id

    def sit_down(self, user_id: str) -> None:
        """The agent serves the queue, has a desk open and is available."""
        self.members.append(user_id)
        with begin(system("test")) as work:
            setup.set_members(work, self.queue_id, self.members)
        with begin(Actor("user", user_id, role="agent")) as work:
            desk.connect(work, new_id(), process_id())
            desk.set_presence(work, "available")


@pytest.fixture
def floor(app: Flask) -> Floor:
    with begin(system("test")) as work:
        queue = setup.create_queue(work, name="Support")
        site, secret = sites.create_site(work, name="Shop", queue_id=queue.id)
        return Floor(queue.id, site.id, secret)


def add_customer(name: str = "Ada Byron", **facts: Any) -> str:
    with begin(system("test")) as work:
        return customers.create_customer(work, name=name, **facts).id
