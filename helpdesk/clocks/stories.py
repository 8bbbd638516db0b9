"""The page about a ticket's clocks, as values: its ledger, one deadline explained, and what if.

Reads and computes; nothing is stored. Not for words or markup (the door has those).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from helpdesk.calendars import queries as calendars
from helpdesk.calendars.hours import always_open
from helpdesk.clocks import choosing
from helpdesk.clocks.case import Case, facts_of
from helpdesk.clocks.explain import Explanation, as_if, explain
from helpdesk.clocks.ledger import Span, totals_us
from helpdesk.clocks.models import Ledger
from helpdesk.clocks.policies import Choice, Facts, Policy, choose
from helpdesk.clocks.queries import ClockValue, case_of, value_of
from helpdesk.clocks.sla import Reckoning, reckon
from helpdesk.clocks.terms import ABSOLUTE, Terms
from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work

ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Story:
    """All that is known of a ticket's time. `totals_us` by party adds up to its whole life."""

    ledger: Ledger
    facts: Facts
    customer: Mapping[str, Any]
    spans: Sequence[Span]
    clocks: Sequence[ClockValue]
    totals_us: Mapping[str, int]
    choice: Choice
    at: datetime

    @property
    def until(self) -> datetime:
        return self.ledger.closed_at or self.at


@dataclass(frozen=True, slots=True)
class Compared:
    """One clock as it is and as it would be."""

    clock: ClockValue
    target_s: int | None
    instead: Reckoning


@dataclass(frozen=True, slots=True)
class WhatIf:
    policy: Policy | None
    chosen: bool
    priority: str
    hours: Terms
    clocks: Sequence[Compared]


def story_of(work: Work, ticket_id: str) -> Story:
    """NotFound for a ticket without a ledger. Whether the actor may see it, the caller asks."""
    case = case_of(work, ticket_id)
    if case is None:
        raise NotFound("This ticket has no clocks.")
    ledger, spans, facts = case.ledger, case.spans(), facts_of(case.ledger)
    customer = choosing.customer_fields(work, [facts.customer_id]).get(facts.customer_id or "", {})
    until = ledger.closed_at or work.at
    return Story(
        ledger=ledger,
        facts=facts,
        customer=customer,
        spans=spans,
        clocks=_values(case, spans, work.at),
        totals_us=totals_us(spans, ledger.opened_at, max(until, ledger.opened_at)),
        choice=choose(choosing.chooser(work).policies, facts, customer),
        at=work.at,
    )


def explained(story: Story, clock_id: str) -> Explanation | None:
    """The windows of one clock; None for a promise or appointment, which has no windows."""
    clock = next((one for one in story.clocks if one.id == clock_id), None)
    if clock is None:
        raise NotFound("This ticket has no such clock.")
    if clock.name in ABSOLUTE:
        return None
    return explain(
        story.spans, clock.name,
        started_at=clock.started_at, stopped_at=clock.stopped_at, at=story.at,
        target_s=clock.target_s,
    )  # fmt: skip


def what_if(
    work: Work,
    story: Story,
    *,
    priority: str = "",
    calendar_id: str = "",
    policy_id: str = "",
) -> WhatIf:
    """Every clock as if another priority, calendar or policy had held from the first second.

    An empty text leaves a thing as it is; `ALWAYS` as a calendar is around the clock. Without
    `policy_id` the policy is the one that the other priority would have been given.
    """
    facts = replace(story.facts, priority=priority) if priority else story.facts
    policies = choosing.chooser(work).policies
    if policy_id:
        policy = next((one for one in policies if one.id == policy_id), None)
        if policy is None:
            raise NotFound("There is no such service level any more.")
    else:
        policy = choose(policies, facts, story.customer).policy
    terms = choosing.terms_of(work, policy)
    if calendar_id:
        hours = always_open() if calendar_id == ALWAYS else calendars.hours_of(work, calendar_id)
        terms = replace(terms, hours=hours)
    spans = as_if(story.spans, terms)
    return WhatIf(
        policy=policy,
        chosen=not policy_id,
        priority=facts.priority,
        hours=terms,
        clocks=[
            _compare(story, spans, clock, policy, facts.priority)
            for clock in story.clocks
            if clock.name not in ABSOLUTE
        ],
    )


def _compare(
    story: Story, spans: Sequence[Span], clock: ClockValue, policy: Policy | None, priority: str
) -> Compared:
    target = policy.target_s(clock.name, priority) if policy else None
    found = reckon(
        spans, clock.name,
        started_at=clock.started_at, stopped_at=clock.stopped_at, at=story.at, target_s=target,
    )  # fmt: skip
    return Compared(clock, target, found)


def _values(case: Case, spans: Sequence[Span], at: datetime) -> list[ClockValue]:
    return [value_of(clock, spans, at) for clock in case.clocks]
