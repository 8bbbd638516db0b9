"""What the buttons of a ticket's life are called and which of them stand where. Pure.

The table of what may follow what is `tickets.lifecycle`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helpdesk.tickets.lifecycle import NEXT, is_done, is_waiting

# A step by the state it leads to: what the button says, its icon, its key.
WORDS: dict[str, tuple[str, str, str]] = {
    "open": ("Work on it again", "play", ""),
    "waiting_on_customer": ("Wait for customer", "hourglass", "W"),
    "waiting_on_third_party": ("Wait for a third party", "building-2", ""),
    "visit_booked": ("A visit is booked", "truck", ""),
    "resolved": ("Resolve", "circle-check", "E"),
    "closed": ("Close for good", "archive", ""),
}
STATES: dict[str, str] = {
    "new": "New",
    "open": "Open",
    "waiting_on_customer": "Waiting on customer",
    "waiting_on_third_party": "Waiting on third party",
    "visit_booked": "Visit booked",
    "resolved": "Resolved",
    "closed": "Closed",
}
DONE_WORDS: dict[str, str] = {
    "open": "Open again",
    "waiting_on_customer": "Waits for the customer",
    "waiting_on_third_party": "Waits for a third party",
    "visit_booked": "Visit booked",
    "resolved": "Resolved",
    "closed": "Closed",
}
_FIRST = ("waiting_on_customer", "resolved")


@dataclass(frozen=True, slots=True)
class Step:
    """`first`: a button of its own; the others stand in the menu."""

    state: str
    word: str
    icon: str
    keys: str
    first: bool


def steps_of(state: str, *, may_reopen_closed: bool) -> Sequence[Step]:
    """Where the ticket may go from here by a person of the desk, what is likely first."""
    if state == "closed" and not may_reopen_closed:
        return ()
    return [_step(state, after) for after in _ordered(state) if after not in ("new",)]


def _ordered(state: str) -> Sequence[str]:
    after = [one for one in NEXT[state] if one != "open" or state != "new"]
    return sorted(after, key=lambda one: tuple(WORDS).index(one))


def _step(state: str, after: str) -> Step:
    word, icon, keys = WORDS[after]
    if after == "open" and is_done(state):
        return Step(after, "Reopen", "rotate-ccw", "E", True)
    if after == "closed" and state == "resolved":
        return Step(after, word, icon, keys, False)
    if after == "open" and state == "waiting_on_customer":
        return Step(after, word, icon, "W", True)
    first = after in _FIRST or (after == "open" and is_waiting(state))
    return Step(after, word, icon, keys, first)
