"""Verbs that no story of a call needs, each with what it does at its edges."""

from __future__ import annotations

import pytest
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from helpdesk.exchange.exchange import AUTH_TOKEN, Exchange
from helpdesk.exchange.phones import Device, Phone
from tests.exchange.conftest import CENTRE
from tests.exchange.customer import HOST, Customer


def test_leave_and_a_menu_in_the_queue_lead_out_of_it(
    exchange: Exchange, customer: Customer, caller: Phone
) -> None:
    customer.says("/voice", '<Enqueue waitUrl="/wait" action="/left">sales</Enqueue>')
    customer.says(
        "/wait", '<Gather numDigits="1" action="/choice"><Play>/music.wav</Play></Gather>'
    )
    customer.says("/choice", lambda form: "<Leave/>" if form["Digits"] == "2" else "<Pause/>")
    customer.says("/left", "<Say>We call you back.</Say>")
    caller.dial(CENTRE)
    caller.press("1")
    exchange.advance(3)
    caller.press("2")
    assert caller.hear()[-1] == "say: We call you back."
    left = customer.at("/left")[0]
    assert (left["QueueResult"], left["QueueTime"]) == ("leave", "3")


def test_a_full_queue_takes_nobody(
    exchange: Exchange, customer: Customer, caller: Phone, rest: Client
) -> None:
    rest.queues.create(friendly_name="sales", max_size=1)
    customer.says("/voice", '<Enqueue action="/left">sales</Enqueue>')
    customer.says("/left", "<Hangup/>")
    exchange.phone("+447400123457").dial(CENTRE)
    caller.dial(CENTRE)
    assert [form["QueueResult"] for form in customer.at("/left")] == ["queue-full"]


def test_people_are_rung_one_after_the_other_or_all_at_once(
    exchange: Exchange, customer: Customer, caller: Phone, agent: Device
) -> None:
    other = exchange.device("ben")
    both = "<Client>anna</Client><Client>ben</Client></Dial>"
    customer.says("/voice", f'<Dial timeout="5">{both}')
    caller.dial(CENTRE)
    assert agent.ringing
    other.answer()
    assert agent.ringing is None
    caller.hang_up()
    assert other.call is None
    customer.says("/voice", f'<Dial timeout="5" sequential="true">{both}')
    caller.dial(CENTRE)
    assert other.ringing is None
    exchange.advance(6)
    assert agent.ringing is None
    assert other.ringing


def test_a_star_or_the_limit_ends_a_conversation_but_not_the_call(
    exchange: Exchange, customer: Customer, caller: Phone, agent: Device
) -> None:
    customer.says("/voice", '<Dial hangupOnStar="true" timeLimit="60"><Client>anna</Client></Dial>'
                  "<Redirect>/voice</Redirect>")  # fmt: skip
    call = caller.dial(CENTRE)
    agent.answer()
    caller.press("1*")
    assert agent.call is None
    agent.answer()
    exchange.advance(61)
    assert agent.call is None
    assert call.live


def test_a_whisper_is_heard_by_the_agent_alone_and_can_refuse(
    exchange: Exchange, customer: Customer, caller: Phone
) -> None:
    mobile = exchange.phone("+447400999001")
    customer.says("/voice", f'<Dial action="/after" callerId="{CENTRE}" answerOnBridge="true">'
                  '<Number url="/accept">+447400999001</Number></Dial>')  # fmt: skip
    customer.says(
        "/accept", '<Gather numDigits="1" action="/yes"><Say>Press 1.</Say></Gather><Hangup/>'
    )
    customer.says("/yes", "<Pause/>")
    customer.says("/after", "<Hangup/>")
    call = caller.dial(CENTRE)
    mobile.answer()
    assert call.status == "ringing"
    assert mobile.hear() == ["say: Press 1."]
    mobile.press("1")
    exchange.advance(1)
    assert call.status == "in-progress"
    assert exchange.hears(call.sid) == {mobile.calls[-1].sid}
    mobile.hang_up()
    assert customer.at("/after")[0]["DialBridged"] == "true"
    caller.dial(CENTRE)
    mobile.answer()
    exchange.advance(10)
    assert customer.at("/after")[-1]["DialBridged"] == "false"


@pytest.mark.parametrize(
    "noun, code",
    [("<Number>020 7183 8750</Number>", 13224), ("<Number>+447400999001</Number>", 13214)],
)
def test_whom_dial_may_call_and_as_whom(
    exchange: Exchange, customer: Customer, caller: Phone, noun: str, code: int
) -> None:
    exchange.strict = False
    customer.says("/after", "<Hangup/>")
    customer.says("/voice", f'<Dial callerId="+15005550006" action="/after">{noun}</Dial>')
    caller.dial(CENTRE)
    assert [fault.code for fault in exchange.faults] == [code]
    assert customer.at("/after")[0]["DialCallStatus"] == "failed"


@pytest.mark.parametrize("trouble", [(404, ""), (200, "a page")])
def test_a_sound_that_is_none_is_a_fault_and_silence(
    exchange: Exchange, customer: Customer, caller: Phone, trouble: tuple[int, str]
) -> None:
    exchange.strict = False
    customer.says("/sound", trouble)
    customer.says("/voice", "<Play>/sound</Play><Say>On we go.</Say>")
    caller.dial(CENTRE)
    exchange.advance(1)
    assert caller.hear()[-1] == "say: On we go."
    assert exchange.faults[0].code in {11200, 12300}


def test_a_document_given_outright_has_nothing_to_be_relative_to(
    exchange: Exchange, caller: Phone, rest: Client
) -> None:
    exchange.strict = False
    caller.when_called = "answer"
    outright = "<Response><Redirect>/voice</Redirect></Response>"
    rest.calls.create(to=caller.number, from_=CENTRE, twiml=outright)
    exchange.advance(1)
    assert exchange.faults[0].code == 11100


def test_lists_are_limited_by_date(
    exchange: Exchange, customer: Customer, caller: Phone, rest: Client
) -> None:
    customer.says("/voice", "<Hangup/>")
    early = exchange.now()
    caller.dial(CENTRE)
    exchange.advance(3600)
    caller.dial(CENTRE)
    assert len(rest.calls.list(start_time=early)) == 2
    uri = f"{rest.api.base_url}/2010-04-01/Accounts/{rest.username}/Calls.json"
    late = exchange.now().isoformat()
    assert len(rest.request("GET", uri, params={"StartTime>": late}).text.split('"sid"')) == 2
    assert rest.request("GET", uri, params={"StartTime>": "today"}).status_code == 400


def test_a_request_with_json_is_signed_as_the_vendors_package_checks_it(exchange: Exchange) -> None:
    url, headers = exchange.signed_json(f"{HOST}/events", b'{"a": 1}')
    signature = headers["X-Twilio-Signature"]
    assert RequestValidator(AUTH_TOKEN).validate(url, '{"a": 1}', signature)
