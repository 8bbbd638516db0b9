"""When a rule is looked at: what happened to a ticket, or how much time has passed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

EVENTS: Mapping[str, str] = {
    "opened": "A ticket was opened",
    "changed": "A ticket was changed",
    "assigned": "A ticket got another owner",
    "customer_wrote": "The customer wrote",
    "replied": "We answered",
    "noted": "A note was written",
    "resolved": "A ticket was resolved",
    "reopened": "A ticket was reopened",
    "closed": "A ticket was closed",
    "clock_warned": "A deadline comes near",
    "clock_breached": "A deadline has passed",
    "survey_answered": "A survey was answered",
}
TIMES: Mapping[str, str] = {
    "in_state": "A ticket has been in a state for",
    "since_customer": "The customer last wrote before",
    "before_deadline": "Before a deadline by",
    "after_deadline": "After a deadline by",
}
CALLED = "called"
"""Never by itself: only when another rule runs it."""

MINUTE, DAY = 60, 86_400
SHORTEST_S, LONGEST_S = MINUTE, 365 * DAY
CLOCKS = ("first_response", "next_response", "resolution", "promise", "appointment")

_BY_KIND: Mapping[str, str] = {
    "ticket.opened": "opened",
    "ticket.changed": "changed",
    "ticket.assigned": "assigned",
    "ticket.customer_wrote": "customer_wrote",
    "ticket.resolved": "resolved",
    "ticket.reopened": "reopened",
    "ticket.closed": "closed",
    "clock.warned": "clock_warned",
    "clock.breached": "clock_breached",
    "survey.answered": "survey_answered",
}
EVENT_KINDS: tuple[str, ...] = (*_BY_KIND, "ticket.replied")


@dataclass(frozen=True, slots=True)
class Timer:
    """`what` of TIMES, `after_s` seconds; `state` for in_state, `clock` ("": any) for deadlines."""

    what: str
    after_s: int
    state: str = ""
    clock: str = ""


def trigger_of(kind: str, facts: Mapping[str, Any]) -> str | None:
    """The word for an event as rules know it; None for one they don't look at."""
    if kind == "ticket.replied":
        return "replied" if facts.get("public") else "noted"
    return _BY_KIND.get(kind)


def kinds_of(triggers: tuple[str, ...]) -> set[str]:
    """The kinds of events that may set these triggers off."""
    kinds = {kind for kind, trigger in _BY_KIND.items() if trigger in triggers}
    if {"replied", "noted"} & set(triggers):
        kinds.add("ticket.replied")
    return kinds


def timer_as_dict(timer: Timer | None) -> dict[str, Any]:
    if timer is None:
        return {}
    return {
        "what": timer.what,
        "after_s": timer.after_s,
        "state": timer.state,
        "clock": timer.clock,
    }


def timer_from_dict(stored: Mapping[str, Any]) -> Timer | None:
    return Timer(**stored) if stored else None


def trouble_with(timer: Timer, states: tuple[str, ...]) -> str:
    """Why a timer can't be kept; empty when it can."""
    if timer.what not in TIMES:
        return "Choose when."
    if not SHORTEST_S <= timer.after_s <= LONGEST_S:
        return "Choose a time from one minute to a year."
    if timer.what == "in_state" and timer.state not in states:
        return "Choose a state."
    if timer.clock and timer.clock not in CLOCKS:
        return "Choose a deadline."
    return ""
