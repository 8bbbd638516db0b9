"""Tables of the clocks: ledger, spans, deadlines, policies, and the terms time is booked by."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, Sequence64, pk

_RUNS = "stopped_at IS NULL AND name IN ('first_response', 'next_response', 'resolution')"


class ClockTerms(Base):
    """Hours and pauses, named by their content and never changed (`terms.terms_from_dict`)."""

    __tablename__ = "clock_terms"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(Json)


class Ledger(Base):
    """One ticket's ledger: what is known of the ticket, and which policy holds and why.

    `reason` {"name", "place", "conditions"} of the policy as it was when it was chosen. `due_at` is
    the soonest deadline that still runs, for lists.
    """

    __tablename__ = "clock_ledger"
    __table_args__ = (
        Index(
            "ix_clock_ledger_open",
            "ticket_id",
            postgresql_where=text("closed_at IS NULL"),
            sqlite_where=text("closed_at IS NULL"),
        ),
        Index(
            "ix_clock_ledger_customer",
            "customer_id",
            postgresql_where=text("closed_at IS NULL"),
            sqlite_where=text("closed_at IS NULL"),
        ),
        Index(
            "ix_clock_ledger_due",
            "due_at",
            "ticket_id",
            postgresql_where=text("due_at IS NOT NULL"),
            sqlite_where=text("due_at IS NOT NULL"),
        ),
    )

    ticket_id: Mapped[pk]
    customer_id: Mapped[str | None] = mapped_column(Id)  # a merge of customers moves it
    opened_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]  # since when it stands resolved
    closed_at: Mapped[datetime | None]
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    policy_id: Mapped[str | None] = mapped_column(Id)
    reason: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    terms: Mapped[str] = mapped_column(String(64))
    warn_percent: Mapped[int] = mapped_column(default=80)
    due_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]


class SpanRow(Base):
    """A stretch of time booked to one party. The indexes refuse a second open or equal start."""

    __tablename__ = "clock_span"
    __table_args__ = (
        Index("uq_clock_span_start", "ticket_id", "from_at", unique=True),
        Index(
            "uq_clock_span_open",
            "ticket_id",
            unique=True,
            postgresql_where=text("to_at IS NULL"),
            sqlite_where=text("to_at IS NULL"),
        ),
    )

    id: Mapped[pk]
    ticket_id: Mapped[str] = mapped_column(Id, ForeignKey("clock_ledger.ticket_id"))
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]
    party: Mapped[str] = mapped_column(String(14))
    state: Mapped[str] = mapped_column(String(24))
    terms: Mapped[str] = mapped_column(String(64))


class ClockRow(Base):
    """One clock of a ticket. Everything below `target_s` can be worked out anew from the spans.

    `first_*`: the first resolution, kept when the ticket is reopened. `tell_at`: when the sweeper
    has something to tell next. `owner_id` and `text` belong to promises.
    """

    __tablename__ = "clock"
    __table_args__ = (
        Index("ix_clock_ticket", "ticket_id", "started_at"),
        Index(
            "uq_clock_running",
            "ticket_id",
            "name",
            unique=True,
            postgresql_where=text(_RUNS),
            sqlite_where=text(_RUNS),
        ),
        Index(
            "ix_clock_tell",
            "tell_at",
            postgresql_where=text("tell_at IS NOT NULL"),
            sqlite_where=text("tell_at IS NOT NULL"),
        ),
        Index(
            "ix_clock_due",
            "name",
            "due_at",
            postgresql_where=text("stopped_at IS NULL AND due_at IS NOT NULL"),
            sqlite_where=text("stopped_at IS NULL AND due_at IS NOT NULL"),
        ),
        Index(
            "ix_clock_owner",
            "owner_id",
            "due_at",
            postgresql_where=text("stopped_at IS NULL AND owner_id IS NOT NULL"),
            sqlite_where=text("stopped_at IS NULL AND owner_id IS NOT NULL"),
        ),
    )

    id: Mapped[pk]
    ticket_id: Mapped[str] = mapped_column(Id, ForeignKey("clock_ledger.ticket_id"))
    name: Mapped[str] = mapped_column(String(16))
    started_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    stopped_by: Mapped[str] = mapped_column(String(16), default="")  # reply, resolved, kept, ...
    target_s: Mapped[int | None]
    elapsed_us: Mapped[int | None] = mapped_column(Sequence64)  # once it has stopped
    due_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]
    tell_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    breach_told_at: Mapped[datetime | None]
    first_stopped_at: Mapped[datetime | None]
    first_elapsed_us: Mapped[int | None] = mapped_column(Sequence64)
    first_breached_at: Mapped[datetime | None]
    owner_id: Mapped[str | None] = mapped_column(Id)
    text: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]


class PolicyRow(Base):
    """A service level as an administrator wrote it; the first that fits in order of `position`.

    `conditions` [{"subject", "operator", "values"}]; `targets` {clock: {priority: seconds}};
    `rules` {clock: {"business", "pauses"}}. No calendar: open around the clock.
    """

    __tablename__ = "sla_policy"

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(80), unique=True)
    description: Mapped[str] = mapped_column(String(300), default="")
    position: Mapped[int]
    is_active: Mapped[bool] = mapped_column(default=True)
    conditions: Mapped[list[Any]] = mapped_column(Json, default=list)
    targets: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    rules: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    calendar_id: Mapped[str | None] = mapped_column(Id)
    warn_percent: Mapped[int] = mapped_column(default=80)
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class RecomputeRun(Base):
    """One going-over of all open tickets after a change; `after_id` is how far it has come."""

    __tablename__ = "clock_recompute"
    __table_args__ = (
        Index(
            "uq_clock_recompute_live",
            "state",
            unique=True,
            postgresql_where=text("state = 'running'"),
            sqlite_where=text("state = 'running'"),
        ),
    )

    id: Mapped[pk]
    state: Mapped[str] = mapped_column(String(12))  # running, done, superseded
    why: Mapped[str] = mapped_column(String(200))
    started_at: Mapped[datetime]
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    after_id: Mapped[str | None] = mapped_column(Id)
    touched_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
