"""What is kept of everything that can be found, and searches that people kept.

`search_document` holds the text as it is shown and what it can be filtered by; the words and their
counts are in tables of the database's own kind (see `sqlite` and `postgresql`). All but saved
searches can be made again from the subjects' tables.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, Sequence64, pk


class SearchDocument(Base):
    """`number` rises with the time of what it stands for, so the newest come first without sorting.

    `scope` says who may read it: public, signed_in, shared (the customer and the desk) or internal.
    `group_id` is the ticket or conversation it belongs to. `tags` are lines between line breaks.
    """

    __tablename__ = "search_document"
    __table_args__ = (
        Index("uq_search_document_subject", "kind", "subject_id", unique=True),
        Index("ix_search_document_group", "group_id"),
        Index("ix_search_document_kind", "kind", "number"),
        Index("ix_search_document_customer", "customer_id", "number"),
        Index("ix_search_document_queue", "queue_id", "number"),
        Index("ix_search_document_queue_state", "queue_id", "state", "number"),
        Index("ix_search_document_assignee", "assignee_id", "number"),
        Index("ix_search_document_assignee_state", "assignee_id", "state", "number"),
        Index("ix_search_document_state", "state", "number"),
    )

    number: Mapped[int] = mapped_column(Sequence64, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(12))
    subject_id: Mapped[str] = mapped_column(Id)
    scope: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]
    title: Mapped[str] = mapped_column(String(500))
    body: Mapped[str] = mapped_column(Text)
    tags: Mapped[str] = mapped_column(Text, default="")
    group_id: Mapped[str | None] = mapped_column(Id)
    customer_id: Mapped[str | None] = mapped_column(Id)
    state: Mapped[str | None] = mapped_column(String(24))
    queue_id: Mapped[str | None] = mapped_column(Id)
    assignee_id: Mapped[str | None] = mapped_column(Id)
    facts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class SearchSynonyms(Base):
    """Words and short phrases that mean the same; the order is the admin's."""

    __tablename__ = "search_synonyms"

    id: Mapped[pk]
    words: Mapped[list[str]]
    changed_at: Mapped[datetime]


class SavedSearch(Base):
    """Words and filters under a name; `team_id` None keeps it to its owner."""

    __tablename__ = "saved_search"
    __table_args__ = (
        Index("uq_saved_search_name", "owner_id", "name", unique=True),
        Index("ix_saved_search_team", "team_id"),
    )

    id: Mapped[pk]
    owner_id: Mapped[str] = mapped_column(Id)
    team_id: Mapped[str | None] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(80))
    words: Mapped[str] = mapped_column(String(400), default="")
    filters: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
