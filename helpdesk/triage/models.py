"""Tables of triage: trained models, tickets that wait to be sorted, and what was suggested."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk


class TriageModel(Base):
    """One training and what came of it: `state` waiting, running, ready or failed.

    `figures` by field: what `trainer.told` makes of it. The arrays lie in a file called by the id,
    until a newer model takes over (`has_file`).
    """

    __tablename__ = "triage_model"
    __table_args__ = (Index("ix_triage_model_state", "state", "started_at"),)

    id: Mapped[pk]
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    version: Mapped[int] = mapped_column(default=0)  # 0 until it is ready
    progress: Mapped[float] = mapped_column(default=0.0)
    by: Mapped[str] = mapped_column(String(80))
    started_at: Mapped[datetime]
    touched_at: Mapped[datetime]
    trained_at: Mapped[datetime | None]
    examples: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(default=0)
    has_file: Mapped[bool] = mapped_column(default=False)
    figures: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    trouble: Mapped[str] = mapped_column(String(300), default="")


class TriageDue(Base):
    """A new ticket that nobody has looked at for triage yet."""

    __tablename__ = "triage_due"
    __table_args__ = (Index("ix_triage_due_at", "at"),)

    ticket_id: Mapped[pk]
    at: Mapped[datetime]


class TriageSuggestion(Base):
    """A value that a model thinks fits a field of a ticket.

    `state` open, agrees (it stood so already), acted, taken, dismissed or undone. `was` is what
    stood there before it was acted on. `right` is known once people have dealt with the ticket.
    """

    __tablename__ = "triage_suggestion"
    __table_args__ = (
        Index("uq_triage_suggestion_value", "ticket_id", "field", "value", unique=True),
        Index("ix_triage_suggestion_judged", "field", "judged_at"),
        Index("ix_triage_suggestion_at", "at"),
    )

    id: Mapped[pk]
    ticket_id: Mapped[str] = mapped_column(Id)
    model_id: Mapped[str] = mapped_column(Id)
    field: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(60))
    confidence: Mapped[float]
    words: Mapped[list[Any]] = mapped_column(Json, default=list)
    likeness: Mapped[float]
    is_foreign: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default="open")
    was: Mapped[str | None] = mapped_column(String(60))
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(String(80))
    right: Mapped[bool | None]
    judged_at: Mapped[datetime | None]
