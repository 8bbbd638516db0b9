"""What waiting callers are told, as sentences. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

AWAY = {
    "away": "Everybody is on a break at the moment. We answer as soon as somebody is back.",
    "nobody": "Nobody is at a desk at the moment. You may stay on the line, or call again later.",
}


def how_long(shown: Mapping[str, Any]) -> str:
    """Place in line and time, from what `routing.waits` shows; no time where none is known."""
    place = int(shown.get("position", 1))
    told = "You are next in line." if place == 1 else f"You are number {place} in line."
    if (here := shown.get("here")) in AWAY:
        return AWAY[here]
    half, most = shown.get("wait_p50_s"), shown.get("wait_p90_s")
    if half is None or most is None or shown.get("overdue"):
        return f"{told} Thank you for waiting."
    likely, longest = _minutes(half), _minutes(most)
    if longest <= 1:
        return f"{told} We expect to answer within a minute."
    if likely == longest:
        return f"{told} We expect to answer in about {longest} minutes."
    likely_words = "a minute" if likely == 1 else f"{likely} minutes"
    return (
        f"{told} We expect to answer in about {likely_words}. It may take up to {longest} minutes."
    )


def rung_at(moment: datetime) -> str:
    """When a callback is to come, by the clock of whoever asked for it."""
    return f"We will ring you on {moment:%A}, {moment:%-d %B}, after {moment:%H:%M}."


def _minutes(seconds: float) -> int:
    return max(1, math.ceil(seconds / 60))
