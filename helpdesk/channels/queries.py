"""Reads of conversations for screens, sockets and the API.

`visible` is the one place that knows who may see a conversation; every list goes through it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, or_, select

from helpdesk.channels.models import CannedReply, Conversation, Message, Participant, WidgetSite
from helpdesk.core import reach
from helpdesk.core.actors import Actor
from helpdesk.core.db import table_of
from helpdesk.core.errors import NotFound
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work


def visible(actor: Actor, statement: Select[Any]) -> Select[Any]:
    """Narrow a statement over Conversation to what `actor` may see.

    Desk people see every customer's conversations (one record for whoever picks up next), an agent
    limited to some queues those of these queues; customers see their own; everybody else none.
    """
    if actor.on_desk or actor.kind == "system":
        if not actor.is_limited:
            return statement
        return statement.where(within(actor, table_of(Conversation)))
    if actor.role == "customer" and actor.customer_id:
        return statement.where(Conversation.customer_id == actor.customer_id)
    return statement.where(Conversation.id.is_(None))


def within(actor: Actor, table: FromClause) -> ColumnElement[bool]:
    """Over the table of conversations or an alias: what a limited agent sees.

    Its ticket decides where it has one. A chat or call in their own hands, and what they were
    asked into, they see wherever it lies.
    """
    asked = table_of(Participant).alias("asked_in")
    mine = table.c.agent_id == actor.id
    lies_here = table.c.queue_id.in_(sorted(actor.queue_ids or ()))
    of_ticket = table.c.ticket_id.is_not(None)
    spoken = table.c.channel.not_in(("email", "form"))
    return or_(
        and_(~of_ticket, or_(lies_here, mine)),
        and_(of_ticket, reach.sees(actor, "ticket", table.c.ticket_id)),
        and_(mine, spoken, table.c.state != "ended"),
        exists(
            select(asked.c.conversation_id).where(
                asked.c.conversation_id == table.c.id,
                asked.c.user_id == actor.id,
                asked.c.left_at.is_(None),
            )
        ),
    )


reach.register("conversation", "conversation_id", within)


def get_visible(work: Work, conversation_id: str) -> Conversation:
    """The conversation if the actor may see it; NotFound for "absent" and "not yours" alike."""
    wanted = select(Conversation).where(Conversation.id == conversation_id)
    found = work.session.scalar(visible(work.actor, wanted))
    if found is None:
        raise NotFound("This conversation does not exist.")
    return found


def messages_since(
    work: Work, conversation_id: str, seq: int, *, public_only: bool, limit: int = 500
) -> Sequence[Message]:
    """Messages after `seq`, oldest first; notes only for those who may read them.

    With `public_only` it is a number as the customer counts, which is never above that of all.
    """
    statement = (
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.seq > seq)
        .order_by(Message.seq)
        .limit(limit)
    )
    if public_only:
        statement = statement.where(Message.public, Message.public_seq > seq)
    return work.session.scalars(statement).all()


def messages_before(
    work: Work, conversation_id: str, *, before: int | None = None, limit: int = 50
) -> Sequence[Message]:
    """The `limit` messages before `before` (or the last ones), oldest first, notes included."""
    statement = select(Message).where(Message.conversation_id == conversation_id)
    if before is not None:
        statement = statement.where(Message.seq < before)
    newest = work.session.scalars(statement.order_by(Message.seq.desc()).limit(limit)).all()
    return list(reversed(newest))


def page_of_conversations(
    work: Work,
    *,
    cursor: str | None = None,
    limit: int | None = None,
    customer_id: str | None = None,
    state: str | None = None,
    channel: str | None = None,
) -> Page[Conversation]:
    """Conversations the actor may see, newest first."""
    most = clamp_limit(limit)
    statement = visible(work.actor, select(Conversation))
    if customer_id:
        statement = statement.where(Conversation.customer_id == customer_id)
    if state:
        statement = statement.where(Conversation.state == state)
    if channel:
        statement = statement.where(Conversation.channel == channel)
    rows = work.session.scalars(
        keyset(statement, [Conversation.opened_at, Conversation.id], cursor=cursor, limit=most)
    ).all()
    return cut(rows, most, lambda c: [c.opened_at, c.id])


def open_for_visitor(work: Work, visitor_id: str) -> Conversation | None:
    """The visitor's chat that has not ended."""
    return _open(work, visitor_id, "chat")


def open_call_of(work: Work, visitor_id: str) -> Conversation | None:
    """The visitor's call that has not ended."""
    return _open(work, visitor_id, "call")


def _open(work: Work, visitor_id: str, channel: str) -> Conversation | None:
    return work.session.scalar(
        select(Conversation).where(
            Conversation.visitor_id == visitor_id,
            Conversation.channel == channel,
            Conversation.state != "ended",
        )
    )


def latest_for_visitor(work: Work, visitor_id: str) -> Conversation | None:
    """The visitor's open chat, else the last one."""
    return work.session.scalar(
        select(Conversation)
        .where(Conversation.visitor_id == visitor_id, Conversation.channel == "chat")
        .order_by(Conversation.opened_at.desc())
        .limit(1)
    )


def consults_of(work: Work, user_id: str) -> Sequence[tuple[Participant, Conversation]]:
    """Conversations a colleague is asked into and has not left."""
    rows = work.session.execute(
        select(Participant, Conversation)
        .join(Conversation, Conversation.id == Participant.conversation_id)
        .where(Participant.user_id == user_id, Participant.left_at.is_(None))
        .order_by(Participant.asked_at)
    )
    return [(participant, conversation) for participant, conversation in rows]


def participants(work: Work, conversation_id: str) -> Sequence[Participant]:
    return work.session.scalars(
        select(Participant).where(
            Participant.conversation_id == conversation_id, Participant.left_at.is_(None)
        )
    ).all()


def canned_replies(work: Work, team_ids: frozenset[str]) -> Sequence[CannedReply]:
    """Everybody's and the teams' own, by shortcut."""
    return work.session.scalars(
        select(CannedReply)
        .where(or_(CannedReply.team_id.is_(None), CannedReply.team_id.in_(team_ids)))
        .order_by(CannedReply.shortcut)
    ).all()


def sites(work: Work) -> Sequence[WidgetSite]:
    return work.session.scalars(select(WidgetSite).order_by(WidgetSite.name)).all()
