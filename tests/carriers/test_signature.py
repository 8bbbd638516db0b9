"""Rows H1 and H2: what is refused, and what must be let in."""

from __future__ import annotations

import hashlib

import pytest
from twilio.request_validator import RequestValidator

from helpdesk.carriers.twilio.signature import fits

TOKEN = "0123456789abcdef0123456789abcdef"
URL = "https://help.example.com/hooks/twilio/status"
FORM = {"CallSid": ["CA1"], "CallStatus": ["ringing"], "Neu": ["ü & =?"]}


def sign(url: str = URL, form: dict[str, list[str]] | None = None, token: str = TOKEN) -> str:
    plain = {name: values[0] for name, values in (FORM if form is None else form).items()}
    return str(RequestValidator(token).compute_signature(url, plain))


def test_H2_what_the_carrier_signed_is_let_in_with_parameters_nobody_knows() -> None:
    assert fits(TOKEN, [URL], FORM, sign())


@pytest.mark.parametrize(
    "signed",
    [
        "https://help.example.com:443/hooks/twilio/status",
        "http://help.example.com/hooks/twilio/status",
        "http://help.example.com:80/hooks/twilio/status",
    ],
)
def test_H2_scheme_and_port_may_differ_behind_a_proxy(signed: str) -> None:
    urls = [URL, URL.replace("https", "http")]
    assert fits(TOKEN, urls, FORM, sign(signed))


@pytest.mark.parametrize(
    "form, signature, token",
    [
        (FORM, "", TOKEN),
        (FORM, "x", TOKEN),
        (FORM, sign(), ""),
        (FORM, sign(token="another"), TOKEN),
        (FORM, sign(URL + "/other"), TOKEN),
        ({**FORM, "CallStatus": ["completed"]}, sign(), TOKEN),
        ({**FORM, "More": ["1"]}, sign(), TOKEN),
        ({"CallSid": ["CA1"]}, sign(), TOKEN),
        ({**FORM, "CallStatus": ["ringing", "completed"]}, sign(), TOKEN),
    ],
)
def test_anything_else_is_not(form: dict[str, list[str]], signature: str, token: str) -> None:
    assert not fits(token, [URL], form, signature)


def test_a_body_that_is_no_form_needs_its_hash_in_the_signed_address() -> None:
    body = '{"a": 1}'
    bare = sign(form={})
    assert not fits(TOKEN, [URL], {}, bare, body=body)
    vouched = f"{URL}?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    assert fits(TOKEN, [vouched], {}, sign(vouched, {}), body=body)
    assert not fits(TOKEN, [vouched], {}, sign(vouched, {}), body=body + " ")
