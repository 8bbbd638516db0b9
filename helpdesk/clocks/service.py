"""What happens to a ticket, as its clocks see it: one function for each thing that can happen.

Tickets call these in their own transaction. Each takes `at` for what happened earlier (imports, a
call that was logged late); it is never taken before what is booked already. Only a human's
public reply or an answered call is a reply here: automatic messages, notes and bots must not call
`replied`. Not for permission, which the caller has asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from helpdesk.clocks import case as cases
from helpdesk.clocks import choosing, snapshots
from helpdesk.clocks.case import Case
from helpdesk.clocks.choosing import Chooser, Fit
from helpdesk.clocks.models import ClockRow, Ledger, SpanRow
from helpdesk.clocks.policies import Facts, facts_as_dict
from helpdesk.clocks.terms import ABSOLUTE
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work


def open_ledger(
    work: Work,
    ticket_id: str,
    facts: Facts,
    *,
    party: str,
    state: str,
    at: datetime | None = None,
    owes_reply: bool = True,
) -> datetime | None:
    """A ticket was opened; answers its soonest deadline.

    `owes_reply` False: we wrote first, nobody waits for a first answer.
    """
    opened = at or work.at
    fit = choosing.chooser(work).fit(work, facts)
    ledger = Ledger(
        ticket_id=ticket_id, customer_id=facts.customer_id, opened_at=opened,
        facts=facts_as_dict(facts), changed_at=opened,
        policy_id=fit.policy.id if fit.policy else None, reason=fit.reason(), terms=fit.terms,
        warn_percent=fit.warn_percent, due_at=None, closed_at=None, resolved_at=None,
    )  # fmt: skip
    span = SpanRow(
        id=new_id(), ticket_id=ticket_id, from_at=opened, to_at=None,
        party=party, state=state, terms=fit.terms,
    )  # fmt: skip
    names = ("first_response", "resolution") if owes_reply else ("resolution",)
    clocks = [_new_clock(ticket_id, name, opened, fit.target_s(name)) for name in names]
    case = Case(ledger, [span], clocks, snapshots.load(work, [fit.terms]))
    cases.settle(work, case, opened)
    for row in (ledger, span, *clocks):
        work.put(row)
    return ledger.due_at


def book(work: Work, ticket_id: str, party: str, state: str, *, at: datetime | None = None) -> None:
    """From now on the time is booked to `party` while the ticket is in `state`.

    Nothing for a ticket that is resolved or closed: its time is the customer's until `reopened`.
    """
    case = cases.open_case(work, ticket_id)
    if case.ledger.closed_at is not None or case.ledger.resolved_at is not None:
        return
    moment = case.moment(at or work.at)
    cases.move(work, case, moment, party, state, case.ledger.terms)
    cases.settle(work, case, moment)


def customer_wrote(work: Work, ticket_id: str, *, at: datetime | None = None) -> None:
    """The first message that nobody has answered starts the next response; later ones don't.

    Until the first response has come, that one clock stands for all that is unanswered.
    """
    case = cases.open_case(work, ticket_id)
    if case.running("first_response") or case.running("next_response"):
        return
    moment = case.moment(at or work.at)
    target = _fit_of(work, case).target_s("next_response")
    clock = _new_clock(ticket_id, "next_response", moment, target)
    work.put(clock)
    case.clocks.append(clock)
    cases.settle(work, case, moment)


def replied(work: Work, ticket_id: str, *, at: datetime | None = None) -> None:
    """A person of ours answered in public, or answered the call: both response clocks stop."""
    case = cases.open_case(work, ticket_id)
    moment = case.moment(at or work.at)
    for name in ("first_response", "next_response"):
        clock = case.running(name)
        if clock is not None:
            cases.stop(work, case, clock, max(moment, clock.started_at), "reply")
    cases.settle(work, case, moment)


def resolved(work: Work, ticket_id: str, *, at: datetime | None = None) -> None:
    """The resolution clock stops; the time from here on is the customer's."""
    case = cases.open_case(work, ticket_id)
    if case.ledger.closed_at is not None or case.ledger.resolved_at is not None:
        return
    moment = case.moment(at or work.at)
    _stop_resolution(work, case, moment, "resolved")
    cases.move(work, case, moment, "customer", "resolved", case.ledger.terms)
    case.ledger.resolved_at = moment
    cases.settle(work, case, moment)


def reopened(
    work: Work, ticket_id: str, *, party: str, state: str, at: datetime | None = None
) -> None:
    """The time since the resolution was the customer's; the clocks go on from where they stood."""
    case = cases.open_case(work, ticket_id)
    ledger = case.ledger
    moment = case.moment(at or work.at)
    if ledger.closed_at is not None:
        cases.fill(work, case, moment, "customer", "closed", ledger.terms)
    was_closed, ledger.closed_at, ledger.resolved_at = ledger.closed_at is not None, None, None
    fit = _fit_of(work, case)
    _take(case, fit)
    cases.move(work, case, moment, party, state, fit.terms)
    _resume(case.latest("resolution"))
    if was_closed:
        for name in ("first_response", "next_response"):
            last = case.latest(name)
            if last is not None and last.stopped_by == "closed":
                _resume(last)
    _aim(case, fit)
    cases.settle(work, case, moment)


def closed(work: Work, ticket_id: str, *, at: datetime | None = None) -> None:
    """The ledger ends here. What was still owed stops unanswered."""
    case = cases.open_case(work, ticket_id)
    if case.ledger.closed_at is not None:
        return
    moment = case.moment(at or work.at)
    _stop_resolution(work, case, moment, "closed")
    for name in ("first_response", "next_response"):
        clock = case.running(name)
        if clock is not None:
            cases.stop(work, case, clock, max(moment, clock.started_at), "closed")
    cases.end(work, case, moment)
    case.ledger.closed_at = moment
    cases.settle(work, case, moment)


def refit(work: Work, ticket_id: str, facts: Facts, *, at: datetime | None = None) -> None:
    """Priority, queue, type, tags ... changed: what was booked stays, the rest goes by the new."""
    case = cases.open_case(work, ticket_id)
    case.ledger.facts, case.ledger.customer_id = facts_as_dict(facts), facts.customer_id
    if case.ledger.closed_at is None:
        refit_case(work, case, choosing.chooser(work), case.moment(at or work.at))


def refit_case(
    work: Work,
    case: Case,
    chooser: Chooser,
    moment: datetime,
    customer: Mapping[str, Any] | None = None,
) -> bool:
    """Put the case under what holds now; True when that changed more than a name or a place."""
    ledger = case.ledger
    fit = chooser.fit(work, cases.facts_of(ledger), customer)
    before = (ledger.terms, ledger.policy_id, ledger.warn_percent)
    _take(case, fit)
    changed = before != (ledger.terms, ledger.policy_id, ledger.warn_percent)
    last = case.last
    if last is not None and last.terms != fit.terms:
        cases.move(work, case, moment, last.party, last.state, fit.terms)
    changed |= _aim(case, fit)
    if changed:
        cases.settle(work, case, moment)
    return changed


def _take(case: Case, fit: Fit) -> None:
    ledger = case.ledger
    ledger.policy_id = fit.policy.id if fit.policy else None
    reason = fit.reason()
    if ledger.reason != reason:
        ledger.reason = reason
    ledger.terms = fit.terms
    ledger.warn_percent = fit.warn_percent


def _aim(case: Case, fit: Fit) -> bool:
    """New targets for what still runs. Another deadline is another thing to be told of."""
    changed = False
    for clock in case.clocks:
        if clock.stopped_at is not None or clock.name in ABSOLUTE:
            continue
        target = fit.target_s(clock.name)
        if target != clock.target_s:
            clock.target_s = target
            clock.warned_at = clock.breach_told_at = None
            changed = True
    return changed


def _resume(clock: ClockRow | None) -> None:
    if clock is not None and clock.stopped_at is not None:
        clock.stopped_at, clock.stopped_by, clock.elapsed_us = None, "", None


def _stop_resolution(work: Work, case: Case, moment: datetime, by: str) -> None:
    clock = case.running("resolution")
    if clock is None:
        return
    cases.stop(work, case, clock, moment, by)
    if clock.first_stopped_at is None:
        clock.first_stopped_at = moment
        clock.first_elapsed_us = clock.elapsed_us
        clock.first_breached_at = clock.breached_at


def _fit_of(work: Work, case: Case) -> Fit:
    return choosing.chooser(work).fit(work, cases.facts_of(case.ledger))


def _new_clock(ticket_id: str, name: str, at: datetime, target_s: int | None) -> ClockRow:
    return ClockRow(
        id=new_id(), ticket_id=ticket_id, name=name, started_at=at, created_at=at,
        target_s=target_s, stopped_at=None, elapsed_us=None, due_at=None, breached_at=None,
        tell_at=None, warned_at=None, breach_told_at=None, first_stopped_at=None,
        first_elapsed_us=None, first_breached_at=None, owner_id=None,
    )  # fmt: skip
