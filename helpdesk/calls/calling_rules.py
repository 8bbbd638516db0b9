"""The installation's hours for calls that go out: read by whoever dials, set by supervisors."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import time

from helpdesk.calls.calling_hours import DAYS, Hours, is_zone
from helpdesk.calls.models import CallingHours
from helpdesk.core.errors import Conflict, Forbidden, Invalid
from helpdesk.core.work import Work

ONE = "00000000-0000-7000-8000-000000000001"  # there is no other row
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class Rules:
    """`is_hard`: outside the hours nobody rings out; else they are warned and may."""

    hours: Hours = field(default_factory=Hours)
    is_hard: bool = False
    zone: str = "UTC"
    version: int = 0


def rules(work: Work) -> Rules:
    """As they were set, or as they are before anybody has."""
    row = work.session.get(CallingHours, ONE)
    if row is None:
        return Rules()
    hours = Hours(
        time.fromisoformat(row.from_time), time.fromisoformat(row.until_time), frozenset(row.days)
    )
    return Rules(hours, row.is_hard, row.zone, row.version)


def change(
    work: Work,
    *,
    version: int,
    from_time: str,
    until_time: str,
    days: Collection[str],
    is_hard: bool,
    zone: str,
) -> Rules:
    """Invalid says beside which field what is wrong, Conflict (`stale`) that others were first."""
    if not (work.actor.is_supervisor or work.actor.kind == "system"):
        raise Forbidden("Only supervisors set the hours for calls.")
    _check(from_time, until_time, days, zone)
    row = work.session.get(CallingHours, ONE, with_for_update=True, populate_existing=True)
    if version != (row.version if row else 0):
        raise Conflict("Somebody changed these hours meanwhile.", code="stale")
    values = {
        "from_time": from_time,
        "until_time": until_time,
        "days": [day for day in DAYS if day in days],
        "is_hard": is_hard,
        "zone": zone,
    }
    if row is None:
        row = CallingHours(id=ONE, version=0, **values)
        work.session.add(row)
    for name, value in values.items():
        setattr(row, name, value)
    row.version = version + 1
    work.session.flush()
    work.audit("calling_hours.changed", "calling_hours", ONE, **values)
    return rules(work)


def _check(from_time: str, until_time: str, days: Collection[str], zone: str) -> None:
    wrong: dict[str, str] = {}
    for name, text in (("from_time", from_time), ("until_time", until_time)):
        if not _CLOCK.fullmatch(text):
            wrong[name] = "Write a time like 08:00."
    if not wrong and from_time == until_time:
        wrong["until_time"] = "The hours end when they begin."
    if not any(day in DAYS for day in days):
        wrong["days"] = "Choose at least one day."
    if not is_zone(zone):
        wrong["zone"] = "Choose a time zone from the list."
    if wrong:
        raise Invalid(fields=wrong)
