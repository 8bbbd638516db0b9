"""The books of recordings' files: taken in hand, stored, refused, deleted here and at the carrier.

Not for carrying the bytes (`workflows.recordings_fetching`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from helpdesk.core.work import Work
from helpdesk.recordings.models import CallRecording

LEASE = timedelta(minutes=10)
PAUSES = tuple(timedelta(seconds=s) for s in (5, 15, 60, 300, 900, 3600, 14400))


def any_due(work: Work, *, late: timedelta = timedelta(0)) -> bool:
    wanted = select(CallRecording.id).where(CallRecording.next_try_at <= work.at - late).limit(1)
    return work.session.scalar(wanted) is not None


def take(work: Work, recording_id: str) -> CallRecording | None:
    """Take one in hand; None when another has it. A lost worker's comes up after its lease."""
    taken = work.session.execute(
        update(CallRecording)
        .where(
            CallRecording.id == recording_id,
            CallRecording.next_try_at <= work.at,
            or_(CallRecording.lease_until.is_(None), CallRecording.lease_until <= work.at),
        )
        .values(
            lease_until=work.at + LEASE,
            next_try_at=work.at + LEASE,
            tries=CallRecording.tries + 1,
        )
        .returning(CallRecording.id)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is None:
        return None
    return work.session.get(CallRecording, recording_id, populate_existing=True)


def stored(
    work: Work, found: CallRecording, *, file_id: str, size: int, type: str, seconds: float | None
) -> bool:
    """The bytes lie with us; False when nobody wants them any more. What the carrier has goes."""
    _rest(work, found, tries=0, again=work.at)
    if found.file != "awaited":
        return False
    found.file, found.file_id, found.size, found.type = "stored", file_id, size, type
    if seconds is not None:
        found.seconds = round(seconds)
    return True


def refuse(work: Work, found: CallRecording, why: str) -> None:
    """It can't be had, ever. The carrier keeps its own until its days are over."""
    _rest(work, found)
    found.error = why[:300]
    if found.file == "awaited":
        found.file = "refused"


def not_now(work: Work, found: CallRecording, why: str) -> bool:
    """Once more later; False when it has been tried often enough.

    What is to go at the carrier is never tried often enough: it was promised to somebody.
    """
    found.error = why[:300]
    if found.tries > len(PAUSES) and found.file == "awaited":
        _rest(work, found)
        return False
    found.lease_until = None
    found.next_try_at = work.at + PAUSES[min(found.tries, len(PAUSES)) - 1]
    return True


def gone_at_carrier(work: Work, found: CallRecording) -> None:
    _rest(work, found)
    found.gone_at_carrier, found.error = work.at, ""
    if found.file == "unwanted":
        found.file = "deleted"


def _rest(
    work: Work, found: CallRecording, *, tries: int | None = None, again: datetime | None = None
) -> None:
    found.lease_until, found.next_try_at = None, again
    if tries is not None:
        found.tries = tries


def delete(work: Work, found: CallRecording, why: str) -> str | None:
    """The row stays to say what was here and why it went; answers the file to remove."""
    file_id, found.file_id = found.file_id, None
    found.file, found.deleted_at, found.deleted_why = "deleted", work.at, why
    if found.gone_at_carrier is None and found.carrier_sid:
        found.tries, found.next_try_at = 0, work.at
    work.audit("recording.deleted", "recording", found.id, why=why)
    return file_id


def outlived(
    work: Work, queue_ids: Sequence[str], days: int, *, limit: int, but: bool = False
) -> Sequence[CallRecording]:
    """Recordings of these queues (`but`: of all others) whose days are over, here or there."""
    here = CallRecording.queue_id.in_(queue_ids)
    return work.session.scalars(
        select(CallRecording)
        .where(
            CallRecording.file.in_(("stored", "refused")),
            CallRecording.on_hold.is_(False),
            ~here if but else here,
            CallRecording.ended_at < work.at - timedelta(days=days),
        )
        .order_by(CallRecording.ended_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
