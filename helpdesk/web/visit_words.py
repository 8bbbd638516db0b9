"""Visits in the words of the desk: where one stands, its window, its number.

A state has a word, a tone and an icon, so that colour never says it alone. Not for customers (the
portal has its own sentences per language).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from flask import Flask
from jinja2 import Environment, pass_environment

from helpdesk.web.presenting import moment

STATES: Mapping[str, tuple[str, str, str]] = {
    "waiting": ("Not planned yet", "warning", "hourglass"),
    "booked": ("Booked", "info", "calendar-clock"),
    "travelling": ("On the way", "info", "truck"),
    "on_site": ("On site", "info", "wrench"),
    "done": ("Done", "success", "circle-check"),
    "no_access": ("Nobody opened", "warning", "circle-off"),
    "cancelled": ("Cancelled", "quiet", "calendar-x"),
}
PROMISES: Mapping[str, tuple[str, str, str]] = {
    "open": ("Promised", "info", "handshake"),
    "kept": ("Kept", "success", "circle-check"),
    "broken": ("Broken", "danger", "circle-alert"),
    "moved": ("Moved by the customer", "quiet", "arrow-right"),
    "changed": ("Changed by us", "warning", "triangle-alert"),
    "withdrawn": ("Called off", "quiet", "calendar-x"),
}
OUTCOMES = {"solved": "Solved", "follow_up": "Another visit is needed", "no_access": "No access"}
SOURCES = {
    "portal": "by the customer on the portal", "desk": "on the desk", "api": "by a program",
    "ivr": "by telephone menu", "technician": "by the technician", "plan": "from a plan",
}  # fmt: skip
PRIORITIES = {1: "Emergency", 2: "High", 3: "Normal", 4: "Low"}
ETA_SOURCES = {
    "osrm": "by road", "distance": "from the distance", "great_circle": "from the distance",
    "technician": "as the technician says", "trips": "from earlier drives",
}  # fmt: skip
_NUMBER = re.compile(r"\s*v\s*-?\s*([0-9]{1,15})\s*", re.IGNORECASE)


def number(of: int) -> str:
    return f"V-{of}"


def read_number(text: str) -> int | None:
    """`V-10001`, `v10001`; a bare number is a ticket's."""
    found = _NUMBER.fullmatch(text)
    return int(found.group(1)) if found else None


def window(starts: datetime | str, ends: datetime | str, now: datetime, zone: str = "UTC") -> str:
    """`today, 08:00 to 10:00`, on the wall of that zone."""
    first, last = _instant(starts), _instant(ends)
    begins, over = first.astimezone(ZoneInfo(zone)), last.astimezone(ZoneInfo(zone))
    if begins.date() == over.date():
        return f"{moment(first, now, zone)} to {over:%H:%M}"
    return f"{moment(first, now, zone)} to {moment(last, now, zone)}"


def eta_source(code: str) -> str:
    """Where an expected time comes from."""
    return ETA_SOURCES.get(code, code.replace("_", " "))


def register(app: Flask) -> None:
    """Filters `visit_window` for a pair of instants, in the reader's zone or a given one, and
    `visit_instant` for one.
    """

    def shown(env: Environment, pair: Sequence[datetime | str], zone: str = "") -> str:
        return window(pair[0], pair[1], _global(env, "now"), zone or _global(env, "reader_zone"))

    def one(env: Environment, at: datetime | str, zone: str = "") -> str:
        return moment(_instant(at), _global(env, "now"), zone or _global(env, "reader_zone"))

    app.jinja_env.filters["visit_window"] = pass_environment(shown)
    app.jinja_env.filters["visit_instant"] = pass_environment(one)


def _global(env: Environment, name: str) -> Any:
    return cast("Callable[[], Any]", env.globals[name])()


def _instant(at: datetime | str) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at
