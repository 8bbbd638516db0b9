"""The life of a ticket as a table: which state may follow which, and who everybody waits for.

Pure. Not for what a change brings with it (clocks, line, events): see `tickets.service` and
`workflows.cases`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

State = Literal[
    "new",
    "open",
    "waiting_on_customer",
    "waiting_on_third_party",
    "visit_booked",
    "resolved",
    "closed",
]
Priority = Literal["low", "normal", "high", "urgent"]
Party = Literal[
    "queue", "agent", "customer", "third_party", "travelling", "on_site", "bot", "closed_hours"
]
Reopen = Literal["always", "within", "never"]

_WAITING = ("waiting_on_customer", "waiting_on_third_party", "visit_booked")
_DONE = ("resolved", "closed")

# Nothing becomes new again, and what is done goes on only by being reopened.
NEXT: Mapping[str, tuple[str, ...]] = {
    "new": ("open", *_WAITING, *_DONE),
    "open": (*_WAITING, *_DONE),
    "waiting_on_customer": ("open", "waiting_on_third_party", "visit_booked", *_DONE),
    "waiting_on_third_party": ("open", "waiting_on_customer", "visit_booked", *_DONE),
    "visit_booked": ("open", "waiting_on_customer", "waiting_on_third_party", *_DONE),
    "resolved": ("open", "closed"),
    "closed": ("open",),
}
STATES: tuple[str, ...] = tuple(NEXT)
PRIORITIES: tuple[str, ...] = ("low", "normal", "high", "urgent")
PRIORITY_HEAD_START_S: Mapping[str, int] = {"low": 0, "normal": 0, "high": 900, "urgent": 3600}
REOPENS: tuple[str, ...] = ("always", "within", "never")

# A booked visit is waited for like any third party, until somebody travels.
_WAITED_FOR: Mapping[str, Party] = {
    "waiting_on_customer": "customer",
    "waiting_on_third_party": "third_party",
    "visit_booked": "third_party",
    "resolved": "customer",
    "closed": "customer",
}


@dataclass(frozen=True, slots=True)
class ReopenRule:
    """Whether a late answer reopens a ticket; `days` count from when it was last resolved."""

    reopen: str = "within"
    days: int = 14
    close_after_days: int | None = 28


HOUSE_RULE = ReopenRule()


def may_follow(before: str, after: str) -> bool:
    """Whether a ticket may go from one state to the other; staying is always allowed."""
    return before == after or after in NEXT.get(before, ())


def is_done(state: str) -> bool:
    """Resolved or closed: nobody works on it."""
    return state in _DONE


def is_waiting(state: str) -> bool:
    """Parked until somebody outside acts."""
    return state in _WAITING


def needs_us(state: str) -> bool:
    """New or open: it lies with the line or with an agent."""
    return state in ("new", "open")


def party(state: str, *, owned: bool) -> Party:
    """Who everybody waits for. `owned`: an agent has it, it does not wait in line."""
    return _WAITED_FOR.get(state, "agent" if owned else "queue")


def after_customer_wrote(state: str) -> str:
    """The state once the customer has written on a ticket that is not done.

    Who waited for the customer goes on; a booked visit or a supplier is still waited for.
    """
    return "open" if state == "waiting_on_customer" else state


def reopens(rule: ReopenRule, resolved_at: datetime | None, at: datetime) -> bool:
    """Whether an answer at `at` reopens a done ticket; otherwise a follow-up ticket is opened."""
    if rule.reopen != "within":
        return rule.reopen == "always"
    return resolved_at is not None and at - resolved_at <= timedelta(days=rule.days)
