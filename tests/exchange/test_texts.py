"""Texts in and out: statuses, media, STOP and START, and WhatsApp's day."""

from __future__ import annotations

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from helpdesk.exchange.exchange import Exchange
from helpdesk.exchange.messages import opt_out_type, segments
from helpdesk.exchange.phones import Phone
from tests.exchange.conftest import CENTRE
from tests.exchange.customer import HOST, Customer


def test_a_text_goes_out_and_every_step_is_told(
    exchange: Exchange, customer: Customer, caller: Phone, rest: Client
) -> None:
    service = exchange.messaging_service(CENTRE)
    sent = rest.messages.create(
        to=caller.number, messaging_service_sid=service, body="We come at nine.",
        media_url=[f"{HOST}/map.png"], status_callback=f"{HOST}/step",
    )  # fmt: skip
    assert (sent.status, sent.num_media) == ("queued", "1")
    exchange.advance(5)
    assert [m.body for m in caller.inbox] == ["We come at nine."]
    assert [form["MessageStatus"] for form in customer.at("/step")] == [
        "queued", "sent", "delivered",
    ]  # fmt: skip
    assert customer.at("/step")[0]["MessagingServiceSid"] == service
    assert rest.messages(sent.sid).fetch().status == "delivered"
    assert [media.content_type for media in rest.messages(sent.sid).media.list()] == ["image/png"]


def test_a_text_to_nobody_is_undelivered(
    exchange: Exchange, customer: Customer, rest: Client
) -> None:
    sent = rest.messages.create(
        to="+447400999999", from_=CENTRE, body="x", status_callback=f"{HOST}/step"
    )
    exchange.advance(5)
    assert rest.messages(sent.sid).fetch().error_code == 30003
    assert customer.at("/step")[-1]["MessageStatus"] == "undelivered"


def test_a_text_in_is_answered_by_its_twiml(
    exchange: Exchange, customer: Customer, caller: Phone, rest: Client
) -> None:
    customer.says(
        "/sms",
        lambda form: (
            f"<Message><Body>You wrote {form['Body']}</Body><Media>{HOST}/a.png</Media></Message>"
        ),
    )
    message = caller.text(
        CENTRE, "hello", media=[f"{HOST}/photo.png"], files=[("text/vcard", b"BEGIN:VCARD")]
    )
    form = customer.at("/sms")[0]
    assert (form["NumMedia"], form["MediaContentType1"]) == ("2", "text/vcard")
    fetched = rest.request("GET", form["MediaUrl1"])
    assert (fetched.content, fetched.headers["Content-Type"]) == ("BEGIN:VCARD", "text/vcard")
    assert len(rest.messages(message.sid).media.list()) == 2
    assert form["MediaContentType0"] == "image/png"
    assert (form["SmsStatus"], form["FromCountry"]) == ("received", "GB")
    exchange.advance(5)
    assert [(m.body, m.direction) for m in caller.inbox] == [("You wrote hello", "outbound-reply")]


def test_who_wrote_stop_gets_nothing_until_start(
    exchange: Exchange, customer: Customer, caller: Phone, rest: Client
) -> None:
    caller.text(CENTRE, " stop ")
    assert customer.at("/sms")[0]["OptOutType"] == "STOP"
    with pytest.raises(TwilioRestException) as refused:
        rest.messages.create(to=caller.number, from_=CENTRE, body="x")
    assert refused.value.code == 21610
    caller.text(CENTRE, "Start")
    assert rest.messages.create(to=caller.number, from_=CENTRE, body="x").sid


def test_whatsapp_takes_free_words_for_a_day_and_templates_always(
    exchange: Exchange, customer: Customer, caller: Phone, rest: Client
) -> None:
    ours, theirs = f"whatsapp:{CENTRE}", f"whatsapp:{caller.number}"
    caller.whatsapp(CENTRE, "Is my order there?")
    assert customer.at("/sms")[0]["WaId"] == caller.number.lstrip("+")
    early = rest.messages.create(to=theirs, from_=ours, body="It is.")
    exchange.advance(25 * 3600)
    late = rest.messages.create(to=theirs, from_=ours, body="Still there?")
    template = rest.messages.create(to=theirs, from_=ours, content_sid="HX" + "0" * 32)
    exchange.advance(5)
    found = [rest.messages(m.sid).fetch() for m in (early, late, template)]
    assert [m.status for m in found] == ["delivered", "failed", "delivered"]
    assert found[1].error_code == 63016


@pytest.mark.parametrize(
    "body, count", [("x" * 160, 1), ("x" * 161, 2), ("ü" * 160, 1), ("😀" * 35, 1), ("😀" * 36, 2)]
)
def test_how_many_texts_one_is(body: str, count: int) -> None:
    assert segments(body) == count


def test_only_the_bare_word_opts_out() -> None:
    assert opt_out_type("Unsubscribe") == "STOP"
    assert opt_out_type("please stop calling") is None
