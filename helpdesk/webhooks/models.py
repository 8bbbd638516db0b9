"""Tables of webhooks: who is told what, each delivery with its tries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk


class WebhookEndpoint(Base):
    """An address of another program and the kinds of events it wants.

    `off_why` empty while it is on: person, failing (too long) or gone (it answered 410).
    `failures` counts tries in a row that failed, since `failing_since`; until `rest_until` nothing
    is sent. `busy_until`: one process sends to it at a time. `called_at`: a sender is on its way.
    """

    __tablename__ = "webhook_endpoint"

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(80))
    url: Mapped[str] = mapped_column(String(500))
    kinds: Mapped[list[str]] = mapped_column(Json, default=list)
    secret_sealed: Mapped[str] = mapped_column(String(300))
    former_sealed: Mapped[str | None] = mapped_column(String(300))
    former_until: Mapped[datetime | None]
    off_why: Mapped[str] = mapped_column(String(10), default="")
    off_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    last_sent_at: Mapped[datetime | None]  # last answered well
    rest_until: Mapped[datetime | None]
    busy_until: Mapped[datetime | None]
    called_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class WebhookDelivery(Base):
    """One event on its way to one endpoint. `state` waiting, sent, given_up or dropped (it is off).

    `body` is what is sent, byte for byte, each time. A replay is a row of its own (`replay_of`).
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        # Once per event and endpoint, whatever the relay repeats.
        Index(
            "uq_webhook_delivery_event",
            "endpoint_id",
            "event_id",
            unique=True,
            postgresql_where=text("replay_of IS NULL"),
            sqlite_where=text("replay_of IS NULL"),
        ),
        Index(
            "ix_webhook_delivery_due",
            "endpoint_id",
            "next_try_at",
            "id",
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
        Index("ix_webhook_delivery_list", "endpoint_id", "id"),
        Index("ix_webhook_delivery_age", "created_at"),
    )

    id: Mapped[pk]
    endpoint_id: Mapped[str] = mapped_column(Id, ForeignKey("webhook_endpoint.id"))
    event_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(60))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    last_status: Mapped[int | None]
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    replay_of: Mapped[str | None] = mapped_column(Id)


class WebhookAttempt(Base):
    """One try: what came back, cut short. `status` None: no answer, `trouble` says why."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (Index("ix_webhook_attempt_list", "delivery_id", "id"),)

    id: Mapped[pk]
    delivery_id: Mapped[str] = mapped_column(Id, ForeignKey("webhook_delivery.id"))
    at: Mapped[datetime]
    took_ms: Mapped[int]
    status: Mapped[int | None]
    trouble: Mapped[str] = mapped_column(String(20), default="")
    answer: Mapped[str] = mapped_column(Text, default="")
