"""Conditions of a rule and whether they hold: values in, a yes or no with its evidence out. Pure.

All conditions of the first list must hold, and one of the second where it has any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeAlias

from helpdesk.rules import patterns
from helpdesk.rules.subjects import NEEDS_NO_VALUES, operators_of

Facts: TypeAlias = Mapping[str, Any]
"""What is known by subject: text, a number, a flag, or a sequence of texts; absent for unknown."""

MOST_CONDITIONS = 30
MOST_VALUES = 50
LONGEST_VALUE = 200
LONGEST_FOUND = 80


@dataclass(frozen=True, slots=True)
class Condition:
    subject: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """A condition that held, with what was found (cut short), for the explanation."""

    condition: Condition
    found: tuple[str, ...]


def all_held(
    every: Sequence[Condition], some: Sequence[Condition], facts: Facts
) -> tuple[Held, ...] | None:
    """What held, or None when the conditions together do not."""
    held: list[Held] = []
    for condition in every:
        if not holds(condition, facts):
            return None
        held.append(_evidence(condition, facts))
    matching = [_evidence(one, facts) for one in some if holds(one, facts)]
    if some and not matching:
        return None
    return (*held, *matching)


def first_failed(
    every: Sequence[Condition], some: Sequence[Condition], facts: Facts
) -> Condition | None:
    """The first condition that stands in the way; of the second list its first."""
    for condition in every:
        if not holds(condition, facts):
            return condition
    if some and not any(holds(one, facts) for one in some):
        return some[0]
    return None


def holds(condition: Condition, facts: Facts) -> bool:
    found = texts_of(facts.get(condition.subject))
    wanted = tuple(value.casefold() for value in condition.values)
    match condition.operator:
        case "any_of":
            return any(one in wanted for one in found)
        case "none_of":
            return not any(one in wanted for one in found)
        case "all_of":
            return all(one in found for one in wanted)
        case "contains":
            return any(word in text for text in found for word in wanted)
        case "contains_none":
            return not any(word in text for text in found for word in wanted)
        case "like":
            return any(patterns.fits(one, text) for text in found for one in wanted)
        case "at_least":
            return any(n >= limit for n in _numbers(found) for limit in _numbers(wanted))
        case "at_most":
            return any(n <= limit for n in _numbers(found) for limit in _numbers(wanted))
        case "present":
            return bool(found)
        case "absent":
            return not found
    return False


def texts_of(value: Any) -> tuple[str, ...]:
    """A fact as it is compared: texts without regard to capitals, nothing for what is not known."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        value = (value,)
    return tuple(_text(one) for one in value if one is not None and one != "")


def trouble_with(condition: Condition) -> str:
    """Why a condition can't be kept; empty when it can."""
    allowed = operators_of(condition.subject)
    if not allowed:
        return "Choose what to ask about."
    if condition.operator not in allowed:
        return "This can't be asked so."
    if condition.operator in NEEDS_NO_VALUES:
        return ""
    if not condition.values:
        return "Say what to compare with."
    if len(condition.values) > MOST_VALUES:
        return f"List at most {MOST_VALUES} values."
    if any(len(value) > LONGEST_VALUE for value in condition.values):
        return f"Use at most {LONGEST_VALUE} characters for each value."
    if condition.operator in ("at_least", "at_most") and (
        len(condition.values) != 1 or not _numbers(condition.values)
    ):
        return "Enter one number."
    if condition.operator == "like":
        return next(filter(None, map(patterns.trouble_with, condition.values)), "")
    return ""


def as_list(conditions: Sequence[Condition]) -> list[dict[str, Any]]:
    return [
        {"subject": c.subject, "operator": c.operator, "values": list(c.values)} for c in conditions
    ]


def from_list(stored: Sequence[Mapping[str, Any]]) -> tuple[Condition, ...]:
    return tuple(Condition(c["subject"], c["operator"], tuple(c["values"])) for c in stored)


def _evidence(condition: Condition, facts: Facts) -> Held:
    value = facts.get(condition.subject)
    if isinstance(value, str) or not isinstance(value, Sequence):
        value = (value,)
    shown = tuple(
        ("yes" if one else "no") if isinstance(one, bool) else str(one)[:LONGEST_FOUND]
        for one in value[:MOST_VALUES]
        if one is not None and one != ""
    )
    return Held(condition, shown)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)[: patterns.LONGEST_TEXT].casefold()


def _numbers(texts: Sequence[str]) -> list[float]:
    found = []
    for text in texts:
        try:
            number = float(text.strip().replace(",", ".")) if len(text) < 40 else None
        except ValueError:
            continue
        if number is not None and isfinite(number):
            found.append(number)
    return found
