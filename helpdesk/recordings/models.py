"""Tables of recordings: rules of queues, what callers said to it, what was recorded, its pauses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk


class RecordingRule(Base):
    """How the calls of a queue are recorded. A queue without a row records nothing."""

    __tablename__ = "recording_rule"

    queue_id: Mapped[pk]
    mode: Mapped[str] = mapped_column(String(8), default="never")  # never, always, ask
    announcement: Mapped[str] = mapped_column(String(500), default="")
    keep_days: Mapped[int | None]  # None: as long as the house keeps recordings
    listeners: Mapped[str] = mapped_column(String(12), default="supervisors")  # or own, desk
    downloads: Mapped[bool] = mapped_column(default=False)  # by supervisors; administrators may
    version: Mapped[int] = mapped_column(default=1)


class RecordingConsent(Base):
    """What a caller was told about recording, and what they said to it: one a call.

    `state`: asked, given, refused, withdrawn, dropped (the call went where nobody is recorded, or
    the line ended, and what was said holds no more). `how` says by what: announcement, key, other
    key, no key, agent. `waits_for` is the line that the caller enters when it is settled; empty
    where they stand in one already, or are on the way to somebody.
    """

    __tablename__ = "recording_consent"

    conversation_id: Mapped[pk]
    queue_id: Mapped[str] = mapped_column(Id)
    mode: Mapped[str] = mapped_column(String(8))
    announcement: Mapped[str] = mapped_column(String(500))
    language: Mapped[str] = mapped_column(String(12))
    waits_for: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(10), default="asked")
    how: Mapped[str] = mapped_column(String(20), default="")
    asked_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(Id)


class CallRecording(Base):
    """A recording of a call, from the order to begin it until its file is deleted.

    A call has several where it went on in a queue that records otherwise, or was dialled anew.

    `tape` is what the carrier confirmed: ordered (nothing yet), running, paused, over, failed.
    `wanted` is what it was told last: running, paused, over. `file`: awaited, stored, refused
    (can't be had), none (the carrier has nothing), unwanted (the consent was taken back), deleted.
    """

    __tablename__ = "call_recording"
    __table_args__ = (
        Index("ix_call_recording_conversation", "conversation_id"),
        Index("ix_call_recording_line", "line_sid"),
        Index(
            "ix_call_recording_due",
            "next_try_at",
            postgresql_where=text("next_try_at IS NOT NULL"),
            sqlite_where=text("next_try_at IS NOT NULL"),
        ),
        # By age, in some queues and in all others: what is deleted when its time is over.
        Index("ix_call_recording_kept", "queue_id", "file", "ended_at"),
        Index("ix_call_recording_old", "file", "ended_at"),
    )

    id: Mapped[pk]
    conversation_id: Mapped[str] = mapped_column(Id)
    queue_id: Mapped[str] = mapped_column(Id)
    line_sid: Mapped[str] = mapped_column(String(40))  # the caller's line at the carrier
    carrier_sid: Mapped[str] = mapped_column(String(40), default="")  # of the recording there
    tape: Mapped[str] = mapped_column(String(8), default="ordered")
    wanted: Mapped[str] = mapped_column(String(8), default="running")
    error: Mapped[str] = mapped_column(String(300), default="")
    ordered_at: Mapped[datetime]
    began_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    seconds: Mapped[int | None]

    file: Mapped[str] = mapped_column(String(8), default="awaited")
    file_id: Mapped[str | None] = mapped_column(Id)
    size: Mapped[int | None]
    type: Mapped[str] = mapped_column(String(100), default="")
    next_try_at: Mapped[datetime | None]  # when something is to be done about the file
    lease_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    gone_at_carrier: Mapped[datetime | None]

    on_hold: Mapped[bool] = mapped_column(default=False)
    deleted_at: Mapped[datetime | None]
    deleted_why: Mapped[str] = mapped_column(String(12), default="")  # retention, withdrawn


class RecordingPause(Base):
    """A stretch that is not to be heard later. It is sure once the carrier has confirmed it."""

    __tablename__ = "recording_pause"
    __table_args__ = (Index("ix_recording_pause_recording", "recording_id", "asked_at"),)

    id: Mapped[pk]
    recording_id: Mapped[str] = mapped_column(Id)
    asked_by: Mapped[str] = mapped_column(Id)
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    resume_asked_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str] = mapped_column(String(12), default="")  # resumed, call ended, withdrawn
