"""What has reached which consumer: receipts, failures with growing delays, and what is parked.

A receipt is written in the transaction of the consumer itself, so its effect and the receipt
become true together. Not for reading events (see `helpdesk.jobs.relay`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, func, select, update

from helpdesk.core.db import insert_if_absent, insert_rows
from helpdesk.core.tables import Delivery
from helpdesk.core.work import Work
from helpdesk.jobs.models import DeliveryFailure

TRIES = 10
FIRST_DELAY_S = 2
LONGEST_DELAY_S = 900
ERRAND_PATIENCE_S = 120


def claim(work: Work, consumer: str, event_id: str) -> bool:
    """Write the receipt; False when there is one already."""
    row = {"event_id": event_id, "consumer": consumer, "at": work.at}
    return insert_if_absent(work.session, Delivery, row)


def claim_new(work: Work, consumer: str, event_ids: Sequence[str]) -> set[str]:
    """Write receipts for those that have none and answer them; two statements however many.

    Another process that claims the same at this moment makes it an IntegrityError.
    """
    mine = select(Delivery.event_id).where(
        Delivery.consumer == consumer, Delivery.event_id.in_(event_ids)
    )
    fresh = set(event_ids) - set(work.session.scalars(mine))
    rows = [{"event_id": e, "consumer": consumer, "at": work.at} for e in event_ids if e in fresh]
    insert_rows(work.session, Delivery, rows)
    return fresh


def delay_s(attempts: int) -> int:
    """Seconds until the next try after `attempts` failures: 2, 4, 8 ... 900."""
    return min(LONGEST_DELAY_S, FIRST_DELAY_S << min(attempts - 1, 12))


def failed(work: Work, consumer: str, event_id: str, error: str) -> bool:
    """Note a failure and plan the next try; True when this was the last and it is parked now."""
    row = work.session.get(DeliveryFailure, (event_id, consumer))
    if row is None:
        row = DeliveryFailure(event_id=event_id, consumer=consumer, attempts=0, first_at=work.at)
        work.session.add(row)
    row.attempts += 1
    row.last_error = error[:2000]
    row.next_try_at = work.at + timedelta(seconds=delay_s(row.attempts))
    row.running_until = None
    row.parked_at = work.at if row.attempts >= TRIES else None
    return row.parked_at is not None


def on_its_way(work: Work, consumer: str, event_id: str) -> None:
    """Note that an errand is queued; it is queued again if nobody finishes it in time."""
    again = work.at + timedelta(seconds=ERRAND_PATIENCE_S)
    row = {
        "event_id": event_id,
        "consumer": consumer,
        "attempts": 0,
        "last_error": "",
        "first_at": work.at,
        "next_try_at": again,
    }
    if not insert_if_absent(work.session, DeliveryFailure, row):
        work.session.execute(
            update(DeliveryFailure).where(_is(consumer, event_id)).values(next_try_at=again)
        )


def start_errand(work: Work, consumer: str, event_id: str, *, seconds: int) -> bool:
    """Take the errand for `seconds`; False when it is done already or somebody is at it."""
    if work.session.get(Delivery, (event_id, consumer)) is not None:
        return False
    until = work.at + timedelta(seconds=seconds)
    free = (DeliveryFailure.running_until.is_(None)) | (DeliveryFailure.running_until < work.at)
    taken = work.session.execute(
        update(DeliveryFailure)
        .where(_is(consumer, event_id), free)
        .values(running_until=until, next_try_at=until)
        .returning(DeliveryFailure.event_id)
    ).first()
    return taken is not None


def done(work: Work, consumer: str, event_id: str) -> None:
    """The consumer has taken the event: no more tries."""
    work.session.execute(delete(DeliveryFailure).where(_is(consumer, event_id)))


def due(work: Work, *, most: int = 50) -> Sequence[DeliveryFailure]:
    """Deliveries whose next try has come, the longest waiting first."""
    return work.session.scalars(
        select(DeliveryFailure)
        .where(DeliveryFailure.parked_at.is_(None), DeliveryFailure.next_try_at <= work.at)
        .order_by(DeliveryFailure.next_try_at)
        .limit(most)
    ).all()


def parked(work: Work, *, most: int = 20) -> Sequence[DeliveryFailure]:
    """Deliveries that were given up, newest first."""
    return work.session.scalars(
        select(DeliveryFailure)
        .where(DeliveryFailure.parked_at.is_not(None))
        .order_by(DeliveryFailure.parked_at.desc())
        .limit(most)
    ).all()


def counts(work: Work) -> tuple[int, int]:
    """(deliveries to be tried again, deliveries parked), for metrics."""
    waiting, total = work.session.execute(
        select(
            func.count().filter(DeliveryFailure.parked_at.is_(None), DeliveryFailure.attempts > 0),
            func.count().filter(DeliveryFailure.parked_at.is_not(None)),
        )
    ).one()
    return int(waiting), int(total)


def try_again(work: Work) -> int:
    """Give every parked delivery its tries back (after the cause was mended)."""
    rows = work.session.execute(
        update(DeliveryFailure)
        .where(DeliveryFailure.parked_at.is_not(None))
        .values(parked_at=None, attempts=1, next_try_at=work.at)
        .returning(DeliveryFailure.event_id)
    )
    return len(rows.all())


def _is(consumer: str, event_id: str) -> ColumnElement[bool]:
    return (DeliveryFailure.consumer == consumer) & (DeliveryFailure.event_id == event_id)
