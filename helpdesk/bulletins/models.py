"""The table of bulletins: what everybody, or somebody, is told for a while."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk


class Bulletin(Base):
    """`texts` {language: {"title", "text"}}; `audience` everybody, signed_in or organisation."""

    __tablename__ = "bulletin"
    __table_args__ = (Index("ix_bulletin_list", "from_at", "id"),)

    id: Mapped[pk]
    severity: Mapped[str] = mapped_column(String(10))  # news, warning, incident
    texts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    audience: Mapped[str] = mapped_column(String(12))
    organisation_id: Mapped[str | None] = mapped_column(Id)
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]  # None: until somebody ends it
    removed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
