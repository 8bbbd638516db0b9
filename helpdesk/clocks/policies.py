"""Which service level holds for a ticket: an ordered list, and the first that fits is taken.

Pure. The choice comes with its reason: what matched, and for each policy passed over the
condition that failed. Not for counting time (`sla`) or for storing (`service`, `setup`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from helpdesk.clocks.terms import Rule

PRIORITIES: tuple[str, ...] = ("low", "normal", "high", "urgent")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a policy may ask about a ticket."""

    priority: str = "normal"
    type: str | None = None
    queue_id: str | None = None
    channel: str = ""
    tags: tuple[str, ...] = ()
    organisation_id: str | None = None
    customer_id: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


SUBJECTS: tuple[str, ...] = ("priority", "type", "queue_id", "channel", "tags", "organisation_id")
FIELD = "field:"
CUSTOMER_FIELD = "customer:"
OPERATORS: tuple[str, ...] = ("any_of", "none_of", "all_of", "present", "absent")


@dataclass(frozen=True, slots=True)
class Condition:
    """`subject` is one of SUBJECTS, `field:KEY` of the ticket or `customer:KEY` of its customer."""

    subject: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """All conditions must hold. `targets` {clock: {priority: seconds}}; none: no deadline."""

    id: str
    name: str
    conditions: tuple[Condition, ...]
    targets: Mapping[str, Mapping[str, int]]
    rules: Mapping[str, Rule]
    calendar_id: str | None = None
    warn_percent: int = 80

    def target_s(self, clock: str, priority: str) -> int | None:
        return self.targets.get(clock, {}).get(priority)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A policy that came before and did not fit, with the first condition that failed."""

    policy: Policy
    failed: Condition


@dataclass(frozen=True, slots=True)
class Choice:
    """`policy` None: none fits, so nothing has a deadline. `place` counts from 1."""

    policy: Policy | None
    place: int
    passed_over: tuple[PassedOver, ...]


def choose(
    policies: Sequence[Policy], facts: Facts, customer: Mapping[str, Any] | None = None
) -> Choice:
    """The first policy whose conditions all hold; `customer` are the customer's own fields."""
    passed: list[PassedOver] = []
    for place, policy in enumerate(policies, 1):
        failed = first_failed(policy, facts, customer or {})
        if failed is None:
            return Choice(policy, place, tuple(passed))
        passed.append(PassedOver(policy, failed))
    return Choice(None, 0, tuple(passed))


def first_failed(policy: Policy, facts: Facts, customer: Mapping[str, Any]) -> Condition | None:
    for condition in policy.conditions:
        if not holds(condition, facts, customer):
            return condition
    return None


def holds(condition: Condition, facts: Facts, customer: Mapping[str, Any]) -> bool:
    found = set(values_of(condition.subject, facts, customer))
    wanted = {value.casefold() for value in condition.values}
    match condition.operator:
        case "any_of":
            return bool(found & wanted)
        case "none_of":
            return not found & wanted
        case "all_of":
            return wanted <= found
        case "present":
            return bool(found)
        case "absent":
            return not found
    return False


def values_of(subject: str, facts: Facts, customer: Mapping[str, Any]) -> tuple[str, ...]:
    """The ticket's values for a subject, as compared: text without regard to capitals."""
    if subject.startswith(FIELD):
        value = facts.fields.get(subject.removeprefix(FIELD))
    elif subject.startswith(CUSTOMER_FIELD):
        value = customer.get(subject.removeprefix(CUSTOMER_FIELD))
    else:
        value = getattr(facts, subject) if subject in SUBJECTS else None
    if isinstance(value, str) or not isinstance(value, Sequence):
        value = [value]
    return tuple(_text(one) for one in value if one is not None and one != "")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).casefold()


def facts_as_dict(facts: Facts) -> dict[str, Any]:
    """Everything but the customer, whose id has a column of its own."""
    return {
        "priority": facts.priority,
        "type": facts.type,
        "queue_id": facts.queue_id,
        "channel": facts.channel,
        "tags": list(facts.tags),
        "organisation_id": facts.organisation_id,
        "fields": dict(facts.fields),
    }


def facts_from_dict(stored: Mapping[str, Any], customer_id: str | None) -> Facts:
    tags = tuple(stored.get("tags", ()))
    return Facts(**{**stored, "tags": tags, "customer_id": customer_id})


def conditions_as_list(conditions: Sequence[Condition]) -> list[Any]:
    return [
        {"subject": c.subject, "operator": c.operator, "values": list(c.values)} for c in conditions
    ]


def conditions_from_list(stored: Sequence[Mapping[str, Any]]) -> tuple[Condition, ...]:
    return tuple(Condition(c["subject"], c["operator"], tuple(c["values"])) for c in stored)
