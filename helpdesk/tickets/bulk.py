"""Runs over many tickets: their rows, how far they are, and what each ticket was before.

Not for carrying one out (see `workflows.cases_bulk`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update

from helpdesk.core.db import insert_if_absent, table_of
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.tickets.events import BulkDue
from helpdesk.tickets.lifecycle import PRIORITIES, STATES
from helpdesk.tickets.models import BulkItem, BulkRun, Ticket
from helpdesk.tickets.permissions import require_desk, visible
from helpdesk.tickets.tags import tag_names

MOST = 10_000
KEPT = ("state", "priority", "queue_id", "assignee_id", "team_id", "type", "tags")
UNDO_FOR = timedelta(days=7)
STALLED = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is; `told` are tickets that stayed as they were: (number, subject, why)."""

    run: BulkRun
    counts: Mapping[str, int]
    told: Sequence[tuple[int, str, str]] = field(default=())

    @property
    def done(self) -> int:
        if self.run.state in ("undoing", "undone"):
            return self.counts.get("undone", 0) + self.counts.get("kept", 0)
        return sum(self.counts.values()) - self.counts.get("pending", 0)

    @property
    def total(self) -> int:
        if self.run.state in ("undoing", "undone"):
            return self.done + self.counts.get("changed", 0)
        return self.run.total

    @property
    def is_over(self) -> bool:
        return self.run.state in ("done", "undone")


def clean_action(action: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be done, checked as far as that needs no ticket."""
    kept: dict[str, Any] = {}
    changes = {k: v for k, v in dict(action.get("changes") or {}).items() if v != ""}
    if unknown := set(changes) - (set(KEPT) - {"tags"}):
        raise Invalid(fields={min(unknown): "This can't be changed for many at once."})
    if changes.get("state", "open") not in STATES:
        raise Invalid(fields={"state": "Choose a state."})
    if changes.get("priority", "low") not in PRIORITIES:
        raise Invalid(fields={"priority": "Choose a priority."})
    for name in ("queue_id", "assignee_id", "team_id"):
        if changes.get(name) is not None and not is_id(changes[name]):
            raise Invalid(fields={name: "Choose one of the list."})
    if changes:
        kept["changes"] = changes
    for name in ("add_tags", "remove_tags"):
        if tags := tag_names(list(action.get(name) or ())):
            kept[name] = tags
    if action.get("macro_id"):
        if not is_id(action["macro_id"]):
            raise Invalid(fields={"macro_id": "There is no such macro."})
        kept["macro_id"] = action["macro_id"]
    if not kept:
        raise Invalid(fields={"action": "Choose what to do."})
    return kept


def begin_run(
    work: Work, action: Mapping[str, Any], words: str, wanted: Mapping[str, Any] | None
) -> BulkRun:
    """A run that has no tickets yet; with `wanted` they are gathered later."""
    require_desk(work)
    run = BulkRun(
        id=new_id(),
        user_id=work.actor.id,
        at=work.at,
        words=words[:200],
        action=dict(action),
        wanted=dict(wanted or {}),
        cursor=None,
        state="gathering" if wanted is not None else "running",
        total=0,
        touched_at=work.at,
        finished_at=None,
        undone_by=None,
    )
    work.session.add(run)
    work.session.flush()
    work.audit("tickets.bulk", "ticket_bulk", run.id, does=dict(action), wanted=run.wanted)
    return run


def add_items(work: Work, run: BulkRun, ids: Sequence[str]) -> None:
    """Tickets that the actor sees, each once, up to ten thousand of them."""
    wanted = list(dict.fromkeys(one for one in ids if is_id(one)))
    seen = visible(work.actor, select(Ticket.id).where(Ticket.id.in_(wanted)))
    there = set(work.session.scalars(seen))
    for one in wanted:
        if one not in there or run.total >= MOST:
            continue
        row = {
            "run_id": run.id,
            "ticket_id": one,
            "place": run.total,
            "outcome": "pending",
            "before": {},
            "after": {},
            "why": "",
        }
        if insert_if_absent(work.session, BulkItem, row):
            run.total += 1
    run.touched_at = work.at


def call(work: Work, run: BulkRun) -> None:
    """Ask a worker to go on with it."""
    work.emit(BulkDue(run_id=run.id))


def get_run(work: Work, run_id: str, *, held: bool = False) -> BulkRun:
    """One's own; supervisors see everybody's. NotFound otherwise."""
    require_desk(work)
    found = (
        work.session.get(BulkRun, run_id, with_for_update=held or None) if is_id(run_id) else None
    )
    own = found is not None and found.user_id == work.actor.id
    if found is None or not (own or work.actor.is_supervisor or work.actor.kind == "system"):
        raise NotFound("There is no such change.")
    return found


def progress(work: Work, run_id: str) -> Progress:
    run = get_run(work, run_id)
    rows = work.session.execute(
        select(BulkItem.outcome, func.count())
        .where(BulkItem.run_id == run.id)
        .group_by(BulkItem.outcome)
    )
    told = work.session.execute(
        select(Ticket.number, Ticket.subject, BulkItem.why)
        .join(Ticket, Ticket.id == BulkItem.ticket_id)
        .where(BulkItem.run_id == run.id, BulkItem.outcome.in_(("refused", "kept")))
        .order_by(BulkItem.place)
        .limit(20)
    )
    return Progress(run, {row[0]: row[1] for row in rows}, [(r[0], r[1], r[2]) for r in told])


def next_items(work: Work, run: BulkRun, most: int) -> Sequence[str]:
    """Ids of tickets that are still to be done (or undone, the last first)."""
    back = run.state == "undoing"
    place = BulkItem.place.desc() if back else BulkItem.place
    wanted = select(BulkItem.ticket_id).where(
        BulkItem.run_id == run.id, BulkItem.outcome == ("changed" if back else "pending")
    )
    return work.session.scalars(wanted.order_by(place).limit(most)).all()


def settle_item(
    work: Work,
    run_id: str,
    ticket_id: str,
    outcome: str,
    *,
    was: str = "pending",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    why: str = "",
) -> bool:
    """Write down what became of a ticket; False when somebody else was first."""
    table = table_of(BulkItem)
    values: dict[str, Any] = {"outcome": outcome, "why": why[:200]}
    if before is not None:
        values |= {"before": dict(before), "after": dict(after or {})}
    row = work.session.execute(
        update(table)
        .where(table.c.run_id == run_id, table.c.ticket_id == ticket_id, table.c.outcome == was)
        .values(**values)
        .returning(table.c.ticket_id)
    ).first()
    return row is not None


def facts_of(ticket: Ticket) -> dict[str, Any]:
    """What a run may change of a ticket, as plain values."""
    return {name: getattr(ticket, name) for name in KEPT}


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [name for name in KEPT if before.get(name) != after.get(name)]


def begin_undo(work: Work, run_id: str) -> BulkRun:
    """Start taking a finished run back; Conflict when it still runs, is undone or too old."""
    run = get_run(work, run_id, held=True)
    if run.state != "done":
        told = (
            "It still runs." if run.state in ("gathering", "running") else "It is undone already."
        )
        raise Conflict(told, code=run.state)
    if work.at - run.at > UNDO_FOR:
        raise Conflict("This is too long ago to be undone.", code="too_old")
    run.state, run.undone_by, run.touched_at, run.finished_at = (
        "undoing",
        work.actor.id,
        work.at,
        None,
    )
    work.audit("tickets.bulk_undone", "ticket_bulk", run.id, does=run.action)
    return run


def stalled(work: Work) -> Sequence[BulkRun]:
    """Runs that nobody has gone on with for half a minute."""
    return work.session.scalars(
        select(BulkRun)
        .where(
            BulkRun.state.in_(("gathering", "running", "undoing")),
            BulkRun.touched_at < work.at - STALLED,
        )
        .order_by(BulkRun.touched_at)
        .limit(20)
    ).all()
