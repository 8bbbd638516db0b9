"""A colleague asked into a conversation: they read it and write notes, it stays with its agent."""

from __future__ import annotations

from sqlalchemy import bindparam, update

from helpdesk.channels.events import ConsultAsked, ConsultEnded
from helpdesk.channels.models import Conversation, Participant
from helpdesk.core.db import table_of
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.work import Work

LONGEST_QUESTION = 300


def ask(
    work: Work, conversation: Conversation, user_id: str, *, asked_by: str, question: str
) -> None:
    """Ask a colleague in; they see the conversation and may write notes until it or they end."""
    if conversation.state == "ended":
        raise Conflict("This conversation has ended.", code="conversation_ended")
    if user_id == conversation.agent_id:
        raise Invalid("This colleague already has the conversation.", code="has_it_already")
    row = work.session.get(Participant, (conversation.id, user_id))
    if row is None:
        row = Participant(conversation_id=conversation.id, user_id=user_id, asked_at=work.at)
        work.session.add(row)
    row.asked_by, row.asked_at = asked_by, work.at
    row.question = question.replace("\0", "")[:LONGEST_QUESTION]
    row.joined_at = row.left_at = None
    work.emit(
        ConsultAsked(
            customer_id=conversation.customer_id,
            conversation_id=conversation.id,
            user_id=user_id,
            asked_by=asked_by,
        )
    )


def join(work: Work, conversation_id: str, user_id: str) -> None:
    """The colleague has opened it; NotFound when nobody asked them."""
    row = work.session.get(Participant, (conversation_id, user_id))
    if row is None or row.left_at is not None:
        raise NotFound("Nobody has asked you into this conversation.")
    row.joined_at = row.joined_at or work.at


def end(work: Work, conversation_id: str, user_id: str) -> None:
    """The colleague is done."""
    row = work.session.get(Participant, (conversation_id, user_id))
    if row is not None and row.left_at is None:
        _leave(work, row)


def end_all(work: Work, conversation_id: str) -> None:
    """The conversation is over, and with it whatever was asked about it."""
    work.session.flush()
    left = work.sql.execute(_END_ALL, {"conversation": conversation_id, "now": work.at})
    for user_id, asked_by in left.all():
        work.told(Participant, (conversation_id, user_id), left_at=work.at)
        _tell_left(work, conversation_id, user_id, asked_by)


_TABLE = table_of(Participant)
_END_ALL = (
    update(_TABLE)
    .where(_TABLE.c.conversation_id == bindparam("conversation"), _TABLE.c.left_at.is_(None))
    .values(left_at=bindparam("now"))
    .returning(_TABLE.c.user_id, _TABLE.c.asked_by)
)


def _leave(work: Work, row: Participant) -> None:
    row.left_at = work.at
    _tell_left(work, row.conversation_id, row.user_id, row.asked_by)


def _tell_left(work: Work, conversation_id: str, user_id: str, asked_by: str) -> None:
    work.emit(ConsultEnded(conversation_id=conversation_id, user_id=user_id, asked_by=asked_by))
