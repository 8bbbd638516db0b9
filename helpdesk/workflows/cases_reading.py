"""A ticket read as a whole: what was said on all its conversations, in one order.

Not for the ticket's own facts (see `tickets.queries`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from helpdesk.channels import attachments
from helpdesk.channels import queries as conversations
from helpdesk.channels.models import Attachment, Conversation, Message
from helpdesk.core.errors import NotFound
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.routing.roster import roster
from helpdesk.tickets import permissions
from helpdesk.tickets.models import Ticket, TicketMerge, TicketParticipant

_ORDER = (Message.__table__.c.at, Message.__table__.c.id)


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a ticket and the channel it came or went by."""

    message: Message
    channel: str


def page_of_words(
    work: Work,
    ticket_id: str,
    *,
    public_only: bool,
    cursor: str | None = None,
    limit: int | None = None,
    descending: bool = False,
) -> Page[Said]:
    """Messages of all the ticket's conversations, the oldest first."""
    most = clamp_limit(limit)
    statement = (
        select(Message)
        .add_columns(Conversation.channel)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.ticket_id == ticket_id)
    )
    if public_only:
        statement = statement.where(Message.public)
        if hidden := of_other_customers(work, ticket_id):
            statement = statement.where(Conversation.id.not_in(hidden))
        if (since := _taken_in_at(work, ticket_id)) is not None:
            statement = statement.where(Message.at >= since)
    paged = keyset(statement, _ORDER, cursor=cursor, limit=most, descending=descending)
    rows = [Said(message, channel) for message, channel in work.session.execute(paged)]
    return cut(rows, most, lambda said: [said.message.at, said.message.id])


def get_file(work: Work, file_id: str) -> Attachment:
    """A file that the actor may have; NotFound otherwise, whatever the reason.

    Customers get what stands in public words that they may read.
    """
    if work.actor.on_desk:
        return attachments.get_for(work, file_id, work.actor)
    found = work.session.get(Attachment, file_id)
    said = work.session.get(Message, found.message_id) if found and found.message_id else None
    if found is None or found.erased_at is not None or said is None or not said.public:
        raise NotFound()
    talk = work.session.get_one(Conversation, said.conversation_id)
    if talk.ticket_id is None:
        conversations.get_visible(work, talk.id)
    else:
        permissions.get_visible(work, talk.ticket_id)
        since = _taken_in_at(work, talk.ticket_id)
        is_earlier = since is not None and said.at < since
        if is_earlier or talk.id in of_other_customers(work, talk.ticket_id):
            raise NotFound()
    return found


def of_other_customers(work: Work, ticket_id: str) -> list[str]:
    """Conversations that a merge brought along and that belong to somebody else than the reader."""
    moved = work.session.scalars(
        select(TicketMerge.moved).where(
            TicketMerge.target_id == ticket_id, TicketMerge.undone_at.is_(None)
        )
    )
    brought = [one for facts in moved for one in facts.get("conversations", ())]
    if not brought:
        return []
    rows = (
        select(Conversation.id)
        .join(Ticket, Ticket.id == Conversation.ticket_id)
        .where(Conversation.id.in_(brought), Conversation.customer_id != Ticket.customer_id)
    )
    if work.actor.customer_id is not None:
        rows = rows.where(Conversation.customer_id != work.actor.customer_id)
    return list(work.session.scalars(rows))


def _taken_in_at(work: Work, ticket_id: str) -> datetime | None:
    """When the reading customer was taken into another's ticket; None for everybody else.

    What was said before is not theirs.
    """
    reader = work.actor.customer_id
    if reader is None:
        return None
    return work.session.scalar(
        select(TicketParticipant.since)
        .join(Ticket, Ticket.id == TicketParticipant.ticket_id)
        .where(
            TicketParticipant.ticket_id == ticket_id,
            TicketParticipant.customer_id == reader,
            Ticket.customer_id != reader,
        )
    )


def last_words(work: Work, ticket_id: str, *, limit: int = 200) -> Sequence[Said]:
    """The newest `limit` messages with notes, the oldest of them first: for the desk's page."""
    rows = work.session.execute(_LAST, {"ticket": ticket_id, "most": limit}).all()
    return [Said(message, channel) for message, channel in reversed(rows)]


_LAST = (
    select(Message, Conversation.channel)
    .join(Conversation, Conversation.id == Message.conversation_id)
    .where(Conversation.ticket_id == bindparam("ticket", type_=Conversation.id.type))
    .order_by(Message.at.desc(), Message.id.desc())
    .limit(bindparam("most"))
)


def words_at(work: Work, conversation_id: str, seq: int) -> Said | None:
    """One message by its place."""
    row = work.session.execute(
        select(Message, Conversation.channel)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.conversation_id == conversation_id, Message.seq == seq)
    ).first()
    return Said(row[0], row[1]) if row else None


def words_sent(work: Work, ticket_id: str, author: str, client_msg_id: str) -> Said | None:
    """The message that its writer's program gave this id."""
    row = work.session.execute(
        select(Message, Conversation.channel)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Conversation.ticket_id == ticket_id,
            Message.author == author,
            Message.client_msg_id == client_msg_id,
        )
        .limit(1)
    ).first()
    return Said(row[0], row[1]) if row else None


def queue_named(work: Work, text: str) -> str | None:
    """The id of the queue of that slug, id or name, active or not."""
    for queue in roster(work).queue_rows.values():
        if text in (queue.slug, queue.id, queue.name):
            return queue.id
    return None
