"""The dates of a maintenance plan: an RRULE of RFC 5545 over whole days, bounded work. Pure.

Dates and no instants, so a change of clocks moves nothing. One thing is more than the RFC says: a
rule that only begins on the 29th to 31st means the last day of the months that are shorter, where
the RFC leaves those months out; nobody wants to service a boiler every fourth year. Not for the
walking itself (`calendars.recurrence`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import islice

from helpdesk.calendars.recurrence import Budget, Rule, RuleError, occurrences, rule_from_parts
from helpdesk.core.errors import Invalid

LONGEST_RULE = 300
HORIZON = timedelta(days=366 * 12)
_WORK = 40_000
_OWN_DAYS = ("BYMONTHDAY", "BYDAY", "BYYEARDAY", "BYSETPOS")
_LAST_SURE_DAY = 28
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_UNITS = {"YEARLY": "year", "MONTHLY": "month", "WEEKLY": "week", "DAILY": "day"}


def read(text: str, starts_on: date) -> Rule:
    """The rule, checked; Invalid (`rule`) in words for whoever wrote it."""
    try:
        parts = _parts(text)
        return rule_from_parts(_with_short_months(parts, starts_on), starts_on, _until(parts))
    except RuleError as error:
        words = str(error)
        raise Invalid(fields={"rule": f"{words[:1].upper()}{words[1:]}."}) from None


def plain(text: str) -> str:
    """The rule as it is stored: upper case, without its name and spaces."""
    return "".join(text.upper().split()).removeprefix("RRULE:").strip(";")


def dates(text: str, starts_on: date, since: date, count: int = 5) -> Sequence[date]:
    """The first `count` dates from `since` on; fewer where the rule ends, or none for years."""
    rule = read(text, starts_on)
    first = max(since, starts_on)
    try:
        found = occurrences(rule, starts_on, first, first + HORIZON, Budget(_WORK))
        return list(islice(found, count))
    except RuleError:
        raise Invalid(fields={"rule": "These dates lie too far apart to be counted."}) from None


def next_on(text: str, starts_on: date, since: date) -> date | None:
    """The first date from `since` on (`since` itself too); None: there is none any more."""
    return next(iter(dates(text, starts_on, since, 1)), None)


def words(text: str, starts_on: date) -> str:
    """`Every year on 3 March`, `Every 6 months`; an odd rule is shown as it is written."""
    try:
        parts = _parts(text)
    except RuleError:
        return text
    unit = _UNITS.get("".join(parts.get("FREQ", ())))
    number = "".join(parts.get("INTERVAL", ("1",)))
    if unit is None or set(parts) - {"FREQ", "INTERVAL"} or not number.isdigit():
        return f"By the rule {text}"
    every = f"Every {unit}" if number == "1" else f"Every {int(number)} {unit}s"
    if unit == "year":
        return f"{every} on {starts_on.day} {_MONTHS[starts_on.month - 1]}"
    return f"{every} from {starts_on.day} {_MONTHS[starts_on.month - 1]} {starts_on.year}"


def day_words(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _parts(text: str) -> dict[str, tuple[str, ...]]:
    stored = plain(text)
    if not stored or len(stored) > LONGEST_RULE:
        raise RuleError(f"write a rule of at most {LONGEST_RULE} characters")
    found: dict[str, tuple[str, ...]] = {}
    for piece in stored.split(";"):
        key, equals, value = piece.partition("=")
        if not equals or not value or key in found:
            raise RuleError("write it like FREQ=YEARLY or FREQ=MONTHLY;INTERVAL=6")
        found[key] = tuple(value.split(","))
    return found


def _until(parts: dict[str, tuple[str, ...]]) -> date | None:
    if "UNTIL" not in parts:
        return None
    text = "".join(parts["UNTIL"])[:8]
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        raise RuleError("write the last date like UNTIL=20301231") from None


def _with_short_months(
    parts: dict[str, tuple[str, ...]], starts_on: date
) -> dict[str, tuple[str, ...]]:
    frequency, months = "".join(parts.get("FREQ", ())), parts.get("BYMONTH", ())
    own = any(name in parts for name in _OWN_DAYS)
    if own or starts_on.day <= _LAST_SURE_DAY or frequency not in ("YEARLY", "MONTHLY"):
        return parts
    if frequency == "YEARLY" and len(months) > 1:
        return parts
    days = tuple(str(day) for day in range(_LAST_SURE_DAY, starts_on.day + 1))
    ends = {"BYMONTHDAY": days, "BYSETPOS": ("-1",)}
    if frequency == "YEARLY" and not months:
        ends["BYMONTH"] = (str(starts_on.month),)
    return {**parts, **ends}
