"""How visits are booked: the windows of a day, how far ahead, how long a slot is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any
from zoneinfo import available_timezones

from helpdesk.core import stored_settings
from helpdesk.core.errors import Forbidden, Invalid
from helpdesk.core.work import Work

NAME = "field_service"
WEEKDAYS = tuple(str(day) for day in range(7))  # from Monday
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_USUAL = [["08:00", "10:00"], ["10:00", "12:00"], ["12:00", "14:00"], ["14:00", "16:00"]]
WINDOWS: Mapping[str, list[list[str]]] = {
    day: [list(one) for one in _USUAL] if day < "5" else [] for day in WEEKDAYS
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Durations in seconds. `windows` {weekday "0".."6": [[from, to], ...]} on the wall of `zone`.

    `tiles` is an address with {z}, {x} and {y} or one of a .pmtiles file, "": a plain grid;
    `osrm` the address of a routing server, "": distances are estimated. `budget`: how many visits a
    re-planning may move. `risk`: from which probability on a promise counts as at risk.
    """

    zone: str = "Europe/Berlin"
    windows: Mapping[str, list[list[str]]] | None = None
    days_ahead: int = 14
    notice_s: int = 7_200
    hold_s: int = 600
    offer_s: int = 3_600
    fewest: int = 3
    most: int = 6
    confirms: bool = True
    reminds_day_before: bool = True
    tells_on_the_way: bool = True
    risk: float = 0.5
    risk_ahead_s: int = 3_600
    budget: int = 10
    speed_kmh: int = 40
    detour: float = 1.35
    osrm: str = ""
    tiles: str = ""
    tiles_by: str = ""  # whom the map has to name
    mends_itself: bool = True
    complains: bool = True  # a missed window opens a complaint
    maintenance_queue: str = ""  # where tickets of maintenance plans wait; "": the first queue

    @property
    def by_weekday(self) -> Mapping[str, list[list[str]]]:
        return self.windows if self.windows is not None else WINDOWS


_RANGES: Mapping[str, tuple[float, float]] = {
    "days_ahead": (1, 120), "notice_s": (0, 7 * 86_400), "hold_s": (60, 3_600),
    "offer_s": (300, 86_400), "fewest": (1, 10), "most": (1, 12), "risk": (0.05, 1),
    "risk_ahead_s": (600, 6 * 3_600), "budget": (0, 500), "speed_kmh": (5, 130),
    "detour": (1, 3),
}  # fmt: skip


def get(work: Work) -> Settings:
    stored = stored_settings.get(work, NAME, {})
    known = {one.name for one in fields(Settings)}
    return Settings(**{name: value for name, value in stored.items() if name in known})


def put(work: Work, given: Mapping[str, Any]) -> Settings:
    """Change what `given` names; Invalid names what is out of range."""
    if not (work.actor.kind == "system" or work.actor.is_admin):
        raise Forbidden("Only an administrator can change this.")
    wanted = asdict(get(work)) | {
        name: value for name, value in given.items() if name in Settings.__dataclass_fields__
    }
    wrong = _out_of_range(wanted)
    if wanted["zone"] not in available_timezones():
        wrong["zone"] = "Choose a time zone."
    if wanted["fewest"] > wanted["most"]:
        wrong["most"] = "Offer at most as many as you offer at least, or more."
    if wanted["windows"] is not None:
        wrong |= _odd_windows(wanted["windows"])
    for name in ("osrm", "tiles"):
        if wanted[name] and not re.match(r"https?://|/", str(wanted[name])):
            wrong[name] = "Use an address that begins with https:// or http://."
    if wrong:
        raise Invalid(fields=wrong)
    stored_settings.put(work, NAME, wanted)
    return Settings(**wanted)


def _out_of_range(wanted: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: f"Use a number from {low:g} to {high:g}."
        for name, (low, high) in _RANGES.items()
        if isinstance(wanted[name], bool)
        or not isinstance(wanted[name], int | float)
        or not low <= wanted[name] <= high
    }


def _odd_windows(windows: Mapping[str, Any]) -> dict[str, str]:
    """Each a pair of times on one day, from the earlier to the later, none over another."""
    for day, rows in windows.items():
        if day not in WEEKDAYS:
            return {"windows": "Weekdays are 0 (Monday) to 6 (Sunday)."}
        before = ""
        for pair in rows:
            if len(pair) != 2 or not all(_TIME.fullmatch(str(one)) for one in pair):
                return {"windows": "Write times as 08:00."}
            if not before <= pair[0] < pair[1]:
                return {"windows": "Windows of a day follow each other and end after they begin."}
            before = pair[1]
    return {}
