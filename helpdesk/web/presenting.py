"""Times, durations and names as people read them.

Pure functions and the line that makes them Jinja filters. `static/core/time.js` writes the same
sentences in the browser; tests/web/test_presenting.py runs both on the same cases. Not for
numbers with a unit of their own (money, per cent) and not for anything that asks the database.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Flask
from jinja2 import Environment, pass_environment
from markupsafe import Markup

from helpdesk.customers.contact_points import shown_phone
from helpdesk.customers.languages import name_of
from helpdesk.identity import browsers
from helpdesk.web.links import linked

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MINUTE, HOUR, DAY = 60, 3_600, 86_400
JUST_NOW = 45
HUES = 8
MINUS = "\u2212"


def duration(seconds: float) -> str:
    """`45 s`, `4 min`, `2 h 10`, `3 d 4 h`: whole units, rounded down; the sign is kept."""
    whole = int(abs(seconds))
    sign = MINUS if seconds <= -1 else ""
    if whole < MINUTE:
        return f"{sign}{whole} s"
    if whole < HOUR:
        return f"{sign}{whole // MINUTE} min"
    if whole < DAY:
        hours, minutes = whole // HOUR, whole % HOUR // MINUTE
        return f"{sign}{hours} h {minutes:02}" if minutes else f"{sign}{hours} h"
    days, hours = whole // DAY, whole % DAY // HOUR
    return f"{sign}{days} d {hours} h" if hours else f"{sign}{days} d"


def left_text(seconds: float) -> str:
    """What remains of a deadline, `12 min left`, or by how much it was missed, `5 min late`."""
    return f"{duration(abs(seconds))} {'late' if seconds < 0 else 'left'}"


def ago(at: datetime, now: datetime, zone: str = "UTC") -> str:
    """Relative within a week either way, then the date in the reader's zone."""
    seconds = (_aware(now) - _aware(at)).total_seconds()
    distance = abs(seconds)
    if distance < JUST_NOW:
        return "just now"
    if distance >= 7 * DAY:
        return _date(_local(at, zone), _local(now, zone))
    amount = _coarse(distance)
    return f"{amount} ago" if seconds > 0 else f"in {amount}"


def exact(at: datetime, zone: str = "UTC") -> str:
    """`Sat 21 Nov 2026, 14:05:09 EET`: the instant on the reader's wall clock."""
    local = _local(at, zone)
    return (
        f"{WEEKDAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]} {local.year}, "
        f"{local:%H:%M:%S} {local.tzname()}"
    )


def moment(at: datetime, now: datetime, zone: str = "UTC") -> str:
    """When something is to be: `today, 16:00`, `Tue 24 Nov, 08:00` on the reader's wall."""
    local, today = _local(at, zone), _local(now, zone)
    if local.date() == today.date():
        return f"today, {local:%H:%M}"
    return f"{WEEKDAYS[local.weekday()]} {_date(local, today)}, {local:%H:%M}"


def initials(name: str | None) -> str:
    """One or two capitals for an avatar; `#` for a number, `?` without a letter or digit."""
    if (name or "").startswith("+"):
        return "#"
    words = [word for word in (_first_letter(part) for part in (name or "").split()) if word]
    if not words:
        return "?"
    return words[0] if len(words) == 1 else words[0] + words[-1]


def hue(name: str | None) -> str:
    """A class `hue-0` to `hue-7`, always the same for the same name."""
    key = unicodedata.normalize("NFKC", name or "").casefold().strip()
    return f"hue-{zlib.crc32(key.encode('utf-8', 'replace')) % HUES}"


def time_tag(at: datetime, now: datetime, zone: str = "UTC") -> Markup:
    """A `<time>` that reads as relative, tells the exact instant on hover, and keeps ticking."""
    return Markup('<time datetime="{}" title="{}" data-ago>{}</time>').format(
        _aware(at).astimezone(UTC).isoformat(), exact(at, zone), ago(at, now, zone)
    )


LEFT_HANDS = {
    "transferred": "Handed over",
    "taken_over": "Taken over by a colleague",
    "agent_lost": "Connection lost",
    "time_limit": "Wrap-up time ran out",
    "not_reached": "Not reached",
    "reassigned": "Given to somebody else",
    "left_for_later": "Left for later",
    "merged": "Merged into another ticket",
}


def left_hands(how: str | None) -> str:
    """How work left somebody's hands without an outcome (`released` of an assignment)."""
    return LEFT_HANDS.get(how or "", (how or "").replace("_", " ").capitalize())


def register(app: Flask) -> None:
    """Filters `ago`, `exact`, `moment`, `duration`, `left_text`, `left_hands`, `initials`, `hue`,
    `phone`, `browser`, `linked`; and `time_tag`.

    The application provides the globals `now()` and, where it knows the reader, `reader_zone()`
    (an IANA name); both are looked up when a page is drawn.
    """
    environment = app.jinja_env
    environment.filters.update(
        duration=duration,
        left_text=left_text,
        left_hands=left_hands,
        initials=initials,
        language=name_of,
        phone=shown_phone,
        browser=browsers.named,
        hue=hue,
        linked=linked,
        moment=pass_environment(lambda env, at: moment(at, _now(env), _zone(env))),
        ago=pass_environment(lambda env, at: ago(at, _now(env), _zone(env))),
        exact=pass_environment(lambda env, at, zone=None: exact(at, zone or _zone(env))),
    )
    environment.globals["time_tag"] = pass_environment(
        lambda env, at: time_tag(at, _now(env), _zone(env))
    )


def _now(env: Environment) -> datetime:
    return cast("Callable[[], datetime]", env.globals["now"])()


def _zone(env: Environment) -> str:
    reader_zone: Any = env.globals.get("reader_zone")
    return str(reader_zone()) if reader_zone else "UTC"


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a time without a time zone can't be shown: nobody knows when it was")
    return at


def _local(at: datetime, zone: str) -> datetime:
    try:
        return _aware(at).astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        if at.tzinfo is None:
            raise
        raise ValueError(f"no such time zone: {zone!r}") from unknown


def _coarse(seconds: float) -> str:
    """One unit only; `2 h 10` is too fine for something that is over."""
    if seconds < HOUR:
        return f"{max(1, int(seconds // MINUTE))} min"
    if seconds < DAY:
        return f"{int(seconds // HOUR)} h"
    days = int(seconds // DAY)
    return f"{days} day{'s' if days > 1 else ''}"


def _date(local: datetime, today: datetime) -> str:
    day = f"{local.day} {MONTHS[local.month - 1]}"
    return day if local.year == today.year else f"{day} {local.year}"


def _first_letter(word: str) -> str:
    letter = next((character for character in word if character.isalnum()), "")
    return letter.upper()[:1]
