"""Conferences over TwiML and over the vendor's client: who hears whom at each moment."""

from __future__ import annotations

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from helpdesk.exchange.exchange import Exchange
from helpdesk.exchange.phones import Device, Phone
from tests.exchange.conftest import CENTRE
from tests.exchange.customer import HOST, Customer

ROOM = (
    '<Dial action="/after"><Conference startConferenceOnEnter="false" waitUrl="/wait"'
    ' endConferenceOnExit="true" participantLabel="customer" statusCallback="/room"'
    ' statusCallbackEvent="start end join leave mute hold modify">case-7</Conference></Dial>'
)


def events(customer: Customer) -> list[str]:
    return [form["StatusCallbackEvent"] for form in customer.at("/room")]


def test_hold_mute_whisper_and_barge_decide_who_hears_whom(
    exchange: Exchange, customer: Customer, caller: Phone, agent: Device, rest: Client
) -> None:
    customer.says("/voice", ROOM)
    customer.says("/wait", "<Say>One moment.</Say><Play>/music.wav</Play>")
    customer.says("/hold", "<Play>/music.wav</Play>")
    supervisor = exchange.device("boss")
    call = caller.dial(CENTRE)
    (room,) = rest.conferences.list(status="init", friendly_name="case-7")
    people = rest.conferences(room.sid).participants

    joined = people.create(from_=CENTRE, to="client:anna", label="agent", beep="false")
    assert joined.status == "queued"
    exchange.settle()
    agent.answer()
    assert exchange.hears(call.sid) == {joined.call_sid}
    assert rest.conferences(room.sid).fetch().status == "in-progress"
    assert "say: One moment." in caller.hear()

    held = people("customer").update(hold=True, hold_url=f"{HOST}/hold")
    exchange.settle()
    assert held.hold is True
    assert exchange.hears(call.sid) == exchange.hears(joined.call_sid) == set()
    assert caller.hear()[-1] == f"play: {HOST}/music.wav"
    people("customer").update(hold=False)

    whisper = people.create(
        from_=CENTRE, to="client:boss", coaching=True, call_sid_to_coach=joined.call_sid
    )
    exchange.settle()
    supervisor.answer()
    assert exchange.hears(joined.call_sid) == {call.sid, whisper.call_sid}
    assert exchange.hears(call.sid) == {joined.call_sid}
    assert exchange.hears(whisper.call_sid) == {call.sid, joined.call_sid}

    people(whisper.call_sid).update(muted=True)
    assert exchange.hears(joined.call_sid) == {call.sid}
    people(whisper.call_sid).update(muted=False, coaching=False)
    assert exchange.hears(call.sid) == {joined.call_sid, whisper.call_sid}

    assert people(whisper.call_sid).delete()
    exchange.settle()
    assert supervisor.call is None
    exchange.advance(10)
    caller.hang_up()
    assert agent.call is None
    assert customer.at("/after")[0]["CallStatus"] == "completed"
    assert events(customer) == [
        "participant-join", "participant-join", "conference-start", "participant-hold",
        "participant-unhold", "participant-join", "participant-mute", "participant-unmute",
        "participant-modify", "participant-leave", "participant-leave", "participant-leave",
        "conference-end",
    ]  # fmt: skip
    ended = customer.at("/room")[-1]
    assert ended["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"
    assert ended["CallSidEndingConference"] == call.sid
    assert [form["SequenceNumber"] for form in customer.at("/room")] == [
        str(n) for n in range(1, 14)
    ]
    done = rest.conferences(room.sid).fetch()
    assert (done.status, done.call_sid_ending_conference) == ("completed", call.sid)


def test_a_transfer_moves_the_customer_and_leaves_the_agent(
    exchange: Exchange, customer: Customer, caller: Phone, agent: Device, rest: Client
) -> None:
    customer.says("/voice", '<Dial><Conference statusCallback="/room" statusCallbackEvent='
                  '"leave">a</Conference></Dial>')  # fmt: skip
    customer.says("/other", "<Dial><Conference>b</Conference></Dial>")
    customer.says("/out", "<Dial><Conference>a</Conference></Dial><Say>Still here.</Say>")
    call, leg = caller.dial(CENTRE), agent.connect()
    rest.calls(call.sid).update(url=f"{HOST}/other", method="POST")
    exchange.settle()
    assert exchange.hears(leg.sid) == set()
    assert customer.at("/room")[0]["ReasonParticipantLeft"] == "participant_updated_via_api"
    assert [room.friendly_name for room in rest.conferences.list()] == ["b", "a"]
    (first,) = rest.conferences.list(friendly_name="a")
    rest.conferences(first.sid).update(status="completed")
    exchange.settle()
    assert agent.hear()[-1] == "say: Still here.", "the next verb after the conference"


def test_recording_pauses_for_card_data_and_is_confirmed(
    exchange: Exchange, customer: Customer, caller: Phone, rest: Client
) -> None:
    customer.says("/voice", '<Say>Hello.</Say><Pause length="600"/>')
    call = caller.dial(CENTRE)
    tapes = rest.calls(call.sid).recordings
    tape = tapes.create(recording_status_callback=f"{HOST}/tape", recording_channels="dual")
    exchange.advance(10)
    assert tapes("Twilio.CURRENT").update(status="paused", pause_behavior="skip").status == "paused"
    exchange.advance(30)
    assert tapes(tape.sid).update(status="in-progress").status == "in-progress"
    exchange.advance(5)
    caller.hang_up()
    done = rest.recordings(tape.sid).fetch()
    assert (done.status, done.duration, done.channels) == ("completed", "15", 2)
    assert customer.at("/tape")[0]["RecordingDuration"] == "15"
    media = rest.request("GET", f"{rest.api.base_url}{done.uri.replace('.json', '.wav')}")
    assert media.status_code == 200
    assert media.headers["Content-Type"] == "audio/x-wav"
    assert rest.recordings(tape.sid).delete()
    with pytest.raises(TwilioRestException) as gone:
        rest.recordings(tape.sid).fetch()
    assert (gone.value.status, gone.value.code) == (404, 20404)


def test_an_announcement_is_heard_over_the_conversation(
    exchange: Exchange, customer: Customer, caller: Phone, agent: Device, rest: Client
) -> None:
    customer.says("/voice", '<Dial><Conference record="record-from-start">a</Conference></Dial>')
    customer.says("/out", "<Dial><Conference>a</Conference></Dial>")
    customer.says("/soon", "<Say>Your agent will be back.</Say>")
    caller.dial(CENTRE)
    agent.connect()
    (room,) = rest.conferences.list(status="in-progress")
    rest.conferences(room.sid).update(announce_url=f"{HOST}/soon")
    exchange.settle()
    assert agent.hear()[-1] == caller.hear()[-1] == "say: Your agent will be back."
    assert [tape.source for tape in rest.conferences(room.sid).recordings.list()] == ["Conference"]


def test_a_coach_for_a_call_that_is_not_there_is_a_fault(
    exchange: Exchange, customer: Customer, caller: Phone
) -> None:
    exchange.strict = False
    nobody = "CA" + "0" * 32
    customer.says("/voice", f'<Dial><Conference coach="{nobody}">a</Conference></Dial>')
    assert caller.dial(CENTRE).status == "completed"
    assert [fault.code for fault in exchange.faults] == [13240]


def test_a_conference_into_which_nobody_comes_is_over_at_once(
    exchange: Exchange, customer: Customer, agent: Device, rest: Client
) -> None:
    rest.conferences("case-9").participants.create(
        from_=CENTRE, to="client:anna", timeout=10, conference_status_callback=f"{HOST}/room",
        conference_status_callback_event=["join leave end"],
    )  # fmt: skip
    exchange.settle()
    assert [room.status for room in rest.conferences.list()] == ["init"]
    exchange.advance(11)
    assert events(customer) == ["participant-leave", "conference-end"]
    left = customer.at("/room")[0]
    assert left["ReasonParticipantLeft"] == "participant_add_failed"
    assert left["ParticipantCallStatus"] == "no-answer"
    assert [room.status for room in rest.conferences.list()] == ["completed"]


def test_a_browser_that_dies_is_noticed_after_a_while(
    exchange: Exchange, customer: Customer, caller: Phone, agent: Device
) -> None:
    customer.says("/voice", "<Dial><Client>anna</Client></Dial><Say>One moment.</Say>")
    call = caller.dial(CENTRE)
    agent.answer()
    agent.vanish(noticed_after=8)
    exchange.advance(7)
    assert exchange.hears(call.sid)
    exchange.advance(2)
    assert caller.hear()[-1] == "say: One moment."


def test_what_was_sent_can_be_sent_again_and_forged(
    exchange: Exchange, customer: Customer, caller: Phone
) -> None:
    customer.says("/voice", "<Hangup/>")
    caller.dial(CENTRE)
    exchange.deliver(exchange.sent[0])
    forged = exchange.signed(f"{HOST}/voice", {"CallSid": "CA1", "CallStatus": "completed"})
    assert exchange.deliver(forged).status == 200
    assert [form["CallSid"] for form in customer.at("/voice")][2:] == ["CA1"]
    assert customer.got[0] == customer.got[2]
