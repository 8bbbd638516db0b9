"""Rules at work: a reaction to what happens to tickets, and each minute a look at the time.

The decision is pure (`rules.deciding`); here the facts are read, the actions done, and each firing
is written into the ticket's history with what held and what changed. Every event that comes of a
firing carries its cause, so that a chain ends (see `deciding`).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from helpdesk.core.actors import system
from helpdesk.core.work import Emitted, Work, begin, reading
from helpdesk.rules import conditions, ledger, queries, watching
from helpdesk.rules.actions import Action
from helpdesk.rules.deciding import Cause, Firing, Rule, cause_of, may_go_on, next_firing
from helpdesk.rules.events import RuleFired
from helpdesk.rules.models import RuleRow
from helpdesk.rules.triggers import CALLED, EVENT_KINDS, trigger_of
from helpdesk.rules.watching import Due, Seen
from helpdesk.tickets import history
from helpdesk.tickets import queries as tickets
from helpdesk.tickets.events import CustomerWrote, TicketChanged, TicketOpened
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import cases_line as line
from helpdesk.workflows import ruling_acts
from helpdesk.workflows.ruling_facts import Occasion, asked_by, facts_of, occasion_of

log = logging.getLogger("helpdesk.rules")

RULES = system("rules")
IMPORT = system("import").label
ROUNDS = 50


@dataclass(slots=True)
class Chain:
    """What is going on on one ticket because of one cause. `active` are all rules that are on."""

    ticket_id: str
    cause: Cause
    occasion: Occasion
    active: Mapping[str, Rule]
    fired: set[str] = field(default_factory=set)


def react(work: Work, emitted: Sequence[Emitted]) -> None:
    """Reaction to what happens to tickets, each event in its turn.

    What an import takes over is history: no rule looks at it.
    """
    told = [one for one in emitted if one.actor != IMPORT]
    watching.note_seen(work, _seen(work, told))
    active = {rule.id: rule for _, rule in queries.active_rules(work)}
    wanted = {trigger for rule in active.values() for trigger in rule.triggers} - {CALLED}
    if not wanted:
        return
    chains = ledger.causes(work, [one.id for one in told])
    for one in told:
        trigger = trigger_of(one.event.kind, one.event.facts())
        # All EVENT_KINDS have one, but a survey in a chat may be about no ticket.
        ticket_id: str | None = getattr(one.event, "ticket_id")  # noqa: B009
        if trigger in wanted and ticket_id is not None:
            cause = chains.get(one.id) or Cause(cause_of(ticket_id, one.at, one.actor))
            occasion = occasion_of(trigger, one.event, one.actor)
            look(work, Chain(ticket_id, cause, occasion, active))


def look(work: Work, chain: Chain) -> int:
    """Let every rule have its turn, in order, until one stops; answers how many fired."""
    rules = list(chain.active.values())
    trigger = chain.occasion.trigger
    mine = [rule for rule in rules if trigger in rule.triggers]
    asked = asked_by(mine)
    ticket = tickets.find_ticket(work, chain.ticket_id)
    if ticket is None or ticket.merged_into_id is not None:
        return 0
    chain.fired |= ledger.fired_for(work, ticket.id, chain.cause.key)
    facts = facts_of(work, ticket, chain.occasion, asked, work.at)
    if next_firing(mine, trigger, facts, chain.fired) is None:
        return 0  # nothing to hold the ticket for
    line.hold(work, ticket.id)
    place, count = 0, 0
    while True:
        facts = facts_of(work, ticket, chain.occasion, asked, work.at)
        step = next_firing(mine, trigger, facts, chain.fired, start=place)
        if step is None:
            return count
        place, firing = step[0] + 1, step[1]
        if _is_cut(work, ticket, chain.cause):
            return count
        count += _fire(work, chain, ticket, firing, trigger)
        if firing.rule.stops:
            return count


def look_at_time() -> None:
    """Time rules whose marks are reached, each ticket in a transaction of its own."""
    with reading(RULES) as work:
        timed = [(row, rule) for row, rule in queries.active_rules(work) if rule.timer]
        at = work.at
    for row, rule in timed:
        if _look_at_all(row, rule):
            with begin(RULES) as work:
                watching.looked(work, row.id, at)


def _look_at_all(row: RuleRow, rule: Rule) -> bool:
    """True when nothing is left; a rule with very much to do goes on a minute later."""
    for _ in range(ROUNDS):
        with reading(RULES) as work:
            found = watching.due(work, row, rule)
        turns = 0
        for one in found:
            try:
                with begin(RULES) as work:
                    turns += look_at_mark(work, rule.id, one) != "later"
            except Exception:  # one ticket's trouble holds up no other; it is looked at again
                log.exception("rule %s failed on ticket %s", rule.id, one.ticket_id)
        if len(found) < watching.BATCH:
            return True
        if not turns:
            return False
    return False


def forget_old() -> None:
    """Remove what no chain and no explanation needs any more."""
    with begin(RULES) as work:
        ledger.forget_old(work)


def look_at_mark(work: Work, rule_id: str, one: Due) -> str:
    """A ticket's time has come for a rule: once, whether its conditions hold then or not.

    Answers fired, passed (it had its turn and nothing was done) or later (it is not so any more).
    """
    active = {rule.id: rule for _, rule in queries.active_rules(work)}
    rule = active.get(rule_id)
    if rule is None or rule.timer is None:
        return "later"
    timer, cause = rule.timer, Cause(one.mark)
    ticket = tickets.find_ticket(work, one.ticket_id)
    if ticket is None or ticket.merged_into_id is not None:
        ledger.take_turn(work, rule, one.ticket_id, one.mark, timer.what, held=False)
        return "passed"
    ticket = line.hold(work, ticket.id).ticket
    left = timer.what == "in_state" and ticket.state != timer.state
    if left or not watching.still_so(work, timer, one):
        return "later"  # it has just changed, and the relay may not have told us yet
    occasion = Occasion(timer.what, clock=one.clock)
    facts = facts_of(work, ticket, occasion, asked_by([rule]), work.at)
    held = conditions.all_held(rule.every, rule.some, facts)
    if held is None or _is_cut(work, ticket, cause):
        ledger.take_turn(work, rule, ticket.id, one.mark, timer.what, held=False)
        return "passed"
    chain = Chain(ticket.id, cause, occasion, active)
    fired = _fire(work, chain, ticket, Firing(rule, held), timer.what)
    return "fired" if fired else "passed"


def _fire(work: Work, chain: Chain, ticket: Ticket, firing: Firing, trigger: str) -> bool:
    """Do what the rule says and tell it in the history; False when it had its turn."""
    rule = firing.rule
    chain.fired.add(rule.id)
    if not ledger.take_turn(work, rule, ticket.id, chain.cause.key, trigger):
        return False
    before, known = _told_facts(ticket), len(work.events())
    refused: list[dict[str, str]] = []
    called: list[Action] = []
    for action in rule.actions:
        if action.kind == "run_rule":
            called.append(action)
            continue
        if why := ruling_acts.perform(work, rule, action, ticket):
            refused.append({"action": action.kind, "why": why})
    after = _told_facts(ticket)
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    done = {"changes": changes, "refused": refused}
    ledger.note_done(work, rule, ticket.id, chain.cause.key, done)
    history.note(work, ticket.id, "rule", details=_explained(firing, trigger, done))
    work.emit(
        RuleFired(
            customer_id=ticket.customer_id,
            ticket_id=ticket.id,
            rule_id=rule.id,
            name=rule.name,
            version=rule.version,
        )
    )
    fresh = [one.id for one in work.events()[known:] if one.event.kind in EVENT_KINDS]
    ledger.carry_on(work, chain.cause, fresh)
    for action in called:
        _call(work, chain, ticket, action.value)
    return True


def _call(work: Work, chain: Chain, ticket: Ticket, rule_id: str) -> None:
    """Let another rule look at the ticket now; it has its turn once like any other."""
    rule = chain.active.get(rule_id)
    if rule is None or rule.id in chain.fired:
        return
    deeper = Chain(
        chain.ticket_id,
        Cause(chain.cause.key, chain.cause.depth + 1),
        chain.occasion,
        chain.active,
        chain.fired,
    )
    facts = facts_of(work, ticket, chain.occasion, asked_by([rule]), work.at)
    held = conditions.all_held(rule.every, rule.some, facts)
    if held is not None and not _is_cut(work, ticket, deeper.cause):
        _fire(work, deeper, ticket, Firing(rule, held), CALLED)


def _is_cut(work: Work, ticket: Ticket, cause: Cause) -> bool:
    """Whether the chain ends here; said once in the ticket's history."""
    why = may_go_on(cause, ledger.fired_today(work, ticket.id))
    if not why:
        return False
    if ledger.note_cut(work, ticket.id, cause, why):
        history.note(work, ticket.id, "rules_cut", details={"why": why})
    return True


def _explained(firing: Firing, trigger: str, done: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "rule": firing.rule.name,
        "rule_id": firing.rule.id,
        "version": firing.rule.version,
        "trigger": trigger,
        "held": [
            {
                "subject": one.condition.subject,
                "operator": one.condition.operator,
                "values": list(one.condition.values),
                "found": list(one.found),
            }
            for one in firing.held
        ],
        "actions": [action.kind for action in firing.rule.actions],
        **done,
    }


_TOLD = ("state", "priority", "type", "queue_id", "team_id", "assignee_id", "tags", "fields")


def _told_facts(ticket: Ticket) -> dict[str, Any]:
    return {name: getattr(ticket, name) for name in _TOLD}


def _seen(work: Work, emitted: Sequence[Emitted]) -> dict[str, Seen]:
    """What these events say of when tickets entered their states and customers wrote."""
    seen: dict[str, Seen] = {}
    for one in emitted:
        event = one.event
        if isinstance(event, TicketOpened):
            news = seen.setdefault(event.ticket_id, Seen())
            news.opened_at = news.state_since = news.customer_wrote_at = one.at
        elif isinstance(event, CustomerWrote):
            seen.setdefault(event.ticket_id, Seen()).customer_wrote_at = one.at
        elif isinstance(event, TicketChanged) and "state" in event.changes:
            news = seen.setdefault(event.ticket_id, Seen())
            news.state, news.state_since = event.changes["state"][1], one.at
    # A ticket may begin in somebody's hands; its first event does not say so.
    unsaid = [ticket_id for ticket_id, news in seen.items() if news.state is None]
    rows = work.session.execute(select(Ticket.id, Ticket.state).where(Ticket.id.in_(unsaid)))
    for ticket_id, state in rows if unsaid else ():
        seen[ticket_id].state = state
    return seen
