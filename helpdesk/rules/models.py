"""Tables of rules: what is set up, each version of it, what fired, and what was tried out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk


class RuleRow(Base):
    """A rule as it is now; `content` is what `service.as_rule` reads. Lower positions come first.

    A time rule looks at marks from `on_since` on and has looked up to `looked_until`.
    """

    __tablename__ = "rule"
    __table_args__ = (Index("ix_rule_order", "position", "id"),)

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(80))
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=False)
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    on_since: Mapped[datetime | None]
    looked_until: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    work_version: Mapped[int] = mapped_column(default=1)
    """Rises with what the rule says; `version` also with being switched on or moved."""


class RuleVersion(Base):
    """What a rule said from `at` on. Never changed."""

    __tablename__ = "rule_version"

    rule_id: Mapped[pk]
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(80))
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))


class RuleFiring(Base):
    """A rule's turn on a ticket for one cause; the key refuses a second one.

    `held` False: a time rule looked and its conditions did not hold. `cause` names what set it off:
    a chain of events, or the mark that a time rule waited for.
    """

    __tablename__ = "rule_firing"
    __table_args__ = (
        Index("ix_rule_firing_ticket", "ticket_id", "at"),
        Index("ix_rule_firing_rule", "rule_id", "at", "ticket_id"),
        Index("ix_rule_firing_age", "at"),
    )

    rule_id: Mapped[str] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[str] = mapped_column(Id, primary_key=True)
    cause: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]
    version: Mapped[int]
    trigger: Mapped[str] = mapped_column(String(20))
    held: Mapped[bool]
    done: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class RuleCut(Base):
    """A chain was cut on this ticket; told in its history once. `why` depth or count."""

    __tablename__ = "rule_cut"

    ticket_id: Mapped[pk]
    cause: Mapped[str] = mapped_column(String(64), primary_key=True)
    why: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(index=True)


class RuleCause(Base):
    """An event that rules brought about: where its chain began, how deep it lies in it."""

    __tablename__ = "rule_cause"

    event_id: Mapped[pk]
    cause: Mapped[str] = mapped_column(String(64))
    depth: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)


class RuleWatch(Base):
    """Since when a ticket is in its state and when its customer last wrote, for time rules."""

    __tablename__ = "rule_watch"
    __table_args__ = (
        Index("ix_rule_watch_state", "state", "state_since", "ticket_id"),
        Index("ix_rule_watch_customer", "customer_wrote_at", "ticket_id"),
    )

    ticket_id: Mapped[pk]
    state: Mapped[str] = mapped_column(String(24))
    state_since: Mapped[datetime]
    customer_wrote_at: Mapped[datetime]


class RuleTrial(Base):
    """A dry run of a rule over what has been: `state` waiting, running, done or failed.

    `examples` [{"ticket_id", "number", "at", "changes", "others", "held"}], the newest first.
    """

    __tablename__ = "rule_trial"

    id: Mapped[pk]
    rule_id: Mapped[str] = mapped_column(Id, index=True)
    name: Mapped[str] = mapped_column(String(80))
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    wanted: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    total: Mapped[int] = mapped_column(default=0)
    looked: Mapped[int] = mapped_column(default=0)
    fired: Mapped[int] = mapped_column(default=0)
    examples: Mapped[list[Any]] = mapped_column(Json, default=list)
    started_at: Mapped[datetime] = mapped_column(index=True)
    touched_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    by: Mapped[str] = mapped_column(String(80))
