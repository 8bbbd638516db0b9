"""Telling people in time: warnings and breaches that came about by nothing happening.

Only a messenger. Whether a clock is late is computed from the ledger; if this never ran, reports
and pages would say the same.
"""

from __future__ import annotations

from sqlalchemy import Select, select

from helpdesk.clocks import case as cases
from helpdesk.clocks.models import ClockRow, Ledger
from helpdesk.core.work import Work

BATCH = 100


def anything_due(work: Work) -> bool:
    """A cheap look that needs no lock."""
    return work.session.scalar(_due(work).limit(1)) is not None


def tell_due(work: Work) -> int:
    """Settle the tickets with something to tell, a batch at most; answers how many there were.

    A ticket that somebody holds right now is left for the next round.
    """
    ids = set(work.session.scalars(_due(work).limit(BATCH)))
    ledgers = work.session.scalars(
        select(Ledger)
        .where(Ledger.ticket_id.in_(ids))
        .order_by(Ledger.ticket_id)
        .with_for_update(skip_locked=True)
    ).all()
    for case in cases.read_cases(work, ledgers):
        cases.settle(work, case, work.at)
    return len(ledgers)


def _due(work: Work) -> Select[str]:
    return (
        select(ClockRow.ticket_id)
        .where(ClockRow.tell_at <= work.at, ClockRow.tell_at.is_not(None))
        .order_by(ClockRow.tell_at)
    )
