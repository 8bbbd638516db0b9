"""Which rules fire, one after the other, and where it has to end. Pure.

Whatever happens on a ticket because of a rule carries the cause it came from and how deep it lies.
A rule fires once per ticket and cause, a chain is cut at a depth, and a ticket bears so many
firings a day; so no set of rules, however they call each other, goes on for ever.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from helpdesk.rules.actions import Action
from helpdesk.rules.conditions import Condition, Facts, Held, all_held
from helpdesk.rules.triggers import Timer

DEEPEST = 5
MOST_PER_TICKET_A_DAY = 100


@dataclass(frozen=True, slots=True)
class Rule:
    """`triggers` are words of `triggers.EVENTS` (or `called`); with a `timer` there are none."""

    id: str
    name: str
    version: int
    triggers: tuple[str, ...]
    every: tuple[Condition, ...] = ()
    some: tuple[Condition, ...] = ()
    actions: tuple[Action, ...] = ()
    timer: Timer | None = None
    stops: bool = False


@dataclass(frozen=True, slots=True)
class Cause:
    """Where a chain of firings began, and how many firings lie between there and here."""

    key: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Firing:
    rule: Rule
    held: tuple[Held, ...]


def cause_of(ticket_id: str, at: datetime, actor: str) -> str:
    """What somebody did to a ticket in one go is one cause, however many events it left."""
    return sha256(f"{ticket_id}|{at.isoformat()}|{actor}".encode()).hexdigest()


def next_firing(
    rules: Sequence[Rule], trigger: str, facts: Facts, fired: Collection[str], *, start: int = 0
) -> tuple[int, Firing] | None:
    """The first rule from place `start` on that fires, with its place; `fired` have had their turn.

    Asked again from the following place with the facts as they are then: later rules see what
    earlier ones did.
    """
    for place in range(start, len(rules)):
        rule = rules[place]
        if trigger not in rule.triggers or rule.id in fired:
            continue
        held = all_held(rule.every, rule.some, facts)
        if held is not None:
            return place, Firing(rule, held)
    return None


def may_go_on(cause: Cause, fired_today: int) -> str:
    """Empty while a chain may go on; else why it is cut: `depth` or `count`."""
    if cause.depth >= DEEPEST:
        return "depth"
    if fired_today >= MOST_PER_TICKET_A_DAY:
        return "count"
    return ""
