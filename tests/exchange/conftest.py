"""`customer` answers hooks; `exchange` is an exchange that reaches it in this thread; `caller` and
`agent` are people at it; `rest` is the vendor's client over loopback HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from twilio.rest import Client
from werkzeug.serving import make_server

from helpdesk.exchange.couriers import AppCourier
from helpdesk.exchange.exchange import ACCOUNT_SID, AUTH_TOKEN, Exchange
from helpdesk.exchange.http import create_app
from helpdesk.exchange.phones import Device, Phone
from tests.exchange.customer import HOST, Customer

CENTRE = "+442071838750"


@pytest.fixture
def customer() -> Customer:
    return Customer()


@pytest.fixture
def exchange(customer: Customer) -> Exchange:
    exchange = Exchange(AppCourier(customer.app.test_client()))
    exchange.number(
        CENTRE, voice_url=f"{HOST}/voice", voice_fallback_url=f"{HOST}/fallback",
        status_callback=f"{HOST}/status", sms_url=f"{HOST}/sms",
    )  # fmt: skip
    return exchange


@pytest.fixture
def caller(exchange: Exchange) -> Phone:
    return exchange.phone("+447400123456")


@pytest.fixture
def agent(exchange: Exchange) -> Device:
    application = exchange.application(f"{HOST}/out", status_callback=f"{HOST}/status")
    return exchange.device("anna", application.sid)


@pytest.fixture
def rest(exchange: Exchange) -> Iterator[Client]:
    server = make_server("127.0.0.1", 0, create_app(exchange), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    client = Client(ACCOUNT_SID, AUTH_TOKEN)
    client.api.base_url = f"http://127.0.0.1:{server.server_port}"
    yield client
    client.http_client.session.close()
    server.shutdown()
    thread.join()
    server.server_close()
