"""Tables of routing. The unique indexes here are what makes "never two agents" true."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, Sequence64, pk


class Skill(Base):
    __tablename__ = "skill"

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(60), unique=True)
    version: Mapped[int] = mapped_column(default=1)


class Queue(Base):
    """A named line of work: skills, target, hours, overflow and people.

    `skills` {skill_id: level}; `relaxation` [{"after_s", "drop": [skill], "lower": {skill: level},
    "add_queues": [queue]}]; `overflow` [{"when", "over", "to"}] as in
    `routing.overflow`; `offer_s` and `wrap_up_s` {channel: seconds}; `outcomes` [{"code",
    "label"}] on top of resolved, follow_up, no_answer.
    """

    __tablename__ = "queue"

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(80), unique=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)  # what `chat.start {queue}` names
    strategy: Mapped[str] = mapped_column(String(20), default="longest_idle")
    weights: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # strategy "weighted"
    priority_head_start_s: Mapped[int] = mapped_column(default=0)
    max_value_head_start_s: Mapped[int] = mapped_column(default=10)
    preferred_head_start_s: Mapped[int] = mapped_column(default=15)
    target_s: Mapped[int] = mapped_column(default=60)
    target_percent: Mapped[int] = mapped_column(default=80)
    skills: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    relaxation: Mapped[list[Any]] = mapped_column(Json, default=list)
    overflow: Mapped[list[Any]] = mapped_column(Json, default=list)
    offer_s: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    wrap_up_s: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    outcomes: Mapped[list[Any]] = mapped_column(Json, default=list)
    calendar_id: Mapped[str | None] = mapped_column(Id)  # None: always open
    closed_text: Mapped[str] = mapped_column(String(300), default="")
    # What callers in line may choose instead of waiting.
    callback_instead: Mapped[bool] = mapped_column(default=True)
    message_instead: Mapped[bool] = mapped_column(default=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class QueueMember(Base):
    __tablename__ = "queue_member"

    queue_id: Mapped[str] = mapped_column(Id, ForeignKey("queue.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, primary_key=True, index=True)


class AgentState(Base):
    """What an agent chose and what the system sees, kept apart. One row per person on the desk.

    `skills` {skill_id: level}; `capacity` {channel: slots}. `idle_since` is when the agent last
    had nothing to do; a declined or expired offer does not move it.
    """

    __tablename__ = "agent_state"
    __table_args__ = (
        Index(
            "ix_agent_state_ready",
            "idle_since",
            postgresql_where=text("presence = 'available' AND connected AND is_active"),
            sqlite_where=text("presence = 'available' AND connected AND is_active"),
        ),
    )

    user_id: Mapped[pk]
    presence: Mapped[str] = mapped_column(String(30), default="offline")
    presence_since: Mapped[datetime]
    connected: Mapped[bool] = mapped_column(default=False)
    connected_since: Mapped[datetime | None]
    lost_at: Mapped[datetime | None]  # when the last browser went away
    not_responding_at: Mapped[datetime | None]
    expired_in_row: Mapped[int] = mapped_column(default=0)
    expiry_counted_at: Mapped[datetime | None]  # when the last of those ran out
    idle_since: Mapped[datetime]
    today: Mapped[str] = mapped_column(String(10), default="")  # the day `taken_today` counts
    taken_today: Mapped[int] = mapped_column(default=0)
    weight: Mapped[int] = mapped_column(default=1)
    skills: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    capacity: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class AgentConnection(Base):
    """One open desk socket. Rows of a process that stopped beating are swept."""

    __tablename__ = "agent_connection"

    sid: Mapped[str] = mapped_column(String(60), primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, index=True)
    process_id: Mapped[str] = mapped_column(String(80), index=True)
    since: Mapped[datetime]


class WorkItem(Base):
    """Anything the router hands to a person. Lower `sort_key` is served first.

    `sort_key` = waiting_since (epoch milliseconds) - head starts: equal slopes, so it never
    changes; `front` puts an item whose agent vanished before all others.
    `preferred` agents for the first `preferred_for_s` of waiting; `asked` agents who declined or
    let it expire in the present round; `been_in` queues it has overflowed from.
    """

    __tablename__ = "work_item"
    __table_args__ = (
        Index(
            "ix_work_item_waiting",
            "queue_id",
            "front",
            "sort_key",
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
        Index("ix_work_item_subject", "subject_kind", "subject_id"),
        Index("ix_work_item_state", "state", "queue_id"),
        Index("ix_work_item_waits", "queue_id", "ended_waiting_at"),
        # A call stands in line once, whatever hooks of it come at the same time.
        Index(
            "uq_work_item_call",
            "subject_id",
            unique=True,
            postgresql_where=text("channel = 'call'"),
            sqlite_where=text("channel = 'call'"),
        ),
        Index(
            "ix_work_item_answered",
            "answered_queue_id",
            "ended_waiting_at",
            postgresql_where=text("answered_queue_id IS NOT NULL"),
            sqlite_where=text("answered_queue_id IS NOT NULL"),
        ),
    )

    id: Mapped[pk]
    channel: Mapped[str] = mapped_column(String(12))
    subject_kind: Mapped[str] = mapped_column(String(20))  # conversation, later ticket, callback
    subject_id: Mapped[str] = mapped_column(Id)
    customer_id: Mapped[str] = mapped_column(Id)
    queue_id: Mapped[str] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(10))  # waiting, offered, assigned, done, left
    waiting_since: Mapped[datetime]
    head_start_s: Mapped[int] = mapped_column(default=0)
    sort_key: Mapped[int] = mapped_column(Sequence64)
    front: Mapped[int] = mapped_column(default=1)  # 0 before 1
    skills: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    preferred: Mapped[list[str]] = mapped_column(Json, default=list)
    preferred_for_s: Mapped[int] = mapped_column(default=0)
    asked: Mapped[list[str]] = mapped_column(Json, default=list)
    been_in: Mapped[list[str]] = mapped_column(Json, default=list)
    reason: Mapped[str] = mapped_column(String(160), default="")
    promised: Mapped[dict[str, Any] | None] = mapped_column(Json)  # the first estimate told
    shown: Mapped[dict[str, Any] | None] = mapped_column(Json)  # the last one, told at shown_at
    shown_at: Mapped[datetime | None]
    ended_waiting_at: Mapped[datetime | None]  # first accepted, or left before that
    # Where that wait was answered, of work that came back into line: one contact counts once.
    answered_queue_id: Mapped[str | None] = mapped_column(Id)
    last_look: Mapped[str | None] = mapped_column(String(200))  # why nobody fitted, when last noted
    version: Mapped[int] = mapped_column(default=1)


class Offer(Base):
    """A work item put before one agent, with a deadline that lives here and nowhere else."""

    __tablename__ = "offer"
    __table_args__ = (
        Index(
            "uq_offer_live_item",
            "work_item_id",
            unique=True,
            postgresql_where=text("state = 'live'"),
            sqlite_where=text("state = 'live'"),
        ),
        Index(
            "uq_offer_live_slot",
            "slot_id",
            unique=True,
            postgresql_where=text("state = 'live'"),
            sqlite_where=text("state = 'live'"),
        ),
        Index(
            "ix_offer_deadline",
            "expires_at",
            postgresql_where=text("state = 'live'"),
            sqlite_where=text("state = 'live'"),
        ),
        Index("ix_offer_agent", "agent_id", "made_at"),
        Index("ix_offer_item", "work_item_id", "made_at"),
    )

    id: Mapped[pk]
    work_item_id: Mapped[str] = mapped_column(Id, ForeignKey("work_item.id"))
    agent_id: Mapped[str] = mapped_column(Id)
    slot_id: Mapped[str] = mapped_column(Id)
    channel: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(10))  # live, accepted, declined, expired, withdrawn
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(200))
    why: Mapped[dict[str, Any]] = mapped_column(Json)


class Slot(Base):
    """One unit of an agent's capacity on a channel; held by one offer, then one assignment."""

    __tablename__ = "slot"
    __table_args__ = (
        Index("uq_slot_number", "agent_id", "channel", "number", unique=True),
        # Each decision counts who holds what, and most slots are empty most of the time.
        Index(
            "ix_slot_held",
            "agent_id",
            "channel",
            postgresql_where=text("offer_id IS NOT NULL OR assignment_id IS NOT NULL"),
            sqlite_where=text("offer_id IS NOT NULL OR assignment_id IS NOT NULL"),
        ),
    )

    id: Mapped[pk]
    agent_id: Mapped[str] = mapped_column(Id)
    channel: Mapped[str] = mapped_column(String(12))
    number: Mapped[int]
    offer_id: Mapped[str | None] = mapped_column(Id, unique=True)
    assignment_id: Mapped[str | None] = mapped_column(Id, unique=True)
    blocked_by: Mapped[str | None] = mapped_column(Id, index=True)  # a call takes all the others
    retired: Mapped[bool] = mapped_column(default=False)  # capacity was lowered


class Assignment(Base):
    """From accept to the end of wrap-up. `released` says how it ended when not by wrap-up."""

    __tablename__ = "assignment"
    __table_args__ = (
        Index(
            "uq_assignment_live_item",
            "work_item_id",
            unique=True,
            postgresql_where=text("contact_ended_at IS NULL"),
            sqlite_where=text("contact_ended_at IS NULL"),
        ),
        Index(
            "uq_assignment_live_slot",
            "slot_id",
            unique=True,
            postgresql_where=text("finished_at IS NULL"),
            sqlite_where=text("finished_at IS NULL"),
        ),
        Index(
            "ix_assignment_open",
            "agent_id",
            postgresql_where=text("finished_at IS NULL"),
            sqlite_where=text("finished_at IS NULL"),
        ),
        Index("ix_assignment_agent", "agent_id", "accepted_at"),
        Index("ix_assignment_item", "work_item_id", "accepted_at"),
        Index("ix_assignment_finished", "queue_id", "finished_at"),
    )

    id: Mapped[pk]
    work_item_id: Mapped[str] = mapped_column(Id, ForeignKey("work_item.id"))
    offer_id: Mapped[str] = mapped_column(Id, ForeignKey("offer.id"), unique=True)
    agent_id: Mapped[str] = mapped_column(Id)
    slot_id: Mapped[str] = mapped_column(Id)
    queue_id: Mapped[str] = mapped_column(Id)
    channel: Mapped[str] = mapped_column(String(12))
    accepted_at: Mapped[datetime]
    lost_at: Mapped[datetime | None]  # the agent's browser is gone since
    contact_ended_at: Mapped[datetime | None]  # wrap-up begins
    wrap_up_until: Mapped[datetime | None] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(Text)
    next_step: Mapped[str | None] = mapped_column(String(300))
    released: Mapped[str | None] = mapped_column(String(20))  # transferred, agent_lost, time_limit


class RoutingNote(Base):
    """The story of a work item's wait, line by line: looked at, offered, relaxed, moved."""

    __tablename__ = "routing_note"
    __table_args__ = (Index("ix_routing_note_item", "work_item_id", "seq"),)

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True, autoincrement=True)
    work_item_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(20))
    agent_id: Mapped[str | None] = mapped_column(Id)
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class PresenceChoice(Base):
    """A state an agent can choose; the four of the house and the installation's own."""

    __tablename__ = "presence_choice"

    code: Mapped[str] = mapped_column(String(30), primary_key=True)
    label: Mapped[str] = mapped_column(String(60))
    counts_as: Mapped[str] = mapped_column(String(12))  # available, break, training, offline
    position: Mapped[int] = mapped_column(default=0)


class PresenceSpan(Base):
    """One stretch of an agent's day in one state; the open one has no end."""

    __tablename__ = "presence_span"
    __table_args__ = (Index("ix_presence_span_agent", "agent_id", "began_at"),)

    id: Mapped[pk]
    agent_id: Mapped[str] = mapped_column(Id)
    presence: Mapped[str] = mapped_column(String(30))
    connected: Mapped[bool]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
