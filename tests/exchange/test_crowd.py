"""A crowd that rings, presses, hangs up and is moved about at random: nothing is left behind."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from werkzeug.datastructures import Authorization

from helpdesk.exchange.couriers import AppCourier
from helpdesk.exchange.exchange import ACCOUNT_SID, AUTH_TOKEN, Exchange
from helpdesk.exchange.phones import Handset, Phone
from helpdesk.exchange.rest.answering import respond
from tests.exchange.conftest import CENTRE
from tests.exchange.customer import HOST, Customer

BASIC = Authorization("basic", {"username": ACCOUNT_SID, "password": AUTH_TOKEN}).to_header()
CONFERENCE = (
    '<Dial hangupOnStar="true"><Conference statusCallback="/room" waitUrl="/music"'
    ' statusCallbackEvent="join leave start end">{room}</Conference></Dial>'
)
VERBS = [
    "<Say>Hello there.</Say>",
    '<Pause length="3"/>',
    '<Gather numDigits="2" action="/next"><Say>Two digits, please.</Say></Gather>',
    '<Enqueue action="/next" waitUrl="/wait">sales</Enqueue>',
    '<Dial action="/next" timeout="8"><Client>a</Client><Client>b</Client></Dial>',
    CONFERENCE,
    '<Dial><Conference endConferenceOnExit="true" beep="false">{room}</Conference></Dial>',
    '<Dial action="/next" timeout="9"><Queue>sales</Queue></Dial>',
    '<Record maxLength="9" timeout="2" action="/next"/>',
    "<Redirect>/next</Redirect>",
    "<Hangup/>",
    "<Reject/>",
]


def scripted(dice: Random) -> Customer:
    customer = Customer()

    def any_of(form: dict[str, str]) -> str:
        verbs = "".join(dice.choice(VERBS) for _ in range(dice.randint(1, 4)))
        return verbs.replace("{room}", f"room {dice.randint(1, 3)}")

    for path in ("/voice", "/next", "/out", "/moved"):
        customer.says(path, any_of)
    customer.says("/wait", '<Say>Please wait.</Say><Gather timeout="2"/>')
    customer.says("/music", '<Pause length="4"/>')
    return customer


def somebody_acts(exchange: Exchange, person: Handset, dice: Random) -> None:
    if person.ringing:
        dice.choice([person.answer, person.answer, person.decline])()
    elif person.call:
        deed = dice.randint(0, 5)
        if deed == 0:
            person.hang_up()
        elif deed == 1:
            person.press(dice.choice(["1", "12", "*", "#"]))
        elif deed == 2:
            person.speak("well")
        elif deed == 3 and person.call.answered:
            path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls/{person.call.sid}.json"
            form = {"Url": [f"{HOST}/moved"]}
            assert respond(exchange.switch, "POST", path, {}, form, BASIC).status == 200
    elif isinstance(person, Phone):
        person.dial(CENTRE)


@pytest.mark.parametrize("seed", range(4))
def test_when_everybody_has_gone_nothing_is_left(seed: int) -> None:
    dice = Random(seed)
    customer = scripted(dice)
    exchange = Exchange(AppCourier(customer.app.test_client()), strict=False)
    exchange.number(CENTRE, voice_url=f"{HOST}/voice", status_callback=f"{HOST}/status")
    people: list[Handset] = [exchange.phone(f"+4474001234{digit:02}") for digit in range(12)]
    people += [exchange.device(name) for name in "aabb"]
    for _ in range(150):
        exchange.advance(dice.random() * 3)
        somebody_acts(exchange, dice.choice(people), dice)
        for call in exchange.switch.live.values():
            assert all(exchange.call(sid).live for sid in exchange.hears(call.sid))
            assert call.sid not in exchange.hears(call.sid)
    for person in people:
        while person.call or person.ringing:
            person.hang_up()
    exchange.advance(60)
    switch = exchange.switch
    assert not switch.live
    assert not switch.open_rooms
    assert not switch.taping
    assert not any(queue.members or queue.wanting for queue in switch.queues.values())
    assert all(call.task and call.task.over for call in switch.calls.values())
    inbound = [call.sid for call in switch.calls.values() if call.direction == "inbound"]
    assert len(inbound) > 20
    assert Counter(form["CallSid"] for form in customer.at("/status")) == Counter(inbound)
    assert {fault.code for fault in exchange.faults} <= {13214}
