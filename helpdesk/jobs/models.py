"""Deliveries that are not finished: a consumer that failed, an errand that is still on its way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id


class DeliveryFailure(Base):
    """One event that one consumer has not taken yet; the row goes when it has.

    `parked_at` is set after the last try: then a person has to look (`helpdesk check` says so).
    An errand has a row from the moment it is queued, so that a Redis that lost it is asked again.
    """

    __tablename__ = "delivery_failure"
    __table_args__ = (
        Index(
            "ix_delivery_failure_due",
            "next_try_at",
            postgresql_where=text("parked_at IS NULL"),
            sqlite_where=text("parked_at IS NULL"),
        ),
    )

    event_id: Mapped[str] = mapped_column(Id, primary_key=True)
    consumer: Mapped[str] = mapped_column(String(60), primary_key=True)
    attempts: Mapped[int]
    last_error: Mapped[str] = mapped_column(Text, default="")
    first_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    running_until: Mapped[datetime | None]
    parked_at: Mapped[datetime | None]
