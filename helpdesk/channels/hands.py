"""In whose hands a conversation is: taken, given back, taken up again, ended.

Each is one step that says so itself, in an event with how long somebody waited. Not for messages
(`service`), nor for who may do so (`queries`, `permissions`).
"""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from helpdesk.channels import consults
from helpdesk.channels.events import (
    ConversationEnded,
    ConversationReturned,
    ConversationTaken,
)
from helpdesk.channels.models import Conversation
from helpdesk.channels.service import WAITS_SINCE, get_conversation
from helpdesk.core.clock import seconds_between
from helpdesk.core.db import table_of
from helpdesk.core.errors import Conflict
from helpdesk.core.ready import Ready
from helpdesk.core.work import Work
from helpdesk.identity.models import User

_CHAT = table_of(Conversation)
_TAKE = Ready(
    update(_CHAT)
    .where(_CHAT.c.id == bindparam("conversation"), _CHAT.c.state != "ended")
    .values(state="active", agent_id=bindparam("agent"), version=_CHAT.c.version + 1)
    .returning(
        _CHAT.c.customer_id,
        WAITS_SINCE,
        _CHAT.c.visitor_id,
        _CHAT.c.channel,
        _CHAT.c.public_seq,
        _CHAT.c.agent_read_public,
        _CHAT.c.version,
        select(User.public_name)
        .where(User.id == bindparam("agent"))
        .scalar_subquery()
        .label("agent_name"),
    )
)


def take(work: Work, conversation_id: str, agent_id: str) -> None:
    """Hand the conversation to an agent; Conflict when it has ended meanwhile."""
    row = _TAKE.first(work.sql, {"conversation": conversation_id, "agent": agent_id})
    if row is None:
        raise Conflict("The customer has left this conversation.", code="conversation_ended")
    work.told(Conversation, conversation_id, state="active", agent_id=agent_id, version=row.version)
    work.emit(
        ConversationTaken(
            customer_id=row.customer_id,
            conversation_id=conversation_id,
            agent_id=agent_id,
            waited_s=round(seconds_between(row.waits_since, work.at)),
        ),
        stands={
            "visitor_id": row.visitor_id if row.channel == "chat" else None,
            "state": "active",
            "last_seq": row.public_seq,
            "read_seq": row.agent_read_public,
            "agent_name": row.agent_name,
        },
    )


def give_back(
    work: Work, conversation_id: str, *, why: str, queue_id: str | None = None
) -> Conversation:
    """Let the conversation wait again (`why`: transferred, agent_lost)."""
    conversation = get_conversation(work, conversation_id, for_update=True)
    if conversation.state == "ended":
        raise Conflict("This conversation has ended.", code="conversation_ended")
    had = conversation.agent_id
    conversation.state, conversation.agent_id = "waiting", None
    conversation.queue_id = queue_id or conversation.queue_id
    conversation.version += 1
    work.emit(
        ConversationReturned(
            customer_id=conversation.customer_id,
            conversation_id=conversation.id,
            agent_id=had,
            why=why,
        )
    )
    return conversation


def reopen(work: Work, conversation_id: str, *, queue_id: str) -> Conversation:
    """An ended conversation waits again, because its customer went on with it."""
    conversation = get_conversation(work, conversation_id, for_update=True)
    had = conversation.agent_id
    conversation.state, conversation.agent_id = "waiting", None
    conversation.ended_at, conversation.ended_by = None, None
    conversation.queue_id = queue_id
    conversation.version += 1
    work.session.flush()
    work.emit(
        ConversationReturned(
            customer_id=conversation.customer_id,
            conversation_id=conversation.id,
            agent_id=had,
            why="written_again",
        )
    )
    return conversation


def end(work: Work, conversation_id: str, *, ended_by: str) -> str | None:
    """End the conversation, unless it has ended before; answers its channel when it did now.

    `ended_by`: visitor, agent, system.
    """
    work.session.flush()
    values = {"conversation": conversation_id, "now": work.at, "by": ended_by}
    row = _END.first(work.sql, values)
    if row is None:
        get_conversation(work, conversation_id)  # or NotFound
        return None
    stands = {"state": "ended", "ended_at": work.at, "ended_by": ended_by, "version": row.version}
    work.told(Conversation, conversation_id, **stands)
    answered = row.answered_at
    work.emit(
        ConversationEnded(
            customer_id=row.customer_id,
            conversation_id=conversation_id,
            channel=row.channel,
            agent_id=row.agent_id,
            ended_by=ended_by,
            waited_s=round(seconds_between(row.waits_since, answered)) if answered else None,
            talked_s=round(seconds_between(answered, work.at)) if answered else None,
            messages=row.last_seq,
        ),
        stands={
            "visitor_id": row.visitor_id if row.channel == "chat" else None,
            "state": "ended",
            "last_seq": row.public_seq,
            "read_seq": row.agent_read_public,
            "agent_name": row.agent_name,
        },
    )
    consults.end_all(work, conversation_id)
    return str(row.channel)


_END = Ready(
    update(_CHAT)
    .where(_CHAT.c.id == bindparam("conversation"), _CHAT.c.state != "ended")
    .values(
        state="ended",
        ended_at=bindparam("now"),
        ended_by=bindparam("by"),
        version=_CHAT.c.version + 1,
    )
    .returning(
        _CHAT.c.customer_id,
        _CHAT.c.channel,
        _CHAT.c.agent_id,
        WAITS_SINCE,
        _CHAT.c.answered_at,
        _CHAT.c.visitor_id,
        _CHAT.c.last_seq,
        _CHAT.c.public_seq,
        _CHAT.c.agent_read_public,
        _CHAT.c.version,
        select(User.public_name)
        .where(User.id == _CHAT.c.agent_id)
        .scalar_subquery()
        .label("agent_name"),
    )
)
