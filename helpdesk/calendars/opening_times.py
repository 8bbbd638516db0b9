"""Opening times as written down: weekly windows, exceptions by date, and their JSON form.

Exists so that a calendar is checked once, where it enters, with errors that name the day and the
window. Not for counting time: `hours` gives the windows written here their meaning as instants.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTES_A_DAY = 24 * 60
LATEST_MINUTE = 2 * MINUTES_A_DAY
MOST_WINDOWS_A_DAY = 24
MOST_EXCEPTIONS = 5000
LONGEST_NAME = 200

_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY_KEYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([0-9]{1,2}):([0-5][0-9])")


class CalendarError(ValueError):
    """A calendar that cannot be: the message names the day and the window."""


def _clock_text(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Open from start_minute up to, not including, end_minute: wall minutes since its 00:00."""

    start_minute: int
    end_minute: int

    def __post_init__(self) -> None:
        if not 0 <= self.start_minute < self.end_minute <= LATEST_MINUTE:
            shown = f"{_clock_text(self.start_minute)} to {_clock_text(self.end_minute)}"
            raise CalendarError(
                f"{shown} is not a window: it must end after it starts, and by 48:00"
            )


Windows = tuple[Window, ...]
WHOLE_DAY: Windows = (Window(0, MINUTES_A_DAY),)


@lru_cache(maxsize=256)
def zone_of(name: str) -> ZoneInfo:
    """The time zone called name (Europe/Berlin); CalendarError where there is none."""
    try:
        # "right/" zones count leap seconds, the others depend on the machine.
        if name.startswith(("right/", "posix/", "posixrules", "localtime", "Factory")):
            raise ValueError(name)
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        shown = name[:60]
        raise CalendarError(f"“{shown}” is not a time zone; write it like Europe/Berlin") from None


@dataclass(frozen=True, slots=True)
class Calendar:
    """Weekly hours of one zone, Monday first, with exceptions by date and names for some dates.

    Hashable, so results may be cached by calendar. `make_calendar` takes mappings,
    `calendar_from_dict` JSON.
    """

    zone: str
    weekly: tuple[Windows, ...]
    exceptions: tuple[tuple[date, Windows], ...] = ()
    names: tuple[tuple[date, str], ...] = ()
    by_date: Mapping[date, Windows] = field(init=False, repr=False, compare=False)
    name_by_date: Mapping[date, str] = field(init=False, repr=False, compare=False)
    around_the_clock: bool = field(init=False, repr=False, compare=False)
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        zone_of(self.zone)
        if len(self.weekly) != 7:
            raise CalendarError(f"a week has 7 days, not {len(self.weekly)}")
        if len(self.exceptions) > MOST_EXCEPTIONS:
            raise CalendarError(f"more than {MOST_EXCEPTIONS} exceptions in one calendar")
        by_date = dict(self.exceptions)
        if len(by_date) != len(self.exceptions):
            raise CalendarError("a date has two exceptions")
        for label, windows in (*zip(_DAY_NAMES, self.weekly, strict=True), *self.exceptions):
            if len(windows) > MOST_WINDOWS_A_DAY:
                raise CalendarError(f"{label}: more than {MOST_WINDOWS_A_DAY} windows")
        put = object.__setattr__
        put(self, "exceptions", tuple(sorted(self.exceptions)))
        put(self, "names", tuple(sorted(self.names)))
        put(self, "by_date", by_date)
        put(self, "name_by_date", dict(self.names))
        whole = all(_covers_day(windows) for windows in self.weekly)
        put(self, "around_the_clock", whole and not self.exceptions)
        put(self, "_hash", hash((self.zone, self.weekly, self.exceptions, self.names)))

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[type["Calendar"], tuple[object, ...]]:
        # The kept hash is only good in this process, so a copy is built anew.
        return Calendar, (self.zone, self.weekly, self.exceptions, self.names)

    def windows_on(self, day: date) -> Windows:
        """The windows that start on this date, as written."""
        special = self.by_date.get(day)
        return self.weekly[day.weekday()] if special is None else special

    def name_of(self, day: date) -> str:
        """The name of the holiday or exception on this date, or an empty text."""
        return self.name_by_date.get(day, "")


def _covers_day(windows: Windows) -> bool:
    reached = 0
    for window in sorted(windows):
        if window.start_minute > reached:
            return False
        reached = max(reached, window.end_minute)
    return reached >= MINUTES_A_DAY


def make_calendar(
    zone: str,
    weekly: Iterable[Iterable[Window]],
    exceptions: Mapping[date, Iterable[Window]] | None = None,
    names: Mapping[date, str] | None = None,
) -> Calendar:
    return Calendar(
        zone,
        tuple(tuple(windows) for windows in weekly),
        tuple((day, tuple(windows)) for day, windows in (exceptions or {}).items()),
        tuple((names or {}).items()),
    )


def always_open(zone: str = "UTC") -> Calendar:
    return Calendar(zone, (WHOLE_DAY,) * 7)


# JSON: {"zone", "weekly": {"mon": [["09:00", "12:30"]]}, "exceptions": {"2026-12-25": []}, "names"}


def calendar_from_dict(stored: Mapping[str, object]) -> Calendar:
    """The calendar stored as JSON. A day left out is closed; 22:00 to 06:00 runs past midnight.

    Raises CalendarError in words for the person who wrote it.
    """
    unknown = sorted(set(stored) - {"zone", "weekly", "exceptions", "names"})
    if unknown:
        raise CalendarError(f"a calendar has no field “{unknown[0]}”")
    zone = stored.get("zone")
    if not isinstance(zone, str):
        raise CalendarError("a calendar needs a time zone, like Europe/Berlin")
    weekly = _mapping(stored, "weekly")
    odd = sorted(set(weekly) - set(_DAY_KEYS))
    if odd:
        raise CalendarError(f"“{odd[0]}” is not a day; days are {', '.join(_DAY_KEYS)}")
    exceptions = {
        _date_of(key): _windows_of(key, value)
        for key, value in _mapping(stored, "exceptions").items()
    }
    names = {
        _date_of(key): _name_of(key, value) for key, value in _mapping(stored, "names").items()
    }
    return make_calendar(
        zone,
        [
            _windows_of(label, weekly.get(key, []))
            for key, label in zip(_DAY_KEYS, _DAY_NAMES, strict=True)
        ],
        exceptions,
        names,
    )


def as_dict(calendar: Calendar) -> dict[str, object]:
    """JSON form; calendar_from_dict gives an equal calendar back."""
    stored: dict[str, object] = {
        "zone": calendar.zone,
        "weekly": {
            key: _pairs_of(windows) for key, windows in zip(_DAY_KEYS, calendar.weekly, strict=True)
        },
        "exceptions": {day.isoformat(): _pairs_of(windows) for day, windows in calendar.exceptions},
    }
    if calendar.names:
        stored["names"] = {day.isoformat(): name for day, name in calendar.names}
    return stored


def _mapping(stored: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = stored.get(key, {})
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise CalendarError(f"“{key}” must hold one entry for each day")
    return value


def _date_of(text: str) -> date:
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise CalendarError(f"“{text[:40]}” is not a date; write it like 2026-12-24")


def _name_of(day: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_NAME:
        raise CalendarError(f"{day}: a name is a text of at most {LONGEST_NAME} characters")
    return value


def _windows_of(label: str, value: object) -> Windows:
    if not isinstance(value, list | tuple):
        raise CalendarError(f'{label}: hours are a list of pairs like ["09:00", "17:00"]')
    if len(value) > MOST_WINDOWS_A_DAY:
        raise CalendarError(f"{label}: more than {MOST_WINDOWS_A_DAY} windows")
    return tuple(_window_of(f"{label}, window {n}", pair) for n, pair in enumerate(value, 1))


def _window_of(label: str, pair: object) -> Window:
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise CalendarError(f"{label}: needs a start and an end")
    start, end = (_minute_of(label, text) for text in pair)
    if start == end:
        raise CalendarError(
            f"{label}: starts and ends at {pair[0]}; the whole day is 00:00 to 24:00"
        )
    if end < start:
        end += MINUTES_A_DAY
    try:
        return Window(start, end)
    except CalendarError as error:
        raise CalendarError(f"{label}: {error}") from None


def _minute_of(label: str, text: object) -> int:
    shape = _TIME.fullmatch(text) if isinstance(text, str) else None
    minute = int(shape[1]) * 60 + int(shape[2]) if shape else LATEST_MINUTE + 1
    if minute > LATEST_MINUTE:
        raise CalendarError(
            f"{label}: “{str(text)[:20]}” is not a time of day; write it like 09:30"
        )
    return minute


def _pairs_of(windows: Windows) -> list[list[str]]:
    return [[_clock_text(window.start_minute), _end_text(window)] for window in windows]


def _end_text(window: Window) -> str:
    wrapped = window.end_minute - MINUTES_A_DAY
    past_midnight = 0 < wrapped < window.start_minute < MINUTES_A_DAY
    return _clock_text(wrapped if past_midnight else window.end_minute)
