"""Tables of call flows: what is set up, what was published, and where callers went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk


class IvrFlow(Base):
    """A flow: the `draft` that is worked on, and which published version callers meet."""

    __tablename__ = "ivr_flow"

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(80))
    draft: Mapped[dict[str, Any]] = mapped_column(Json)
    live_version: Mapped[int | None]
    last_version: Mapped[int] = mapped_column(default=0)
    removed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class IvrVersion(Base):
    """What a flow said when it was published. Never changed, so calls in it go on undisturbed."""

    __tablename__ = "ivr_version"

    flow_id: Mapped[pk]
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    note: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))


class CallSound(Base):
    """A file that flows play. `file_id` is its name in the store of attachments."""

    __tablename__ = "call_sound"
    __table_args__ = (
        Index(
            "uq_call_sound_name",
            "name",
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
            sqlite_where=text("removed_at IS NULL"),
        ),
    )

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(80))
    file_id: Mapped[str] = mapped_column(Id)
    type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    seconds: Mapped[int]
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class IvrWalk(Base):
    """Where a call stands in its flow, with what was known of the caller when it came in."""

    __tablename__ = "ivr_walk"
    __table_args__ = (Index("ix_ivr_walk_began", "began_at", "flow_id"),)

    conversation_id: Mapped[pk]
    flow_id: Mapped[str] = mapped_column(Id)
    number: Mapped[int]  # of the version
    state: Mapped[dict[str, Any]] = mapped_column(Json)
    caller: Mapped[dict[str, Any]] = mapped_column(Json)
    steps: Mapped[int] = mapped_column(default=0)
    began_at: Mapped[datetime]
    at: Mapped[datetime]


class IvrStep(Base):
    """A step that a call came to or, with `given`, what the caller gave there. No secrets."""

    __tablename__ = "ivr_step"

    conversation_id: Mapped[pk]
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    node_id: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(60))
    given: Mapped[str] = mapped_column(String(120), default="")
    at: Mapped[datetime]


class IvrRefusal(Base):
    """A proof that did not fit, counted against what it was given for: nobody may try for long."""

    __tablename__ = "ivr_refusal"
    __table_args__ = (
        Index("ix_ivr_refusal_subject", "what", "number", "at"),
        Index("ix_ivr_refusal_customer", "customer_id", "at"),
        Index("ix_ivr_refusal_caller", "caller", "at"),
    )

    id: Mapped[pk]
    what: Mapped[str] = mapped_column(String(40))
    number: Mapped[str] = mapped_column(String(20))
    customer_id: Mapped[str | None] = mapped_column(Id)  # whose it is that was asked about
    caller: Mapped[str] = mapped_column(String(20), default="")  # E.164, empty for a hidden one
    at: Mapped[datetime] = mapped_column(index=True)


class IvrWebLookup(Base):
    """A program of the company's that is asked while a caller waits, and what is then said.

    `failures` counts those in a row; until `rest_until` it is not asked.
    """

    __tablename__ = "ivr_web_lookup"

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(80))
    url: Mapped[str] = mapped_column(String(500))
    sentence: Mapped[str] = mapped_column(String(600))
    secret_sealed: Mapped[str] = mapped_column(String(300))
    failures: Mapped[int] = mapped_column(default=0)
    trouble: Mapped[str] = mapped_column(String(20), default="")  # of the last failure
    rest_until: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
