"""The table of macros: what one key press changes on a ticket and says to its customer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk


class Macro(Base):
    """`changes` {state, priority, queue_id, assignee_id ("me" or an id), type, team_id};
    `reply` has placeholders (`macros.PLACEHOLDERS`) and may be empty.
    """

    __tablename__ = "ticket_macro"
    __table_args__ = (
        Index("ix_ticket_macro_owner", "owner_id", "name"),
        Index("ix_ticket_macro_audience", "audience", "team_id", "name"),
    )

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(80))
    description: Mapped[str] = mapped_column(String(200), default="")
    owner_id: Mapped[str] = mapped_column(Id)
    audience: Mapped[str] = mapped_column(String(10))
    team_id: Mapped[str | None] = mapped_column(Id)
    changes: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    add_tags: Mapped[list[str]] = mapped_column(Json, default=list)
    remove_tags: Mapped[list[str]] = mapped_column(Json, default=list)
    reply: Mapped[str] = mapped_column(Text, default="")
    public: Mapped[bool] = mapped_column(default=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
