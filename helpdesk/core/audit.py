"""The audit's hash chain: laid after the fact, in order, so that writers never wait for each other.

Rows are added by `Work.audit`; database triggers refuse changes. `verify` finds any row that
was altered or removed behind the program's back.
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from sqlalchemy import func, select

from helpdesk.core.tables import AuditEntry, AuditSeal
from helpdesk.core.work import Work

START = "0" * 64


def seal_waiting(work: Work, *, most: int = 200) -> int:
    """Chain the entries that have no seal yet; answers how many. One caller at a time (leased)."""
    position, last = _end(work)
    entries = work.session.scalars(
        select(AuditEntry)
        .outerjoin(AuditSeal, AuditSeal.entry_id == AuditEntry.id)
        .where(AuditSeal.entry_id.is_(None))
        .order_by(AuditEntry.seq)
        .limit(most)
    ).all()
    for entry in entries:
        position, last = position + 1, _link(last, entry)
        work.session.add(AuditSeal(position=position, entry_id=entry.id, hash=last))
    return len(entries)


def verify(work: Work) -> int | None:
    """The position of the first broken link, or None when the chain holds."""
    last = START
    statement = (
        select(AuditSeal, AuditEntry)
        .outerjoin(AuditEntry, AuditEntry.id == AuditSeal.entry_id)
        .order_by(AuditSeal.position)
        .execution_options(yield_per=500)
    )
    # Closed at the first break too, or a cursor would stay open on the server.
    with work.session.execute(statement) as rows:
        for expected, (seal, entry) in enumerate(rows, start=1):
            if entry is None or seal.position != expected:
                return expected
            last = _link(last, entry)
            if last != seal.hash:
                return expected
    return None


def _end(work: Work) -> tuple[int, str]:
    position = work.session.scalar(select(func.max(AuditSeal.position))) or 0
    seal = work.session.get(AuditSeal, position) if position else None
    return position, seal.hash if seal else START


def _link(last: str, entry: AuditEntry) -> str:
    facts: dict[str, Any] = {
        "id": entry.id,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "address": entry.address,
        "action": entry.action,
        "subject": [entry.subject_kind, entry.subject_id],
        "details": entry.details,
    }
    text = orjson.dumps(facts, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(last.encode() + text).hexdigest()
