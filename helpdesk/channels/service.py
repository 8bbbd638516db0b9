"""Conversations and messages, whatever the channel: opened, and written in.

The path of a message is short on purpose: three statements and one event. Not for finding the
customer or the agent (see `helpdesk.workflows`), nor for in whose hands it is (see `hands`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update

from helpdesk.channels.events import (
    ConversationAnswered,
    ConversationOpened,
    ConversationReattached,
    MessagePosted,
)
from helpdesk.channels.models import Attachment, Conversation, Message
from helpdesk.core.clock import seconds_between
from helpdesk.core.db import insert_if_absent, table_of
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.ready import Ready
from helpdesk.core.work import Work
from helpdesk.identity.models import User

LONGEST_MESSAGE = 10_000
LONGEST_REASON = 120


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message stands. `repeated`: the same client_msg_id was posted before."""

    seq: int
    at: datetime
    public_seq: int = 0  # as the customer counts
    repeated: bool = False
    ticket_id: str | None = None  # of the conversation


def clean_text(text: object) -> str:
    """The text as it will be stored and returned; Invalid when there is nothing or too much.

    Only NUL is removed (PostgreSQL cannot hold it) and lone surrogates are replaced; everything
    else comes back exactly as it was sent.
    """
    if not isinstance(text, str):
        raise Invalid("A message needs a text.", code="no_text")
    kept = text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    if len(kept) > LONGEST_MESSAGE:
        raise Invalid(
            f"A message holds at most {LONGEST_MESSAGE:,} characters. Send it in parts.",
            code="too_long",
        )
    return kept


def needed_text(text: object) -> str:
    """The same, refused when there is nothing to read in it."""
    body = clean_text(text)
    if not body.strip():
        raise Invalid("Write something first.", code="no_text")
    return body


def open_conversation(
    work: Work,
    *,
    channel: str,
    customer_id: str,
    queue_id: str | None,
    reason: str = "",
    site_id: str | None = None,
    visitor_id: str | None = None,
    ticket_id: str | None = None,
    answers: dict[str, Any] | None = None,
    page_url: str | None = None,
    start_key: str | None = None,
    first_words: str | None = None,
    client_msg_id: str | None = None,
    conversation_id: str | None = None,
) -> Conversation:
    """A new conversation, waiting for a person, with what the visitor said first.

    `uq_conversation_open_visitor` allows one per visitor: a second at once is refused.
    """
    words = None if first_words is None else needed_text(first_words)
    conversation = Conversation(
        id=conversation_id or new_id(),
        channel=channel,
        state="waiting",
        customer_id=customer_id,
        site_id=site_id,
        visitor_id=visitor_id,
        ticket_id=ticket_id,
        queue_id=queue_id,
        reason=_first_words(reason),
        answers=answers or {},
        page_url=page_url,
        start_key=start_key,
        opened_at=work.at,
        last_seq=0 if words is None else 1,
        public_seq=0 if words is None else 1,
        last_message_at=None if words is None else work.at,
    )
    work.put(conversation)
    work.emit(
        ConversationOpened(
            customer_id=customer_id,
            conversation_id=conversation.id,
            channel=channel,
            queue_id=queue_id,
            reason=conversation.reason,
        ),
        stands=_stands(conversation),
    )
    if words is not None:
        work.insert(
            Message,
            **_message(work, conversation.id, 1, 1, "visitor", words, client_msg_id, True, []),
        )
        _tell(
            work,
            customer_id,
            conversation.id,
            1,
            1,
            "visitor",
            True,
            None,
            words,
            client_msg_id,
            [],
        )
    return conversation


def post(
    work: Work,
    conversation_id: str,
    *,
    author: str,
    text: str,
    client_msg_id: str | None = None,
    public: bool = True,
    attachments: Sequence[Attachment] = (),
    awaited: Sequence[dict[str, Any]] = (),
) -> Posted:
    """Add a message and answer its place. `awaited`: files that are still to be fetched.

    A public message to an ended conversation is refused with Conflict (`conversation_ended`); an
    internal note is still taken. The same `client_msg_id` of the same author is posted once: a
    second time raises `Repeated`, so that the transaction rolls back and nothing happens twice.
    """
    body = clean_text(text) if attachments or awaited else needed_text(text)
    step = _NEXT_PUBLIC if public else _NEXT
    values = {"conversation": conversation_id, "now": work.at}
    if author.startswith("agent:"):
        step = _NEXT_PUBLIC_NAMED if public else _NEXT_NAMED
        values["agent"] = author[6:]
    row = step.first(work.sql, values)
    if row is None:
        known = _already(work, conversation_id, author, client_msg_id)
        if known is not None:
            return known
        raise Conflict("This conversation has ended.", code="conversation_ended")
    seq, agent_id, answered_at, waits_since, customer_id, ticket_id, public_seq = row[:7]
    files = [{"id": a.id, "name": a.name, "type": a.type, "size": a.size} for a in attachments]
    files += awaited
    message = _message(
        work, conversation_id, seq, public_seq, author, body, client_msg_id, public, files
    )
    stored = insert_if_absent(work.session, Message, message)
    if not stored:  # the same message came before, or over another socket at the same moment
        known = _already(work, conversation_id, author, client_msg_id)
        assert known is not None
        raise Repeated(known)
    for attachment in attachments:
        attachment.message_id = message["id"]
    by_person = author.startswith("agent:")
    if by_person and public and answered_at is None:
        _answered(work, conversation_id, author[6:], waits_since, customer_id)
    _tell(
        work,
        customer_id,
        conversation_id,
        seq,
        public_seq,
        author,
        public,
        agent_id,
        body,
        client_msg_id,
        files,
        row[7] if by_person else None,
    )
    return Posted(seq, work.at, public_seq, ticket_id=ticket_id)


class Repeated(Exception):
    """The transaction found its message already posted by another: roll back, answer `posted`."""

    def __init__(self, posted: Posted) -> None:
        super().__init__("already posted")
        self.posted = Posted(posted.seq, posted.at, posted.public_seq, repeated=True)


_CHAT = table_of(Conversation)
# What menus asked before a caller stood in line was no waiting.
WAITS_SINCE = func.coalesce(_CHAT.c.in_line_at, _CHAT.c.opened_at).label("waits_since")
_STEP = (
    update(_CHAT)
    .where(_CHAT.c.id == bindparam("conversation"))
    .values(last_seq=_CHAT.c.last_seq + 1, last_message_at=bindparam("now"))
    .returning(
        _CHAT.c.last_seq,
        _CHAT.c.agent_id,
        _CHAT.c.answered_at,
        WAITS_SINCE,
        _CHAT.c.customer_id,
        _CHAT.c.ticket_id,
        _CHAT.c.public_seq,
    )
)
_HELD = (
    select(Conversation)
    .where(Conversation.id == bindparam("conversation", type_=Conversation.id.type))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_ANSWER = Ready(
    update(_CHAT)
    .where(_CHAT.c.id == bindparam("conversation"), _CHAT.c.answered_at.is_(None))
    .values(answered_at=bindparam("now"))
    .returning(WAITS_SINCE, _CHAT.c.customer_id)
)
_PUBLIC_STEP = _STEP.where(_CHAT.c.state != "ended").values(public_seq=_CHAT.c.public_seq + 1)
_NEXT, _NEXT_PUBLIC = Ready(_STEP), Ready(_PUBLIC_STEP)
_NAME = select(User.public_name).where(User.id == bindparam("agent")).scalar_subquery()
_NEXT_NAMED, _NEXT_PUBLIC_NAMED = (Ready(step.returning(_NAME)) for step in (_STEP, _PUBLIC_STEP))


def _message(
    work: Work,
    conversation_id: str,
    seq: int,
    public_seq: int,
    author: str,
    text: str,
    client_msg_id: str | None,
    public: bool,
    files: list[dict[str, Any]],
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "conversation_id": conversation_id,
        "seq": seq,
        "public_seq": public_seq,
        "author": author,
        "client_msg_id": client_msg_id,
        "public": public,
        "text": text,
        "attachments": files,
        "at": work.at,
    }


def _tell(
    work: Work,
    customer_id: str,
    conversation_id: str,
    seq: int,
    public_seq: int,
    author: str,
    public: bool,
    agent_id: str | None,
    text: str,
    client_msg_id: str | None,
    files: list[dict[str, Any]],
    agent_name: str | None = None,
) -> None:
    work.emit(
        MessagePosted(
            customer_id=customer_id,
            conversation_id=conversation_id,
            seq=seq,
            author=author,
            public=public,
            agent_id=agent_id,
        ),
        text=text,
        public_seq=public_seq,
        client_msg_id=client_msg_id,
        attachments=files,
        agent_name=agent_name,
    )


def _already(
    work: Work, conversation_id: str, author: str, client_msg_id: str | None
) -> Posted | None:
    if client_msg_id is None:
        return None
    row = work.session.execute(
        select(Message.seq, Message.at, Message.public_seq).where(
            Message.conversation_id == conversation_id,
            Message.author == author,
            Message.client_msg_id == client_msg_id,
        )
    ).first()
    return Posted(row.seq, row.at, row.public_seq, repeated=True) if row else None


def answered(work: Work, conversation_id: str, agent_id: str) -> None:
    """A person of ours speaks with the customer, though nothing was written (a call)."""
    work.session.flush()
    row = _ANSWER.first(work.sql, {"conversation": conversation_id, "now": work.at})
    if row is not None:
        work.told(Conversation, conversation_id, answered_at=work.at)
        _tell_answered(work, conversation_id, agent_id, row.waits_since, row.customer_id)


def _answered(
    work: Work, conversation_id: str, agent_id: str, waits_since: datetime, customer_id: str
) -> None:
    work.session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id, Conversation.answered_at.is_(None))
        .values(answered_at=work.at)
        .execution_options(synchronize_session=False)
    )
    _tell_answered(work, conversation_id, agent_id, waits_since, customer_id)


def _tell_answered(
    work: Work, conversation_id: str, agent_id: str, waits_since: datetime, customer_id: str
) -> None:
    work.emit(
        ConversationAnswered(
            customer_id=customer_id,
            conversation_id=conversation_id,
            agent_id=agent_id,
            waited_s=round(seconds_between(waits_since, work.at)),
        )
    )


def get_conversation(work: Work, conversation_id: str, *, for_update: bool = False) -> Conversation:
    """The conversation; NotFound when there is none. Permission is asked by the caller."""
    conversation: Conversation | None
    if for_update:
        conversation = work.session.scalar(_HELD, {"conversation": conversation_id})
    else:
        conversation = work.session.get(Conversation, conversation_id)
    if conversation is None:
        raise NotFound("This conversation does not exist.")
    if for_update:
        work.kept[Conversation, conversation_id] = conversation  # or the session would forget it
    return conversation


def _stands(conversation: Conversation) -> dict[str, Any]:
    """Where the conversation stands, for those who are told at once and need not look."""
    return {
        "visitor_id": conversation.visitor_id if conversation.channel == "chat" else None,
        "state": conversation.state,
        "last_seq": conversation.public_seq,
        "read_seq": conversation.agent_read_public,
        "agent_name": None,
    }


def file_arrived(
    work: Work, conversation_id: str, seq: int, awaited_id: str, **shown: Any
) -> str | None:
    """Put `shown` in the place of a file that a message waited for; answers the message's id."""
    message = work.session.scalar(
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.seq == seq)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if message is None:
        return None
    message.attachments = [
        {**file, **shown} if file.get("id") == awaited_id else file for file in message.attachments
    ]
    work.session.flush()
    return message.id


def reattach(work: Work, conversation_id: str, customer_id: str) -> None:
    """Move the conversation to another customer's record (its writer was identified)."""
    conversation = get_conversation(work, conversation_id, for_update=True)
    conversation.customer_id = customer_id
    conversation.version += 1
    work.emit(
        ConversationReattached(
            customer_id=customer_id,
            conversation_id=conversation_id,
            agent_id=conversation.agent_id,
        )
    )


def _first_words(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_REASON else line[: LONGEST_REASON - 1].rstrip() + "…"
