"""Tables of carriers: our numbers, and every hook as it came."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk


class PhoneNumber(Base):
    """A number of ours at a carrier, and the queue that its calls and texts go to."""

    __tablename__ = "phone_number"

    id: Mapped[pk]
    number: Mapped[str] = mapped_column(String(20), unique=True)  # E.164
    name: Mapped[str] = mapped_column(String(80))
    queue_id: Mapped[str] = mapped_column(Id)
    takes_calls: Mapped[bool] = mapped_column(default=True)
    takes_texts: Mapped[bool] = mapped_column(default=True)
    greeting: Mapped[str] = mapped_column(String(500), default="")
    language: Mapped[str] = mapped_column(String(12), default="en-GB")
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class CarrierEvent(Base):
    """A hook that was verified, as it came. The same hook twice is one row.

    `state` is waiting (its meaning is still to be worked in), done, or failed with the `reason`.
    """

    __tablename__ = "carrier_event"
    __table_args__ = (
        Index(
            "ix_carrier_event_waiting",
            "received_at",
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
        Index("ix_carrier_event_sid", "sid", "received_at"),
    )

    id: Mapped[pk]
    once_key: Mapped[str] = mapped_column(String(64), unique=True)
    path: Mapped[str] = mapped_column(String(200))
    sid: Mapped[str] = mapped_column(String(40))  # of the call, message or conference
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    reason: Mapped[str] = mapped_column(String(300), default="")
