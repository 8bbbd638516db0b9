"""A rule tried out on what has been: which tickets it would have acted on, and how. Does nothing.

Reads only: an event rule looks at the last events of its kinds, with each ticket's fields taken
back to that moment; a time rule at the tickets that are past its mark now. What customers' records
say is taken as it is today. A worker does it in steps and notes how far it has come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from helpdesk.core.actors import system
from helpdesk.core.events import restore
from helpdesk.core.tables import EventRow
from helpdesk.core.work import Work, begin, reading
from helpdesk.rules import conditions, queries, trials, watching
from helpdesk.rules.actions import Action, foretell
from helpdesk.rules.deciding import Rule
from helpdesk.rules.rewinding import rewound
from helpdesk.rules.service import draft_of
from helpdesk.rules.triggers import kinds_of, trigger_of
from helpdesk.tickets.models import Ticket, TicketChange
from helpdesk.workflows.ruling_facts import Occasion, asked_by, facts_of, occasion_of

TRYING = system("rules")
STEP = 100
MOST_LOOKED_THROUGH = 200_000


@dataclass(slots=True)
class Tally:
    looked: int = 0
    fired: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Look:
    """One moment to look at: which ticket, when, and what happened then."""

    ticket_id: str
    occasion: Occasion
    at: datetime


def run_trial(event_id: str = "", trial_id: str = "") -> None:
    """Errand after a trial was asked for; by `trial_id` for whoever has it at hand."""
    with reading(TRYING) as work:
        if event_id:
            wanted = select(EventRow.facts).where(EventRow.id == event_id)
            trial_id = str((work.session.scalar(wanted) or {}).get("trial_id", ""))
        trial = queries.get_trial(work, trial_id)
        if trial.state in ("done", "failed"):
            return
        rule = _rule(trial.rule_id, trial.name, trial.content)
        looks = _looks(work, rule, trial.wanted)
    tally = Tally()
    _progress(trial_id, len(looks), tally)
    for start in range(0, len(looks), STEP):
        with reading(TRYING) as work:
            try_out(work, rule, looks[start : start + STEP], tally)
        _progress(trial_id, len(looks), tally)
    with begin(TRYING) as work:
        trials.finish(work, trial_id)


def try_out(work: Work, rule: Rule, looks: Sequence[_Look], tally: Tally) -> None:
    """Add to the tally what the rule would have done at these moments."""
    ids = {look.ticket_id for look in looks}
    found = work.session.scalars(select(Ticket).where(Ticket.id.in_(ids)))
    tickets = {ticket.id: ticket for ticket in found}
    changed = _changes(work, ids)
    asked = asked_by([rule])
    for look in looks:
        tally.looked += 1
        ticket = tickets.get(look.ticket_id)
        if ticket is None:
            continue
        facts = facts_of(work, ticket, look.occasion, asked, look.at)
        later = [c.changes for c in changed.get(ticket.id, ()) if c.at > look.at]
        facts = rewound(facts, later)
        held = conditions.all_held(rule.every, rule.some, facts)
        if held is None:
            continue
        tally.fired += 1
        if len(tally.examples) < trials.MOST_EXAMPLES:
            tally.examples.append(_example(ticket, look, rule, facts, held))


def _example(
    ticket: Ticket, look: _Look, rule: Rule, facts: Mapping[str, Any], held: Sequence[Any]
) -> dict[str, Any]:
    told = foretell(rule.actions, facts)
    return {
        "ticket_id": ticket.id,
        "number": ticket.number,
        "subject": ticket.subject[:120],
        "at": look.at.isoformat(),
        "trigger": look.occasion.trigger,
        "changes": {name: list(values) for name, values in told.changes.items()},
        "others": [_plain(action) for action in told.others],
        "found": [[one.condition.subject, list(one.found)] for one in held],
    }


def _plain(action: Action) -> list[str]:
    return [action.kind, action.value, action.text[:120]]


def _looks(work: Work, rule: Rule, most: int) -> list[_Look]:
    """The latest moments first."""
    if rule.timer is not None:
        timer = rule.timer
        return [
            _Look(one.ticket_id, Occasion(timer.what, clock=one.clock), work.at)
            for one in watching.passed(work, rule, most=most)
        ]
    return list(_past_events(work, rule, most))


def _past_events(work: Work, rule: Rule, most: int) -> Iterator[_Look]:
    newest = work.session.scalar(select(func.max(EventRow.seq))) or 0
    rows = work.session.scalars(
        select(EventRow)
        .where(
            EventRow.seq > newest - MOST_LOOKED_THROUGH,
            EventRow.kind.in_(kinds_of(rule.triggers)),
        )
        .order_by(EventRow.seq.desc())
        .limit(most * 4)
    )
    given = 0
    for row in rows:
        event = restore(row.kind, row.customer_id, row.facts)
        trigger = trigger_of(row.kind, row.facts)
        ticket_id = row.facts.get("ticket_id")
        if event is None or trigger not in rule.triggers or not ticket_id:
            continue
        if given == most:
            return
        given += 1
        yield _Look(ticket_id, occasion_of(trigger, event, row.actor), row.at)


def _changes(work: Work, ids: set[str]) -> dict[str, list[TicketChange]]:
    """Each ticket's changes, the newest first."""
    found: dict[str, list[TicketChange]] = {}
    rows = select(TicketChange).where(TicketChange.ticket_id.in_(ids))
    for row in work.session.scalars(rows.order_by(TicketChange.seq.desc())):
        if row.changes:
            found.setdefault(row.ticket_id, []).append(row)
    return found


def _rule(rule_id: str, name: str, content: Mapping[str, Any]) -> Rule:
    said = draft_of(name, content)
    return Rule(
        rule_id, name, 0, said.triggers, said.every, said.some, said.actions, said.timer, said.stops
    )


def _progress(trial_id: str, total: int, tally: Tally) -> None:
    with begin(TRYING) as work:
        trials.note_progress(
            work,
            trial_id,
            total=total,
            looked=tally.looked,
            fired=tally.fired,
            examples=tally.examples,
        )
