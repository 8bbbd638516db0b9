"""Waiting visitors hear of their place and time as the line moves; a duty of the sweeper."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from helpdesk.core.listening import WorkFactory
from helpdesk.realtime.frames import VISITOR, Frame, call_room, chat_room
from helpdesk.realtime.hub import hub
from helpdesk.routing import waits
from helpdesk.routing.models import WorkItem


def tell_waiting(begin: WorkFactory) -> None:
    """Work out places and estimates, store what changed, and tell whom it concerns."""
    with begin() as work:
        anyone = select(WorkItem.id).where(
            WorkItem.state == "waiting", WorkItem.channel.in_(waits.LIVE)
        )
        if work.session.scalar(anyone.limit(1)) is None:
            return
        told = [
            (item.channel, item.subject_id, facts)
            for item, facts in waits.tell_waiting(work)
            if item.channel != "callback"  # they have laid the phone down
        ]
    hub.send([_frame(*one) for one in told])  # one message to the others, however many wait


def _frame(channel: str, conversation_id: str, facts: dict[str, Any]) -> Frame:
    if channel == "call":
        data = {"conversation_id": conversation_id, **facts}
        return Frame(VISITOR, (call_room(conversation_id),), "call.place", data)
    data = {"state": "waiting", "conversation_id": conversation_id, **facts}
    return Frame(VISITOR, (chat_room(conversation_id),), "chat.state", data)
