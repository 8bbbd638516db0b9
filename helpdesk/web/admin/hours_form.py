"""A calendar as a form and back, and its next two weeks as strips: pure.

Exceptions that come out of files may have hours of their own; on the form each date is closed all
day, closed for a part, or has its own hours. Not for checking times (the calendar checks itself).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from helpdesk.calendars.hours import Calendar, CalendarError, calendar_from_dict, windows
from helpdesk.core.errors import Invalid
from helpdesk.web.admin.forms import Shape, Values
from helpdesk.web.presenting import MONTHS, WEEKDAYS

DAYS = [
    ("mon", "Monday"), ("tue", "Tuesday"), ("wed", "Wednesday"), ("thu", "Thursday"),
    ("fri", "Friday"), ("sat", "Saturday"), ("sun", "Sunday"),
]  # fmt: skip
SHAPE = Shape(
    texts=("name", "zone"),
    rows={**{key: ("from", "to") for key, _ in DAYS}, "date": ("day", "name", "hours")},
)
LABELS = {"name": "Name", "zone": "Time zone", "date": "Holidays", **dict(DAYS)}
BLANKS = {
    **{key: {"from": "", "to": ""} for key, _ in DAYS},
    "date": {"day": "", "name": "", "hours": ""},
}
SHOWN_DAYS = 14
SHOWN_DATES = 120
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Strip:
    """One day of the preview: open parts as (start, width) in thousandths of the day."""

    weekday: str
    day: str
    is_today: bool
    name: str
    parts: list[tuple[int, int]]
    text: str


def blank(zone: str) -> Values:
    week: Values = {key: [{"from": "09:00", "to": "17:00"}] for key, _ in DAYS[:5]}
    week |= {key: [] for key, _ in DAYS[5:]}
    return {"name": "", "zone": zone, **week, "date": []}


def values_of(
    name: str, plan: Mapping[str, Any], names: Mapping[str, str], since: date | None = None
) -> Values:
    """The form as the stored calendar fills it in, with the next dates from `since` on."""
    weekly, dates = plan.get("weekly", {}), plan.get("exceptions", {})
    first = since.isoformat() if since else ""
    values: Values = {"name": name, "zone": plan["zone"]}
    for key, _ in DAYS:
        values[key] = [{"from": start, "to": end} for start, end in weekly.get(key, [])]
    values["date"] = [
        {
            "day": day,
            "name": names.get(day, ""),
            "hours": ", ".join(f"{start}-{end}" for start, end in dates[day]),
        }
        for day in [day for day in sorted(dates) if day >= first][:SHOWN_DATES]
    ]
    return values


def with_dates_not_shown(
    plan: Mapping[str, Any], row_plan: Mapping[str, Any], names: Mapping[str, str], was: Values
) -> dict[str, Any]:
    """The plan of the form with the stored dates that were not on it: past and far ones."""
    shown = {row.get("day") for row in was.get("date", [])}
    kept = {day: w for day, w in row_plan.get("exceptions", {}).items() if day not in shown}
    kept_names = {day: name for day, name in names.items() if day in kept}
    return {
        **plan,
        "exceptions": kept | plan["exceptions"],
        "names": kept_names | plan["names"],
    }


def rearranged(values: Values, do: str) -> Values:
    """`copy:mon` gives Monday's hours to the other weekdays that are not the weekend."""
    what, _, key = do.partition(":")
    if what != "copy" or key not in dict(DAYS):
        return values
    copied = [dict(row) for row in values[key]]
    return values | {day: [dict(row) for row in copied] for day, _ in DAYS[:5]}


def plan_of(form: Values) -> dict[str, Any]:
    """The plan that the form asks to store; Invalid says beside each day what is wrong."""
    wrong: dict[str, str] = {}
    plan: dict[str, Any] = {"zone": form["zone"], "weekly": {}, "exceptions": {}, "names": {}}
    for key, label in DAYS:
        pairs = [[row["from"], row["to"]] for row in form[key] if row["from"] or row["to"]]
        plan["weekly"][key] = pairs
        _try({"zone": "UTC", "weekly": {key: pairs}}, key, f"{label}, window ", wrong)
    for place, row in enumerate(form["date"]):
        if not any(row.values()):
            continue
        key, day = f"date-{place}", row["day"]
        pairs = _pairs(row["hours"])
        if day in plan["exceptions"]:
            wrong[key] = "This date stands here twice."
        plan["exceptions"][day] = pairs
        if name := " ".join(row["name"].split()):
            plan["names"][day] = name
        _try({"zone": "UTC", "exceptions": {day: pairs}}, key, f"{day}, window ", wrong)
    _try({"zone": form["zone"]}, "zone", "", wrong)
    if wrong:
        raise Invalid(fields=wrong)
    return plan


def strips(calendar: Calendar, at: datetime) -> list[Strip]:
    """The two weeks from the day of `at`, each day in the calendar's own zone."""
    zone = ZoneInfo(calendar.zone)
    first = at.astimezone(zone).date()
    return [_strip(calendar, zone, first + n * _DAY, is_today=n == 0) for n in range(SHOWN_DAYS)]


def calendar_of(plan: Mapping[str, Any], names: Mapping[str, str] | None = None) -> Calendar:
    """The stored calendar as a value."""
    return calendar_from_dict({**plan, "names": dict(names or {})})


def day_words(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def _strip(calendar: Calendar, zone: ZoneInfo, day: date, *, is_today: bool) -> Strip:
    start = datetime.combine(day, datetime.min.time(), zone)
    end = datetime.combine(day + _DAY, datetime.min.time(), zone)
    spans = [(int(a.timestamp()), int(b.timestamp())) for a, b in windows(calendar, start, end)]
    return strip_of(day, zone, spans, is_today=is_today, name=calendar.name_of(day))


def strip_of(
    day: date,
    zone: ZoneInfo,
    spans: Iterable[tuple[int, int]],
    *,
    is_today: bool,
    name: str = "",
    none: str = "Closed",
) -> Strip:
    """A day with these open spans (seconds since 1970); what lies on other days is cut off."""
    start = datetime.combine(day, datetime.min.time(), zone).timestamp()
    end = datetime.combine(day + _DAY, datetime.min.time(), zone).timestamp()
    whole = (end - start) or 1
    parts, words = [], []
    for opens, closes in spans:
        opens, closes = max(opens, int(start)), min(closes, int(end))
        left, width = (round(length / whole * 1000) for length in (opens - start, closes - opens))
        parts.append((left, max(width, 4)))
        until = f"{datetime.fromtimestamp(closes, zone):%H:%M}" if closes < end else "24:00"
        words.append(f"{datetime.fromtimestamp(opens, zone):%H:%M}–{until}")
    return Strip(
        WEEKDAYS[day.weekday()],
        f"{day.day} {MONTHS[day.month - 1]}",
        is_today,
        name,
        parts,
        ", ".join(words) or none,
    )


def _pairs(text: str) -> list[list[str]]:
    """`9:00-12:30, 14:00-17:00` as pairs; a piece without a dash is left for the calendar."""
    pieces = [piece.strip() for piece in text.replace("–", "-").split(",") if piece.strip()]
    return [[half.strip() for half in piece.partition("-")[::2]] for piece in pieces]


def _try(plan: Mapping[str, Any], key: str, prefix: str, wrong: dict[str, str]) -> None:
    try:
        calendar_from_dict(plan)
    except CalendarError as error:
        words = str(error).removeprefix(prefix)
        wrong.setdefault(key, words[:1].upper() + words[1:].rstrip(".") + ".")
