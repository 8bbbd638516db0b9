"""Reads of recordings: of a call, of a page of the timeline, of a ticket. Not for who may hear."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work
from helpdesk.recordings import rules
from helpdesk.recordings.models import CallRecording, RecordingConsent, RecordingPause

ABSENT = "This recording does not exist."


def find(work: Work, conversation_id: str, *, for_update: bool = False) -> CallRecording | None:
    """The present recording of a call, or its last one."""
    wanted = (
        select(CallRecording)
        .where(CallRecording.conversation_id == conversation_id)
        .order_by(CallRecording.id.desc())
        .limit(1)
    )
    if for_update:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return work.session.scalar(wanted)


def all_of(work: Work, conversation_id: str) -> Sequence[CallRecording]:
    """All recordings of a call, the oldest first, held."""
    return work.session.scalars(
        select(CallRecording)
        .where(CallRecording.conversation_id == conversation_id)
        .order_by(CallRecording.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def get(work: Work, recording_id: str, *, for_update: bool = False) -> CallRecording:
    found = work.session.get(
        CallRecording, recording_id, with_for_update=for_update or None,
        populate_existing=for_update,
    )  # fmt: skip
    if found is None:
        raise NotFound(ABSENT)
    return found


def of_line(work: Work, line_sid: str, carrier_sid: str) -> CallRecording | None:
    """The recording of that line with the carrier's name, else the newest that has none yet."""
    return work.session.scalar(
        select(CallRecording)
        .where(CallRecording.line_sid == line_sid, CallRecording.carrier_sid.in_(("", carrier_sid)))
        .order_by(CallRecording.carrier_sid.desc(), CallRecording.id.desc())
        .limit(1)
    )


def consent_of(
    work: Work, conversation_id: str, *, for_update: bool = False
) -> RecordingConsent | None:
    wanted = select(RecordingConsent).where(RecordingConsent.conversation_id == conversation_id)
    if for_update:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return work.session.scalar(wanted)


def pauses_of(work: Work, recording_ids: Collection[str]) -> dict[str, list[RecordingPause]]:
    """In their order, by recording."""
    found: dict[str, list[RecordingPause]] = {}
    if not recording_ids:
        return found
    rows = work.session.scalars(
        select(RecordingPause)
        .where(RecordingPause.recording_id.in_(recording_ids))
        .order_by(RecordingPause.asked_at, RecordingPause.id)
    )
    for row in rows:
        found.setdefault(row.recording_id, []).append(row)
    return found


def open_pause(work: Work, recording_id: str) -> RecordingPause | None:
    return work.session.scalar(
        select(RecordingPause)
        .where(RecordingPause.recording_id == recording_id, RecordingPause.ended_at.is_(None))
        .order_by(RecordingPause.asked_at.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


def of_calls(work: Work, conversation_ids: Collection[str]) -> dict[str, list[CallRecording]]:
    """By conversation in their order, for a page of them."""
    found: dict[str, list[CallRecording]] = {}
    if not conversation_ids:
        return found
    rows = work.session.scalars(
        select(CallRecording)
        .where(CallRecording.conversation_id.in_(conversation_ids))
        .order_by(CallRecording.id)
    )
    for row in rows:
        found.setdefault(row.conversation_id, []).append(row)
    return found


def consents_of(work: Work, conversation_ids: Collection[str]) -> dict[str, RecordingConsent]:
    if not conversation_ids:
        return {}
    wanted = RecordingConsent.conversation_id.in_(conversation_ids)
    rows = work.session.scalars(select(RecordingConsent).where(wanted))
    return {row.conversation_id: row for row in rows}


def kept_until(ended_at: datetime | None, days: int) -> datetime | None:
    return ended_at + timedelta(days=days) if ended_at else None


def shown(work: Work, conversation_id: str) -> dict[str, Any] | None:
    """How recording stands, for the desk; None where nobody was asked about it.

    `state`: asked, dropped, refused, withdrawn, starting, running, pausing, paused, resuming, over,
    failed.
    Card data is safe only while it is `paused`: the carrier has said so then.
    """
    consent = consent_of(work, conversation_id)
    if consent is None:
        return None
    found = find(work, conversation_id)
    told: dict[str, Any] = {"state": _standing(consent, found), "how": consent.how}
    if found is not None and found.wanted == "paused":
        pause = open_pause(work, found.id)
        if pause is not None:
            told |= {
                "since": (pause.confirmed_at or pause.asked_at).isoformat(),
                "late_at": (pause.asked_at + timedelta(seconds=rules.PAUSED_WITHIN_S)).isoformat(),
            }
    if found is not None and found.error:
        told["error"] = found.error
    return told


def _standing(consent: RecordingConsent, found: CallRecording | None) -> str:
    if consent.state in ("asked", "dropped", "refused", "withdrawn"):
        return consent.state
    if found is None:
        return "starting"
    if found.tape in ("over", "failed"):
        return found.tape
    if found.wanted == "over":
        return "over"
    if found.wanted == "paused":
        return "paused" if found.tape == "paused" else "pausing"
    if found.tape == "paused":
        return "resuming"
    return "starting" if found.tape == "ordered" else "running"


def due(work: Work, *, limit: int = 20) -> Sequence[str]:
    """Recordings about whose file something is to be done, and that nobody has in hand."""
    return work.session.scalars(
        select(CallRecording.id)
        .where(CallRecording.next_try_at <= work.at)
        .order_by(CallRecording.next_try_at)
        .limit(limit)
    ).all()
