"""When a text may go: WhatsApp's window, quiet hours, which report of a delivery counts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone as number_zones

WINDOW = timedelta(hours=24)  # WhatsApp takes free words for so long after the customer's last
REOPENED_WITHIN = timedelta(hours=24)
QUIET_FROM, QUIET_UNTIL = 21, 8  # hours on the clock where the number is

# How far a text has come. A report never takes it back; one that arrived has arrived.
RANKS = {"queued": 0, "sending": 0, "sent": 1, "undelivered": 2, "failed": 2, "delivered": 3,
         "read": 4}  # fmt: skip
# The carrier's words for the same.
HEARD = {"accepted": "sent", "scheduled": "sent", "queued": "sent", "sending": "sent",
         "sent": "sent", "delivered": "delivered", "read": "read", "undelivered": "undelivered",
         "failed": "failed", "canceled": "failed"}  # fmt: skip

OPTED_OUT, OUTSIDE_WINDOW = 21610, 63016
ERRORS = {
    21211: "the number is not a valid one",
    21408: "our account may not text this country",
    21610: "the customer has opted out of our texts",
    21611: "too many texts wait at the carrier; try again later",
    21612: "the carrier has no way to this number",
    21614: "the number can't receive texts",
    21617: "it is longer than the carrier takes",
    30001: "the carrier's queue was full",
    30002: "our account at the carrier is suspended",
    30003: "the number is unreachable",
    30004: "the number or its network refuses our texts",
    30005: "the number is not in use",
    30006: "the number can't receive texts, it may be a landline",
    30007: "the network took it for spam",
    30008: "the network did not say why",
    30034: "our number is not registered for texts to this country",
    63003: "this number has no WhatsApp",
    63016: "more than 24 hours have passed since the customer wrote; use a template",
    63024: "this number has no WhatsApp",
}


def moves(now: str, heard: str) -> bool:
    """Whether a report moves a delivery on; the same may come twice and in any order."""
    return RANKS[heard] > RANKS[now]


def said(code: int | None, otherwise: str = "") -> str:
    """The carrier's error in plain words."""
    if code in ERRORS:
        return ERRORS[code]
    told = otherwise.strip() or "the carrier did not say why"
    return f"{told} (carrier's code {code})" if code else told


def window_until(last_in_at: datetime | None) -> datetime | None:
    """Until when free words go by WhatsApp; None when the customer has never written."""
    return last_in_at + WINDOW if last_in_at else None


def is_open(last_in_at: datetime | None, at: datetime) -> bool:
    until = window_until(last_in_at)
    return until is not None and at < until


@dataclass(frozen=True, slots=True)
class Quiet:
    """It is night where the number is: the wall clock there, and its zone."""

    clock: str
    zone: str


def quiet(number: str, at: datetime) -> Quiet | None:
    """Where the number's country has several zones, one in which people sleep is enough."""
    for zone in zones(number):
        there = at.astimezone(ZoneInfo(zone))
        if there.hour >= QUIET_FROM or there.hour < QUIET_UNTIL:
            return Quiet(f"{there:%H:%M}", zone)
    return None


def zones(number: str) -> Sequence[str]:
    """Zones in which the number can be, by its digits; none for one that nobody knows."""
    try:
        found = number_zones.time_zones_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return ()
    return [zone for zone in found if _is_known(zone)]


def _is_known(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return zone != number_zones.UNKNOWN_TIMEZONE
