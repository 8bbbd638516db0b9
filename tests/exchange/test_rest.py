"""The vendor's own client against the exchange, over HTTP: what it is given and what is refused."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from twilio.rest.api.v2010.account.call import CallList
from twilio.rest.api.v2010.account.conference.participant import (
    ParticipantContext,
    ParticipantList,
)
from twilio.rest.api.v2010.account.message import MessageList

from helpdesk.exchange.exchange import ACCOUNT_SID, Exchange
from helpdesk.exchange.phones import Phone
from helpdesk.exchange.rest import calls, messages, participants
from tests.exchange.conftest import CENTRE
from tests.exchange.customer import HOST, Customer

ALL = ["initiated", "ringing", "answered", "completed"]


def code_of(asked: Callable[[], object]) -> tuple[int, int]:
    with pytest.raises(TwilioRestException) as caught:
        asked()
    return caught.value.status, caught.value.code


def test_a_call_out_rings_is_answered_and_is_told_step_by_step(
    exchange: Exchange, customer: Customer, caller: Phone, rest: Client
) -> None:
    customer.says("/go", "<Say>This is the call you asked for.</Say>")
    placed = rest.calls.create(
        to=caller.number, from_=CENTRE, url=f"{HOST}/go", timeout=20,
        status_callback=f"{HOST}/leg", status_callback_event=ALL,
    )  # fmt: skip
    assert (placed.status, placed.direction) == ("queued", "outbound-api")
    assert customer.got == [], "nothing happens inside the request"
    exchange.settle()
    assert rest.calls(placed.sid).fetch().status == "ringing"
    assert [call.sid for call in rest.calls.list(status="ringing")] == [placed.sid]
    exchange.advance(3)
    caller.answer()
    exchange.advance(10)
    done = rest.calls(placed.sid).fetch()
    assert (done.status, done.to, done.duration) == ("completed", caller.number, "2")
    assert [form["CallStatus"] for form in customer.at("/leg")] == [
        "initiated", "ringing", "in-progress", "completed",
    ]  # fmt: skip
    assert code_of(lambda: rest.calls(placed.sid).update(status="completed")) == (400, 21220)
    assert rest.calls.list(status="in-progress") == []


@pytest.mark.parametrize(
    "how, status", [("busy", "busy"), ("ring", "no-answer"), ("unreachable", "failed")]
)
def test_a_call_out_that_nobody_takes(
    exchange: Exchange, caller: Phone, rest: Client, how: str, status: str
) -> None:
    caller.when_called = how  # type: ignore[assignment]
    placed = rest.calls.create(to=caller.number, from_=CENTRE, twiml="<Response/>", timeout=10)
    exchange.advance(11)
    assert rest.calls(placed.sid).fetch().status == status


def test_a_call_that_rings_is_canceled_and_one_that_talks_is_redirected(
    exchange: Exchange, caller: Phone, rest: Client
) -> None:
    hello = "<Response><Say>Hello.</Say><Pause length='99'/></Response>"
    placed = rest.calls.create(to=caller.number, from_=CENTRE, twiml=hello)
    exchange.settle()
    assert code_of(lambda: rest.calls(placed.sid).update(twiml=hello)) == (400, 21220)
    assert rest.calls(placed.sid).update(status="canceled").status == "canceled"
    assert caller.ringing is None
    placed = rest.calls.create(to=caller.number, from_=CENTRE, twiml=hello)
    exchange.settle()
    caller.answer()
    rest.calls(placed.sid).update(twiml="<Response><Say>Elsewhere.</Say></Response>")
    exchange.settle()
    assert caller.hear() == ["say: Hello.", "say: Elsewhere."]


@pytest.mark.parametrize(
    "who, mode, beside, expected",
    [
        ("human", "Enable", False, "human"),
        ("machine", "Enable", False, "machine_start"),
        ("machine", "DetectMessageEnd", False, "machine_end_beep"),
        ("machine", "DetectMessageEnd", True, "machine_end_beep"),
        ("fax", "Enable", True, "fax"),
    ],
)
def test_machines_are_told_from_people(
    exchange: Exchange, customer: Customer, caller: Phone, rest: Client, who: str, mode: str,
    beside: bool, expected: str,
) -> None:  # fmt: skip
    caller.when_called, caller.answered_by = "answer", who
    customer.says("/go", '<Pause length="60"/>')
    rest.calls.create(
        to=caller.number, from_=CENTRE, url=f"{HOST}/go", machine_detection=mode,
        async_amd="true" if beside else "false", async_amd_status_callback=f"{HOST}/amd",
    )  # fmt: skip
    exchange.advance(1)
    assert len(customer.at("/go")) == (1 if beside else 0)
    exchange.advance(20)
    told = customer.at("/amd" if beside else "/go")[0]
    assert told["AnsweredBy"] == expected
    if beside:
        assert int(told["MachineDetectionDuration"]) > 0


def test_what_the_carrier_would_refuse_is_refused(rest: Client, caller: Phone) -> None:
    to, url = caller.number, f"{HOST}/go"
    create = rest.calls.create
    assert code_of(lambda: create(to="07400 123456", from_=CENTRE, url=url)) == (400, 21211)
    assert code_of(lambda: create(to=to, from_="+15005550006", url=url)) == (400, 21210)
    assert code_of(lambda: create(to=to, from_=CENTRE)) == (400, 21205)
    assert code_of(lambda: create(to=to, from_=CENTRE, url="/go")) == (400, 20001)
    assert code_of(lambda: create(to=to, from_=CENTRE, url=url, timeout=4)) == (400, 20001)
    assert code_of(lambda: create(to=to, from_=CENTRE, url=url, sip_auth_username="x"))[0] == 400
    bad = ["answer"]
    assert code_of(lambda: create(to=to, from_=CENTRE, url=url, status_callback=url,
                                  status_callback_event=bad))[0] == 400  # fmt: skip
    assert code_of(rest.calls("CA" + "0" * 32).fetch) == (404, 20404)
    assert code_of(rest.conferences("CF" + "0" * 32).fetch) == (404, 20404)
    assert code_of(lambda: rest.api.accounts("AC" + "1" * 32).fetch()) == (404, 20404)


def test_a_misspelled_parameter_or_a_wrong_token_is_refused(rest: Client, caller: Phone) -> None:
    uri = f"{rest.api.base_url}/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json"
    wrong = {"To": caller.number, "From": CENTRE, "Urls": f"{HOST}/go"}
    answer = rest.request("POST", uri, data=wrong)
    assert (answer.status_code, "Urls" in answer.text) == (400, True)
    assert rest.request("PUT", uri).status_code == 405
    rest.auth = (ACCOUNT_SID, "another token")
    assert code_of(rest.calls("CA" + "0" * 32).fetch) == (401, 20003)


def test_lists_come_in_pages(exchange: Exchange, rest: Client) -> None:
    for number in range(5):
        rest.queues.create(friendly_name=f"queue {number}")
    assert len(rest.queues.list(page_size=2)) == 5
    page = rest.queues.page(page_size=2)
    assert [queue.friendly_name for queue in page] == ["queue 0", "queue 1"]
    assert page.next_page_url
    assert code_of(lambda: rest.queues.create(friendly_name="queue 1")) == (400, 22003)


def test_whoever_waits_in_a_queue_can_be_seen_and_taken_out(
    exchange: Exchange, customer: Customer, caller: Phone, rest: Client
) -> None:
    customer.says("/voice", '<Enqueue action="/left">sales</Enqueue>')
    customer.says("/take", "<Say>You are next.</Say>")
    call = caller.dial(CENTRE)
    exchange.advance(30)
    (queue,) = rest.queues.list()
    assert (queue.current_size, queue.average_wait_time) == (1, 30)
    (member,) = rest.queues(queue.sid).members.list()
    assert (member.call_sid, member.position, member.wait_time) == (call.sid, 1, 30)
    rest.queues(queue.sid).members("Front").update(url=f"{HOST}/take")
    exchange.settle()
    assert caller.hear()[-1] == "say: You are next."
    assert customer.at("/left")[0]["QueueResult"] == "redirected"
    assert code_of(rest.queues(queue.sid).members("Front").fetch) == (404, 20404)


def test_numbers_and_the_account_can_be_looked_at_and_pointed_elsewhere(
    exchange: Exchange, customer: Customer, caller: Phone, rest: Client
) -> None:
    assert rest.api.accounts(ACCOUNT_SID).fetch().status == "active"
    (number,) = rest.incoming_phone_numbers.list(phone_number=CENTRE)
    rest.incoming_phone_numbers(number.sid).update(voice_url=f"{HOST}/new")
    customer.says("/new", "<Say>New.</Say>")
    caller.dial(CENTRE)
    assert caller.hear()[-1] == "say: New."


@pytest.mark.parametrize(
    "theirs, ours",
    [
        (CallList.create, calls.CREATED),
        (ParticipantList.create, participants.CREATED),
        (ParticipantContext.update, participants.UPDATED),
        (MessageList.create, messages.CREATED),
    ],
)
def test_every_parameter_here_is_one_of_the_vendors_client(
    theirs: Callable[..., object], ours: calls.Takes
) -> None:
    known = {
        "".join(part.title() for part in name.strip("_").split("_"))
        for name in inspect.signature(theirs).parameters
    }
    assert set(ours.params) <= known


def test_a_hook_may_call_the_api_while_it_is_asked(
    exchange: Exchange, customer: Customer, caller: Phone, rest: Client
) -> None:
    agent = exchange.device("anna")

    def into_a_room(form: dict[str, str]) -> str:
        people = rest.conferences(form["CallSid"]).participants
        people.create(from_=CENTRE, to="client:anna", end_conference_on_exit=True)
        return f"<Dial><Conference>{form['CallSid']}</Conference></Dial>"

    customer.says("/voice", into_a_room)
    call = caller.dial(CENTRE)
    assert caller.hear()[-1] == "music"
    leg = agent.answer()
    assert exchange.hears(call.sid) == {leg.sid}
    agent.hang_up()
    assert not call.live
