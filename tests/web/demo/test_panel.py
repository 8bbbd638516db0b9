"""The panel: who is let in, what it shows, what its buttons answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from helpdesk.core.config import Settings
from helpdesk.demo import filling
from helpdesk.demo.traffic import Traffic
from tests.web.signed_in import browser_as, mark

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
NEAR = {"REMOTE_ADDR": "127.0.0.1"}
FAR = {"REMOTE_ADDR": "203.0.113.9"}


@pytest.fixture
def logins(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """The demo company behind the application, its threads left out."""
    monkeypatch.setattr(filling, "CUSTOMERS", 12)
    users = filling.fill(settings, lambda line: None, days=1)
    note = {"url": settings.base_url, "users": users}
    (Path(settings.data) / "demo.json").write_text(json.dumps(note))
    traffic = app.extensions["helpdesk.traffic"] = Traffic()
    traffic.timetable.start = lambda: False
    return users


def test_there_is_no_panel_where_no_demo_company_lives(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/demo", environ_base=NEAR).status_code == 404
    assert client.get("/demo/state", environ_base=NEAR).status_code == 404
    boss = browser_as(app, "supervisor")
    assert boss.post("/demo/do", data={"action": "visitor"}).status_code == 404


def test_on_this_machine_the_panel_shows_the_logins(
    app: Flask, logins: list[dict[str, str]]
) -> None:
    page = app.test_client().get("/demo", environ_base=NEAR)
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert all(user["email"] in text and user["password"] in text for user in logins)
    assert not any(user["token"] in text for user in logins)


def test_from_elsewhere_the_panel_is_not_there(app: Flask, logins: list[dict[str, str]]) -> None:
    client = app.test_client()
    assert client.get("/demo", environ_base=FAR).status_code == 404
    assert client.get("/demo/state", environ_base=FAR).status_code == 404
    agent = browser_as(app, "agent")
    assert agent.get("/demo", environ_base=FAR).status_code == 404


def test_from_elsewhere_a_supervisor_gets_the_buttons_but_no_passwords(
    app: Flask, logins: list[dict[str, str]]
) -> None:
    page = browser_as(app, "supervisor").get("/demo", environ_base=FAR)
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "A visitor writes" in text
    assert not any(user["password"] in text for user in logins)


@pytest.mark.parametrize(
    "action, told",
    [
        ("visitor", "A visitor writes"),
        ("ten", "10 visitors write"),
        ("leaves", "No simulated visitor is here. Let one write first."),
        ("steady", "Steady traffic is on"),
        ("dies", "Mia comes to the desk. Watch what happens to her chat."),
        ("declines", "Oskar comes to the desk and will decline"),
        ("colleagues", "Hanna and Paul come to work"),
        ("clear", "All simulated visitors and agents go"),
    ],
)
def test_each_button_says_what_it_did(
    app: Flask, logins: list[dict[str, str]], action: str, told: str
) -> None:
    client = app.test_client()
    token = mark(client.get("/demo", environ_base=NEAR))
    answer = client.post(
        "/demo/do",
        data={"_csrf": token, "action": action},
        headers={"Accept": "application/json"},
        environ_base=NEAR,
    )
    assert answer.get_json()["told"] == told
    plain = client.post("/demo/do", data={"_csrf": token, "action": action}, environ_base=NEAR)
    assert (plain.status_code, plain.headers["Location"]) == (303, "/demo")


def test_a_press_without_the_pages_token_does_nothing(
    app: Flask, logins: list[dict[str, str]]
) -> None:
    answer = app.test_client().post("/demo/do", data={"action": "ten"}, environ_base=NEAR)
    assert answer.status_code == 403
    traffic = app.extensions["helpdesk.traffic"]
    assert traffic.timetable._list == []
