"""Somebody rings the centre: menus, waiting, talking, and what the customer is told of it."""

from __future__ import annotations

import pytest
from twilio.rest import Client

from helpdesk.exchange.couriers import AppCourier
from helpdesk.exchange.disturbance import Disturbance
from helpdesk.exchange.exchange import Exchange, ExchangeFault
from helpdesk.exchange.hooks import Answer
from helpdesk.exchange.phones import Device, Phone
from tests.exchange.conftest import CENTRE
from tests.exchange.customer import HOST, Customer

MENU = (
    '<Gather numDigits="1" action="/voice/menu" timeout="4"><Say>Press one.</Say></Gather>'
    "<Say>Nothing came.</Say><Hangup/>"
)
DIAL = (
    f'<Dial action="/after" timeout="20" callerId="{CENTRE}" record="record-from-answer-dual"'
    ' recordingStatusCallback="/tape"><Client statusCallback="/leg" statusCallbackEvent='
    '"initiated ringing answered completed"><Identity>anna</Identity>'
    '<Parameter name="order" value="7"/></Client></Dial>'
)


def test_a_caller_goes_through_the_menu_into_the_queue_and_gives_up(
    exchange: Exchange, customer: Customer, caller: Phone
) -> None:
    customer.says("/voice", MENU)
    customer.says("/voice/menu", '<Enqueue waitUrl="/wait" action="/left">sales</Enqueue>')
    customer.says(
        "/wait", lambda form: f'<Say>Place {form["QueuePosition"]}.</Say><Pause length="9"/>'
    )
    call = caller.dial(CENTRE)
    caller.press("1")
    assert caller.hear() == ["ringing", "say: Press one.", "say: Place 1."]
    assert call.status == "in-progress"
    exchange.advance(20)
    caller.hang_up()
    assert customer.at("/voice/menu")[0]["Digits"] == "1"
    assert [form["QueueTime"] for form in customer.at("/wait")] == ["0", "10", "19"]
    assert customer.at("/left")[0]["QueueResult"] == "hangup"
    done = customer.at("/status")[0]
    assert (done["CallStatus"], done["CallDuration"], done["Duration"]) == ("completed", "20", "1")
    assert done["CallbackSource"] == "call-progress-events"


def test_who_says_nothing_hears_the_next_verb(
    exchange: Exchange, customer: Customer, caller: Phone
) -> None:
    customer.says("/voice", MENU)
    call = caller.dial(CENTRE)
    exchange.run_until(lambda: caller.hear()[-1] == "say: Nothing came.", within=6)
    exchange.advance(5)
    assert call.status == "completed"
    assert customer.at("/voice/menu") == []


def test_keys_are_taken_until_the_finishing_one_and_words_as_speech(
    exchange: Exchange, customer: Customer, caller: Phone
) -> None:
    customer.says(
        "/voice", '<Gather input="dtmf speech" action="/order"><Play>/hello.wav</Play></Gather>'
    )
    customer.says("/order", "<Redirect>/voice</Redirect>")
    caller.dial(CENTRE)
    exchange.advance(1)
    caller.press("12")
    exchange.advance(4)
    caller.press("3#")
    caller.speak("where is my technician")
    caller.hang_up()
    keys, words = customer.at("/order")
    assert (keys["Digits"], keys["FinishedOnKey"]) == ("123", "#")
    assert (words["SpeechResult"], words["Language"]) == ("where is my technician", "en-US")
    assert len(customer.at("/hello.wav")) == 1, "a sound is fetched once"


def test_an_empty_result_is_sent_where_that_was_asked_for(
    exchange: Exchange, customer: Customer, caller: Phone
) -> None:
    customer.says("/voice", '<Gather actionOnEmptyResult="true" action="/order"/>')
    customer.says("/order", "<Hangup/>")
    caller.dial(CENTRE)
    exchange.advance(6)
    assert customer.at("/order")[0]["Digits"] == ""


def test_requests_carry_what_the_carrier_sends_in_its_order(
    customer: Customer, caller: Phone
) -> None:
    customer.says("/voice", "<Hangup/>")
    caller.dial(CENTRE, forwarded_from="+442071838751")
    form = customer.at("/voice")[0]
    assert form["CallStatus"] == "ringing"
    assert form["From"] == form["Caller"] == caller.number
    assert form["To"] == form["Called"] == CENTRE
    assert (form["Direction"], form["ApiVersion"]) == ("inbound", "2010-04-01")
    assert (form["FromCountry"], form["ForwardedFrom"]) == ("GB", "+442071838751")
    assert customer.order[0][:4] == ["Called", "ToState", "CallerCountry", "Direction"]
    assert customer.headers[0]["I-Twilio-Idempotency-Token"]


def test_a_rejected_call_is_never_answered(customer: Customer, caller: Phone) -> None:
    customer.says("/voice", '<Reject reason="busy"/>')
    assert caller.dial(CENTRE).status == "busy"
    assert customer.at("/status")[0]["CallDuration"] == "0"


@pytest.mark.parametrize("trouble", [(500, ""), (200, "<Response><Sey/></Response>"), (404, "")])
def test_the_fallback_is_asked_when_the_hook_fails(
    customer: Customer, caller: Phone, exchange: Exchange, trouble: tuple[int, str]
) -> None:
    customer.says("/voice", trouble)
    customer.says("/fallback", "<Say>We will ring you back.</Say>")
    with pytest.raises(ExchangeFault):
        caller.dial(CENTRE)
    assert caller.hear()[-1] == "say: We will ring you back."
    told = customer.at("/fallback")[0]
    assert (told["ErrorUrl"], told["ErrorCode"]) == (f"{HOST}/voice", str(exchange.faults[0].code))


def test_a_hook_that_takes_too_long_ends_in_an_apology(customer: Customer) -> None:
    class Slow(AppCourier):
        def post(self, *given: object) -> Answer:  # type: ignore[override]
            return Answer(200, b"<Response/>", "text/xml", seconds=15.1)

    exchange = Exchange(Slow(customer.app.test_client()), strict=False)
    exchange.number(CENTRE, voice_url=f"{HOST}/voice")
    caller = exchange.phone("+447400123456")
    call = caller.dial(CENTRE)
    exchange.advance(14.9)
    assert call.live
    exchange.advance(1)
    assert [fault.code for fault in exchange.faults] == [11205]
    assert "sorry" in caller.hear()[-1]


def test_a_call_is_put_through_to_a_browser_and_the_two_hear_each_other(
    exchange: Exchange, customer: Customer, caller: Phone, agent: Device
) -> None:
    customer.says("/voice", DIAL)
    customer.says("/after", "<Hangup/>")
    call = caller.dial(CENTRE)
    leg = agent.ringing
    assert leg
    assert leg.custom == {"order": "7"}
    assert exchange.hears(call.sid) == set()
    agent.answer()
    assert exchange.hears(call.sid) == {leg.sid}
    assert exchange.hears(leg.sid) == {call.sid}
    agent.speak("Good morning")
    assert caller.hear()[-1] == "voice: Good morning"
    exchange.advance(61)
    agent.hang_up()
    after = customer.at("/after")[0]
    assert (after["DialCallStatus"], after["DialCallDuration"]) == ("completed", "61")
    assert (after["DialCallSid"], after["RecordingDuration"]) == (leg.sid, "61")
    steps = [form["CallStatus"] for form in customer.at("/leg")]
    assert steps == ["initiated", "ringing", "in-progress", "completed"]
    assert [form["SequenceNumber"] for form in customer.at("/leg")] == ["0", "1", "2", "3"]
    assert customer.at("/leg")[0]["ParentCallSid"] == call.sid
    assert customer.at("/tape")[0]["RecordingChannels"] == "2"


@pytest.mark.parametrize(
    "how, status", [("ring", "no-answer"), ("busy", "busy"), ("unreachable", "failed")]
)
def test_the_action_of_dial_says_why_nobody_came(
    exchange: Exchange, customer: Customer, caller: Phone, agent: Device, how: str, status: str
) -> None:
    agent.when_called = how  # type: ignore[assignment]
    customer.says("/voice", '<Dial action="/after"><Client>anna</Client></Dial>')
    customer.says("/after", "<Say>Nobody is there.</Say>")
    caller.dial(CENTRE)
    exchange.advance(31)
    assert customer.at("/after")[0]["DialCallStatus"] == status
    assert agent.ringing is None


def test_a_voicemail_is_recorded_until_the_caller_is_silent(
    exchange: Exchange, customer: Customer, caller: Phone, rest: Client
) -> None:
    customer.says(
        "/voice", '<Record action="/left" recordingStatusCallback="/tape" maxLength="60"/>'
    )
    customer.says("/left", "<Hangup/>")
    caller.dial(CENTRE)
    assert caller.hear()[-1] == "beep"
    exchange.advance(4)
    caller.speak("Please call me back")
    exchange.advance(6)
    left = customer.at("/left")[0]
    assert left["RecordingDuration"] == "9"
    assert customer.at("/tape")[0]["RecordingStatus"] == "completed"
    assert rest.recordings(left["RecordingSid"]).fetch().duration == "9"
    caller.dial(CENTRE)
    exchange.advance(6)
    assert len(customer.at("/left")) == 1, "nobody spoke: no recording, and the next verb"


def test_the_first_of_a_queue_is_taken_by_who_dials_it(
    exchange: Exchange, customer: Customer, caller: Phone, agent: Device
) -> None:
    customer.says("/voice", '<Enqueue action="/left">sales</Enqueue>')
    customer.says("/out", '<Dial action="/after"><Queue url="/whisper">sales</Queue></Dial>')
    customer.says("/whisper", "<Say>You are put through.</Say>")
    customer.says("/left", "<Hangup/>")
    customer.says("/after", "<Hangup/>")
    out = agent.connect({"To": "queue"})
    assert out.live, "an empty queue is waited for"
    call = caller.dial(CENTRE)
    exchange.advance(3)
    assert caller.hear() == ["ringing", "music", "say: You are put through."]
    assert exchange.hears(call.sid) == {out.sid}
    assert customer.at("/out")[0]["From"] == "client:anna"
    agent.hang_up()
    assert customer.at("/left")[0]["QueueResult"] == "bridged"


def test_twice_late_swapped_or_never_are_callbacks_by_a_seed(customer: Customer) -> None:
    def run(seed: int) -> list[tuple[str, str]]:
        customer.got.clear()
        weather = Disturbance(duplicated=0.4, delayed=0.4, reordered=0.5, dropped=0.2, seed=seed)
        exchange = Exchange(AppCourier(customer.app.test_client()), disturbance=weather)
        exchange.number(CENTRE, voice_url=f"{HOST}/voice", status_callback=f"{HOST}/status")
        customer.says("/voice", '<Pause length="1"/>')
        for digit in range(8):
            exchange.phone(f"+44740012345{digit}").dial(CENTRE)
        exchange.advance(60)
        return [(form["From"], form["SequenceNumber"]) for form in customer.at("/status")]

    assert run(3) == run(3)
    assert run(3) != run(4)
    assert len(run(3)) != len(set(run(3)))
