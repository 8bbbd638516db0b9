"""One ticket's ledger and clocks in hand: locked, read once, changed, and settled again.

`service` says what happened; this file books it and works out what follows: deadlines for lists,
the next instant at which there is something to tell, and what is to be told at once. Not for
choosing policies and not for the arithmetic (`sla`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import object_session

from helpdesk.clocks import snapshots
from helpdesk.clocks.events import ClockBreached, ClockWarned
from helpdesk.clocks.ledger import MICROSECOND, Span
from helpdesk.clocks.models import ClockRow, Ledger, SpanRow
from helpdesk.clocks.policies import Facts, facts_from_dict
from helpdesk.clocks.sla import MICROS, Reckoning, reached_at, reckon, reckon_absolute
from helpdesk.clocks.terms import ABSOLUTE, Terms
from helpdesk.core.db import insert_rows
from helpdesk.core.errors import NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work

WARN_BEFORE_PROMISE = timedelta(minutes=15)


DueHeard = Callable[[Work, Mapping[str, "datetime | None"]], None]
_hearers: list[DueHeard] = []


def hear_of_deadlines(hear: DueHeard) -> None:
    """Register what keeps a copy of tickets' soonest deadlines, in the same transaction."""
    if hear not in _hearers:
        _hearers.append(hear)


@dataclass(slots=True)
class Case:
    ledger: Ledger
    rows: list[SpanRow]
    clocks: list[ClockRow]
    terms: dict[str, Terms]
    held_back: list[SpanRow] | None = None
    """New spans of many cases, to be inserted together once all old ones have ended."""
    is_past: bool = False
    """A past that is only written down: what was late counts as told, and nobody is told now."""

    def spans(self) -> list[Span]:
        return [
            Span(row.from_at, row.to_at, row.party, row.state, self.terms[row.terms])
            for row in self.rows
        ]

    @property
    def last(self) -> SpanRow | None:
        return self.rows[-1] if self.rows else None

    def running(self, name: str) -> ClockRow | None:
        return next((c for c in self.clocks if c.name == name and c.stopped_at is None), None)

    def latest(self, name: str) -> ClockRow | None:
        return next((c for c in reversed(self.clocks) if c.name == name), None)

    def moment(self, at: datetime) -> datetime:
        """Never before what is booked already, whatever another machine's clock said."""
        reached = [self.ledger.opened_at]
        if self.last is not None:
            reached.append(self.last.from_at if self.last.to_at is None else self.last.to_at)
        return max(at, *reached)


def open_case(work: Work, ticket_id: str) -> Case:
    """The ticket's ledger, held until the end of the transaction; NotFound without one."""
    wanted = select(Ledger).where(Ledger.ticket_id == ticket_id).with_for_update()
    ledger = work.session.scalar(wanted) if is_id(ticket_id) else None
    if ledger is None:
        raise NotFound("This ticket has no clocks.")
    return read_case(work, ledger)


def read_case(work: Work, ledger: Ledger) -> Case:
    return read_cases(work, [ledger])[0]


def read_cases(work: Work, ledgers: Sequence[Ledger]) -> list[Case]:
    """The spans and clocks of many ledgers, read with two statements."""
    ids = [ledger.ticket_id for ledger in ledgers]
    rows: dict[str, list[SpanRow]] = {ticket_id: [] for ticket_id in ids}
    clocks: dict[str, list[ClockRow]] = {ticket_id: [] for ticket_id in ids}
    digests = {ledger.terms for ledger in ledgers}
    for row in work.session.scalars(
        select(SpanRow).where(SpanRow.ticket_id.in_(ids)).order_by(SpanRow.from_at)
    ):
        rows[row.ticket_id].append(row)
        digests.add(row.terms)
    for clock in work.session.scalars(
        select(ClockRow)
        .where(ClockRow.ticket_id.in_(ids))
        .order_by(ClockRow.started_at, ClockRow.id)
    ):
        clocks[clock.ticket_id].append(clock)
    terms = snapshots.load(work, digests)
    return [Case(one, rows[one.ticket_id], clocks[one.ticket_id], terms) for one in ledgers]


def facts_of(ledger: Ledger) -> Facts:
    return facts_from_dict(ledger.facts, ledger.customer_id)


def move(work: Work, case: Case, at: datetime, party: str, state: str, terms: str) -> None:
    """From `at` on the time is booked so; the running span ends there. Nothing for no change."""
    if terms not in case.terms:
        case.terms |= snapshots.load(work, [terms])
    last = case.last
    if last is not None and last.to_at is None:
        if (last.party, last.state, last.terms) == (party, state, terms):
            return
        if last.from_at == at:
            last.party, last.state, last.terms = party, state, terms
            return
        last.to_at = at
        if case.held_back is None and not work.is_unsent(last):
            # The index allows one open span, so the old one must end before the new one begins.
            work.session.flush()
    _append(work, case, at, None, party, state, terms)


def fill(work: Work, case: Case, until: datetime, party: str, state: str, terms: str) -> None:
    """Book the time between the end of the ledger and `until`, when the case comes back."""
    begins = case.ledger.closed_at
    if begins is not None and begins < until:
        _append(work, case, begins, until, party, state, terms)


def end(work: Work, case: Case, at: datetime) -> None:
    """The ledger ends: its open span stops, or goes when it has no length."""
    last = case.last
    if last is None or last.to_at is not None:
        return
    if last.from_at == at:
        if case.held_back is not None and last in case.held_back:
            case.held_back.remove(last)
        else:
            work.session.delete(last)
        case.rows.pop()
    else:
        last.to_at = at


def _append(
    work: Work, case: Case, at: datetime, to: datetime | None, party: str, state: str, terms: str
) -> None:
    row = SpanRow(
        id=new_id(), ticket_id=case.ledger.ticket_id, from_at=at, to_at=to,
        party=party, state=state, terms=terms,
    )  # fmt: skip
    if case.held_back is None:
        work.put(row)
    else:
        case.held_back.append(row)
    case.rows.append(row)


def insert_held_back(work: Work, rows: Sequence[SpanRow]) -> None:
    """The spans that were held back, in one statement after the ends of those before them."""
    work.session.flush()
    names = ("id", "ticket_id", "from_at", "to_at", "party", "state", "terms")
    insert_rows(
        work.session, SpanRow, [{name: getattr(row, name) for name in names} for row in rows]
    )


def reckoning(clock: ClockRow, spans: Sequence[Span], at: datetime) -> Reckoning:
    """One stored clock over the ledger at `at` (or where it was stopped)."""
    if clock.name in ABSOLUTE:
        return reckon_absolute(
            started_at=clock.started_at, stopped_at=clock.stopped_at, at=at, target_s=clock.target_s
        )
    return reckon(
        spans, clock.name,
        started_at=clock.started_at, stopped_at=clock.stopped_at, at=at, target_s=clock.target_s,
    )  # fmt: skip


def stop(work: Work, case: Case, clock: ClockRow, at: datetime, by: str) -> None:
    """Before the next span is booked: what the ledger says up to here is the clock's result."""
    clock.stopped_at, clock.stopped_by = at, by
    found = reckoning(clock, case.spans(), at)
    clock.elapsed_us = found.elapsed_us
    clock.due_at, clock.breached_at = found.due_at, found.breached_at
    clock.tell_at = None
    if found.breached_at is not None and clock.breach_told_at is None:
        _tell_breach(work, case, clock, at)


def settle(work: Work, case: Case, at: datetime) -> None:
    """Work out every running clock anew and tell what is due to be told."""
    spans = case.spans()
    for clock in case.clocks:
        if clock.stopped_at is None:
            settle_clock(work, case, clock, spans, at)
    dues = [c.due_at for c in case.clocks if c.stopped_at is None and c.due_at is not None]
    due_at = min(dues, default=None)
    moved, case.ledger.due_at = case.ledger.due_at != due_at, due_at
    case.ledger.changed_at = at
    # A new one answers it instead, and who goes over many tells of them all at once.
    if moved and case.held_back is None and object_session(case.ledger) is not None:
        tell_moved(work, {case.ledger.ticket_id: due_at})


def tell_moved(work: Work, moved: Mapping[str, datetime | None]) -> None:
    """The soonest deadlines of these tickets are others now."""
    for hear in _hearers if moved else ():
        hear(work, moved)


def settle_clock(
    work: Work, case: Case, clock: ClockRow, spans: Sequence[Span], at: datetime
) -> None:
    found = reckoning(clock, spans, at)
    clock.due_at, clock.breached_at = found.due_at, found.breached_at
    warn_at = _warn_at(case.ledger, clock, spans, found.due_at)
    if found.breached_at is not None:
        if clock.breach_told_at is None:
            _tell_breach(work, case, clock, at)
        clock.tell_at = None
        return
    if warn_at is not None and warn_at <= at and clock.warned_at is None:
        _tell_warning(work, case, clock, at)
    if found.due_at is None:
        clock.tell_at = None
    elif warn_at is not None and clock.warned_at is None:
        clock.tell_at = warn_at
    else:
        clock.tell_at = found.due_at + MICROSECOND if clock.breach_told_at is None else None


def _warn_at(
    ledger: Ledger, clock: ClockRow, spans: Sequence[Span], due_at: datetime | None
) -> datetime | None:
    if due_at is None:
        return None
    if clock.name == "promise":
        early = due_at - WARN_BEFORE_PROMISE
        return early if early > clock.created_at else None
    if not clock.target_s or not 0 < ledger.warn_percent < 100:
        return None
    share = clock.target_s * MICROS * ledger.warn_percent // 100
    if clock.name in ABSOLUTE:
        return clock.started_at + timedelta(microseconds=share)
    return reached_at(spans, clock.name, clock.started_at, share)


def _tell_warning(work: Work, case: Case, clock: ClockRow, at: datetime) -> None:
    clock.warned_at = at
    assert clock.due_at is not None
    if case.is_past:
        return
    work.emit(
        ClockWarned(
            customer_id=case.ledger.customer_id, ticket_id=clock.ticket_id,
            clock_id=clock.id, name=clock.name, due_at=clock.due_at.isoformat(),
            target_s=clock.target_s, owner_id=clock.owner_id,
        )
    )  # fmt: skip


def _tell_breach(work: Work, case: Case, clock: ClockRow, at: datetime) -> None:
    clock.breach_told_at = at
    assert clock.due_at is not None
    if case.is_past:
        return
    work.emit(
        ClockBreached(
            customer_id=case.ledger.customer_id, ticket_id=clock.ticket_id,
            clock_id=clock.id, name=clock.name, due_at=clock.due_at.isoformat(),
            target_s=clock.target_s, stopped=clock.stopped_at is not None,
            owner_id=clock.owner_id,
        )
    )  # fmt: skip
