"""Changes of consents and recordings: asked, settled, ordered, paused, confirmed, over, taken back.

A recording counts as running, and a pause as made, only once the carrier has said so. Not for
telling the carrier (`workflows.telephone_recording`) nor for the file afterwards (`files`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.recordings import queries
from helpdesk.recordings.models import (
    CallRecording,
    RecordingConsent,
    RecordingPause,
    RecordingRule,
)
from helpdesk.recordings.rules import Verdict

ASKED_FOR_AFTER = timedelta(seconds=60)  # the carrier tells of the file by itself, usually


def ask(
    work: Work,
    conversation_id: str,
    rule: RecordingRule,
    *,
    language: str,
    waits_for: Mapping[str, Any],
) -> RecordingConsent:
    """The caller hears the announcement; what they heard is kept as it was then."""
    made = RecordingConsent(
        conversation_id=conversation_id,
        queue_id=rule.queue_id,
        mode=rule.mode,
        announcement=rule.announcement,
        language=language,
        waits_for=dict(waits_for),
        asked_at=work.at,
    )
    work.put(made)
    return made


def ask_again(
    work: Work, consent: RecordingConsent, rule: RecordingRule, *, language: str
) -> RecordingConsent:
    """The call has come where other rules hold. What was said before is kept in the audit log."""
    work.audit(
        "recording.asked_again", "conversation", consent.conversation_id,
        before={name: getattr(consent, name) for name in ("queue_id", "mode", "announcement",
                                                          "state", "how")},
        asked_at=consent.asked_at.isoformat(), queue_id=rule.queue_id,
    )  # fmt: skip
    consent.queue_id, consent.mode, consent.announcement = (
        rule.queue_id,
        rule.mode,
        rule.announcement,
    )
    consent.language, consent.waits_for = language, {}
    consent.state, consent.how = "asked", ""
    consent.asked_at, consent.settled_at = work.at, None
    return consent


def settle(work: Work, consent: RecordingConsent, said: Verdict) -> None:
    """The first answer counts."""
    if consent.state == "asked":
        consent.state, consent.how, consent.settled_at = said.state, said.how, work.at


def order(work: Work, conversation_id: str, *, queue_id: str, line_sid: str) -> CallRecording:
    made = CallRecording(
        id=new_id(),
        conversation_id=conversation_id,
        queue_id=queue_id,
        line_sid=line_sid,
        ordered_at=work.at,
    )
    work.put(made)
    return made


def ask_pause(work: Work, found: CallRecording) -> RecordingPause:
    """A pause that is asked for again is the same one."""
    found.wanted, found.error = "paused", ""
    pause = queries.open_pause(work, found.id)
    if pause is None:
        pause = RecordingPause(
            id=new_id(), recording_id=found.id, asked_by=work.actor.id, asked_at=work.at
        )
        work.put(pause)
    elif pause.confirmed_at is None or pause.resume_asked_at is not None:
        pause.asked_at, pause.resume_asked_at = work.at, None
    return pause


def ask_resume(work: Work, found: CallRecording) -> None:
    found.wanted, found.error = "running", ""
    pause = queries.open_pause(work, found.id)
    if pause is not None:
        pause.resume_asked_at = work.at


def confirmed(work: Work, found: CallRecording, state: str, carrier_sid: str) -> None:
    """The carrier says how its tape stands: running, paused, over, or none at all."""
    found.carrier_sid = carrier_sid[:40] or found.carrier_sid
    if found.tape in ("over", "failed"):
        return
    if state == "running":
        _runs(work, found)
    elif state == "over" or (state == "none" and found.wanted == "over"):
        found.tape = "over"
    else:
        # Paused, or there is nothing that records: neither hears anything.
        found.tape, found.error = "paused", ""
        pause = queries.open_pause(work, found.id)
        if pause is not None and found.wanted == "paused":
            pause.confirmed_at = pause.confirmed_at or work.at


def _runs(work: Work, found: CallRecording) -> None:
    found.tape, found.began_at = "running", found.began_at or work.at
    pause = queries.open_pause(work, found.id)
    if pause is not None and found.wanted == "running":
        found.error = ""
        _end_pause(work, pause, "resumed")


def _end_pause(work: Work, pause: RecordingPause, why: str) -> None:
    pause.ended_at, pause.ended_why = work.at, why


def gave_up(work: Work, found: CallRecording, told: str) -> None:
    """The carrier does not do what it was told; what it did before stands."""
    found.error = told[:300]
    if found.tape == "ordered" and found.wanted == "running":
        found.tape, found.file = "failed", "none"


def call_ended(work: Work, found: CallRecording) -> None:
    """Nothing more is recorded. The file is asked for, should nobody tell of it."""
    pause = queries.open_pause(work, found.id)
    if pause is not None:
        _end_pause(work, pause, "call ended")
    found.ended_at = found.ended_at or work.at
    if found.tape != "failed":
        found.tape = found.wanted = "over"
        found.next_try_at = found.next_try_at or work.at + ASKED_FOR_AFTER


def stop(work: Work, found: CallRecording) -> None:
    """It is not to go on where the call goes now; what there is of it stays."""
    pause = queries.open_pause(work, found.id)
    if pause is not None:
        _end_pause(work, pause, "stopped")
    found.wanted, found.error, found.ended_at = "over", "", work.at
    found.next_try_at = found.next_try_at or work.at + ASKED_FOR_AFTER


def withdraw(work: Work, consent: RecordingConsent, recordings: Sequence[CallRecording]) -> None:
    """The caller does not want it after all: what there is of it is deleted, here and there."""
    consent.state, consent.withdrawn_at = "withdrawn", work.at
    consent.withdrawn_by = work.actor.id
    for found in recordings:
        if found.file != "none":
            _unwanted(work, found)


def _unwanted(work: Work, found: CallRecording) -> None:
    found.wanted, found.file, found.on_hold = "over", "unwanted", False
    found.deleted_at, found.deleted_why = work.at, "withdrawn"
    found.tries, found.next_try_at = 0, work.at + timedelta(seconds=2)
    pause = queries.open_pause(work, found.id)
    if pause is not None:
        _end_pause(work, pause, "withdrawn")


def finished(work: Work, found: CallRecording, seconds: int | None, carrier_sid: str) -> bool:
    """The carrier has the whole of it; answers whether something is to be done about it now."""
    found.carrier_sid = found.carrier_sid or carrier_sid[:40]
    if found.file not in ("awaited", "unwanted"):
        return False
    found.tape = "over"
    found.seconds = seconds if seconds is not None else found.seconds
    found.ended_at = found.ended_at or work.at
    found.next_try_at = work.at
    return True


def nothing_there(work: Work, found: CallRecording) -> None:
    """The carrier has nothing."""
    found.tape = "over" if found.tape != "failed" else "failed"
    found.next_try_at = found.lease_until = None
    found.gone_at_carrier = work.at
    if found.file == "awaited":
        found.file = "none"
    elif found.file == "unwanted":
        found.file = "deleted"
