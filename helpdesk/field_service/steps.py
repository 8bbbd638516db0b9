"""The life of a visit as a table: which state may follow which. Pure.

A visit in no route waits; once in one it is booked, whether a window was promised or not. What a
step brings with it is told by `service` (rows) and `workflows.visit_course` (ticket and clocks).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from helpdesk.core.errors import Invalid

NEXT: Mapping[str, tuple[str, ...]] = {
    "waiting": ("booked", "cancelled"),
    "booked": ("waiting", "travelling", "on_site", "cancelled"),
    "travelling": ("booked", "on_site", "no_access", "cancelled"),
    "on_site": ("done", "no_access"),
    "done": (),
    "no_access": (),
    "cancelled": (),
}
STATES: tuple[str, ...] = tuple(NEXT)
AHEAD = ("booked", "travelling", "on_site")
OPEN = ("waiting", *AHEAD)
OVER = ("done", "no_access", "cancelled")
OUTCOMES = ("solved", "follow_up")
SOURCES = ("portal", "desk", "api", "ivr", "technician", "plan")
WORDS: Mapping[str, str] = {
    "waiting": "not planned yet",
    "booked": "booked",
    "travelling": "on the way",
    "on_site": "on site",
    "done": "done",
    "no_access": "nobody opened",
    "cancelled": "cancelled",
}


def may_follow(before: str, after: str) -> bool:
    return after in NEXT.get(before, ())


def is_over(state: str) -> bool:
    return state in OVER


def may_be_replanned(state: str) -> bool:
    """Nobody has set out for it yet."""
    return state in ("waiting", "booked")


def need_day(expected_on: date | None) -> None:
    """A day that a part may be expected on: planning counts on from it."""
    if expected_on is not None and not 2000 <= expected_on.year <= 2100:
        raise Invalid(fields={"expected_on": "Choose a day nearer to today."})
