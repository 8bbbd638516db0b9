"""Holding a work item until the end of the transaction, without an object for it.

Whoever changes a conversation or an assignment together with its item holds the item first; the
paths of a chat need no more of it than this.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, select

from helpdesk.core.db import table_of
from helpdesk.core.ready import Ready
from helpdesk.core.work import Work
from helpdesk.routing.models import WorkItem


class HeldItem(NamedTuple):
    """A work item as it stands; nobody else changes it before this transaction ends."""

    id: str
    customer_id: str
    queue_id: str
    channel: str
    subject_kind: str
    subject_id: str
    state: str


def hold(work: Work, subject_kind: str, subject_id: str) -> HeldItem | None:
    """The newest work item about a subject."""
    work.session.flush()
    row = _HOLD.first(work.sql, {"kind": subject_kind, "subject": subject_id})
    return HeldItem(*row) if row is not None else None


_ITEM = table_of(WorkItem)
COLUMNS = tuple(_ITEM.c[name] for name in HeldItem._fields)
_HOLD = Ready(
    select(*COLUMNS)
    .where(_ITEM.c.subject_kind == bindparam("kind"), _ITEM.c.subject_id == bindparam("subject"))
    .order_by(_ITEM.c.waiting_since.desc(), _ITEM.c.id.desc())
    .limit(1)
    .with_for_update()
)
