"""Out of hours a caller leaves a message, and it is a ticket with its sound."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk.calendars import service as calendars
from helpdesk.channels.models import Message
from helpdesk.routing.models import Queue, WorkItem
from helpdesk.texts.models import TextMedia
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import telephone_voicemail
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
        assert centre.caller.number in message.text
        assert message.attachments[0]["awaited"] == "fetching"
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
