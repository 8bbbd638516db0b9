"""When a waiting item moves to another queue.

Why apart: the sweep, the simulator and the admin's preview ask the same question. Not for moving
anything.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

Trigger: TypeAlias = Literal["estimated_wait", "queue_length", "age", "nobody_signed_in"]


@dataclass(frozen=True, slots=True)
class OverflowRule:
    """Move to queue `to` when the figure named by `when` is above `over` (seconds, or items for
    queue_length).

    An age counts as soon as it is reached, so that a timer set for that instant finds the rule in
    force. "nobody_signed_in" needs no figure: it holds while no fitting agent is signed in.
    """

    when: Trigger
    to: str | UUID
    over: float = 0.0


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is known of one item in its queue. `estimated_wait` is the p50, None where none can be
    given.
    """

    age: float
    queue_length: int
    estimated_wait: float | None
    fitting_signed_in: int


def overflow_rule(
    rules: Sequence[OverflowRule], seen: Conditions, been_in: Collection[str | UUID] = ()
) -> OverflowRule | None:
    """The first rule that holds. Queues the item has been in are no target, so that two queues
    never play ball.
    """
    for rule in rules:
        if rule.to not in been_in and _holds(rule, seen):
            return rule
    return None


def next_age_rule_at(
    rules: Sequence[OverflowRule], waiting_since: float, now: float
) -> float | None:
    """When the next rule by age is due, or None; the other triggers are looked at by the sweep."""
    due = [waiting_since + rule.over for rule in rules if rule.when == "age"]
    return min((at for at in due if at > now), default=None)


def _holds(rule: OverflowRule, seen: Conditions) -> bool:
    match rule.when:
        case "age":
            return seen.age >= rule.over
        case "queue_length":
            return seen.queue_length > rule.over
        case "estimated_wait":
            return seen.estimated_wait is not None and seen.estimated_wait > rule.over
        case "nobody_signed_in":
            return seen.fitting_signed_in == 0
