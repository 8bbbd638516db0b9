"""The dates of a repeating holiday: RRULE of RFC 5545 for whole days, under a budget of work.

Exists because a general expander looks for the next date until the year 9999 and can't be stopped
on a rule that never matches (30 February). Here a rule is walked period by period, no further than
the years asked for, and each step is paid from a budget shared by the whole file.
Not for rules within a day, and not for BYWEEKNO, which holiday calendars do not use: both are
refused.
"""

import calendar
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY")
_PARTS = {
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYDAY",
    "BYSETPOS",
}  # fmt: skip
_LONGEST_LIST = 400
_DAY_OF_RULE = re.compile(r"([+-]?[0-9]{1,3})?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"[+-]?[0-9]{1,6}")


class RuleError(ValueError):
    """A repeat rule that is not understood, or that takes too much work."""


@dataclass(slots=True)
class Budget:
    """Steps that all rules of one file may take together."""

    left: int

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise RuleError("the repeating events of this file add up to too many dates")


@dataclass(frozen=True, slots=True)
class Rule:
    """A repeat rule; `weekdays` holds (weekday, nth): 0 for every one, below 0 from the end."""

    frequency: str
    interval: int = 1
    count: int | None = None
    until: date | None = None
    week_start: int = 0
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    year_days: frozenset[int] = frozenset()
    weekdays: frozenset[tuple[int, int]] = frozenset()
    positions: tuple[int, ...] = ()


def rule_from_parts(parts: Mapping[str, Sequence[str]], start: date, until: date | None) -> Rule:
    """The rule with the parts that RFC 5545 takes from the first date filled in."""
    odd = sorted(set(parts) - _PARTS)
    if odd:
        raise RuleError(f"repeats by {odd[0]}, which is not supported")
    frequency = "".join(parts.get("FREQ", ()))
    if frequency not in _FREQUENCIES:
        raise RuleError("must repeat yearly, monthly, weekly or daily")
    months = _numbers(parts, "BYMONTH", 1, 12)
    month_days = _numbers(parts, "BYMONTHDAY", -31, 31)
    year_days = _numbers(parts, "BYYEARDAY", -366, 366)
    weekdays = frozenset(_weekday(text, frequency) for text in parts.get("BYDAY", ()))
    if not (month_days or year_days or weekdays):
        if frequency == "YEARLY" and not months:
            months = (start.month,)
        if frequency in ("YEARLY", "MONTHLY"):
            month_days = (start.day,)
        if frequency == "WEEKLY":
            weekdays = frozenset({(start.weekday(), 0)})
    week_start = "".join(parts.get("WKST", ("MO",)))
    if week_start not in _WEEKDAYS:
        raise RuleError(f"“{week_start[:10]}” is not a day of the week")
    return Rule(
        frequency,
        (_numbers(parts, "INTERVAL", 1, 10_000) or (1,))[0],
        (_numbers(parts, "COUNT", 1, 100_000) or (None,))[0],
        until,
        _WEEKDAYS.index(week_start),
        frozenset(months),
        frozenset(month_days),
        frozenset(year_days),
        weekdays,
        _numbers(parts, "BYSETPOS", -366, 366),
    )


def occurrences(rule: Rule, start: date, first: date, last: date, budget: Budget) -> Iterator[date]:
    """Dates of the rule from `first` to `last`, both included, in order; none before `start`."""
    last = min(last, rule.until) if rule.until else last
    left = rule.count
    # With a count, what came before the range must be counted; else the range is enough.
    for period in _periods(rule, start, start if left else max(start, first), last):
        budget.spend(len(period) + 1)
        for day in _chosen(rule, period):
            if day < start:
                continue
            if day > last or left == 0:
                return
            left = left - 1 if left else left
            if day >= first:
                yield day


def _periods(rule: Rule, start: date, first: date, last: date) -> Iterator[list[date]]:
    """Candidate days of each year, month, week or day that the rule visits, from `first` on."""
    step = rule.interval
    if rule.frequency == "YEARLY":
        for year in range(_aligned(start.year, first.year, step), last.year + 1, step):
            months = sorted(rule.months) or range(1, 13)
            yield [day for month in months for day in _days_of(rule, year, month)]
    elif rule.frequency == "MONTHLY":
        origin, goal = start.year * 12 + start.month - 1, first.year * 12 + first.month - 1
        for number in range(_aligned(origin, goal, step), last.year * 12 + last.month, step):
            yield _days_of(rule, number // 12, number % 12 + 1)
    else:
        length = 7 if rule.frequency == "WEEKLY" else 1
        back = (start.weekday() - rule.week_start) % 7 if length == 7 else 0
        origin = start.toordinal() - back
        begin = _aligned(origin, first.toordinal() - length + 1, step * length)
        for ordinal in range(begin, last.toordinal() + 1, step * length):
            yield [date.fromordinal(ordinal + n) for n in range(length)]


def _aligned(origin: int, goal: int, step: int) -> int:
    """The first of origin, origin + step, ... that is not before the goal."""
    return origin + max(0, -((origin - goal) // step)) * step


def _days_of(rule: Rule, year: int, month: int) -> list[date]:
    length = calendar.monthrange(year, month)[1]
    if not rule.month_days:
        return [date(year, month, day) for day in range(1, length + 1)]
    days = {day if day > 0 else length + 1 + day for day in rule.month_days}
    return [date(year, month, day) for day in sorted(days) if 1 <= day <= length]


def _chosen(rule: Rule, period: list[date]) -> list[date]:
    matching = [day for day in period if _matches(rule, day)]
    if not rule.positions:
        return matching
    places = {place - 1 if place > 0 else len(matching) + place for place in rule.positions}
    return [matching[place] for place in sorted(places) if 0 <= place < len(matching)]


def _matches(rule: Rule, day: date) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    month_length = calendar.monthrange(day.year, day.month)[1]
    if rule.month_days and not {day.day, day.day - month_length - 1} & rule.month_days:
        return False
    year_length = 366 if calendar.isleap(day.year) else 365
    place = day.timetuple().tm_yday
    if rule.year_days and not {place, place - year_length - 1} & rule.year_days:
        return False
    if not rule.weekdays:
        return True
    if rule.frequency == "MONTHLY" or rule.months:
        place, year_length = day.day, month_length
    weekday = day.weekday()
    from_end = -((year_length - place) // 7 + 1)
    nths = (0, (place - 1) // 7 + 1, from_end)
    return any((weekday, nth) in rule.weekdays for nth in nths)


def _numbers(parts: Mapping[str, Sequence[str]], key: str, low: int, high: int) -> tuple[int, ...]:
    texts = parts.get(key, ())
    if len(texts) > _LONGEST_LIST:
        raise RuleError(f"{key} lists too many numbers")
    numbers = tuple(int(text) for text in texts if _NUMBER.fullmatch(text))
    if len(numbers) < len(texts) or any(not low <= n <= high or n == 0 for n in numbers):
        raise RuleError(f"{key} holds a number that makes no sense")
    return numbers


def _weekday(text: str, frequency: str) -> tuple[int, int]:
    shape = _DAY_OF_RULE.fullmatch(text)
    nth = int(shape[1] or 0) if shape else 0
    if not shape or abs(nth) > 53 or (nth and frequency not in ("YEARLY", "MONTHLY")):
        raise RuleError(f"“{text[:10]}” is not a day of the week")
    return _WEEKDAYS.index(shape[2]), nth
