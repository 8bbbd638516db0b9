"""Which policy holds for a ticket, read from the tables: `policies.choose` with its data.

The list is read with its versions each time and taken apart only when it changed, since every new
ticket asks. Not for the rule itself, which is pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from helpdesk.calendars import queries as calendars
from helpdesk.calendars.hours import always_open
from helpdesk.calendars.models import CalendarRow
from helpdesk.clocks import snapshots
from helpdesk.clocks.models import PolicyRow
from helpdesk.clocks.policies import (
    CUSTOMER_FIELD,
    Choice,
    Facts,
    Policy,
    choose,
    conditions_as_list,
    conditions_from_list,
)
from helpdesk.clocks.terms import DEFAULT_RULES, Terms, rules_from_dict
from helpdesk.core import db
from helpdesk.core.ready import Ready
from helpdesk.core.work import Work
from helpdesk.customers.models import Customer

HOUSE_WARN_PERCENT = 80
_KEY = "clocks.policies"
CHANGED = "sla_changed"


@dataclass(frozen=True, slots=True)
class Fit:
    """What holds for a ticket from now on; `terms` is the digest under which they are kept."""

    choice: Choice
    terms: str
    priority: str

    @property
    def policy(self) -> Policy | None:
        return self.choice.policy

    @property
    def warn_percent(self) -> int:
        return self.policy.warn_percent if self.policy else HOUSE_WARN_PERCENT

    def target_s(self, clock: str) -> int | None:
        return self.policy.target_s(clock, self.priority) if self.policy else None

    def reason(self) -> dict[str, Any]:
        if self.policy is None:
            return {}
        return {
            "name": self.policy.name,
            "place": self.choice.place,
            "conditions": conditions_as_list(self.policy.conditions),
        }


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a process remembers of the policies while `stamp` holds; `digests` by policy."""

    stamp: tuple[Any, ...]
    policies: Sequence[Policy]
    asks_customer: bool
    digests: dict[str | None, str]


@dataclass(slots=True)
class Chooser:
    """The policies as they are in this transaction; fits many tickets at the cost of one."""

    kept: _Kept
    digests: dict[str | None, str]
    clean: bool

    @property
    def policies(self) -> Sequence[Policy]:
        return self.kept.policies

    @property
    def asks_customer(self) -> bool:
        return self.kept.asks_customer

    def fit(self, work: Work, facts: Facts, customer: Mapping[str, Any] | None = None) -> Fit:
        """`customer` are the customer's own fields, where the caller has them already."""
        if customer is None and self.asks_customer:
            customer = customer_fields(work, [facts.customer_id]).get(facts.customer_id or "")
        choice = choose(self.policies, facts, customer)
        return Fit(choice, self._digest(work, choice.policy), facts.priority)

    def _digest(self, work: Work, policy: Policy | None) -> str:
        key = policy.id if policy else None
        if key not in self.digests:
            self.digests[key] = digest = snapshots.keep(work, terms_of(work, policy))
            if self.clean:
                # Not before: a transaction that rolls back takes the stored terms with it.
                work.after_commit(lambda: self.remember(key, digest))
        return self.digests[key]

    def remember(self, key: str | None, digest: str) -> None:
        self.kept.digests[key] = digest


def chooser(work: Work) -> Chooser:
    """The active policies in order, taken apart anew only if a policy or calendar changed."""
    stamp = tuple(_STAMP.all(work.sql, {}))
    remembered = db.current().remembered
    kept: _Kept | None = remembered.get(_KEY)
    clean = not {CHANGED, "calendars_changed"} & work.session.info.keys()
    if kept is None or kept.stamp != stamp or not clean:
        policies = read_policies(work)
        asks = any(c.subject.startswith(CUSTOMER_FIELD) for p in policies for c in p.conditions)
        kept = _Kept(stamp, policies, asks, {})
        if clean:
            remembered[_KEY] = kept
    return Chooser(kept, dict(kept.digests), clean)


_STAMP = Ready(
    select(PolicyRow.id, PolicyRow.version, PolicyRow.changed_at, CalendarRow.version)
    .outerjoin(CalendarRow, CalendarRow.id == PolicyRow.calendar_id)
    .where(PolicyRow.is_active)
    .order_by(PolicyRow.position, PolicyRow.id)
)


def read_policies(work: Work) -> list[Policy]:
    rows = work.session.scalars(
        select(PolicyRow).where(PolicyRow.is_active).order_by(PolicyRow.position, PolicyRow.id)
    )
    return [as_policy(row) for row in rows]


def as_policy(row: PolicyRow) -> Policy:
    return Policy(
        id=row.id,
        name=row.name,
        conditions=conditions_from_list(row.conditions),
        targets=row.targets,
        rules={**DEFAULT_RULES, **rules_from_dict(row.rules)},
        calendar_id=row.calendar_id,
        warn_percent=row.warn_percent,
    )


def terms_of(work: Work, policy: Policy | None) -> Terms:
    """The hours and pauses of a policy as they are now; without one, around the clock."""
    if policy is None:
        return Terms(always_open())
    if policy.calendar_id is None:
        return Terms(always_open(), policy.rules)
    return Terms(calendars.hours_of(work, policy.calendar_id), policy.rules)


def customer_fields(work: Work, ids: Sequence[str | None]) -> dict[str, Mapping[str, Any]]:
    """Own fields of customers by id; a merged record answers with those of its successor."""
    wanted = {one for one in ids if one}
    found: dict[str, Mapping[str, Any]] = {}
    asked: dict[str, str] = {one: one for one in wanted}
    while asked:
        rows = work.session.execute(
            select(Customer.id, Customer.custom, Customer.merged_into_id).where(
                Customer.id.in_(asked.values())
            )
        ).all()
        by_id = {row.id: row for row in rows}
        further: dict[str, str] = {}
        for origin, current in asked.items():
            row = by_id.get(current)
            if row is None:
                continue
            if row.merged_into_id:
                further[origin] = row.merged_into_id
            else:
                found[origin] = row.custom
        asked = further
    return found
