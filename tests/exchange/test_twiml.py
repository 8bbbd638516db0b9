"""Which TwiML is read, and which is refused: every rule at the level of the reader."""

from __future__ import annotations

import inspect

import pytest
from twilio.twiml import voice_response

from helpdesk.exchange.grammar import RESPONSES, RULES, Kind
from helpdesk.exchange.twiml import CANNOT_PARSE, NOT_ALLOWED, TwimlError, read


def refused(inside: str, kind: Kind = "voice") -> TwimlError:
    with pytest.raises(TwimlError) as caught:
        read(f"<Response>{inside}</Response>".encode(), kind)
    return caught.value


def test_a_document_is_read_with_its_nesting_and_its_escapes() -> None:
    (gather,) = read(
        b"""<?xml version="1.0" encoding="UTF-8"?><!-- a menu -->
        <Response><Gather numDigits="1"><Say language="de-DE">Gr\xc3\xbc\xc3\x9fe &lt;3</Say>
        <Pause/></Gather></Response>""",
        "voice",
    )
    say, pause = gather.children
    assert (say.text, say.get("language"), pause.number("length", 1)) == ("Grüße <3", "de-DE", 1)


@pytest.mark.parametrize(
    "inside",
    [
        "<Sey>x</Sey>",
        "<say>x</say>",
        "<Say/>",
        '<Say voise="x">x</Say>',
        '<Say loop="-1">x</Say>',
        '<Say language="german please">x</Say>',
        "<Say>x<Pause/></Say>",
        "<Say>x</Say>words between",
        "<Play>ftp://files.example/x.wav</Play>",
        "<Play>two words</Play>",
        '<Play digits="1">/x.wav</Play>',
        "<Play/>",
        '<Pause length="0"/>',
        "<Gather><Dial>+442071838750</Dial></Gather>",
        '<Gather input="dtmf,speech"/>',
        '<Gather finishOnKey="x"/>',
        '<Gather numDigits="0"/>',
        '<Gather timeout="soon"/>',
        '<Gather method="PUT"/>',
        '<Gather num_digits="1"/>',
        "<Enqueue/>",
        '<Enqueue workflowSid="WW1">x</Enqueue>',
        "<Leave/>",
        "<Dial/>",
        "<Dial>+44 20<Number>+442071838750</Number></Dial>",
        '<Dial record="yes"><Client>a</Client></Dial>',
        "<Dial><Conference>a</Conference><Number>+442071838750</Number></Dial>",
        "<Dial><Sip>sip:a@b.example</Sip></Dial>",
        "<Dial><Client/></Dial>",
        "<Dial><Client>anna smith</Client></Dial>",
        '<Dial><Client>a<Parameter name="x" value="y"/></Client></Dial>',
        '<Dial><Client><Identity>a</Identity><Parameter name="x"/></Client></Dial>',
        '<Dial><Conference startConferenceOnEnter="yes">a</Conference></Dial>',
        '<Dial><Conference statusCallbackEvent="join,leave">a</Conference></Dial>',
        '<Dial><Conference coach="anna">a</Conference></Dial>',
        "<Conference>a</Conference>",
        '<Record transcribe="true"/>',
        '<Record maxLength="1"/>',
        "<Redirect/>",
        '<Reject reason="rude"/>',
        "<Hangup>now</Hangup>",
        "<Message>text</Message>",
    ],
)
def test_what_the_carrier_does_not_know_is_refused(inside: str) -> None:
    assert refused(inside).code in {NOT_ALLOWED, 13520}


def test_limits() -> None:
    assert read(f"<Response><Say>{'x' * 4096}</Say></Response>".encode(), "voice")
    assert refused(f"<Say>{'x' * 4097}</Say>").code == 13520
    assert refused("<Say>x</Say>" * 6000).code == 11750
    assert refused("<Dial>" + "<Client>a</Client>" * 11 + "</Dial>").code == NOT_ALLOWED


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<Response>",
        b"<Respons/>",
        b"Good morning",
        b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><Response><Say>&x;</Say></Response>',
        b"<Response><Say>Tom & Jerry</Say></Response>",
    ],
)
def test_I4_what_is_no_plain_document_is_not_parsed(body: bytes) -> None:
    with pytest.raises(TwimlError) as caught:
        read(body, "voice")
    assert caught.value.code == CANNOT_PARSE


def test_each_place_has_its_own_verbs() -> None:
    assert read(b"<Response><Leave/></Response>", "queue wait")
    refused("<Dial>+442071838750</Dial>", "queue wait")
    refused("<Gather/>", "conference wait")
    refused("<Enqueue>x</Enqueue>", "whisper")
    refused("<Say>x</Say>", "message")
    assert all(verbs <= RULES.keys() for verbs in RESPONSES.values())


@pytest.mark.parametrize(
    "name",
    ["Say", "Play", "Pause", "Gather", "Enqueue", "Dial", "Number", "Client", "Queue", "Conference",
     "Record", "Redirect", "Reject"],
)  # fmt: skip
def test_every_attribute_here_is_one_of_the_vendors_package(name: str) -> None:
    """The table can't allow what the carrier does not have."""
    theirs = inspect.signature(getattr(voice_response, name).__init__).parameters
    for found in vars(voice_response).values():
        method = getattr(found, name.lower(), None)
        if inspect.isclass(found) and method:
            theirs = {**theirs, **inspect.signature(method).parameters}
    known = {"".join(part.title() for part in word.split("_")).lower() for word in theirs}
    assert {attribute.lower() for attribute in RULES[name].attributes} <= known
