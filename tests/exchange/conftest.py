"""`customer` answers hooks; `exchange` is an exchange that reaches it in this thread; `caller` and
`agent` are people at it; `rest` is the vendor's client over loopback HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from twilio.rest import Client

from helpdesk.exchange.couriers import AppCourier
from helpdesk.exchange.exchange import ACCOUNT_SID, AUTH_TOKEN, Exchange
from helpdesk.exchange.http import served
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
    with served(exchange) as base:
        client = Client(ACCOUNT_SID, AUTH_TOKEN)
        client.api.base_url = base
        yield client
        client.http_client.session.close()
