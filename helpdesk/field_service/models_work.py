"""Tables of what a technician does at a visit: commands from the phone, their files, the report.

A command's id is made by the phone, so the same one told twice has one effect and one receipt.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk


class TechnicianCommand(Base):
    """What the phone said, once. `state` done, conflict (kept, a person decides), settled (by one)
    or refused.

    `said_at` is the phone's own clock, `at` when we count it (never in the future).
    """

    __tablename__ = "technician_command"
    __table_args__ = (
        Index("ix_technician_command_visit", "visit_id", "at"),
        Index("ix_technician_command_of", "technician_id", "received_at"),
        Index(
            "ix_technician_command_conflict",
            "received_at",
            "id",
            postgresql_where=text("state = 'conflict'"),
            sqlite_where=text("state = 'conflict'"),
        ),
    )

    id: Mapped[pk]
    technician_id: Mapped[str] = mapped_column(Id)
    visit_id: Mapped[str | None] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(20))
    body: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    said_at: Mapped[datetime]
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))
    receipt: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class VisitWork(Base):
    """What was done at a visit as it stands now: checklist answers {key: value}, parts used
    [{part_id, quantity}], minutes by hand, note. `signature` {name, at, digest}: bound to the text
    with that digest, see `VisitReport`.
    """

    __tablename__ = "visit_work"

    visit_id: Mapped[str] = mapped_column(Id, ForeignKey("visit.id"), primary_key=True)
    checklist: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    parts_used: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    spent_s: Mapped[int | None]
    note: Mapped[str] = mapped_column(Text, default="")
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class VisitReport(Base):
    """What was signed, word for word: `content` and its `digest` (SHA-256 of its canonical JSON),
    the strokes of the signature, and the file made of it. A later correction is a new version.
    `due_at`: its file is to be made then, at the latest; None: it is made, or nobody waits for it.
    """

    __tablename__ = "visit_report"
    __table_args__ = (
        Index("uq_visit_report_version", "visit_id", "version", unique=True),
        Index(
            "ix_visit_report_due",
            "due_at",
            "id",
            postgresql_where=text("due_at IS NOT NULL"),
            sqlite_where=text("due_at IS NOT NULL"),
        ),
    )

    id: Mapped[pk]
    visit_id: Mapped[str] = mapped_column(Id, ForeignKey("visit.id"))
    version: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    digest: Mapped[str] = mapped_column(String(64))
    signed_name: Mapped[str] = mapped_column(String(120), default="")
    signed_at: Mapped[datetime | None]
    strokes: Mapped[list[Any]] = mapped_column(Json, default=list)
    attachment_id: Mapped[str | None] = mapped_column(Id)
    made_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    mails: Mapped[bool] = mapped_column(default=False)  # the customer gets it in the ticket


class VisitFile(Base):
    """A photo or file from the phone, sent in pieces: `received` of `size` bytes so far.

    Complete when `attachment_id` is set.
    """

    __tablename__ = "visit_file"
    __table_args__ = (Index("ix_visit_file_visit", "visit_id", "taken_at"),)

    id: Mapped[pk]  # made by the phone
    visit_id: Mapped[str] = mapped_column(Id, ForeignKey("visit.id"))
    technician_id: Mapped[str] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(160))
    content_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    received: Mapped[int] = mapped_column(default=0)
    key: Mapped[str] = mapped_column(String(40), default="")  # the checklist line it belongs to
    taken_at: Mapped[datetime]
    attachment_id: Mapped[str | None] = mapped_column(Id)
