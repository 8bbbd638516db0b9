"""Old books of carriers go: hooks as they came, orders carried out, repairs read long ago.

They hold telephone numbers, and grow with every call. What they meant stands in calls, texts and
recordings. Ids rise with time, so the oldest are found without an index by age.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, select, true

from helpdesk.carriers.models import CarrierEvent, CarrierOrder, CarrierRepair
from helpdesk.core.work import Work

KEEP = timedelta(days=30)

_BOOKS: tuple[tuple[Any, Any, ColumnElement[bool]], ...] = (
    (CarrierEvent, CarrierEvent.received_at, CarrierEvent.state != "waiting"),
    (CarrierOrder, CarrierOrder.created_at, CarrierOrder.done_at.is_not(None)),
    (CarrierRepair, CarrierRepair.at, true()),
)


def forget_old(work: Work, *, most: int = 500) -> int:
    """Remove some of what is over and old from each book; answers how many, 0 when all is gone."""
    return sum(_forget(work, *book, most) for book in _BOOKS)


def _forget(work: Work, book: Any, at: Any, is_over: ColumnElement[bool], most: int) -> int:
    oldest = select(book.id, at, is_over).order_by(book.id).limit(most)
    rows = work.session.execute(oldest).all()
    old = [row[0] for row in rows if row[2] and row[1] < work.at - KEEP]
    work.session.execute(delete(book).where(book.id.in_(old)))
    return len(old)
