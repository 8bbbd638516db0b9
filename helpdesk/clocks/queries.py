"""Reading clocks: what a ticket owes, to whom, until when. Worked out from the ledger each time.

The stored deadlines serve lists; what is shown for one ticket is computed as of now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from helpdesk.clocks import choosing
from helpdesk.clocks.case import Case, read_case, reckoning
from helpdesk.clocks.ledger import Span
from helpdesk.clocks.models import ClockRow, Ledger
from helpdesk.clocks.policies import CUSTOMER_FIELD, Policy, choose, facts_from_dict
from helpdesk.clocks.sla import MICROS
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work

MOST_LOOKED_AT = 2000


@dataclass(frozen=True, slots=True)
class ClockValue:
    """One clock as of now. `state` running, paused, stopped or withdrawn; late: `breached_at`.

    `paused_by` says what it waits for; `stopped_by` reply, resolved, closed, kept, arrived or
    withdrawn. `first_*` is the first resolution, which stays when the ticket is reopened.
    """

    id: str
    name: str
    state: str
    started_at: datetime
    stopped_at: datetime | None
    stopped_by: str
    target_s: int | None
    elapsed_us: int
    due_at: datetime | None
    breached_at: datetime | None
    paused_by: str | None
    first_stopped_at: datetime | None = None
    first_elapsed_us: int | None = None
    first_breached_at: datetime | None = None
    owner_id: str | None = None
    text: str = ""

    @property
    def elapsed_s(self) -> int:
        return self.elapsed_us // MICROS

    @property
    def first_elapsed_s(self) -> int | None:
        return None if self.first_elapsed_us is None else self.first_elapsed_us // MICROS

    @property
    def left_s(self) -> int | None:
        """Counted seconds until the target; below zero when it is exceeded."""
        return None if self.target_s is None else self.target_s - self.elapsed_s

    @property
    def is_breached(self) -> bool:
        return self.breached_at is not None

    @property
    def is_paused(self) -> bool:
        return self.state == "paused"


def clocks_of(work: Work, ticket_id: str) -> list[ClockValue]:
    """Every clock of a ticket, oldest first; none for a ticket without a ledger."""
    case = case_of(work, ticket_id)
    if case is None:
        return []
    spans = case.spans()
    return [value_of(clock, spans, work.at) for clock in case.clocks]


def case_of(work: Work, ticket_id: str) -> Case | None:
    ledger = work.session.get(Ledger, ticket_id) if is_id(ticket_id) else None
    return read_case(work, ledger) if ledger is not None else None


def value_of(clock: ClockRow, spans: Sequence[Span], at: datetime) -> ClockValue:
    found = reckoning(clock, spans, at)
    return ClockValue(
        id=clock.id, name=clock.name, state=_state(clock, found.paused_by),
        started_at=clock.started_at, stopped_at=clock.stopped_at, stopped_by=clock.stopped_by,
        target_s=clock.target_s, elapsed_us=found.elapsed_us, due_at=found.due_at,
        breached_at=found.breached_at,
        paused_by=found.paused_by if clock.stopped_at is None else None,
        first_stopped_at=clock.first_stopped_at, first_elapsed_us=clock.first_elapsed_us,
        first_breached_at=clock.first_breached_at, owner_id=clock.owner_id, text=clock.text,
    )  # fmt: skip


def _state(clock: ClockRow, paused_by: str | None) -> str:
    if clock.stopped_by == "withdrawn":
        return "withdrawn"
    if clock.stopped_at is not None:
        return "stopped"
    return "paused" if paused_by else "running"


def due_of(work: Work, ticket_ids: Iterable[str]) -> Mapping[str, datetime]:
    """The soonest running deadline of each ticket that has one, for lists."""
    rows = work.session.execute(
        select(Ledger.ticket_id, Ledger.due_at).where(
            Ledger.ticket_id.in_(list(ticket_ids)), Ledger.due_at.is_not(None)
        )
    )
    return {row.ticket_id: row.due_at for row in rows}


@dataclass(frozen=True, slots=True)
class Reach:
    """How many of the newest open tickets a policy would hold and holds now; `more` are open."""

    would: int
    holds: int
    looked_at: int
    more: bool


def reach_of(work: Work, policies: Sequence[Policy], policy_id: str) -> Reach:
    """What a list of policies, perhaps one that is not saved yet, would mean for open tickets."""
    rows = work.session.execute(
        select(Ledger.facts, Ledger.customer_id, Ledger.policy_id)
        .where(Ledger.closed_at.is_(None))
        .order_by(Ledger.ticket_id.desc())
        .limit(MOST_LOOKED_AT + 1)
    ).all()
    looked_at = rows[:MOST_LOOKED_AT]
    own: Mapping[str, Mapping[str, Any]] = {}
    if any(c.subject.startswith(CUSTOMER_FIELD) for p in policies for c in p.conditions):
        own = choosing.customer_fields(work, [row.customer_id for row in looked_at])
    would = 0
    for row in looked_at:
        facts = facts_from_dict(row.facts, row.customer_id)
        found = choose(policies, facts, own.get(row.customer_id or "")).policy
        would += found is not None and found.id == policy_id
    holds = sum(row.policy_id == policy_id for row in looked_at)
    return Reach(would, holds, len(looked_at), len(rows) > len(looked_at))
