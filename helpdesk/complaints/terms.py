"""Until when a complaint is acknowledged and answered, and what is owed next. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from helpdesk.calendars.hours import Calendar, NeverOpens, add_open_seconds

OUTCOMES = ("upheld", "partly", "not_upheld")
HOUR_S = 3600


def due(at: datetime, hours: int, calendar: Calendar | None) -> datetime:
    """So many hours of business time later; without opening hours, so many hours."""
    if calendar is not None:
        try:
            return add_open_seconds(calendar, at, hours * HOUR_S)
        except NeverOpens:
            pass
    return at + timedelta(hours=hours)


def next_due(
    acknowledged_at: datetime | None,
    acknowledge_by: datetime,
    answered_at: datetime | None,
    answer_by: datetime,
) -> datetime | None:
    """The acknowledgement is owed first, unless the answer came without one."""
    if answered_at is not None:
        return None
    return answer_by if acknowledged_at is not None else min(acknowledge_by, answer_by)


def standing(
    at: datetime,
    acknowledged_at: datetime | None,
    acknowledge_by: datetime,
    answered_at: datetime | None,
    answer_by: datetime,
) -> str:
    """answered, answered_late, acknowledge, acknowledge_late, answer or answer_late."""
    if answered_at is not None:
        return "answered_late" if answered_at > answer_by else "answered"
    if acknowledged_at is None:
        return "acknowledge_late" if at > acknowledge_by else "acknowledge"
    return "answer_late" if at > answer_by else "answer"
