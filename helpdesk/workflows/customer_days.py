"""The days of a customer's own calendar: on which a deadline ends, and which day it is with them.

One that ends in the evening of the fifth in New York has not ended when London writes the sixth.
Not for what is counted in seconds of business time (`calendars.hours`).
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from helpdesk.calendars.hours import Calendar
from helpdesk.customers.models import Customer
from helpdesk.identity.service import zones


def zone_of(customer: Customer | None, house: Calendar | None) -> ZoneInfo:
    """Theirs where it is known, else that of the house's hours."""
    if customer is not None and customer.timezone in zones():
        return ZoneInfo(str(customer.timezone))
    return ZoneInfo(house.zone if house is not None else "UTC")


def day_of(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def words(at: datetime, zone: ZoneInfo, language: str) -> str:
    """`5 May 2026`, or `05.05.2026` in German."""
    on = day_of(at, zone)
    return f"{on:%d.%m.%Y}" if language == "de" else f"{on:%-d %B %Y}"
