"""The steps of a return: what may follow on what, who has to act, and how long they have. Pure.

`asked` waits for our yes or no, `approved` for the label, `label_sent` for the customer's parcel,
`received` for somebody to look at it, `inspected` for the money or the replacement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from helpdesk.calendars.hours import Calendar, NeverOpens, add_open_seconds

HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Step:
    """`who` has to act: us or customer; "" at the end. `target` names the setting of how long:
    hours of business time, or days by the calendar where it ends in `_days`.
    """

    who: str
    target: str = ""
    follows: tuple[str, ...] = ()


STEPS: Mapping[str, Step] = {
    "asked": Step("us", "decide_hours", ("approved", "refused", "withdrawn")),
    "approved": Step("us", "label_hours", ("label_sent", "received", "withdrawn")),
    "label_sent": Step("customer", "send_days", ("received", "withdrawn")),
    "received": Step("us", "inspect_hours", ("inspected",)),
    "inspected": Step("us", "settle_hours", ("refunded", "replaced", "refused")),
    "refunded": Step(""),
    "replaced": Step(""),
    "refused": Step(""),
    "withdrawn": Step(""),
}
BY_CUSTOMER = "withdrawn"
DEFAULTS: Mapping[str, int] = {
    "decide_hours": 16,
    "label_hours": 8,
    "send_days": 14,
    "inspect_hours": 24,
    "settle_hours": 40,
}


def may_follow(state: str, to: str) -> bool:
    return to in STEPS[state].follows


def is_over(state: str) -> bool:
    return not STEPS[state].follows


def due(
    state: str, at: datetime, targets: Mapping[str, int], calendar: Calendar | None
) -> datetime | None:
    """Until when somebody has to act; without opening hours business hours are hours."""
    target = STEPS[state].target
    if not target:
        return None
    length = targets.get(target, DEFAULTS[target])
    if target.endswith("_days"):
        return at + timedelta(days=length)
    if calendar is None:
        return at + timedelta(hours=length)
    try:
        return add_open_seconds(calendar, at, length * HOUR_S)
    except NeverOpens:
        return at + timedelta(hours=length)
