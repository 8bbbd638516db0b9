"""What happens to a ticket, as its clocks see it: one function for each thing that can happen.

Tickets call these in their own transaction. Each takes `at` for what happened earlier (imports, a
call that was logged late); it is never taken before what is booked already. Only a human's
public reply or an answered call is a reply here: automatic messages, notes and bots must not call
`replied`. Not for permission, which the caller has asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

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
    case = _new_case(work, ticket_id, facts, party, state, at or work.at, owes_reply)
    cases.settle(work, case, case.ledger.opened_at)
    _put(work, case)
    return case.ledger.due_at


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing of a story that is over: `what` is the name of a function of this file.

    `party` and `state` are for `book` only.
    """

    what: Literal["book", "customer_wrote", "replied", "resolved", "closed"]
    at: datetime
    party: str = ""
    state: str = ""


def open_told(
    work: Work,
    ticket_id: str,
    facts: Facts,
    story: Sequence[Happened],
    *,
    party: str,
    state: str,
    at: datetime,
    owes_reply: bool = True,
) -> datetime | None:
    """`open_ledger` for a ticket with a past (an import), and all that happened to it, in order.

    Booked in memory and written once, and told to nobody; answers the soonest deadline.
    """
    case = _new_case(work, ticket_id, facts, party, state, at, owes_reply)
    case.held_back, case.is_past = list(case.rows), True
    cases.settle(work, case, at)
    for one in story:
        if one.what == "book":
            _book(work, case, one.party, one.state, one.at)
        else:
            _HAPPENS[one.what](work, case, one.at)
    case.rows = case.held_back
    _put(work, case)
    return case.ledger.due_at


def _new_case(
    work: Work,
    ticket_id: str,
    facts: Facts,
    party: str,
    state: str,
    opened: datetime,
    owes_reply: bool,
) -> Case:
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
    return Case(ledger, [span], clocks, snapshots.load(work, [fit.terms]))


def _put(work: Work, case: Case) -> None:
    for row in (case.ledger, *case.rows, *case.clocks):
        work.put(row)


def book(work: Work, ticket_id: str, party: str, state: str, *, at: datetime | None = None) -> None:
    """From now on the time is booked to `party` while the ticket is in `state`.

    Nothing for a ticket that is resolved or closed: its time is the customer's until `reopened`.
    """
    _book(work, cases.open_case(work, ticket_id), party, state, at or work.at)


def _book(work: Work, case: Case, party: str, state: str, at: datetime) -> None:
    if case.ledger.closed_at is not None or case.ledger.resolved_at is not None:
        return
    moment = case.moment(at)
    cases.move(work, case, moment, party, state, case.ledger.terms)
    cases.settle(work, case, moment)


def customer_wrote(work: Work, ticket_id: str, *, at: datetime | None = None) -> None:
    """The first message that nobody has answered starts the next response; later ones don't.

    Until the first response has come, that one clock stands for all that is unanswered.
    """
    _customer_wrote(work, cases.open_case(work, ticket_id), at or work.at)


def _customer_wrote(work: Work, case: Case, at: datetime) -> None:
    if case.running("first_response") or case.running("next_response"):
        return
    moment = case.moment(at)
    target = _fit_of(work, case).target_s("next_response")
    clock = _new_clock(case.ledger.ticket_id, "next_response", moment, target)
    if case.held_back is None:
        work.put(clock)
    case.clocks.append(clock)
    cases.settle(work, case, moment)


def waits_since(work: Work, ticket_id: str, since: datetime | None) -> None:
    """What the customer waits for turned out to have begun then, or (None) not to be owed here: the
    next response begins there, or falls away as though it had never been.
    """
    case = cases.open_case(work, ticket_id)
    clock = case.running("next_response")
    if clock is None:
        return
    if since is None:
        case.clocks.remove(clock)
        work.session.delete(clock)
        work.session.flush()
    else:
        clock.started_at = max(since, case.ledger.opened_at)
    cases.settle(work, case, case.moment(work.at))


def replied(work: Work, ticket_id: str, *, at: datetime | None = None) -> None:
    """A person of ours answered in public, or answered the call: both response clocks stop."""
    _replied(work, cases.open_case(work, ticket_id), at or work.at)


def _replied(work: Work, case: Case, at: datetime) -> None:
    moment = case.moment(at)
    for name in ("first_response", "next_response"):
        clock = case.running(name)
        if clock is not None:
            cases.stop(work, case, clock, max(moment, clock.started_at), "reply")
    cases.settle(work, case, moment)


def resolved(work: Work, ticket_id: str, *, at: datetime | None = None) -> None:
    """The resolution clock stops; the time from here on is the customer's."""
    _resolved(work, cases.open_case(work, ticket_id), at or work.at)


def _resolved(work: Work, case: Case, at: datetime) -> None:
    if case.ledger.closed_at is not None or case.ledger.resolved_at is not None:
        return
    moment = case.moment(at)
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
    _closed(work, cases.open_case(work, ticket_id), at or work.at)


def _closed(work: Work, case: Case, at: datetime) -> None:
    if case.ledger.closed_at is not None:
        return
    moment = case.moment(at)
    _stop_resolution(work, case, moment, "closed")
    for name in ("first_response", "next_response"):
        clock = case.running(name)
        if clock is not None:
            cases.stop(work, case, clock, max(moment, clock.started_at), "closed")
    cases.end(work, case, moment)
    case.ledger.closed_at = moment
    cases.settle(work, case, moment)


_HAPPENS: Mapping[str, Callable[[Work, Case, datetime], None]] = {
    "customer_wrote": _customer_wrote,
    "replied": _replied,
    "resolved": _resolved,
    "closed": _closed,
}


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
