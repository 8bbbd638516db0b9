"""Tables of carriers: our numbers, their calls and ours, what they told us, what they are told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk


class PhoneNumber(Base):
    """A number of ours at a carrier, and the queue that its calls and texts go to."""

    __tablename__ = "phone_number"

    id: Mapped[pk]
    number: Mapped[str] = mapped_column(String(20), unique=True)  # E.164
    name: Mapped[str] = mapped_column(String(80))
    queue_id: Mapped[str] = mapped_column(Id)
    flow_id: Mapped[str | None] = mapped_column(Id)  # what callers meet before they wait
    takes_calls: Mapped[bool] = mapped_column(default=True)
    takes_texts: Mapped[bool] = mapped_column(default=True)
    greeting: Mapped[str] = mapped_column(String(500), default="")
    language: Mapped[str] = mapped_column(String(12), default="en-GB")
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class CarrierEvent(Base):
    """A hook that was verified, as it came. The same hook twice is one row.

    `state` is waiting (its meaning is still to be worked in), done, or failed with the `reason`.
    """

    __tablename__ = "carrier_event"
    __table_args__ = (
        Index(
            "ix_carrier_event_waiting",
            "received_at",
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
        Index("ix_carrier_event_sid", "sid", "received_at"),
    )

    id: Mapped[pk]
    once_key: Mapped[str] = mapped_column(String(64), unique=True)
    path: Mapped[str] = mapped_column(String(200))
    sid: Mapped[str] = mapped_column(String(40))  # of the call, message or conference
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    reason: Mapped[str] = mapped_column(String(300), default="")
    answer: Mapped[str] = mapped_column(Text, default="")  # the same again for the same hook


class CarrierCall(Base):
    """A line into one of our calls, as its carrier knows it: the caller's, or a page of ours.

    `place` is where the caller was last ordered to (line, room), `seat` how the party was last
    told to sit in the room. `room` is the name of the conference, known to nobody outside.
    """

    __tablename__ = "carrier_call"
    __table_args__ = (
        Index(
            "ix_carrier_call_live",
            "conversation_id",
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_carrier_call_began",
            "began_at",
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
    )

    sid: Mapped[str] = mapped_column(String(40), primary_key=True)
    conversation_id: Mapped[str | None] = mapped_column(Id)
    leg_id: Mapped[str | None] = mapped_column(Id)
    party: Mapped[str] = mapped_column(String(8))  # caller, ours
    number_id: Mapped[str | None] = mapped_column(Id)
    dialled_id: Mapped[str | None] = mapped_column(Id)  # the try of ours that this line is
    place: Mapped[str] = mapped_column(String(8), default="line")
    room: Mapped[str] = mapped_column(String(64), default="")
    conference_sid: Mapped[str] = mapped_column(String(40), default="")
    seat: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    voicemail_queue_id: Mapped[str | None] = mapped_column(Id)  # may leave a message for it
    asked: Mapped[int] = mapped_column(default=0)  # questions of a flow so far
    is_closed: Mapped[bool] = mapped_column(default=False)  # came outside the queue's hours
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    is_gone = False  # the carrier says so in this very transaction; no column


class Dialled(Base):
    """One try of ours to ring somebody, in the call of that conversation.

    `state`: page (whoever rings is not on the line yet), ordered (the carrier is to ring them),
    ringing, answered, over. `outcome` says why a try that nobody answered is over, `told` the
    carrier's own reason. `answered_by` is what the carrier heard at the other end, or what our
    people say of it.
    """

    __tablename__ = "dialled"
    __table_args__ = (
        Index("ix_dialled_conversation", "conversation_id", "id"),
        Index(
            "ix_dialled_number",
            "number",
            unique=True,  # nobody is rung by two of ours at once
            postgresql_where=text("state <> 'over'"),
            sqlite_where=text("state <> 'over'"),
        ),
    )

    id: Mapped[pk]
    conversation_id: Mapped[str] = mapped_column(Id)
    number: Mapped[str] = mapped_column(String(20))  # E.164
    number_id: Mapped[str] = mapped_column(Id)  # ours, which they see
    room: Mapped[str] = mapped_column(String(64))
    detects: Mapped[bool] = mapped_column(default=False)  # asks the carrier for machines
    state: Mapped[str] = mapped_column(String(10))
    answered_by: Mapped[str] = mapped_column(String(24), default="")
    outcome: Mapped[str] = mapped_column(String(12), default="")
    told: Mapped[str] = mapped_column(String(200), default="")
    began_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class CarrierOrder(Base):
    """What a carrier is to be told, written with the decision and carried out after its commit.

    Orders of one conversation go out one after the other, the oldest first. `done_at` with an
    `error` is an order that was given up.
    """

    __tablename__ = "carrier_order"
    __table_args__ = (
        Index(
            "ix_carrier_order_due",
            "due_at",
            postgresql_where=text("done_at IS NULL"),
            sqlite_where=text("done_at IS NULL"),
        ),
        Index(
            "ix_carrier_order_open",
            "conversation_id",
            "id",
            postgresql_where=text("done_at IS NULL"),
            sqlite_where=text("done_at IS NULL"),
        ),
        Index(
            "ix_carrier_order_target",
            "target",
            postgresql_where=text("done_at IS NULL"),
            sqlite_where=text("done_at IS NULL"),
        ),
    )

    id: Mapped[pk]
    conversation_id: Mapped[str] = mapped_column(Id)
    what: Mapped[str] = mapped_column(String(12))  # dial, move, seat, announce, hang_up, tape
    # The carrier's id of the line, or whose it is; to dial, the id of the try.
    target: Mapped[str] = mapped_column(String(40))
    wanted: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(300), default="")


class CarrierRepair(Base):
    """Where carrier, sockets and database disagreed, and what was done about it.

    `sid` is the carrier's id of the line; where a page's line was lost, the leg's.
    """

    __tablename__ = "carrier_repair"
    __table_args__ = (Index("ix_carrier_repair_at", "at", "id"),)

    id: Mapped[pk]
    at: Mapped[datetime]
    conversation_id: Mapped[str | None] = mapped_column(Id)
    sid: Mapped[str] = mapped_column(String(40))
    what: Mapped[str] = mapped_column(String(20))  # ended, hung_up, gave_up, lost, failed
    told: Mapped[str] = mapped_column(String(300))
