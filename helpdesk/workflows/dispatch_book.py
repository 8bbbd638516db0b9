"""The routes of the days ahead as a dispatcher plans on them.

Why apart: the book brings the planner's arithmetic with it, which only who plans should load, and a
dispatcher may look further ahead than customers can book.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from helpdesk.core.work import Work
from helpdesk.field_service import days, settings
from helpdesk.field_service.crew_days import seconds

if TYPE_CHECKING:
    from helpdesk.field_service.book import Book


MOST_AHEAD = 120  # days, as far as customers can book at most: all of them are laid out


def look(work: Work, until: date | None = None) -> Book:
    """The book as the database has it now, as far as this day, but never beyond MOST_AHEAD."""
    from helpdesk.field_service import book  # noqa: PLC0415  only who plans pays for it

    given = settings.get(work)
    today = days.day_of(seconds(work.at), given.zone)
    wanted = (until - today).days + 1 if until else 0
    ahead = max(given.days_ahead, min(wanted, MOST_AHEAD))
    return book.look(work, replace(given, days_ahead=ahead))
