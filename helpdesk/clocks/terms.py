"""What decides whether a second counts: the hours, and each clock's pauses.

Pure. Terms are named by their content, so that a span can point at what held when it was booked
and nobody can change it afterwards. Not for targets, which belong to the clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from helpdesk.calendars.hours import Calendar, always_open, as_dict, calendar_from_dict

BOOKED = ("first_response", "next_response", "resolution")
ABSOLUTE = ("promise", "appointment")
CLOCKS: tuple[str, ...] = (*BOOKED, *ABSOLUTE)
PAUSES: tuple[str, ...] = (
    "customer", "third_party", "visit_booked", "queue", "bot", "travelling", "on_site",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """One clock's terms: `business` counts open hours only; `pauses` are who or what stops it."""

    business: bool = True
    pauses: frozenset[str] = frozenset()


DEFAULT_RULES: Mapping[str, Rule] = {
    "first_response": Rule(),
    "next_response": Rule(),
    "resolution": Rule(pauses=frozenset({"customer", "third_party", "visit_booked"})),
}


@dataclass(frozen=True, slots=True)
class Terms:
    """Hours and rules under which time is booked; `digest` names their content."""

    hours: Calendar
    rules: Mapping[str, Rule] = field(default_factory=lambda: DEFAULT_RULES)

    def rule(self, clock: str) -> Rule:
        return self.rules.get(clock) or DEFAULT_RULES[clock]


ALWAYS = Terms(always_open())


def digest_of(value: object) -> str:
    """The address of a content: equal values have equal addresses, whoever wrote them."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


def rules_as_dict(rules: Mapping[str, Rule]) -> dict[str, Any]:
    return {
        name: {"business": rule.business, "pauses": sorted(rule.pauses)}
        for name, rule in rules.items()
    }


def rules_from_dict(stored: Mapping[str, Any]) -> dict[str, Rule]:
    return {
        name: Rule(bool(one["business"]), frozenset(one["pauses"])) for name, one in stored.items()
    }


def terms_as_dict(terms: Terms) -> dict[str, Any]:
    return {"hours": as_dict(terms.hours), "rules": rules_as_dict(terms.rules)}


def terms_from_dict(stored: Mapping[str, Any]) -> Terms:
    return Terms(calendar_from_dict(stored["hours"]), rules_from_dict(stored["rules"]))


def pause_key(party: str, state: str) -> str:
    """The name under which a policy may pause this: the booked visit before the party."""
    return "visit_booked" if state == "visit_booked" else party
