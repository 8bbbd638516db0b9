"""Whether something may be sent back, and if not, why and what is still possible. Pure.

The days count from the day it arrived, or, while that is not known, from the day it was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

SENT = ("delivered", "out_for_delivery", "shipped")


@dataclass(frozen=True, slots=True)
class Bought:
    """A line of an order as this rule sees it. `returnable_days` None: it can't be sent back;
    `known` False: it is in no catalogue.
    """

    quantity: int
    taken_back: int = 0
    returnable_days: int | None = None
    known: bool = True
    covered_until: date | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`code` yes, not_sent, cancelled, all_back, unknown, never or too_late; `until` the last day.

    `instead`: what is left when it is not yes: cancel, warranty (until `covered_until`) or ask.
    """

    code: str
    until: date | None = None
    most: int = 0
    instead: str = ""
    covered_until: date | None = None

    @property
    def is_yes(self) -> bool:
        return self.code == "yes"


def answer(
    it: Bought, on: date, status: str, reached: Mapping[str, str], zone: tzinfo = UTC
) -> Answer:
    """For one line of an order in this status; `on` and its days are those of `zone`."""
    if status == "cancelled":
        return Answer("cancelled", instead="ask")
    left = it.quantity - it.taken_back
    if status == "returned" or left <= 0:
        return Answer("all_back", instead="ask")
    if status not in SENT:
        return Answer("not_sent", instead="cancel")
    if not it.known:
        return Answer("unknown", instead="ask")
    if it.returnable_days is None:
        return _no("never", None, it, on)
    until = arrived(reached, on, zone) + timedelta(days=it.returnable_days)
    if on > until:
        return _no("too_late", until, it, on)
    return Answer("yes", until, left)


def arrived(reached: Mapping[str, str], otherwise: date, zone: tzinfo) -> date:
    for step in SENT:
        if step in reached:
            return datetime.fromisoformat(reached[step]).astimezone(zone).date()
    return otherwise


def _no(code: str, until: date | None, it: Bought, on: date) -> Answer:
    if it.covered_until is not None and on <= it.covered_until:
        return Answer(code, until, instead="warranty", covered_until=it.covered_until)
    return Answer(code, until, instead="ask")
