"""Signatures and the order of parameters, held against recorded facts and the vendor's package."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from helpdesk.exchange.agenda import START
from helpdesk.exchange.calls import Call
from helpdesk.exchange.parameters import of_call, of_progress
from helpdesk.exchange.signing import in_carriers_order, signature, with_body_hash
from tests.exchange.conftest import CENTRE

# One request as it came; line breaks are ours.
RECORDED = """
    Called ToState CallerCountry Direction Timestamp CallbackSource SipResponseCode CallerState
    ToZip SequenceNumber CallSid To CallerZip ToCountry CalledZip ApiVersion CalledCity CallStatus
    Duration From CallDuration AccountSid CalledCountry CallerCity ToCity FromCountry Caller
    FromCity CalledState FromZip FromState
"""


def test_parameters_come_in_the_order_of_a_recorded_request() -> None:
    at = START + timedelta(seconds=11)
    call = Call("CA1", CENTRE, CENTRE, "outbound-api", START, START, answered_at=START)
    call.status, call.ended_at = "completed", at
    values = of_call("AC1", call) | of_progress(call, at)
    assert [name for name, _ in in_carriers_order(values)] == RECORDED.split()


def test_the_vendors_package_agrees_with_the_signature() -> None:
    url, values = "https://desk.example:8443/hooks?a=1", {"To": "+44", "From": "ü", "Body": ""}
    made = signature("token", url, values.items())
    assert RequestValidator("token").validate(url, values, made)
    assert not RequestValidator("token").validate(url, values | {"To": "+45"}, made)


def test_a_json_body_is_signed_by_its_hash_in_the_address() -> None:
    url = with_body_hash("https://desk.example/hooks?a=1", b'{"x": 1}')
    assert RequestValidator("token").validate(url, '{"x": 1}', signature("token", url))
    assert urlencode({"a": 1}) in url
