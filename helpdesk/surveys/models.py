"""Tables of surveys: which are asked where, each one asked, and whose turn it was."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk


class SurveyPlan(Base):
    """Which survey is asked after which tickets; the first in order that fits is taken."""

    __tablename__ = "survey_plan"

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(80))
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=False)
    kind: Mapped[str] = mapped_column(String(8))  # csat, ces, nps
    question: Mapped[str] = mapped_column(String(300), default="")
    queue_ids: Mapped[list[str]] = mapped_column(Json, default=list)
    brand_id: Mapped[str | None] = mapped_column(Id)
    delay_s: Mapped[int]
    valid_days: Mapped[int] = mapped_column(default=30)
    removed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


UNANSWERED = "state = 'sent' AND channel = 'chat' AND ticket_id IS NULL AND why = ''"
"""Asked in a chat that belongs to no ticket, and neither answered nor looked at since."""


class Survey(Base):
    """One survey of one customer, about a ticket or, asked in the chat itself, a conversation.

    `state` planned, sent, answered or skipped (`why` says so). Of the link only a hash is kept.
    """

    __tablename__ = "survey"
    __table_args__ = (
        Index(
            "uq_survey_planned",
            "ticket_id",
            unique=True,
            postgresql_where=text("state = 'planned'"),
            sqlite_where=text("state = 'planned'"),
        ),
        Index(
            "ix_survey_due",
            "due_at",
            postgresql_where=text("state = 'planned'"),
            sqlite_where=text("state = 'planned'"),
        ),
        Index(
            "ix_survey_unanswered",
            "due_at",
            postgresql_where=text(UNANSWERED),
            sqlite_where=text(UNANSWERED),
        ),
        Index("ix_survey_ticket", "ticket_id", "id"),
        Index(
            "uq_survey_conversation",
            "conversation_id",
            unique=True,
            postgresql_where=text("conversation_id IS NOT NULL"),
            sqlite_where=text("conversation_id IS NOT NULL"),
        ),
        Index("ix_survey_customer", "customer_id", "sent_at"),
        Index("ix_survey_sent", "sent_at"),
        Index(
            "ix_survey_answers",
            "answered_at",
            "id",
            postgresql_where=text("answered_at IS NOT NULL"),
            sqlite_where=text("answered_at IS NOT NULL"),
        ),
    )

    id: Mapped[pk]
    plan_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(8))
    question: Mapped[str] = mapped_column(String(300), default="")
    ticket_id: Mapped[str | None] = mapped_column(Id)
    conversation_id: Mapped[str | None] = mapped_column(Id)
    customer_id: Mapped[str] = mapped_column(Id)
    queue_id: Mapped[str] = mapped_column(Id)
    agent_id: Mapped[str | None] = mapped_column(Id)
    resolved_at: Mapped[datetime]
    due_at: Mapped[datetime]
    planned_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(8), default="planned")
    why: Mapped[str] = mapped_column(String(80), default="")
    tries: Mapped[int] = mapped_column(default=0)
    channel: Mapped[str] = mapped_column(String(12), default="")
    language: Mapped[str] = mapped_column(String(10), default="en")
    address: Mapped[str] = mapped_column(String(254), default="")
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    valid_days: Mapped[int]
    sent_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    score: Mapped[int | None]
    comment: Mapped[str] = mapped_column(Text, default="")


class SurveyTurn(Base):
    """When a customer was last asked; the row is the lock, so of two at once one is refused."""

    __tablename__ = "survey_turn"

    customer_id: Mapped[pk]
    last_at: Mapped[datetime]
