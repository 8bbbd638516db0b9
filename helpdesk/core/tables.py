"""Tables of the ground floor: events, deliveries, audit, counters, leases, stored settings.

Not for anything with a subject of its own; that lives in the subject's package.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, Sequence64, pk


class EventRow(Base):
    """One emitted event, written in the transaction that made it true."""

    __tablename__ = "event"
    __table_args__ = (
        # The relay's work list stays small however long the history grows.
        Index(
            "ix_event_waiting",
            "seq",
            postgresql_where=text("relayed_at IS NULL"),
            sqlite_where=text("relayed_at IS NULL"),
        ),
        Index("ix_event_subject", "subject_id", "seq"),
    )

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(Id, unique=True)
    kind: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    customer_id: Mapped[str | None] = mapped_column(Id)
    subject_id: Mapped[str | None] = mapped_column(Id)
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    relayed_at: Mapped[datetime | None]


class Delivery(Base):
    """A consumer's receipt for an event, written in the consumer's own transaction."""

    __tablename__ = "delivery"

    event_id: Mapped[str] = mapped_column(Id, primary_key=True)
    consumer: Mapped[str] = mapped_column(String(60), primary_key=True)
    at: Mapped[datetime]


class AuditEntry(Base):
    """Who changed what; triggers refuse to change or delete a row, `AuditSeal` chains them."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject_kind", "subject_id", "seq"),)

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(Id, unique=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    address: Mapped[str | None] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(80), index=True)
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str | None] = mapped_column(Id)
    details: Mapped[dict[str, Any]] = mapped_column(Json)


class AuditSeal(Base):
    """One link of the hash chain over the audit, laid by the relay in the order of `position`."""

    __tablename__ = "audit_seal"

    position: Mapped[int] = mapped_column(Sequence64, primary_key=True, autoincrement=False)
    entry_id: Mapped[str] = mapped_column(Id, unique=True)
    hash: Mapped[str] = mapped_column(String(64))


class Counter(Base):
    """Human numbers (`T-10432`): the row is the lock."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int] = mapped_column(Sequence64)


class Lease(Base):
    """A duty that one process at a time carries, until it stops renewing."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    until: Mapped[datetime]


class Heartbeat(Base):
    """A running process; its sockets count as gone when it stops beating."""

    __tablename__ = "heartbeat"

    process_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    role: Mapped[str] = mapped_column(String(20))
    started_at: Mapped[datetime]
    at: Mapped[datetime] = mapped_column(index=True)


class StoredSetting(Base):
    """What an administrator sets on screen, one JSON value per name."""

    __tablename__ = "stored_setting"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(Json)
    changed_at: Mapped[datetime]


class IdempotentAnswer(Base):
    """The answer given to a request with an Idempotency-Key, for repeats within a day."""

    __tablename__ = "idempotent_answer"

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(index=True)


__all__ = [
    "AuditEntry",
    "AuditSeal",
    "Counter",
    "Delivery",
    "EventRow",
    "Heartbeat",
    "IdempotentAnswer",
    "Lease",
    "StoredSetting",
    "pk",
]
