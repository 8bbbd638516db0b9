"""How far the two sides of a conversation have read.

Our people count everything that was said, customers only what is public: each side is told of the
other in its own numbers. Not for what is unread on a desk (see the work pane).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, update

from helpdesk.channels.events import MessagesRead
from helpdesk.channels.models import Conversation, Message
from helpdesk.core.work import Work


def mark_read(work: Work, conversation_id: str, *, reader: str, seq: int) -> None:
    """Remember how far the `visitor` or the `agent` has read; never goes back."""
    by_visitor = reader == "visitor"
    column = Conversation.visitor_read_seq if by_visitor else Conversation.agent_read_seq
    values: dict[Any, Any] = {column: seq}
    if not by_visitor:
        told = select(Message.public_seq).where(
            Message.conversation_id == conversation_id, Message.seq == seq
        )
        values[Conversation.agent_read_public] = func.coalesce(
            told.scalar_subquery(), Conversation.agent_read_public
        )
    row = work.session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id, column < seq, Conversation.last_seq >= seq)
        .values(values)
        .returning(Conversation.customer_id, Conversation.agent_id, Conversation.agent_read_public)
        .execution_options(synchronize_session=False)
    ).first()
    if row:
        work.emit(
            MessagesRead(
                customer_id=row.customer_id,
                conversation_id=conversation_id,
                reader=reader,
                seq=seq,
                agent_id=row.agent_id,
                public_seq=0 if by_visitor else row.agent_read_public,
            )
        )


def read_by_visitor(work: Work, conversation_id: str, public_seq: int) -> None:
    """The visitor has read as far as that message of theirs or ours, as they count."""
    seq = work.session.scalar(
        select(Message.seq)
        .where(
            Message.conversation_id == conversation_id,
            Message.seq >= public_seq,  # none is further on in the count of all
            Message.public,
            Message.public_seq == public_seq,
        )
        .order_by(Message.seq)
        .limit(1)
    )
    if seq is not None:
        mark_read(work, conversation_id, reader="visitor", seq=seq)
