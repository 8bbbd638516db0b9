"""Tables of changes to many tickets at once: the run, and for each ticket how it stood before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk


class BulkRun(Base):
    """`action` {"changes"?, "add_tags"?, "remove_tags"?, "macro_id"?}; `wanted` {"filter", "sort"}
    where a whole view was meant, `cursor` how far it has been gathered.

    `state` gathering, running, done, undoing or undone.
    """

    __tablename__ = "ticket_bulk"
    __table_args__ = (
        Index("ix_ticket_bulk_user", "user_id", "at"),
        Index(
            "ix_ticket_bulk_unfinished",
            "touched_at",
            postgresql_where=text("state IN ('gathering', 'running', 'undoing')"),
            sqlite_where=text("state IN ('gathering', 'running', 'undoing')"),
        ),
    )

    id: Mapped[pk]
    user_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]
    words: Mapped[str] = mapped_column(String(200))
    action: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    wanted: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    cursor: Mapped[str | None] = mapped_column(String(400))
    state: Mapped[str] = mapped_column(String(10))
    total: Mapped[int] = mapped_column(default=0)
    touched_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(Id)


class BulkItem(Base):
    """One ticket of a run. `before` and `after` hold the fields that it changed.

    `outcome` pending, changed, same, refused; once undone: undone, or kept where `why` says what
    stood in the way.
    """

    __tablename__ = "ticket_bulk_item"
    __table_args__ = (Index("ix_ticket_bulk_item_outcome", "run_id", "outcome", "place"),)

    run_id: Mapped[str] = mapped_column(Id, ForeignKey("ticket_bulk.id"), primary_key=True)
    ticket_id: Mapped[str] = mapped_column(Id, primary_key=True)
    place: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(10), default="pending")
    before: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    why: Mapped[str] = mapped_column(String(200), default="")
