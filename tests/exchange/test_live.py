"""The same exchange by the machine's own clock, with hooks and REST over HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant
from twilio.rest import Client
from werkzeug.serving import make_server

from helpdesk.core import clock
from helpdesk.exchange.access_tokens import TokenRefused
from helpdesk.exchange.agenda import LiveClock
from helpdesk.exchange.couriers import HttpCourier
from helpdesk.exchange.exchange import ACCOUNT_SID, AUTH_TOKEN, Exchange
from helpdesk.exchange.http import served
from helpdesk.exchange.live import LiveRunner
from helpdesk.exchange.phones import Phone
from tests.exchange.conftest import CENTRE
from tests.exchange.customer import Customer


@contextmanager
def listening(customer: Customer) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, customer.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def comes_about(true: Callable[[], object]) -> None:
    end = clock.monotonic() + 20
    while not true():
        assert clock.monotonic() < end
        time.sleep(0.02)


def test_a_phone_is_used_over_http_while_a_hook_calls_the_api_back(customer: Customer) -> None:
    exchange = Exchange(HttpCourier(), clock=LiveClock(), strict=False)
    runner = LiveRunner(exchange)
    with listening(customer) as host, served(exchange, people=True) as base:
        exchange.number(CENTRE, voice_url=f"{host}/voice", sms_url=f"{host}/sms")
        rest = Client(ACCOUNT_SID, AUTH_TOKEN)
        rest.api.base_url = base

        def menu(form: dict[str, str]) -> str:
            assert rest.calls(form["CallSid"]).fetch().status == "ringing"
            return '<Gather numDigits="1" action="/menu"><Say>Hi.</Say></Gather>'

        customer.says("/voice", menu)
        customer.says("/menu", "<Say>Thank you.</Say><Dial><Conference>a</Conference></Dial>")
        runner.start()
        phone = f"{base}/people/+447400123456"
        with requests.Session() as http:
            assert http.post(f"{phone}/dial", data={"value": CENTRE}).status_code == 200
            comes_about(lambda: "say: Hi." in http.get(phone).json()["heard"])
            http.post(f"{phone}/press", data={"value": "1"})
            comes_about(lambda: "music" in http.get(phone).json()["heard"])
            assert http.get(phone).json()["in_call_with"] == CENTRE
            refused = http.post(f"{phone}/dial", data={"value": CENTRE})
            assert (refused.status_code, refused.json()["message"]) == (409, "Hang up first.")
            http.post(f"{phone}/text", data={"value": f"{CENTRE} hello"})
            http.post(f"{phone}/hang_up")
            comes_about(lambda: customer.at("/sms"))
            assert http.get(phone).json()["call_status"] == "completed"
        runner.stop()
        rest.http_client.session.close()
    assert exchange.faults == []


def test_nobody_at_the_other_end_is_a_fault_and_not_a_crash() -> None:
    assert HttpCourier().post("http://127.0.0.1:9/voice", (), {}, "POST").status == 0


def test_a_browser_registers_with_the_token_that_the_vendors_package_makes(
    exchange: Exchange, customer: Customer, caller: Phone
) -> None:
    customer.says("/voice", "<Dial><Client>ben</Client></Dial>")
    key, secret = exchange.api_key()
    app = exchange.application("https://desk.example/out")

    def token(secret: str, **grant: object) -> str:
        made = AccessToken(
            ACCOUNT_SID, key, secret, identity="ben", nbf=int(exchange.now().timestamp()),
            valid_until=int(exchange.now().timestamp()) + 3600,
        )  # fmt: skip
        made.add_grant(VoiceGrant(outgoing_application_sid=app.sid, **grant))
        return str(made.to_jwt())

    device = exchange.register(token(secret, incoming_allow=True))
    assert device.application_sid == app.sid
    deaf = exchange.register(token(secret))
    caller.dial(CENTRE)
    assert device.ringing
    assert deaf.ringing is None
    for wrong in (token("another secret, long enough to sign"), "a.b.c", "", token(secret)[:-2]):
        with pytest.raises(TokenRefused):
            exchange.register(wrong)
    late = token(secret)
    exchange.advance(3601)
    with pytest.raises(TokenRefused):
        exchange.register(late)
