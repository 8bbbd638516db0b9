"""The demo's telephone: who is let in, what it refuses, and what the exchange opens to whom."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from helpdesk.carriers.twilio import tokens
from helpdesk.core import clock
from helpdesk.core.config import Settings
from helpdesk.core.ids import new_id
from helpdesk.demo import telephones
from helpdesk.demo.callers import STRANGER
from helpdesk.demo.kept_texts import KeptTexts
from helpdesk.demo.quiet_lines import DEAF_AFTER_S, QuietLines
from helpdesk.exchange.access_tokens import TokenRefused
from helpdesk.exchange.agenda import MovedClock
from helpdesk.exchange.couriers import AppCourier
from helpdesk.exchange.exchange import Exchange
from helpdesk.exchange.switch import Account
from helpdesk.supervise import demo
from tests.real.ports import free_port
from tests.web.demo.test_panel import FAR, NEAR, logins
from tests.web.signed_in import browser_as, mark

__all__ = ["logins"]
PAUSES = "<Say>Hello.</Say>" + '<Pause length="600"/>' * 3
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def account(app: Flask, settings: Settings) -> Settings:
    """The application of a demo whose exchange is away."""
    made = telephones.with_account(replace(settings, demo=True), free_port())
    app.extensions["helpdesk"] = made
    return made


def test_without_an_exchange_there_is_no_telephone(
    app: Flask, logins: list[dict[str, str]]
) -> None:
    client = app.test_client()
    assert client.get("/demo/phone", environ_base=NEAR).status_code == 404
    assert "/demo/phone" not in client.get("/demo", environ_base=NEAR).get_data(as_text=True)
    agent = browser_as(app, "agent")
    body = {"token": "a.b.c", "call": new_id()}
    headers = {"X-CSRF-Token": mark(agent.get("/desk"))}
    assert agent.post("/demo/line", json=body, headers=headers).status_code == 404


def test_whom_the_telephone_is_for_and_what_it_refuses(
    app: Flask, logins: list[dict[str, str]], account: Settings
) -> None:
    client = app.test_client()
    assert client.get("/demo/phone", environ_base=FAR).status_code == 404
    assert client.get("/demo/phone/state?who=" + STRANGER[1], environ_base=FAR).status_code == 404
    guide = client.get("/demo", environ_base=NEAR)
    assert "/demo/phone" in guide.get_data(as_text=True)

    away = client.get("/demo/phone", environ_base=NEAR)
    assert away.status_code == 503
    assert "does not answer" in away.get_data(as_text=True)
    asked = client.get("/demo/phone/state?who=%2B4930111", environ_base=NEAR)
    assert asked.status_code == 400

    call = {"who": STRANGER[1], "deed": "dial"}
    assert client.post("/demo/phone/do", data=call, environ_base=NEAR).status_code == 403
    stray = call | {"deed": "explode", "_csrf": mark(guide)}
    assert client.post("/demo/phone/do", data=stray, environ_base=NEAR).status_code == 400


def test_the_exchange_opens_nothing_without_its_account(settings: Settings) -> None:
    made = telephones.with_account(replace(settings, demo=True), 1)
    client = telephones.application(telephones.connected(made)).test_client()
    own = (made.twilio_account_sid, made.twilio_auth_token)
    for path in ("/people/+4915228817386", "/lines/CA1", "/2010-04-01/Accounts.json"):
        assert client.get(path).status_code == 401
        assert client.get(path, auth=(own[0], "guessed")).status_code == 401
    seen = client.get("/people/+4915228817386", auth=own).get_json()
    assert (seen["numbers"], seen["texts"]) == ([telephones.NUMBER], [])
    again = telephones.connected(made)
    assert again.switch.new_sid("CA") != telephones.connected(made).switch.new_sid("CA")
    assert client.post("/people/+4915228817386/machine", auth=own).status_code == 409
    refused = client.post("/lines", data={"token": "a.b.c", "call": new_id()}, auth=own)
    assert (refused.status_code, "token" in refused.get_json()["message"]) == (409, True)


def test_texts_outlive_a_restart_of_the_exchange(settings: Settings, tmp_path: Path) -> None:
    made = telephones.with_account(replace(settings, demo=True), 1)
    own, me = (made.twilio_account_sid, made.twilio_auth_token), "/people/+4915228817386"
    file = tmp_path / "texts.json"

    def started() -> FlaskClient:
        exchange = telephones.connected(made)
        return telephones.application(exchange, KeptTexts(exchange, file)).test_client()

    first = started()
    first.post(f"{me}/text", data={"value": f"{telephones.NUMBER} Moin"}, auth=own)
    sent = {"From": telephones.NUMBER, "To": "+4915228817386", "Body": "Moin moin"}
    path = f"/2010-04-01/Accounts/{own[0]}/Messages.json"
    assert first.post(path, data=sent, auth=own).status_code == 201
    first.post(f"{me}/text", data={"value": f"{telephones.NUMBER} STOP"}, auth=own)
    file.touch()
    again = started()
    seen = again.get(me, auth=own).get_json()
    assert [one["body"] for one in seen["texts"]] == ["Moin", "Moin moin", "STOP"]
    assert again.post(path, data=sent, auth=own).get_json()["code"] == 21610  # opted out
    file.write_text("{")
    assert started().get(me, auth=own).get_json()["texts"] == []


def test_a_desk_that_is_heard_of_no_more_is_out_of_its_call(settings: Settings) -> None:
    made = telephones.with_account(replace(settings, demo=True), 1)
    hooks = Flask("hooks")
    hooks.post("/agent")(lambda: Response(f"<Response>{PAUSES}</Response>", mimetype="text/xml"))
    exchange = Exchange(
        AppCourier(hooks.test_client()), clock=MovedClock(clock.now()),
        account=Account(made.twilio_account_sid, made.twilio_auth_token),
    )  # fmt: skip
    exchange.switch.keys[made.twilio_api_key] = made.twilio_api_secret
    exchange.application("http://desk.example/agent", sid=made.twilio_application)
    lines = QuietLines(exchange)
    sid = lines.place(tokens.access_token(made, new_id()), new_id())
    for _ in range(3):
        exchange.advance(DEAF_AFTER_S - 10)
        assert lines.state(sid) == {"state": "connected", "said": []}
    exchange.advance(2 * DEAF_AFTER_S)
    assert not exchange.call(sid).live
    exchange.advance(2 * DEAF_AFTER_S)
    assert lines.state(sid)["state"] == "lost"
    lines.hang_up(sid)
    with pytest.raises(TokenRefused):
        lines.place("a.b.c", new_id())


def test_only_a_demo_without_a_carrier_has_an_exchange(settings: Settings) -> None:
    shown = replace(settings, demo=True)
    assert demo.needs_exchange(shown)
    assert not demo.needs_exchange(replace(shown, demo=False))
    for real in ({"twilio_account_sid": "AC1"}, {"twilio_auth_token": "t"},
                 {"twilio_api_base": "https://api.example.org"}):  # fmt: skip
        assert not demo.needs_exchange(replace(shown, **real))
    one, other = telephones.with_account(shown, 1), telephones.with_account(shown, 1)
    assert one.has_exchange
    assert one.twilio_auth_token != other.twilio_auth_token
