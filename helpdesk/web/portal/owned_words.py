"""Orders and things in the reader's own words: where an order is, and how long we vouch for what.

Not for which of them the reader may see (`workflows.portal_owned`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from helpdesk.core import clock
from helpdesk.owned import money, progress
from helpdesk.owned.entitlement import Verdict
from helpdesk.owned.models import ShopOrder
from helpdesk.web.portal.speech import Say


@dataclass(frozen=True, slots=True)
class OrderShown:
    """`tone` of its pill; `way` are (word, time or "still to come", reached)."""

    order: ShopOrder
    word: str
    tone: str
    now: str
    total: str
    way: Sequence[tuple[str, str, bool]]


_TONES = {"delivered": "success", "cancelled": "quiet", "returned": "quiet"}


def shown(say: Say, order: ShopOrder) -> OrderShown:
    way = [
        (
            say(f"order.status.{name}"),
            say.when(datetime.fromisoformat(at)) if at else say("order.to_come"),
            at is not None,
        )
        for name, at in progress.steps(order.status, order.reached)
    ]
    return OrderShown(
        order,
        say(f"order.status.{order.status}"),
        _TONES.get(order.status, "info"),
        sentence(say, order),
        amount(say, order.total_minor, order.currency),
        way,
    )


def sentence(say: Say, order: ShopOrder) -> str:
    """What stands, and by when it should arrive."""
    at = order.reached.get(order.status)
    when = say.when(datetime.fromisoformat(at)) if at else ""
    told = say(f"order.now.{order.status}", at=when)
    if order.expected_on is None or order.status in progress.OVER:
        return told
    today = clock.now().astimezone(ZoneInfo(say.zone)).date()
    key = "order.late" if order.expected_on < today else "order.expected"
    return f"{told} {say(key, day=day(say, order.expected_on))}"


def warranty(say: Say, it: Verdict) -> str:
    if it.is_covered and it.days_left == 0:
        return say("warranty.last_day")
    until = day(say, it.until) if it.until is not None else ""
    return say(f"warranty.{it.code}", day=until, left=left(say, it.days_left))


def left(say: Say, days: int) -> str:
    """`5 days`, `4 months`, `2 years`: as exact as it matters."""
    number, unit = (days, "day")
    if days >= 730:
        number, unit = days // 365, "year"
    elif days >= 60:
        number, unit = days // 30, "month"
    return say(f"left.{unit}") if number == 1 else say(f"left.{unit}s", n=number)


def amount(say: Say, minor: int | None, currency: str) -> str:
    return money.shown(minor, currency, say.language) if minor is not None and currency else ""


def day(say: Say, on: date) -> str:
    return say.day(datetime.combine(on, time(12), ZoneInfo(say.zone)))
