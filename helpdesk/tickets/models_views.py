"""The table of saved views: a filter and an order under a name, for one person, a team or all."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk


class SavedView(Base):
    """`filter` as `filters.as_dict`; `audience` own, team (`team_id`) or everybody."""

    __tablename__ = "ticket_view"
    __table_args__ = (
        Index("ix_ticket_view_owner", "owner_id", "position"),
        Index("ix_ticket_view_audience", "audience", "team_id", "position"),
    )

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(60))
    owner_id: Mapped[str] = mapped_column(Id)
    audience: Mapped[str] = mapped_column(String(10))
    team_id: Mapped[str | None] = mapped_column(Id)
    filter: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    sort: Mapped[str] = mapped_column(String(12))
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
