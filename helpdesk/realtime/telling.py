"""Waiting visitors hear of their place and time as the line moves; a duty of the sweeper."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from helpdesk.core.listening import WorkFactory
from helpdesk.realtime.frames import VISITOR, Frame, chat_room
from helpdesk.realtime.hub import hub
from helpdesk.routing import waits
from helpdesk.routing.models import WorkItem


def tell_waiting(begin: WorkFactory) -> None:
    """Work out places and estimates, store what changed, and tell whom it concerns."""
    with begin() as work:
        anyone = select(WorkItem.id).where(WorkItem.state == "waiting", WorkItem.channel == "chat")
        if work.session.scalar(anyone.limit(1)) is None:
            return
        told = [(item.subject_id, facts) for item, facts in waits.tell_waiting(work)]
    for conversation_id, facts in told:
        hub.send([_frame(conversation_id, facts)])


def _frame(conversation_id: str, facts: dict[str, Any]) -> Frame:
    data = {"state": "waiting", "conversation_id": conversation_id, **facts}
    return Frame(VISITOR, (chat_room(conversation_id),), "chat.state", data)
