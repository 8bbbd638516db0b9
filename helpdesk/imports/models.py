"""Tables of imports: each with its progress, what it was told, and what came from where."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, Sequence64, pk


class Import(Base):
    """One file that somebody handed in.

    `state` new, waiting (for its worker), staging (being read), running, done, stopped or failed.
    `offset` is how many bytes of the staged rows are taken over; it moves in the transaction that
    takes them, so an import goes on where it was whatever was killed. `origin` names the desk the
    file came from: external ids are kept by it, so that a second run finds what is there.
    """

    __tablename__ = "import_run"
    __table_args__ = (Index("ix_import_run_list", "created_at", "id"),)

    id: Mapped[pk]
    format: Mapped[str] = mapped_column(String(20))
    origin: Mapped[str] = mapped_column(String(60))
    file_name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(Sequence64)
    state: Mapped[str] = mapped_column(String(10), default="new")
    is_trial: Mapped[bool] = mapped_column(default=False)
    mapping: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    options: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    staged_bytes: Mapped[int] = mapped_column(Sequence64, default=0)
    offset: Mapped[int] = mapped_column(Sequence64, default=0)
    rows: Mapped[int] = mapped_column(Sequence64, default=0)
    rows_done: Mapped[int] = mapped_column(Sequence64, default=0)
    counts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    """{"customer": {"added": 3, "there": 1}, ...}"""
    problems: Mapped[int] = mapped_column(Sequence64, default=0)
    trouble: Mapped[str] = mapped_column(String(300), default="")
    created_by: Mapped[str] = mapped_column(Id)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    busy_until: Mapped[datetime | None]
    called_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class ImportLink(Base):
    """What a record of another desk became here. Kept for ever: it makes a second run harmless."""

    __tablename__ = "import_link"

    origin: Mapped[str] = mapped_column(String(60), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    own_id: Mapped[str | None] = mapped_column(Id)  # None: known, and nothing of ours stands for it
    import_id: Mapped[str] = mapped_column(Id, index=True)
    name: Mapped[str] = mapped_column(String(120), default="")  # of a colleague there


class ImportProblem(Base):
    """A row that was not taken over, and why; `cells` is its beginning as it stood in the file."""

    __tablename__ = "import_problem"
    __table_args__ = (Index("ix_import_problem_list", "import_id", "id"),)

    id: Mapped[pk]
    import_id: Mapped[str] = mapped_column(Id, ForeignKey("import_run.id"))
    place: Mapped[str] = mapped_column(String(120))  # a line of a CSV file, or kind and id
    problem: Mapped[str] = mapped_column(String(300))
    cells: Mapped[str] = mapped_column(Text, default="")
