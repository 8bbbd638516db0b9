"""Callbacks that are due: into line when their time comes, and out of hands that are gone.

For the sweeper. Not for what an agent does with one (`calling_back`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from helpdesk.calls import callbacks
from helpdesk.calls.models import Callback
from helpdesk.channels import service as conversations
from helpdesk.core.work import Work
from helpdesk.routing import service as routing
from helpdesk.routing.models import Assignment, WorkItem
from helpdesk.workflows import calling_back, chat


def lost(work: Work, before: datetime, *, limit: int = 100) -> list[str]:
    """Assignments of callbacks not reached yet whose agent's browser has been gone since `before`.

    Who is reached speaks with that agent, browser or not: another one must not ring them.
    """
    found = _without_browser(Assignment.id, before).where(Callback.state == "waiting")
    return list(work.session.scalars(found.limit(limit)))


def left_open(work: Work, before: datetime, *, limit: int = 100) -> list[str]:
    """Callbacks that were reached, by an agent whose browser never came back to end them."""
    found = _without_browser(Callback.conversation_id, before).where(Callback.state == "reached")
    return list(work.session.scalars(found.limit(limit)))


def _without_browser(wanted: Any, before: datetime) -> Select[tuple[str]]:
    return (
        select(wanted)
        .select_from(Assignment)
        .join(WorkItem, WorkItem.id == Assignment.work_item_id)
        .join(Callback, Callback.conversation_id == WorkItem.subject_id)
        .where(Assignment.contact_ended_at.is_(None), Assignment.lost_at <= before)
    )


def end_left_open(work: Work, conversation_id: str) -> None:
    """Nobody is there to say that the talk is over."""
    chat.end_conversation(work, conversation_id, ended_by="system")


def due(work: Work, *, limit: int = 100) -> list[str]:
    """Callbacks whose time has come."""
    return list(
        work.session.scalars(
            select(Callback.conversation_id)
            .where(Callback.state == "planned", Callback.next_try_at <= work.at)
            .order_by(Callback.next_try_at)
            .limit(limit)
        )
    )


def put_in_line(work: Work, conversation_id: str) -> None:
    """Its time has come: into line, before all others when it was tried before.

    The time until then was nobody's wait: it moves no queue along and counts in no figure.
    """
    callback = work.session.get(Callback, conversation_id, with_for_update=True)
    if callback is None or callback.state != "planned":
        return
    conversation = conversations.get_conversation(work, conversation_id)
    if conversation.state == "ended":
        callback.state = "cancelled"
        return
    opens = chat.opens_at(work, routing.get_queue(work, conversation.queue_id or ""))
    first = datetime.fromisoformat(opens) if opens else work.at
    window = callbacks.window_of(callback)
    first = window.next_begin(first) if window else first
    if first > work.at:
        callback.next_try_at = first  # nobody is rung out of hours
        return
    callback.keeps_since = callback.next_try_at or callback.keeps_since
    callback.state, callback.next_try_at = "waiting", None
    calling_back.into_line(work, conversation, callback, front=callback.attempts > 0)
