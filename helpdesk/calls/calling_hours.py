"""Whether it is an hour at which somebody may be rung, by the clock where they are. Pure.

A number may lie in several time zones: it may be rung only when all of them allow it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone as number_zones

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_WORDS = dict(
    zip(
        DAYS,
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        strict=True,
    )
)


@dataclass(frozen=True, slots=True)
class Hours:
    """`until` before `start` goes past midnight and belongs to the day on which it began.

    `days` are the days on which calls may go out.
    """

    start: time = time(8)
    until: time = time(20)
    days: frozenset[str] = frozenset(DAYS[:6])


@dataclass(frozen=True, slots=True)
class Quiet:
    """It is no hour to ring there: the wall clock, its zone, and whether the day is the reason."""

    clock: str
    zone: str
    day: str
    is_day: bool


def quiet(zones: Sequence[str], at: datetime, hours: Hours) -> Quiet | None:
    """The first zone that does not allow it; None where all do. `at` is aware."""
    for zone in zones:
        there = at.astimezone(ZoneInfo(zone))
        if not _allows(hours, there):
            day = DAYS[there.weekday()]
            return Quiet(f"{there:%H:%M}", zone, DAY_WORDS[day], day not in hours.days)
    return None


def _allows(hours: Hours, there: datetime) -> bool:
    clock = there.time().replace(tzinfo=None)
    today = DAYS[there.weekday()]
    if hours.start < hours.until:
        return today in hours.days and hours.start <= clock < hours.until
    yesterday = DAYS[(there.date() - timedelta(days=1)).weekday()]
    began_today = today in hours.days and clock >= hours.start
    return began_today or (yesterday in hours.days and clock < hours.until)


def zones_of(number: str, *, own: str | None, otherwise: str) -> Sequence[str]:
    """Where they are: as their record says, else where the number can be, else `otherwise`."""
    if own and is_zone(own):
        return (own,)
    try:
        found = number_zones.time_zones_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        found = ()
    known = [zone for zone in found if zone != number_zones.UNKNOWN_TIMEZONE and is_zone(zone)]
    return known or (otherwise,)


def is_zone(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def warned(found: Quiet) -> str:
    """What whoever wants to ring is told."""
    if found.is_day:
        return f"It is {found.day}, {found.clock} where they are."
    return f"It is {found.clock} where they are."


def in_words(hours: Hours) -> str:
    """When calls may go out, as a sentence."""
    return (
        f"Calls go out from {hours.start:%H:%M} to {hours.until:%H:%M}, {_day_words(hours.days)}."
    )


def _day_words(days: Collection[str]) -> str:
    chosen = [at for at, day in enumerate(DAYS) if day in days]
    if len(chosen) == len(DAYS):
        return "every day"
    names = [DAY_WORDS[DAYS[at]] for at in chosen]
    if len(chosen) > 2 and chosen[-1] - chosen[0] == len(chosen) - 1:
        return f"{names[0]} to {names[-1]}"
    return ", ".join(names)
