"""The books of copies: asked for, made, fetched by whoever asked, gone after some days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import or_, select

from helpdesk.core.errors import NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.privacy import settings
from helpdesk.privacy.events import CopyAsked
from helpdesk.privacy.models import DataCopy

MOST_TRIES = 3


def ask(work: Work, customer_id: str, language: str) -> DataCopy:
    """A new one; one that still waits is answered as it is."""
    last = latest(work, customer_id, work.actor.id)
    if last is not None and last.state == "waiting":
        return last
    row = DataCopy(
        id=new_id(),
        customer_id=customer_id,
        user_id=work.actor.id,
        state="waiting",
        language=language,
        created_at=work.at,
        ready_at=None,
        expires_at=None,
    )
    work.session.add(row)
    work.session.flush()
    work.emit(CopyAsked(customer_id=customer_id, copy_id=row.id))
    work.audit("customer.copy_asked", "customer", customer_id, copy_id=row.id)
    return row


def latest(work: Work, customer_id: str, user_id: str) -> DataCopy | None:
    return work.session.scalar(
        select(DataCopy)
        .where(DataCopy.customer_id == customer_id, DataCopy.user_id == user_id)
        .order_by(DataCopy.created_at.desc(), DataCopy.id.desc())
        .limit(1)
    )


def get_ready(work: Work, copy_id: str) -> DataCopy:
    """One that its asker may fetch now; NotFound for everybody else, and once it is over."""
    row = work.session.get(DataCopy, copy_id) if is_id(copy_id) else None
    is_theirs = row is not None and row.user_id == work.actor.id
    if row is None or not is_theirs or row.state != "ready":
        raise NotFound()
    if row.expires_at is None or row.expires_at <= work.at:
        raise NotFound()
    return row


def waiting(work: Work) -> Sequence[str]:
    return work.session.scalars(
        select(DataCopy.id)
        .where(DataCopy.state == "waiting")
        .order_by(DataCopy.created_at)
        .limit(20)
    ).all()


def ready(work: Work, copy_id: str, size: int) -> bool:
    """It can be fetched; False where somebody was first, or its customer was erased meanwhile."""
    row = _held(work, copy_id)
    if row.state != "waiting":
        return False
    row.state, row.size, row.ready_at = "ready", size, work.at
    row.expires_at = work.at + timedelta(days=settings.of(work).copy_days)
    return True


def failed(work: Work, copy_id: str) -> None:
    row = _held(work, copy_id)
    row.tries += 1
    if row.tries >= MOST_TRIES and row.state == "waiting":
        row.state = "failed"


def former(work: Work, row: DataCopy) -> Sequence[DataCopy]:
    """What the same person was given before: a new one takes its place."""
    return work.session.scalars(
        select(DataCopy).where(
            DataCopy.customer_id == row.customer_id,
            DataCopy.user_id == row.user_id,
            DataCopy.state == "ready",
            DataCopy.id != row.id,
        )
    ).all()


def outlived(work: Work) -> Sequence[DataCopy]:
    return work.session.scalars(
        select(DataCopy).where(DataCopy.state == "ready", DataCopy.expires_at <= work.at).limit(100)
    ).all()


def of_customers(work: Work, customer_ids: Sequence[str]) -> Sequence[DataCopy]:
    """All of theirs, held."""
    wanted = or_(*(DataCopy.customer_id == one for one in customer_ids))
    return work.session.scalars(select(DataCopy).where(wanted).with_for_update()).all()


def _held(work: Work, copy_id: str) -> DataCopy:
    return work.session.get_one(DataCopy, copy_id, with_for_update=True)
