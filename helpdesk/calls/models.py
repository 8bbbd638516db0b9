"""Tables of calls. The conversation holds who and why; here is what only a call has."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk


class Call(Base):
    """One call, under its conversation's id. `doing` is what its present second is booked to."""

    __tablename__ = "call"
    __table_args__ = (Index("ix_call_began", "began_at", "conversation_id"),)

    conversation_id: Mapped[pk]
    carrier: Mapped[str] = mapped_column(String(12))  # browser, or the name of a telephone carrier
    direction: Mapped[str] = mapped_column(String(3))  # in, out
    doing: Mapped[str] = mapped_column(String(10))  # waiting, talk, hold, ended
    doing_since: Mapped[datetime]
    began_at: Mapped[datetime]
    in_line_at: Mapped[datetime | None]  # later than its beginning where a flow came first
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None] = mapped_column(String(20))
    talk_s: Mapped[int] = mapped_column(default=0)
    hold_s: Mapped[int] = mapped_column(default=0)
    is_asked: Mapped[bool] = mapped_column(default=False)  # its caller heard of recording
    version: Mapped[int] = mapped_column(default=1)


class CallLeg(Base):
    """One party's line into a call. `session` rises with every new join of the same party, so that
    what was negotiated with the page that is gone is told from what is negotiated with this one.
    """

    __tablename__ = "call_leg"
    __table_args__ = (
        Index("ix_call_leg_conversation", "conversation_id", "id"),
        # One line a person and a call: a second window of the same desk takes the first one's over.
        Index(
            "uq_call_leg_live",
            "conversation_id",
            "who",
            unique=True,
            postgresql_where=text("state <> 'left'"),
            sqlite_where=text("state <> 'left'"),
        ),
        Index(
            "ix_call_leg_sid",
            "sid",
            postgresql_where=text("state = 'joined'"),
            sqlite_where=text("state = 'joined'"),
        ),
        Index(
            "ix_call_leg_person",
            "user_id",
            postgresql_where=text("state <> 'left'"),
            sqlite_where=text("state <> 'left'"),
        ),
        Index(
            "ix_call_leg_live",
            "state",
            "invited_at",
            postgresql_where=text("state <> 'left'"),
            sqlite_where=text("state <> 'left'"),
        ),
    )

    id: Mapped[pk]
    conversation_id: Mapped[str] = mapped_column(Id)
    party: Mapped[str] = mapped_column(String(10))  # caller, agent, colleague, supervisor
    who: Mapped[str] = mapped_column(String(48))  # "caller", or the user's id
    user_id: Mapped[str | None] = mapped_column(Id)
    mode: Mapped[str] = mapped_column(String(8), default="talk")  # talk, listen, whisper
    state: Mapped[str] = mapped_column(String(8))  # ringing, joined, left
    held: Mapped[bool] = mapped_column(default=False)
    session: Mapped[int] = mapped_column(default=0)
    sid: Mapped[str | None] = mapped_column(String(60))  # the socket that carries its signals
    process_id: Mapped[str | None] = mapped_column(String(80))
    asked_by: Mapped[str | None] = mapped_column(Id)
    question: Mapped[str] = mapped_column(String(300), default="")
    invited_at: Mapped[datetime]
    joined_at: Mapped[datetime | None]
    lost_at: Mapped[datetime | None]  # its socket went away
    left_at: Mapped[datetime | None]
    left_why: Mapped[str | None] = mapped_column(String(20))


class CallSpan(Base):
    """A stretch of a call that is over, booked to one kind. Together they are the whole call."""

    __tablename__ = "call_span"
    __table_args__ = (Index("ix_call_span_call", "conversation_id", "began_at"),)

    id: Mapped[pk]
    conversation_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(10))  # waiting, talk, hold
    agent_id: Mapped[str | None] = mapped_column(Id)
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime]


class CallingHours(Base):
    """When people may be rung, by the clock where they are: one row, once somebody has set it.

    `zone` is where somebody is taken to be of whom nothing is known.
    """

    __tablename__ = "calling_hours"

    id: Mapped[pk]
    from_time: Mapped[str] = mapped_column(String(5))  # HH:MM
    until_time: Mapped[str] = mapped_column(String(5))
    days: Mapped[list[str]] = mapped_column(Json)
    is_hard: Mapped[bool] = mapped_column(default=False)  # refused outside them, not only warned
    zone: Mapped[str] = mapped_column(String(60))
    version: Mapped[int] = mapped_column(default=1)


class Callback(Base):
    """Somebody is to be rung, under the id of the conversation in which it is done.

    `state`: waiting (its work item is in line or with an agent), planned (for `next_try_at`),
    reached, failed (tried often enough, or the number is wrong), cancelled. `keeps_since` is the
    beginning of the wait whose place it keeps. `open_number` is the number until all of it is over,
    so that no number is ever rung for two of them at once.
    """

    __tablename__ = "callback"
    __table_args__ = (
        Index(
            "ix_callback_planned",
            "next_try_at",
            postgresql_where=text("state = 'planned'"),
            sqlite_where=text("state = 'planned'"),
        ),
        Index("ix_callback_from", "from_conversation_id"),
        Index("ix_callback_state", "state", "conversation_id"),
    )

    conversation_id: Mapped[pk]
    number: Mapped[str] = mapped_column(String(20))  # E.164
    open_number: Mapped[str | None] = mapped_column(String(20), unique=True)
    state: Mapped[str] = mapped_column(String(10))
    keeps_since: Mapped[datetime]
    from_conversation_id: Mapped[str | None] = mapped_column(Id)
    window: Mapped[dict[str, str] | None] = mapped_column(Json)  # see `calls.windows`
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
