"""The one table of notices."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, pk


class Notice(Base):
    """One thing told to one person. `kind` rule, mention, promise, reply, followed, assigned,
    deadline, article, triage; about a ticket, an article or neither.

    Ids rise with time, so they are the order of the list.
    """

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_user", "user_id", "id"),
        Index(
            "ix_notice_unread",
            "user_id",
            "ticket_id",
            postgresql_where=text("read_at IS NULL"),
            sqlite_where=text("read_at IS NULL"),
        ),
        Index("ix_notice_at", "at"),
    )

    id: Mapped[pk]
    user_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(20))
    ticket_id: Mapped[str | None] = mapped_column(Id)
    article_id: Mapped[str | None] = mapped_column(Id)
    title: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(String(300), default="")
    read_at: Mapped[datetime | None]
