"""How far an order is, and what a word about it changes. Pure.

Words of shops come late, twice and out of order. A status only ever goes on: what is told of an
earlier one fills in its time. A cancelled order stays cancelled, and what has arrived can't be
cancelled any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

RANKS: Mapping[str, int] = {
    "placed": 10,
    "confirmed": 20,
    "packed": 30,
    "shipped": 40,
    "out_for_delivery": 50,
    "delivered": 60,
    "cancelled": 70,
    "returned": 80,
}
OVER = ("delivered", "cancelled", "returned")
_USUAL = ("placed", "confirmed", "packed", "shipped", "out_for_delivery", "delivered")


def advanced(
    status: str, reached: Mapping[str, str], told: str, at: datetime
) -> tuple[str, dict[str, str]]:
    """Status and times after a word that `told` was reached at `at`."""
    after = dict(reached)
    before = after.get(told)
    if before is None or datetime.fromisoformat(before) > at:
        after[told] = at.isoformat()
    return (told if _goes_on(status, told) else status), after


def steps(status: str, reached: Mapping[str, str]) -> list[tuple[str, str | None]]:
    """The way of an order as people read it: each step with its time, None: still to come."""
    if status in ("cancelled", "returned"):
        wanted = [one for one in _USUAL if one in reached]
        return [*((one, reached[one]) for one in wanted), (status, reached.get(status))]
    shown = [one for one in _USUAL if one in reached or one in ("placed", "shipped", "delivered")]
    return [(one, reached.get(one)) for one in shown]


def _goes_on(status: str, told: str) -> bool:
    if status == "cancelled" or (told == "cancelled" and status in OVER):
        return False
    return RANKS[told] > RANKS[status]
