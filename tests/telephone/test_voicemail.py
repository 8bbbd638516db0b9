"""A caller leaves a message, out of hours or out of the line: a ticket with its sound."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk.calendars import service as calendars
from helpdesk.carriers.models import CarrierRepair
from helpdesk.channels.models import Message
from helpdesk.core.tables import EventRow
from helpdesk.core.work import Emitted
from helpdesk.customers.contact_points import shown_phone
from helpdesk.ivr.actions import Say
from helpdesk.routing.events import WorkLeft
from helpdesk.routing.models import Queue, WorkItem
from helpdesk.texts.models import TextMedia
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import missed_calls, telephone_voicemail
from helpdesk.workflows.telephone_ring_back import TOO_LATE
from helpdesk.workflows.telephone_voicemail import AFTER_THE_TONE, OFFER
from tests.telephone.centre import NUMBER, Centre, opened

NEVER = {"zone": "UTC", "weekly": {"sun": [["08:00", "09:00"]]}}


def close(centre: Centre) -> None:
    with centre.at() as work:
        hours = calendars.create_calendar(work, name="Sundays", plan=NEVER)
        line = work.session.get_one(Queue, centre.floor.queue_id)
        line.calendar_id, line.closed_text = hours.id, "We are closed on weekdays."


@pytest.mark.parametrize("hangs_up", [True, False])
def test_a_message_after_hours_is_one_ticket_whose_sound_is_fetched_from_the_carrier(
    app: Flask, hangs_up: bool
) -> None:
    with opened(app) as centre:
        close(centre)
        centre.caller.dial(NUMBER)
        centre.exchange.advance(6)
        assert "say: We are closed on weekdays." in centre.caller.hear()
        assert centre.caller.hear()[-1] == "beep"
        centre.caller.speak("Please ring me back about the boiler")
        centre.exchange.advance(4)
        if hangs_up:
            centre.caller.hang_up()
        else:
            centre.caller.press("#")
        centre.exchange.advance(20)
        assert centre.caller.call is None
        assert centre.call.ended_at is not None
        with centre.look() as work:
            ticket = work.session.scalars(select(Ticket)).one()
            media = work.session.scalars(select(TextMedia)).one()
            here = Message.conversation_id == media.conversation_id, Message.seq == media.seq
            message = work.session.scalars(select(Message).where(*here)).one()
            items = work.session.scalars(select(WorkItem)).all()
        assert ticket.subject == "Voice message: Call to Sales"
        assert [item.channel for item in items] == ["ticket"]
        assert shown_phone(centre.caller.number) in message.text
        assert message.attachments[0]["awaited"] == "fetching"
        assert message.attachments[0]["seconds"] > 0
        assert media.url.startswith("https://api.twilio.com/2010-04-01/Accounts/")
        assert media.url.endswith(".wav")


def test_H5_nobody_can_have_another_address_fetched(centre: Centre) -> None:
    centre.caller.dial(NUMBER)
    sid = centre.caller.calls[-1].sid
    with centre.at() as work:
        assert not telephone_voicemail.leave(work, sid, "RE" + "0" * 32, "5"), "not asked for one"
    close(centre)
    centre.caller.hang_up()
    centre.caller.dial(NUMBER)
    sid = centre.caller.calls[-1].sid
    for bad in ("", "http://127.0.0.1:6379/", "RE1", "../RE" + "0" * 32):
        with centre.at() as work:
            assert not telephone_voicemail.leave(work, sid, bad, "5")
    assert centre.count(TextMedia) == 0


def chooses_a_message(centre: Centre) -> None:
    centre.caller.dial(NUMBER)
    centre.exchange.advance(14)
    assert f"say: {OFFER}" in centre.caller.hear()
    centre.caller.press("2")
    centre.exchange.advance(4)
    assert centre.caller.hear()[-2:] == [f"say: {AFTER_THE_TONE}", "beep"]


@pytest.mark.parametrize("hangs_up", [True, False])
def test_somebody_in_line_leaves_a_message_and_is_nobody_who_gave_up(
    centre: Centre, hangs_up: bool
) -> None:
    chooses_a_message(centre)
    centre.comes_in(centre.anna)
    assert centre.offer(centre.anna) is None, "they wait for nobody any more"
    centre.caller.speak("Please ring me back about the boiler")
    centre.exchange.advance(4)
    if hangs_up:
        centre.caller.hang_up()
    else:
        centre.caller.press("#")
    centre.exchange.advance(20)
    assert centre.caller.call is None
    with centre.look() as work:
        ticket = work.session.scalars(select(Ticket)).one()
        assert work.session.scalars(select(TextMedia)).one().url.endswith(".wav")
        items = {item.channel: item for item in work.session.scalars(select(WorkItem))}
    assert ticket.subject == "Voice message: Call to Sales"
    assert (items["call"].state, items["call"].ended_waiting_at) == ("done", None)
    assert items["ticket"].state == "offered"
    assert (centre.count(CarrierRepair), centre.undone(), centre.exchange.faults) == (0, [], [])


def test_who_chooses_a_message_and_leaves_none_is_called_back_like_everybody_who_gave_up(
    centre: Centre,
) -> None:
    chooses_a_message(centre)
    centre.caller.hang_up()
    centre.exchange.advance(5)
    with centre.look() as work:
        item = work.session.scalars(select(WorkItem)).one()
        row = work.session.scalars(select(EventRow).where(EventRow.kind == "work.left")).one()
    assert (item.state, item.ended_waiting_at is not None) == ("left", True)
    gone = WorkLeft(customer_id=row.customer_id, **row.facts)
    with centre.at() as work:
        missed_calls.note(work, [Emitted(row.id, gone, row.at, row.actor)])
    sid = centre.caller.calls[-1].sid
    for _ in range(2):  # what the carrier tells late is kept, once
        with centre.at() as work:
            telephone_voicemail.leave(work, sid, "RE" + "0" * 32, "5")
    with centre.look() as work:
        assert work.session.scalars(select(Ticket)).one().subject.startswith("Missed call:")
        assert len(work.session.scalars(select(TextMedia)).all()) == 1


def test_a_queue_may_offer_neither_and_then_no_key_does_anything(app: Flask) -> None:
    with opened(app, callback_instead=False, message_instead=False) as centre:
        centre.caller.dial(NUMBER)
        centre.exchange.advance(12)
        for key in ("1", "2"):
            centre.caller.press(key)
            centre.exchange.advance(30)
        assert not [one for one in centre.caller.hear() if "press" in one]
        with centre.look() as work:
            item = work.session.scalars(select(WorkItem)).one()
        assert (item.state, item.channel) == ("waiting", "call")
        with centre.at() as work:
            answer = telephone_voicemail.chosen(work, centre.caller.calls[-1].sid)
        assert answer.actions == (Say(TOO_LATE),)


def test_who_is_being_connected_leaves_no_message(centre: Centre) -> None:
    centre.caller.dial(NUMBER)
    centre.exchange.advance(12)
    centre.comes_in(centre.anna)  # it is offered now
    centre.caller.press("2")
    centre.exchange.advance(8)
    assert f"say: {TOO_LATE}" in centre.caller.hear()
    centre.answers(centre.anna)
    assert centre.talk(centre.caller, centre.page(centre.anna))
