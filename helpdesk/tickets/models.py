"""Tables of tickets. What was said about a ticket is in conversations that carry its id."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, Sequence64, pk

FIRST_NUMBER = 10_001
NEVER = datetime(9000, 1, 1, tzinfo=UTC)  # a deadline that sorts behind every other
LIVE = "state NOT IN ('resolved', 'closed')"
DONE = "state IN ('resolved', 'closed') AND merged_into_id IS NULL"
FREE = f"{LIVE} AND assignee_id IS NULL"


def _among(name: str, which: str, *columns: str) -> Index:
    """An index of a part of the tickets. Few are live at a time, however many there have been."""
    where = text(which)
    return Index(f"ix_ticket_{name}", *columns, "id", postgresql_where=where, sqlite_where=where)


class Ticket(Base):
    """A case to be resolved. `assignee_id` owns it; routing knows who has it in hand right now.

    `state` and `priority` are words of `tickets.lifecycle`. `waiting_since` is when the customer
    began to wait for our answer, None while nothing is unanswered. `tags` is a copy of the
    ticket's rows in `ticket_tag`, so that a list needs no further query.
    """

    __tablename__ = "ticket"
    __table_args__ = (
        # One per way to look at a list, each ending in the order of the list: the first page of a
        # million costs what the first page of ten costs.
        Index("ix_ticket_list", "opened_at", "id"),
        Index("ix_ticket_state", "state", "opened_at", "id"),
        Index("ix_ticket_queue", "queue_id", "opened_at", "id"),
        Index("ix_ticket_queue_state", "queue_id", "state", "opened_at", "id"),
        Index("ix_ticket_assignee", "assignee_id", "opened_at", "id"),
        Index("ix_ticket_assignee_state", "assignee_id", "state", "opened_at", "id"),
        Index("ix_ticket_customer", "customer_id", "opened_at", "id"),
        # The orders of the desk's views (`tickets.paths`).
        _among("live_due", LIVE, "next_due_at"),
        _among("live_queue_due", LIVE, "queue_id", "next_due_at"),
        _among("live_assignee_due", LIVE, "assignee_id", "next_due_at"),
        _among("live_opened", LIVE, "opened_at"),
        _among("live_queue_opened", LIVE, "queue_id", "opened_at"),
        _among("live_assignee_opened", LIVE, "assignee_id", "opened_at"),
        _among("live_updated", LIVE, "updated_at"),
        _among("live_assignee_updated", LIVE, "assignee_id", "updated_at"),
        _among("live_priority", LIVE, "priority", "opened_at"),
        _among("live_priority_state", LIVE, "priority", "state", "opened_at"),
        _among("live_queue_priority", LIVE, "queue_id", "priority", "opened_at"),
        _among("live_assignee_priority", LIVE, "assignee_id", "priority", "opened_at"),
        _among("free_due", FREE, "next_due_at"),
        _among("free_opened", FREE, "opened_at"),
        _among("free_priority", FREE, "priority", "opened_at"),
        _among("free_queue_priority", FREE, "queue_id", "priority", "opened_at"),
        _among("free_queue_due", FREE, "queue_id", "next_due_at"),
        _among("free_queue_opened", FREE, "queue_id", "opened_at"),
        _among("done_resolved", DONE, "resolved_at"),
        _among("done_queue_resolved", DONE, "queue_id", "resolved_at"),
        _among("done_assignee_resolved", DONE, "assignee_id", "resolved_at"),
        _among("organisation", "organisation_id IS NOT NULL", "organisation_id", "opened_at"),
        # What customers see of their own and of their organisation's.
        _among("live_customer", LIVE, "customer_id", "opened_at"),
        _among("live_organisation", LIVE, "organisation_id", "opened_at"),
    )

    id: Mapped[pk]
    number: Mapped[int] = mapped_column(Sequence64, Identity(start=FIRST_NUMBER), unique=True)
    subject: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(24))
    priority: Mapped[str] = mapped_column(String(10))
    type: Mapped[str | None] = mapped_column(String(40))  # a key of `ticket_type`
    queue_id: Mapped[str] = mapped_column(Id)
    team_id: Mapped[str | None] = mapped_column(Id)
    assignee_id: Mapped[str | None] = mapped_column(Id)
    customer_id: Mapped[str] = mapped_column(Id)
    organisation_id: Mapped[str | None] = mapped_column(Id)
    channel: Mapped[str] = mapped_column(String(12))  # that it came in by
    tags: Mapped[list[str]] = mapped_column(Json, default=list)
    fields: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    opened_at: Mapped[datetime]
    first_replied_at: Mapped[datetime | None]
    waiting_since: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]  # the last time
    first_resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    reopened_count: Mapped[int] = mapped_column(default=0)
    merged_into_id: Mapped[str | None] = mapped_column(Id, index=True)
    updated_at: Mapped[datetime]
    next_due_at: Mapped[datetime] = mapped_column(default=NEVER)
    """The ledger's soonest running deadline, copied in the same transaction so that lists can be
    ordered by it."""
    version: Mapped[int] = mapped_column(default=1)


class TicketTag(Base):
    """One tag of one ticket; carries the ticket's age and state, so a list by tag is one index."""

    __tablename__ = "ticket_tag"
    __table_args__ = (
        Index("ix_ticket_tag_list", "tag", "opened_at", "ticket_id"),
        Index("ix_ticket_tag_state", "tag", "state", "opened_at", "ticket_id"),
    )

    ticket_id: Mapped[str] = mapped_column(Id, ForeignKey("ticket.id"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(50), primary_key=True)
    opened_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(24))  # moved by `tags.enter`


class TicketChange(Base):
    """One line of a ticket's history: who did what, and each field's value before and after.

    `changes` {field: [before, after]}; `details` says what no field holds (a rule's name, a link).
    """

    __tablename__ = "ticket_change"
    __table_args__ = (Index("ix_ticket_change_list", "ticket_id", "seq"),)

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True, autoincrement=True)
    ticket_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(30))
    changes: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class TicketType(Base):
    """A kind of case with a form of its own.

    `form` in the order shown: [{"key": custom field, "needed": "never" | "to_open" | "to_resolve",
    "shown_to_customer"}].
    """

    __tablename__ = "ticket_type"

    id: Mapped[pk]
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    description: Mapped[str] = mapped_column(String(300), default="")
    form: Mapped[list[Any]] = mapped_column(Json, default=list)
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    in_portal: Mapped[bool] = mapped_column(default=False)  # customers may choose it themselves
    version: Mapped[int] = mapped_column(default=1)


class TicketQueueRule(Base):
    """What a queue does with tickets: whether a late answer reopens one, when it is closed.

    `reopen` always, within (`reopen_days` after it was resolved) or never; where it doesn't, a
    follow-up ticket is opened and linked. `close_after_days` None: a person closes it.
    """

    __tablename__ = "ticket_queue_rule"

    queue_id: Mapped[pk]
    reopen: Mapped[str] = mapped_column(String(10))
    reopen_days: Mapped[int]
    close_after_days: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)


class TicketFollower(Base):
    """A colleague who is told of what happens; `why` asked, mentioned or added."""

    __tablename__ = "ticket_follower"
    __table_args__ = (Index("ix_ticket_follower_user", "user_id", "since"),)

    ticket_id: Mapped[str] = mapped_column(Id, ForeignKey("ticket.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, primary_key=True)
    since: Mapped[datetime]
    why: Mapped[str] = mapped_column(String(12))


class TicketParticipant(Base):
    """A further customer in a case (in copy); the one who asked is `Ticket.customer_id`."""

    __tablename__ = "ticket_participant"
    __table_args__ = (Index("ix_ticket_participant_customer", "customer_id", "ticket_id"),)

    id: Mapped[pk]
    ticket_id: Mapped[str] = mapped_column(Id, ForeignKey("ticket.id"), index=True)
    customer_id: Mapped[str] = mapped_column(Id)
    since: Mapped[datetime]


class TicketLink(Base):
    """`from_id` is `kind` of `to_id`, a word of `tickets.links`."""

    __tablename__ = "ticket_link"
    __table_args__ = (Index("uq_ticket_link_pair", "from_id", "to_id", "kind", unique=True),)

    id: Mapped[pk]
    from_id: Mapped[str] = mapped_column(Id, ForeignKey("ticket.id"))
    to_id: Mapped[str] = mapped_column(Id, ForeignKey("ticket.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))


class ChecklistItem(Base):
    __tablename__ = "ticket_checklist_item"
    __table_args__ = (Index("ix_ticket_checklist_item_list", "ticket_id", "position", "id"),)

    id: Mapped[pk]
    ticket_id: Mapped[str] = mapped_column(Id, ForeignKey("ticket.id"))
    position: Mapped[int]
    text: Mapped[str] = mapped_column(String(300))
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None] = mapped_column(Id)
    version: Mapped[int] = mapped_column(default=1)


class TimeEntry(Base):
    """Time somebody spent: `source` written (by hand) or measured (the ticket was in focus)."""

    __tablename__ = "ticket_time_entry"
    __table_args__ = (
        Index("ix_ticket_time_entry_ticket", "ticket_id", "at"),
        Index("ix_ticket_time_entry_user", "user_id", "at"),
    )

    id: Mapped[pk]
    ticket_id: Mapped[str] = mapped_column(Id, ForeignKey("ticket.id"))
    user_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]
    seconds: Mapped[int]
    note: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(String(10))
    removed_at: Mapped[datetime | None]


# Found through this module by migrations; each file holds the tables of one subject.
from helpdesk.tickets.models_bulk import BulkItem, BulkRun  # noqa: E402
from helpdesk.tickets.models_macros import Macro  # noqa: E402
from helpdesk.tickets.models_merging import TicketMerge, TicketSplit  # noqa: E402
from helpdesk.tickets.models_sending import PendingReply, TicketDraft  # noqa: E402
from helpdesk.tickets.models_views import SavedView  # noqa: E402

__all__ = [
    "FIRST_NUMBER",
    "NEVER",
    "BulkItem",
    "BulkRun",
    "ChecklistItem",
    "Macro",
    "PendingReply",
    "SavedView",
    "Ticket",
    "TicketChange",
    "TicketDraft",
    "TicketFollower",
    "TicketLink",
    "TicketMerge",
    "TicketParticipant",
    "TicketQueueRule",
    "TicketSplit",
    "TicketTag",
    "TicketType",
    "TimeEntry",
]
