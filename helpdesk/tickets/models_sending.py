"""Tables of words that are not said yet: drafts, and replies that wait for their moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk


class TicketDraft(Base):
    """What somebody has begun to write on a ticket: one reply (`public`) and one note each.

    `files` are ids of attachments; `then` changes of the ticket that go with the words
    (`tickets.with_words`), and `at` where they are meant for later. `seen_at`: the ticket as it
    stood then was before the writer's eyes.
    """

    __tablename__ = "ticket_draft"
    __table_args__ = (Index("ix_ticket_draft_user", "user_id", "updated_at"),)

    ticket_id: Mapped[str] = mapped_column(Id, ForeignKey("ticket.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, primary_key=True)
    public: Mapped[bool] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    files: Mapped[list[str]] = mapped_column(Json, default=list)
    then: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    seen_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class PendingReply(Base):
    """Words that go out at `send_at`, unless they are taken back before.

    `kind` undoable (a few seconds to think again) or scheduled; `state` pending, sent, undone,
    withdrawn, failed (`why` says what stood in the way), stopped by another than its author (`why`
    says by whom) or held: the customer has written since `seen_at`, so its author decides. Once
    sent, its message carries its id as `client_msg_id`, so that it can't be said twice.
    """

    __tablename__ = "ticket_pending_reply"
    __table_args__ = (
        Index("ix_ticket_pending_reply_ticket", "ticket_id", "state", "send_at"),
        Index(
            "ix_ticket_pending_reply_due",
            "send_at",
            postgresql_where=text("state = 'pending'"),
            sqlite_where=text("state = 'pending'"),
        ),
        Index("ix_ticket_pending_reply_user", "user_id", "state", "send_at"),
        Index(
            "uq_ticket_pending_reply_client",
            "user_id",
            "client_msg_id",
            unique=True,
            postgresql_where=text("client_msg_id IS NOT NULL"),
            sqlite_where=text("client_msg_id IS NOT NULL"),
        ),
    )

    id: Mapped[pk]
    ticket_id: Mapped[str] = mapped_column(Id, ForeignKey("ticket.id"))
    user_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10), default="pending")
    public: Mapped[bool]
    text: Mapped[str] = mapped_column(Text)
    files: Mapped[list[str]] = mapped_column(Json, default=list)
    conversation_id: Mapped[str | None] = mapped_column(Id)  # asked for, then where it stands
    then: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    """Changes of the ticket that go with it (`tickets.with_words`)."""
    client_msg_id: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    send_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    seq: Mapped[int | None]
    why: Mapped[str] = mapped_column(String(200), default="")
