"""Lists of calls and of callbacks for programs: calls know no customers, conversations no seconds.

Whoever asks sees what they may see of conversations, and no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from helpdesk.calls.models import Call, Callback
from helpdesk.channels.models import Conversation
from helpdesk.channels.queries import get_visible, visible
from helpdesk.core.errors import NotFound
from helpdesk.core.paging import Keyed, Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of calls is narrowed to; empty for everything. `answered`: by a person."""

    since: datetime | None = None
    until: datetime | None = None
    direction: str = ""
    carrier: str = ""
    answered: bool | None = None
    customer_id: str = ""
    agent_id: str = ""
    queue_id: str = ""


def page_of_calls(
    work: Work, wanted: Wanted, *, cursor: str | None, limit: int
) -> Page[tuple[Call, Conversation]]:
    """The newest first."""
    most = clamp_limit(limit)
    statement = _calls(work)
    for condition in _conditions(wanted):
        statement = statement.where(condition)
    order: list[Keyed] = [Call.began_at, Call.conversation_id]
    rows = work.session.execute(keyset(statement, order, cursor=cursor, limit=most)).all()
    pairs = [(row[0], row[1]) for row in rows]
    return cut(pairs, most, lambda pair: [pair[0].began_at, pair[0].conversation_id])


def call_of(work: Work, conversation_id: str) -> tuple[Call, Conversation]:
    """NotFound for "no call" and "not yours" alike."""
    conversation = get_visible(work, conversation_id)
    call = work.session.get(Call, conversation.id)
    if call is None:
        raise NotFound("This call does not exist.", code="no_call")
    return call, conversation


def page_of_callbacks(
    work: Work, *, states: Sequence[str], cursor: str | None, limit: int
) -> Page[tuple[Callback, Conversation]]:
    """The newest first."""
    most = clamp_limit(limit)
    statement = _callbacks(work)
    if states:
        statement = statement.where(Callback.state.in_(states))
    order: list[Keyed] = [Callback.conversation_id]
    rows = work.session.execute(keyset(statement, order, cursor=cursor, limit=most)).all()
    return cut([(row[0], row[1]) for row in rows], most, lambda pair: [pair[0].conversation_id])


def callback_of(work: Work, conversation_id: str) -> tuple[Callback, Conversation]:
    conversation = get_visible(work, conversation_id)
    callback = work.session.get(Callback, conversation.id, populate_existing=True)
    if callback is None:
        raise NotFound("This callback does not exist.", code="no_callback")
    return callback, conversation


def _calls(work: Work) -> Select[Any]:
    both = select(Call, Conversation)
    return _seen(work, both.where(Conversation.id == Call.conversation_id))


def _callbacks(work: Work) -> Select[Any]:
    both = select(Callback, Conversation)
    return _seen(work, both.where(Conversation.id == Callback.conversation_id))


def _seen(work: Work, statement: Any) -> Select[Any]:
    return visible(work.actor, statement)


def _conditions(wanted: Wanted) -> list[Any]:
    found: list[Any] = []
    if wanted.since is not None:
        found.append(Call.began_at >= wanted.since)
    if wanted.until is not None:
        found.append(Call.began_at < wanted.until)
    if wanted.direction:
        found.append(Call.direction == wanted.direction)
    if wanted.carrier:
        found.append(Call.carrier == wanted.carrier)
    if wanted.answered is not None:
        was = Call.answered_at.is_not(None)
        found.append(was if wanted.answered else ~was)
    for name in ("customer_id", "agent_id", "queue_id"):
        if value := getattr(wanted, name):
            found.append(getattr(Conversation, name) == value)
    return found
