"""Tables of merges and splits: what was moved, so that each can be undone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk


class TicketMerge(Base):
    """`source` went into `target`. `moved` says what came along, `before` how the source stood,
    `chosen` {field: [before, after]} what the target took over.
    """

    __tablename__ = "ticket_merge"
    __table_args__ = (
        Index("ix_ticket_merge_source", "source_id", "at"),
        Index("ix_ticket_merge_target", "target_id", "at"),
    )

    id: Mapped[pk]
    source_id: Mapped[str] = mapped_column(Id, ForeignKey("ticket.id"))
    target_id: Mapped[str] = mapped_column(Id, ForeignKey("ticket.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    moved: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    before: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    chosen: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(String(80))


class TicketSplit(Base):
    """Words of `source` began the ticket `made`: copied from a thread, or a whole thread moved."""

    __tablename__ = "ticket_split"
    __table_args__ = (
        Index("ix_ticket_split_source", "source_id", "at"),
        Index("ix_ticket_split_made", "made_id"),
    )

    id: Mapped[pk]
    source_id: Mapped[str] = mapped_column(Id, ForeignKey("ticket.id"))
    made_id: Mapped[str] = mapped_column(Id, ForeignKey("ticket.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    conversation_id: Mapped[str] = mapped_column(Id)
    is_moved: Mapped[bool]
    last_seq: Mapped[int]
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(String(80))
