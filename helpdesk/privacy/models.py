"""Tables of privacy: versions of the notice, legal holds, copies asked for, erasures and proofs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk

OPEN = "state NOT IN ('done', 'stopped')"


class PrivacyNotice(Base):
    """One version of the notice, by language; the highest number is shown."""

    __tablename__ = "privacy_notice"

    number: Mapped[int] = mapped_column(primary_key=True)
    texts: Mapped[dict[str, str]] = mapped_column(Json)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))


class LegalHold(Base):
    """A ticket that must not be erased, whatever its customer asks, until somebody lifts this."""

    __tablename__ = "legal_hold"

    ticket_id: Mapped[pk]
    reason: Mapped[str] = mapped_column(String(300))
    actor: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]


class DataCopy(Base):
    """A copy of all that is kept about a customer: `state` waiting, ready, failed, gone."""

    __tablename__ = "data_copy"
    __table_args__ = (
        Index(
            "ix_data_copy_waiting",
            "created_at",
            postgresql_where=text("state IN ('waiting', 'ready')"),
            sqlite_where=text("state IN ('waiting', 'ready')"),
        ),
        Index("ix_data_copy_customer", "customer_id", "created_at"),
    )

    id: Mapped[pk]
    customer_id: Mapped[str] = mapped_column(Id)
    user_id: Mapped[str] = mapped_column(Id)  # who asked and alone may fetch it
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    language: Mapped[str] = mapped_column(String(10))
    size: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]


class Erasure(Base):
    """A customer's data on their way out, and afterwards the proof that they are: no name in it.

    `state`: asked (a link was mailed), confirmed (waits for `due_at`), blocked (something is still
    open), running, partly (the rest is due at `due_at`), done, stopped.
    """

    __tablename__ = "erasure"
    __table_args__ = (
        Index(
            "uq_erasure_open",
            "customer_id",
            unique=True,
            postgresql_where=text(OPEN),
            sqlite_where=text(OPEN),
        ),
        Index(
            "ix_erasure_due",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL"),
            sqlite_where=text("due_at IS NOT NULL"),
        ),
    )

    id: Mapped[pk]
    customer_id: Mapped[str] = mapped_column(Id, index=True)
    state: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(10))  # portal, desk
    reason: Mapped[str] = mapped_column(String(300), default="")
    asked_by: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[datetime]
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    token_until: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    step: Mapped[int] = mapped_column(default=0)
    after: Mapped[str] = mapped_column(Text, default="")
    started_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    erased: Mapped[dict[str, int]] = mapped_column(Json, default=dict)  # by kind, how many
    kept: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)  # kind, count, why
