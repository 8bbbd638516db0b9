"""Conversations and messages on all channels, and what the chat widget needs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk

UNREAD = ("call", "callback")
"""Channels on which a customer hears and reads nothing: public words go another way."""


class WidgetSite(Base):
    """A web site that embeds the chat widget. `key` is public, `secret_sealed` signs identities."""

    __tablename__ = "widget_site"

    id: Mapped[pk]
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    allowed_origins: Mapped[list[str]] = mapped_column(Json, default=list)
    queue_id: Mapped[str] = mapped_column(Id)
    colour: Mapped[str] = mapped_column(String(7), default="#3157d5")
    greeting: Mapped[str] = mapped_column(String(300), default="")
    offline_text: Mapped[str] = mapped_column(String(300), default="")
    pre_chat: Mapped[list[Any]] = mapped_column(Json, default=list)
    """Asked before the chat: [{"key", "label", "kind", "required", "choices"?}], see `pre_chat`."""
    look: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # see `looks`
    look_draft: Mapped[dict[str, Any] | None] = mapped_column(Json)
    look_before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    secret_sealed: Mapped[str] = mapped_column(String(300))
    calls: Mapped[bool] = mapped_column(default=True)  # visitors may call from the page
    is_active: Mapped[bool] = mapped_column(default=True)
    is_default: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class SitePicture(Base):
    """A logo or small picture of a site; `id` is the hash of its content, which never changes."""

    __tablename__ = "site_picture"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("widget_site.id"), index=True)
    type: Mapped[str] = mapped_column(String(20))  # image/png or image/jpeg
    data: Mapped[bytes] = mapped_column(LargeBinary)


class Visitor(Base):
    """A browser that has chatted. `customer_id` is the record its words belong to."""

    __tablename__ = "visitor"

    id: Mapped[pk]
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("widget_site.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    customer_id: Mapped[str] = mapped_column(Id, index=True)
    identified_at: Mapped[datetime | None]  # proved by the host site's HMAC
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Conversation(Base):
    """One exchange on one channel. `agent_id` is who has it now; routing holds the why."""

    __tablename__ = "conversation"
    __table_args__ = (
        Index("ix_conversation_customer", "customer_id", "opened_at"),
        Index("ix_conversation_list", "opened_at", "id"),
        # One open chat and one call per visitor: two first messages at once become one.
        Index(
            "uq_conversation_open_visitor",
            "visitor_id",
            "channel",
            unique=True,
            postgresql_where=text("state <> 'ended' AND visitor_id IS NOT NULL"),
            sqlite_where=text("state <> 'ended' AND visitor_id IS NOT NULL"),
        ),
        Index(
            "ix_conversation_agent_open",
            "agent_id",
            postgresql_where=text("state <> 'ended'"),
            sqlite_where=text("state <> 'ended'"),
        ),
    )

    id: Mapped[pk]
    channel: Mapped[str] = mapped_column(String(12))  # chat, form, email, call, sms
    state: Mapped[str] = mapped_column(String(10))  # waiting, active, ended
    customer_id: Mapped[str] = mapped_column(Id)
    site_id: Mapped[str | None] = mapped_column(Id)
    visitor_id: Mapped[str | None] = mapped_column(Id)
    queue_id: Mapped[str | None] = mapped_column(Id, index=True)
    agent_id: Mapped[str | None] = mapped_column(Id)
    ticket_id: Mapped[str | None] = mapped_column(Id, index=True)
    reason: Mapped[str] = mapped_column(String(160), default="")  # first words, or a form's subject
    answers: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # pre-chat fields
    page_url: Mapped[str | None] = mapped_column(String(500))
    start_key: Mapped[str | None] = mapped_column(String(64), unique=True)  # hash, see chat.start
    opened_at: Mapped[datetime]
    in_line_at: Mapped[datetime | None]  # later than opened where a caller went through menus first
    answered_at: Mapped[datetime | None]  # first public message by a person of ours
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(12))  # visitor, agent, system
    last_seq: Mapped[int] = mapped_column(default=0)
    public_seq: Mapped[int] = mapped_column(default=0)  # the last one's, as its customer counts
    last_message_at: Mapped[datetime | None]
    visitor_read_seq: Mapped[int] = mapped_column(default=0)
    agent_read_seq: Mapped[int] = mapped_column(default=0)
    agent_read_public: Mapped[int] = mapped_column(default=0)  # the same as its customer counts
    transcript_to: Mapped[str | None] = mapped_column(String(254))
    version: Mapped[int] = mapped_column(default=1)


class Message(Base):
    """One thing said. `seq` rises by one inside its conversation, notes included.

    `public_seq` counts what is public, up to this one: the only number that customers see, so that
    no gap tells them of notes.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index("uq_message_seq", "conversation_id", "seq", unique=True),
        Index(
            "uq_message_client",
            "conversation_id",
            "author",
            "client_msg_id",
            unique=True,
            postgresql_where=text("client_msg_id IS NOT NULL"),
            sqlite_where=text("client_msg_id IS NOT NULL"),
        ),
    )

    id: Mapped[pk]
    conversation_id: Mapped[str] = mapped_column(Id)
    seq: Mapped[int]
    public_seq: Mapped[int] = mapped_column(default=0)
    author: Mapped[str] = mapped_column(String(48))  # visitor, system, bot, or agent:USER_ID
    client_msg_id: Mapped[str | None] = mapped_column(String(64))
    public: Mapped[bool] = mapped_column(default=True)
    text: Mapped[str] = mapped_column(Text)
    attachments: Mapped[list[Any]] = mapped_column(Json, default=list)
    """[{"id", "name", "type", "size"}], copied from `Attachment` so that a page needs one query."""
    at: Mapped[datetime]


class Attachment(Base):
    """An uploaded file; stored under its own id, served only as a download by its token."""

    __tablename__ = "attachment"

    id: Mapped[pk]
    conversation_id: Mapped[str] = mapped_column(Id, index=True)
    message_id: Mapped[str | None] = mapped_column(Id)
    uploaded_by: Mapped[str] = mapped_column(String(48))
    name: Mapped[str] = mapped_column(String(200))
    type: Mapped[str] = mapped_column(String(100))  # found by content, not as claimed
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]
    kept_until: Mapped[datetime | None]  # words that go out later hold it


class Participant(Base):
    """An agent asked into a conversation beside its owner (a consult)."""

    __tablename__ = "participant"
    __table_args__ = (Index("ix_participant_user", "user_id", "left_at"),)

    conversation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, primary_key=True)
    asked_by: Mapped[str] = mapped_column(Id)
    question: Mapped[str] = mapped_column(String(300), default="")
    asked_at: Mapped[datetime]
    joined_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]


class CannedReply(Base):
    __tablename__ = "canned_reply"

    id: Mapped[pk]
    shortcut: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    team_id: Mapped[str | None] = mapped_column(Id)  # None: everybody's
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (Index("uq_canned_reply_shortcut", "shortcut", "team_id", unique=True),)
