"""The promise ledger: every window that a customer was told, and what became of it.

One promise of a visit is open at a time (a unique index). Kept: somebody was there before the
window ended. Broken: nobody was. Moved and withdrawn are the customer's doing; `changed` is ours,
and reports count it beside the broken ones. Not for who is told (`workflows.visit_course`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.field_service import service
from helpdesk.field_service.events import (
    VisitAtRisk,
    VisitBooked,
    VisitConfirmed,
    VisitMoved,
    VisitPromiseBroken,
)
from helpdesk.field_service.models import Visit, VisitPromise

ENDS = ("kept", "broken", "moved", "withdrawn", "changed")
MOST_AT_ONCE = 100


def open_of(work: Work, visit_id: str) -> VisitPromise | None:
    return work.session.scalar(
        select(VisitPromise).where(VisitPromise.visit_id == visit_id, VisitPromise.state == "open")
    )


def of_visit(work: Work, visit_id: str) -> Sequence[VisitPromise]:
    return work.session.scalars(
        select(VisitPromise)
        .where(VisitPromise.visit_id == visit_id)
        .order_by(VisitPromise.made_at, VisitPromise.id)
    ).all()


def promise(
    work: Work,
    visit: Visit,
    starts_at: datetime,
    ends_at: datetime,
    *,
    by_customer: bool = False,
    reason: str = "",
) -> VisitPromise:
    """Promise a window for a held visit that is in the plan; one before it ends (moved, changed).

    `by_customer`: they chose it, so leaving the window before is no broken word of ours.
    """
    if ends_at <= starts_at:
        raise Invalid(fields={"ends_at": "The window must end after it begins."})
    if visit.planned_at is None:
        raise Conflict("Plan the visit before a window is promised.", code="not_planned")
    before = [visit.window_starts_at, visit.window_ends_at]
    open_one = open_of(work, visit.id)
    if open_one is not None:
        _end(work, open_one, "moved" if by_customer else "changed", None)
    visit.window_starts_at, visit.window_ends_at = starts_at, ends_at
    visit.version += 1
    made = VisitPromise(
        id=new_id(),
        visit_id=visit.id,
        customer_id=visit.customer_id,
        starts_at=starts_at,
        ends_at=ends_at,
        made_at=work.at,
        made_by=work.actor.label,
        state="open",
        decided_at=None,
        late_s=None,
        risk=None,
        eta_p50_at=None,
        eta_p90_at=None,
        at_risk_since=None,
        warned_at=None,
        confirmed_at=None,
    )
    work.session.add(made)
    work.session.flush()
    who = sorted({one.technician_id for one in service.stops_of(work, visit.id)})
    told = service.facts(visit)
    if before[0] is None or before[1] is None:
        work.emit(VisitBooked(technician_ids=who, by=work.actor.label, **told))
    else:
        visit.moves += 1
        was = [one.isoformat() for one in before if one is not None]
        work.emit(
            VisitMoved(
                technician_ids=who,
                before=was,
                by=work.actor.label,
                by_customer=by_customer,
                reason=reason,
                **told,
            )
        )
    work.audit(
        "visit.promised",
        "visit",
        visit.id,
        starts_at=starts_at.isoformat(),
        ends_at=ends_at.isoformat(),
    )
    return made


def confirm(work: Work, row: VisitPromise, visit: Visit) -> None:
    """Its customer says that the window suits them; twice is once."""
    if row.confirmed_at is not None:
        return
    row.confirmed_at = work.at
    work.session.flush()
    work.emit(VisitConfirmed(promise_id=row.id, **service.facts(visit)))


def arrived(work: Work, visit: Visit, at: datetime) -> VisitPromise | None:
    """Somebody is there: kept within the window or before it, else broken. None: no promise was
    open. One that was held to be broken is settled anew: a phone without a net tells it late.
    """
    row = open_of(work, visit.id)
    standing = row or _missed(work, visit)
    if standing is not None:
        late = max(0, int((at - standing.ends_at).total_seconds()))
        _end(work, standing, "broken" if late else "kept", late)
    return row


def _missed(work: Work, visit: Visit) -> VisitPromise | None:
    """The promise of the window that stands, where it ended before anybody said they were there."""
    newest = next(reversed(of_visit(work, visit.id)), None)
    if newest is None or newest.state != "broken" or newest.late_s is not None:
        return None
    return newest if newest.ends_at == visit.window_ends_at else None


def withdraw(work: Work, visit: Visit) -> None:
    """The visit was cancelled; what was late by then is broken all the same."""
    row = open_of(work, visit.id)
    if row is not None:
        _end(work, row, "broken" if work.at > row.ends_at else "withdrawn", None)
    visit.window_starts_at = visit.window_ends_at = None
    work.session.flush()


def overdue(work: Work) -> Sequence[VisitPromise]:
    """Open ones whose window is over, the oldest first, held."""
    return work.session.scalars(
        select(VisitPromise)
        .where(VisitPromise.state == "open", VisitPromise.ends_at < work.at)
        .order_by(VisitPromise.ends_at)
        .limit(MOST_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()


def broken(work: Work, row: VisitPromise, visit: Visit) -> None:
    """The window is over and nobody is there."""
    _end(work, row, "broken", None)
    work.emit(VisitPromiseBroken(promise_id=row.id, **service.facts(visit)))


def foreseen(
    work: Work,
    row: VisitPromise,
    visit: Visit,
    *,
    risk: float,
    p50: datetime,
    p90: datetime,
    limit: float,
) -> bool:
    """Note when the technician is expected; True when it has just come to be at risk."""
    row.risk, row.eta_p50_at, row.eta_p90_at = risk, p50, p90
    at_risk = risk >= limit
    is_new = at_risk and row.at_risk_since is None
    row.at_risk_since = (row.at_risk_since or work.at) if at_risk else None
    work.session.flush()
    if is_new:
        work.emit(
            VisitAtRisk(
                promise_id=row.id, risk=round(risk, 3), eta=p50.isoformat(), **service.facts(visit)
            )
        )
    return is_new


def at_risk(work: Work, ahead: timedelta) -> Sequence[VisitPromise]:
    """Open ones at risk whose window ends within `ahead`."""
    return work.session.scalars(
        select(VisitPromise)
        .where(
            VisitPromise.state == "open",
            VisitPromise.ends_at < work.at + ahead,
            VisitPromise.at_risk_since.is_not(None),
        )
        .order_by(VisitPromise.ends_at)
        .limit(MOST_AT_ONCE)
    ).all()


def _end(work: Work, row: VisitPromise, state: str, late_s: int | None) -> None:
    assert state in ENDS
    row.state, row.decided_at = state, work.at
    row.late_s = late_s
    work.session.flush()
