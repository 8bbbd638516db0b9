"""Going over all open tickets after service levels or hours changed, in batches that may be killed.

A run is a row: how far it has come is written in the transaction that did it, so a batch is done
wholly or not at all, and whoever comes next goes on from there. Refitting a ticket twice changes
nothing. Not for what a refit is (`service.refit_case`).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update

from helpdesk.clocks import case as cases
from helpdesk.clocks import choosing, service
from helpdesk.clocks.events import RecomputeStarted
from helpdesk.clocks.models import Ledger, PolicyRow, RecomputeRun, SpanRow
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work

BATCH = 200


def start(work: Work, why: str) -> str:
    """A new run over every open ticket; one that is under way is superseded by it."""
    work.session.flush()
    work.session.execute(
        update(RecomputeRun)
        .where(RecomputeRun.state == "running")
        .values(state="superseded", finished_at=work.at)
    )
    total = work.session.scalar(
        select(func.count()).select_from(Ledger).where(Ledger.closed_at.is_(None))
    )
    run = RecomputeRun(
        id=new_id(), state="running", why=why[:200], started_at=work.at, total=total or 0,
        touched_at=work.at, after_id=None, finished_at=None,
    )  # fmt: skip
    work.put(run)
    work.emit(RecomputeStarted(run_id=run.id))
    return run.id


def batch(work: Work, size: int = BATCH) -> bool:
    """The next tickets of the running run; False when there is nothing left to do."""
    run = work.session.scalar(
        select(RecomputeRun).where(RecomputeRun.state == "running").with_for_update()
    )
    if run is None:
        return False
    wanted = select(Ledger).where(Ledger.closed_at.is_(None))
    if run.after_id is not None:
        wanted = wanted.where(Ledger.ticket_id > run.after_id)
    ledgers = work.session.scalars(
        wanted.order_by(Ledger.ticket_id).limit(size).with_for_update()
    ).all()
    run.changed += refit_all(work, ledgers)
    run.done += len(ledgers)
    run.touched_at = work.at
    if ledgers:
        run.after_id = ledgers[-1].ticket_id
    if len(ledgers) < size:
        run.state, run.finished_at, run.total = "done", work.at, run.done
    return run.state == "running"


def refit_all(work: Work, ledgers: Sequence[Ledger]) -> int:
    """Put these tickets under what holds now; answers how many that changed."""
    chooser = choosing.chooser(work)
    own = {}
    if chooser.asks_customer:
        own = choosing.customer_fields(work, [one.customer_id for one in ledgers])
    changed, stood = 0, {one.ticket_id: one.due_at for one in ledgers}
    fresh: list[SpanRow] = []
    for case in cases.read_cases(work, ledgers):
        case.held_back = fresh
        fields = own.get(case.ledger.customer_id or "", {})
        changed += service.refit_case(work, case, chooser, case.moment(work.at), fields)
    cases.insert_held_back(work, fresh)
    now = {one.ticket_id: one.due_at for one in ledgers}
    cases.tell_moved(work, {one: due for one, due in now.items() if due != stood[one]})
    return changed


def refit_customers(work: Work, customer_ids: Sequence[str]) -> int:
    """Own fields of these customers changed: their open tickets may fall under another policy."""
    if not choosing.chooser(work).asks_customer:
        return 0
    ledgers = work.session.scalars(
        select(Ledger)
        .where(Ledger.customer_id.in_(customer_ids), Ledger.closed_at.is_(None))
        .order_by(Ledger.ticket_id)
        .with_for_update()
    ).all()
    return refit_all(work, ledgers)


def uses_calendar(work: Work, calendar_id: str) -> bool:
    """Whether an active policy counts by these hours."""
    wanted = select(PolicyRow.id).where(PolicyRow.calendar_id == calendar_id, PolicyRow.is_active)
    return work.session.scalar(wanted.limit(1)) is not None


def is_running(work: Work) -> bool:
    wanted = select(RecomputeRun.id).where(RecomputeRun.state == "running")
    return work.session.scalar(wanted.limit(1)) is not None


def latest(work: Work) -> RecomputeRun | None:
    """The newest run, for the page that shows how far it has come."""
    return work.session.scalar(select(RecomputeRun).order_by(RecomputeRun.id.desc()).limit(1))
