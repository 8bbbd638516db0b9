"""Tables of texts: pairs of numbers, what came and left, opt-outs, templates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk

NUMBER = String(20)  # E.164, or what else a carrier has as a sender (a short code, a name)


class TextThread(Base):
    """A customer's number and one of ours. Its row is held while a text comes in or leaves.

    So two first texts at once open one conversation.
    """

    __tablename__ = "text_thread"
    __table_args__ = (Index("uq_text_thread_pair", "channel", "ours", "theirs", unique=True),)

    id: Mapped[pk]
    channel: Mapped[str] = mapped_column(String(10))  # sms, whatsapp
    ours: Mapped[str] = mapped_column(NUMBER)
    theirs: Mapped[str] = mapped_column(NUMBER)
    conversation_id: Mapped[str | None] = mapped_column(Id, index=True)  # open, or the last one
    last_in_at: Mapped[datetime | None]
    told_closed_in: Mapped[str | None] = mapped_column(Id)  # the conversation told of our hours
    created_at: Mapped[datetime]


class TextArrival(Base):
    """A text that was taken in, by the carrier's id, so that none is taken in twice."""

    __tablename__ = "text_arrival"

    sid: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]


class TextDelivery(Base):
    """A text on its way out, and what became of it. `text` is what leaves, variables filled in.

    `state`: queued, sending (taken in hand until `lease_until`), sent (the carrier has it),
    delivered, read, undelivered, failed. `is_unsure`: the carrier was asked and its answer was
    lost, so it is looked for there before it is asked again.
    """

    __tablename__ = "text_delivery"
    __table_args__ = (
        Index("uq_text_delivery_message", "conversation_id", "seq", unique=True),
        Index(
            "ix_text_delivery_due",
            "next_try_at",
            postgresql_where=text("state IN ('queued', 'sending')"),
            sqlite_where=text("state IN ('queued', 'sending')"),
        ),
        # What has to leave first, of those to one number.
        Index(
            "ix_text_delivery_pair",
            "theirs",
            "id",
            postgresql_where=text("state IN ('queued', 'sending')"),
            sqlite_where=text("state IN ('queued', 'sending')"),
        ),
    )

    id: Mapped[pk]
    conversation_id: Mapped[str] = mapped_column(Id)
    seq: Mapped[int]
    customer_id: Mapped[str] = mapped_column(Id, index=True)
    channel: Mapped[str] = mapped_column(String(10))
    ours: Mapped[str] = mapped_column(NUMBER)
    theirs: Mapped[str] = mapped_column(NUMBER)
    text: Mapped[str] = mapped_column(Text)
    attachments: Mapped[list[str]] = mapped_column(Json, default=list)
    content_sid: Mapped[str] = mapped_column(String(40), default="")
    variables: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    is_automatic: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(12), default="queued")
    carrier_sid: Mapped[str | None] = mapped_column(String(64), unique=True)
    error_code: Mapped[int | None]
    error: Mapped[str] = mapped_column(String(300), default="")
    tries: Mapped[int] = mapped_column(default=0)
    is_unsure: Mapped[bool] = mapped_column(default=False)
    next_try_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class TextMedia(Base):
    """A file that came with a text and lies at the carrier until it is fetched.

    `state`: waiting, fetching, done (then it is an attachment of the message), refused.
    """

    __tablename__ = "text_media"
    __table_args__ = (
        Index(
            "ix_text_media_due",
            "next_try_at",
            postgresql_where=text("state IN ('waiting', 'fetching')"),
            sqlite_where=text("state IN ('waiting', 'fetching')"),
        ),
    )

    id: Mapped[pk]
    conversation_id: Mapped[str] = mapped_column(Id)
    seq: Mapped[int]
    url: Mapped[str] = mapped_column(String(500))
    name: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    error: Mapped[str] = mapped_column(String(300), default="")
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class TextOptOut(Base):
    """Who does not want our texts. Kept by the number itself: taking the contact point off a record
    and adding it again must not undo what its owner asked for.
    """

    __tablename__ = "text_opt_out"
    __table_args__ = (
        Index(
            "uq_text_opt_out_standing",
            "number",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
            sqlite_where=text("undone_at IS NULL"),
        ),
        Index("ix_text_opt_out_number", "number", "id"),
        Index(
            "ix_text_opt_out_list",
            "id",
            postgresql_where=text("undone_at IS NULL"),
            sqlite_where=text("undone_at IS NULL"),
        ),
    )

    id: Mapped[pk]
    number: Mapped[str] = mapped_column(NUMBER)
    contact_point_id: Mapped[str | None] = mapped_column(Id)
    told_by: Mapped[str] = mapped_column(String(10))  # customer, carrier, desk
    words: Mapped[str] = mapped_column(String(160))
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_words: Mapped[str] = mapped_column(String(160), default="")


class TextTemplate(Base):
    """Words written beforehand, with {{1}} for what is filled in. `content_sid`: WhatsApp's yes."""

    __tablename__ = "text_template"
    __table_args__ = (
        Index(
            "uq_text_template_name",
            "name",
            "language",
            unique=True,
            postgresql_where=text("archived_at IS NULL"),
            sqlite_where=text("archived_at IS NULL"),
        ),
    )

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(80))
    language: Mapped[str] = mapped_column(String(12))
    body: Mapped[str] = mapped_column(Text)
    content_sid: Mapped[str] = mapped_column(String(40), default="")
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
