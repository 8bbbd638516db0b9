"""The table of complaints. What was said about one is on the ticket behind it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, pk

OPEN = "answered_at IS NULL AND withdrawn_at IS NULL"


class Complaint(Base):
    """One complaint on its ticket. `about_ticket_id`: the matter it is about, where it is another.

    `next_due_at` is what is owed first: the acknowledgement, then the answer; None: nothing is.
    """

    __tablename__ = "complaint"
    __table_args__ = (
        Index("ix_complaint_customer", "customer_id", "opened_at", "id"),
        Index("ix_complaint_list", "opened_at", "id"),
        Index(
            "ix_complaint_due", "next_due_at", "id",
            postgresql_where=text(OPEN), sqlite_where=text(OPEN),
        ),
    )  # fmt: skip

    id: Mapped[pk]
    ticket_id: Mapped[str] = mapped_column(Id, unique=True)
    customer_id: Mapped[str] = mapped_column(Id)
    about_ticket_id: Mapped[str | None] = mapped_column(Id)
    source: Mapped[str] = mapped_column(String(8))  # portal or desk
    opened_at: Mapped[datetime]
    acknowledge_by: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    answer_by: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    next_due_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(12), default="")
    remedy: Mapped[str] = mapped_column(String(500), default="")
    escalated_at: Mapped[datetime | None]
    escalated_to: Mapped[str] = mapped_column(String(80), default="")
    escalated_why: Mapped[str] = mapped_column(String(300), default="")
    late_told_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
