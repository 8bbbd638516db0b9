"""Whether we vouch for a thing on a day, and why not. Pure.

A date of its own decides; without one it is reckoned from the day of purchase and the months that
the product is given.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Verdict:
    """`code` covered, ended, none_given, unknown (no day of purchase) or not_in_use."""

    code: str
    until: date | None = None
    days_left: int = 0

    @property
    def is_covered(self) -> bool:
        return self.code == "covered"


def verdict(
    on: date,
    *,
    purchased_on: date | None,
    warranty_months: int | None,
    warranty_until: date | None = None,
    in_use: bool = True,
) -> Verdict:
    """The last day counts as covered."""
    until = warranty_until
    if until is None and not warranty_months:
        return Verdict("none_given")
    if until is None and purchased_on is None:
        return Verdict("unknown")
    if until is None:
        assert purchased_on is not None
        assert warranty_months
        until = months_after(purchased_on, warranty_months)
    if not in_use:
        return Verdict("not_in_use", until)
    if on > until:
        return Verdict("ended", until)
    return Verdict("covered", until, (until - on).days)


def months_after(day: date, months: int) -> date:
    """The same day of the month so much later, or the month's last where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    year = min(year, 9999)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
