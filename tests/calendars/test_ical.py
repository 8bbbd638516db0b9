"""Holidays from calendar files: honest ones, half days, repeats, and files made to hurt."""

import time
import warnings
from datetime import UTC, date, datetime, timedelta

import pytest
from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, weekday
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from helpdesk.calendars import ical
from helpdesk.calendars.hours import (
    CalendarError,
    Window,
    calendar_from_dict,
    explain,
    make_calendar,
    open_seconds,
)
from helpdesk.calendars.ical import (
    CalendarFileError,
    Holiday,
    apply_holiday,
    apply_holidays,
    holidays_from_ical,
)
from helpdesk.calendars.recurrence import Budget, RuleError, occurrences, rule_from_parts


def file_of(*events, extra=()):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", *extra]
    for event in events:
        lines += ["BEGIN:VEVENT", *event, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def dates_of(*events, years=(2026, 2026), zone=None):
    return [str(h.date) for h in holidays_from_ical(file_of(*events), *years, zone=zone)]


def parts_of(*events, years=(2026, 2026), zone=None):
    found = holidays_from_ical(file_of(*events), *years, zone=zone)
    return [(str(h.date), h.closed_from, h.closed_to) for h in found]


CHRISTMAS = ("DTSTART;VALUE=DATE:20261225", "DTEND;VALUE=DATE:20261227", "SUMMARY:Christmas")


# Honest files


def test_a_whole_day_event_gives_each_of_its_dates():
    assert holidays_from_ical(file_of(CHRISTMAS), 2026, 2026) == [
        Holiday(date(2026, 12, 25), "Christmas"),
        Holiday(date(2026, 12, 26), "Christmas"),
    ]


@pytest.mark.parametrize("end", [[], ["DTEND;VALUE=DATE:20260501"], ["DURATION:P1D"]])
def test_a_whole_day_event_without_a_later_end_is_one_day(end):
    assert dates_of(["DTSTART;VALUE=DATE:20260501", *end]) == ["2026-05-01"]


def test_only_the_years_asked_for_are_given():
    turn = ("DTSTART;VALUE=DATE:20251230", "DTEND;VALUE=DATE:20260103")
    assert dates_of(turn) == ["2026-01-01", "2026-01-02"]
    assert dates_of(turn, years=(2025, 2025)) == ["2025-12-30", "2025-12-31"]
    assert dates_of(turn, years=(2027, 2030)) == []


def test_repeats_exceptions_additions_and_moved_days_are_followed():
    yearly = (
        "UID:thanks", "DTSTART;VALUE=DATE:19701126", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
        "EXDATE;VALUE=DATE:20271125", "RDATE;VALUE=DATE:20270704",
    )  # fmt: skip
    moved = ("UID:thanks", "RECURRENCE-ID;VALUE=DATE:20281123", "DTSTART;VALUE=DATE:20281124")
    gone = ("UID:thanks", "RECURRENCE-ID;VALUE=DATE:20291122", "STATUS:CANCELLED",
            "DTSTART;VALUE=DATE:20291122")  # fmt: skip
    assert dates_of(yearly, moved, gone, years=(2026, 2030)) == [
        "2026-11-26", "2027-07-04", "2028-11-24", "2030-11-28",
    ]  # fmt: skip


def test_a_timed_event_closes_those_hours_on_each_day_it_touches():
    assert parts_of(["DTSTART:20261224T120000", "DTEND:20261226T090030"]) == [
        ("2026-12-24", 720, 1440), ("2026-12-25", 0, 1440), ("2026-12-26", 0, 541),
    ]  # fmt: skip
    assert parts_of(["DTSTART:20261224T120000", "DURATION:PT90M"]) == [("2026-12-24", 720, 810)]
    assert parts_of(["DTSTART:20261224T120000"]) == []


def test_a_timed_event_is_told_in_the_readers_zone():
    event = ("DTSTART;TZID=America/New_York:20261224T200000",
             "DTEND;TZID=America/New_York:20261224T220000")  # fmt: skip
    assert parts_of(event) == [("2026-12-24", 1200, 1320)]
    assert parts_of(event, zone="Europe/Berlin") == [("2026-12-25", 120, 240)]
    utc = ("DTSTART:20260701T220000Z", "DTEND:20260701T230000Z")
    assert parts_of(utc, zone="Europe/Berlin") == [("2026-07-02", 0, 60)]


def test_a_repeating_timed_event_keeps_its_wall_time_across_a_change_of_clocks():
    event = ("DTSTART;TZID=Europe/Berlin:20260328T100000", "DURATION:PT1H",
             "RRULE:FREQ=DAILY;UNTIL=20260330T075900Z")  # fmt: skip
    # On the 30th it begins at 08:00 UTC, a minute after the end of the rule.
    assert parts_of(event, zone="Europe/Berlin") == [
        ("2026-03-28", 600, 660), ("2026-03-29", 600, 660),
    ]  # fmt: skip


def test_names_are_made_plain_and_short():
    event = ("DTSTART;VALUE=DATE:20260101", "SUMMARY:New\\nYear\\, <b>\u202eday\x07" + "x" * 300)
    (holiday,) = holidays_from_ical(file_of(event), 2026, 2026)
    assert holiday.name.startswith("New Year, <b> day x")
    assert len(holiday.name) == 200
    (unnamed,) = holidays_from_ical(file_of(["DTSTART;VALUE=DATE:20260101"]), 2026, 2026)
    assert unnamed.name == "Holiday"


def test_folded_lines_several_calendars_and_old_encodings_are_read():
    folded = file_of(CHRISTMAS).replace(b"SUMMARY:Chr", b"SUMM\r\n ARY:Chr")
    twice = file_of(["DTSTART;VALUE=DATE:20260501", "SUMMARY:T\u00e4g"]).decode().encode("cp1252")
    names = [h.name for h in holidays_from_ical(b"\xef\xbb\xbf" + folded, 2026, 2026)]
    assert names == ["Christmas", "Christmas"]
    both = holidays_from_ical(twice + folded, 2026, 2026)
    assert [h.name for h in both] == ["T\u00e4g", "Christmas", "Christmas"]


def test_a_zone_defined_in_the_file_is_ignored_for_the_known_one():
    liar = ("BEGIN:VTIMEZONE", "TZID:Europe/Berlin", "BEGIN:STANDARD", "DTSTART:19700101T000000",
            "TZOFFSETFROM:+0900", "TZOFFSETTO:+0900", "RRULE:FREQ=SECONDLY", "END:STANDARD",
            "END:VTIMEZONE")  # fmt: skip
    event = ("DTSTART;TZID=Europe/Berlin:20261224T120000", "DURATION:PT1H")
    found = holidays_from_ical(file_of(event, extra=liar), 2026, 2026, zone="Europe/Berlin")
    assert [(h.closed_from, h.closed_to) for h in found] == [(720, 780)]


def test_an_unknown_or_hostile_zone_name_is_read_as_written():
    for name in ("Nowhere/Atall", "../../../etc/passwd", ""):
        event = (f"DTSTART;TZID={name}:20261224T120000", "DURATION:PT1H")
        assert parts_of(event, zone="Europe/Berlin") == [("2026-12-24", 720, 780)]


def test_alarms_inside_an_event_have_no_say():
    event = (*CHRISTMAS, "BEGIN:VALARM", "SUMMARY:Ring", "DTSTART:nonsense", "END:VALARM")
    assert {h.name for h in holidays_from_ical(file_of(event), 2026, 2026)} == {"Christmas"}


# Applying them

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE = calendar_from_dict(
    {
        "zone": "Europe/Berlin",
        "weekly": {day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in WEEK},
    }
)
NIGHTS = calendar_from_dict({"zone": "UTC", "weekly": {day: [["22:00", "06:00"]] for day in WEEK}})
EVE = date(2026, 12, 24)


def test_a_part_of_a_day_off_is_cut_from_the_windows_of_the_day():
    half = apply_holiday(OFFICE, Holiday(EVE, "Christmas Eve", (), 11 * 60, 15 * 60))
    assert half.windows_on(EVE) == (Window(540, 660), Window(900, 1080))
    assert half.name_of(EVE) == "Christmas Eve"
    assert half.windows_on(EVE + timedelta(days=1)) == OFFICE.windows_on(EVE)


def test_a_part_of_a_day_off_outside_hours_changes_nothing():
    assert apply_holiday(OFFICE, Holiday(EVE, "Early", (), 0, 540)) == OFFICE


def test_a_part_of_a_day_off_also_cuts_the_shift_that_began_the_evening_before():
    cut = apply_holiday(NIGHTS, Holiday(EVE, "Morning off", (), 0, 180))
    assert cut.windows_on(EVE - timedelta(days=1)) == (Window(1320, 1440), Window(1620, 1800))
    assert cut.windows_on(EVE) == NIGHTS.windows_on(EVE)


def test_a_whole_day_off_leaves_the_shift_of_the_evening_before_alone():
    off = apply_holiday(NIGHTS, Holiday(EVE, "Day off"))
    start = datetime(2026, 12, 23, 12, tzinfo=UTC)
    assert open_seconds(off, start, start + timedelta(days=2)) == 8 * 3600


def test_holidays_on_one_date_are_all_named_and_the_order_does_not_matter():
    holidays = [
        Holiday(EVE, "Party", (), 600, 700), Holiday(EVE, "Eve"),
        Holiday(EVE + timedelta(days=1), "Christmas", (Window(600, 660),)),
    ]  # fmt: skip
    one, other = apply_holidays(OFFICE, holidays), apply_holidays(OFFICE, holidays[::-1])
    assert one == other
    assert one.windows_on(EVE) == ()
    assert one.name_of(EVE) == "Eve"
    begin, end = datetime(2026, 12, 24, tzinfo=UTC), datetime(2026, 12, 25, 12, tzinfo=UTC)
    texts = [tile.text for tile in explain(one, begin, end)]
    assert "Closed, holiday: Eve" in texts
    assert "Open, special hours: Christmas" in texts


spans = st.tuples(st.integers(0, 1440), st.integers(0, 1440)).filter(lambda s: s[0] < s[1])


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2880), st.integers(0, 2880)), max_size=4), spans)
def test_cutting_a_span_removes_exactly_its_minutes(pairs, span):
    every = tuple(Window(*sorted(pair)) for pair in pairs if pair[0] != pair[1])
    calendar = make_calendar("UTC", [every] * 7)
    cut = apply_holiday(calendar, Holiday(EVE, "Off", (), *span))
    midnight = datetime(2026, 12, 24, tzinfo=UTC)
    a, b = (midnight + timedelta(minutes=minute) for minute in span)
    begin, end = midnight - timedelta(days=2), midnight + timedelta(days=3)
    assert open_seconds(cut, a, b) == 0
    assert open_seconds(cut, begin, a) == open_seconds(calendar, begin, a)
    assert open_seconds(cut, b, end) == open_seconds(calendar, b, end)


def test_closed_hours_must_make_sense():
    for pair in ((60, None), (None, 60), (60, 60), (-1, 60), (0, 1441)):
        with pytest.raises(CalendarError, match="closed hours"):
            Holiday(EVE, "x", (), *pair)


# Repeats, against another implementation

FREQUENCIES = {"YEARLY": YEARLY, "MONTHLY": MONTHLY, "WEEKLY": WEEKLY, "DAILY": DAILY}
NTHS = st.just(0) | st.integers(-5, 5)
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def few(numbers, size=3):
    return st.lists(numbers.filter(bool), max_size=size, unique=True)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(FREQUENCIES)),
    st.dates(date(1999, 1, 1), date(2006, 12, 31)),
    st.integers(1, 5),
    st.none() | st.integers(1, 30),
    few(st.integers(1, 12)),
    few(st.integers(-31, 31)),
    few(st.integers(-366, 366)),
    st.lists(st.tuples(st.integers(0, 6), NTHS), max_size=3, unique=True),
    few(st.integers(-5, 5), 2),
    st.integers(0, 6),
)
def test_dates_of_a_rule_agree_with_dateutil(
    frequency,
    start,
    interval,
    count,
    months,
    month_days,
    year_days,
    weekdays,
    positions,
    week_start,
):
    if frequency in ("WEEKLY", "DAILY"):
        weekdays = sorted({(day, 0) for day, _ in weekdays})
    if any(nth == 0 for _, nth in weekdays):
        # "MO,1TU" is a union here, as the standard has it; dateutil wants both to be met.
        weekdays = sorted({(day, 0) for day, _ in weekdays})
    if frequency == "WEEKLY":
        positions = []  # dateutil takes only the rest of the first week for its set
    assume(not positions or months or month_days or year_days or weekdays)
    parts = {"FREQ": [frequency], "INTERVAL": [str(interval)], "WKST": [DAYS[week_start]]}
    lists = {
        "BYMONTH": months,
        "BYMONTHDAY": month_days,
        "BYYEARDAY": year_days,
        "BYSETPOS": positions,
    }
    parts |= {key: [str(number) for number in numbers] for key, numbers in lists.items() if numbers}
    if weekdays:
        parts["BYDAY"] = [f"{nth or ''}{DAYS[day]}" for day, nth in weekdays]
    if count:
        parts["COUNT"] = [str(count)]
    first, last = date(2004, 3, 1), date(2012, 6, 30)
    rule = rule_from_parts(parts, start, None)
    ours = list(occurrences(rule, start, first, last, Budget(10**7)))
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")  # it would rather have no count beside an end
        # On a rule that never matches it runs on to the last year there is.
        patch.setattr("dateutil.rrule.datetime.MAXYEAR", 2013)
        theirs = rrule(
            FREQUENCIES[frequency],
            dtstart=datetime(start.year, start.month, start.day),  # noqa: DTZ001
            interval=interval,
            count=count,
            until=datetime(2012, 6, 30),  # noqa: DTZ001
            wkst=week_start,
            bymonth=months or None,
            bymonthday=month_days or None,
            byyearday=year_days or None,
            byweekday=[weekday(day, nth or None) for day, nth in weekdays] or None,
            bysetpos=positions or None,
        )
        expected = [found.date() for found in theirs if found.date() >= first]
    assert ours == expected


def test_a_rule_with_an_end_stops_there():
    rule = rule_from_parts({"FREQ": ["DAILY"]}, date(2026, 1, 1), date(2026, 1, 3))
    days = occurrences(rule, date(2026, 1, 1), date(2025, 1, 1), date(2030, 1, 1), Budget(100))
    assert [day.day for day in days] == [1, 2, 3]


@pytest.mark.parametrize(
    "parts",
    [
        {}, {"FREQ": ["SECONDLY"]}, {"FREQ": ["YEARLY"], "BYWEEKNO": ["1"]},
        {"FREQ": ["YEARLY"], "BYMONTH": ["13"]}, {"FREQ": ["YEARLY"], "BYMONTH": ["0"]},
        {"FREQ": ["YEARLY"], "INTERVAL": ["0"]}, {"FREQ": ["YEARLY"], "INTERVAL": ["x"]},
        {"FREQ": ["WEEKLY"], "BYDAY": ["1MO"]}, {"FREQ": ["YEARLY"], "BYDAY": ["99MO"]},
        {"FREQ": ["YEARLY"], "BYDAY": ["XX"]}, {"FREQ": ["DAILY"], "WKST": ["XX"]},
        {"FREQ": ["DAILY"], "COUNT": ["99999999999999999999"]},
        {"FREQ": ["YEARLY"], "BYYEARDAY": ["1"] * 401},
    ],
)  # fmt: skip
def test_rules_that_make_no_sense_are_refused(parts):
    with pytest.raises(RuleError):
        rule_from_parts(parts, date(2026, 1, 1), None)


# Files made to hurt


def quick(raw, years=(2020, 2060)):
    """Reads, or refuses in plain words; within a bound that leaves room for a slow machine."""
    began = time.perf_counter()
    try:
        return holidays_from_ical(raw, *years)
    finally:
        assert time.perf_counter() - began < 8


WRAP = b"BEGIN:VCALENDAR\r\n%sEND:VCALENDAR\r\n"


@pytest.mark.parametrize(
    "raw, message",
    [
        (b"", "not a calendar file"),
        (b"hello\x00\xff world", "not a calendar file"),
        (b"/etc/passwd", "not a calendar file"),
        (b"\x00" * 1000, "not a calendar file"),
        (b"x" * (ical.LARGEST_FILE + 1), "larger than 1 MiB"),
        (WRAP % (b"BEGIN:VEVENT\nEND:VEVENT\n" * 40_000), "more than 5000 events"),
        (WRAP % (b"BEG\n IN:VEVENT\nEND:VEVENT\n" * 35_000), "more than 5000 events"),
        (WRAP % (b"BEGIN:VEVENT\n" * 2000 + b"END:VEVENT\n" * 2000), "nested too deeply"),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "cut off"),
        (b"BEGIN:VCALENDAR\nEND:VEVENT\nEND:VCALENDAR\n", "do not match up"),
        (b"END:VCALENDAR\n", "do not match up"),
        (file_of(["DTSTART;VALUE=DATE:20260101", "EXDATE:" + "20260101," * 9000]), "too long"),
        (file_of(["SUMMARY:May Day"]), "Event “May Day”: 'DTSTART' is missing"),
        (file_of(["SUMMARY:Odd", "DTSTART;VALUE=DATE:20269999"]), "“Odd”: DTSTART is not written"),
        (file_of(["DTSTART:PT1H"]), "not a date"),
        (file_of(["DTSTART:12345678901234567890"]), "DTSTART"),
        (file_of(["DTSTART;VALUE=DATE:00010101"]), "between the years"),
        (file_of(["DTSTART;VALUE=DATE:20260101", "DTSTART;VALUE=DATE:20260102"]), "“Holiday”"),
        (file_of(["DTSTART;VALUE=DATE:20260102", "DTEND;VALUE=DATE:20260101"]), "ends before"),
        (file_of(["DTSTART;VALUE=DATE:20260102", "DTEND;VALUE=DATE:99991231"]), "ten years"),
        (file_of(["DTSTART;VALUE=DATE:20260102", "DTEND:20260103T100000"]), "one kind"),
        (file_of(["DTSTART:20260102T100000", "DURATION:-PT1H"]), "ends before"),
        (file_of(["DTSTART:20260102T100000", "DURATION:P99999999999D"]), "DURATION"),
        (file_of(["DTSTART:20260102T100000", "RRULE:FREQ=SECONDLY"]), "must repeat yearly"),
        (file_of(["DTSTART:20260102T100000", "RRULE:FREQ=OFTEN"]), "RRULE"),
        (file_of(["DTSTART:20260102T100000", "RRULE:FREQ=DAILY;BYHOUR=1"]), "BYHOUR"),
        (
            file_of(["DTSTART:20260102T100000", "RRULE:FREQ=DAILY", "RRULE:FREQ=DAILY"]),
            "more than one",
        ),
        (
            file_of(*[["DTSTART:19000101", f"UID:{n}", "RRULE:FREQ=DAILY"] for n in range(4000)]),
            "too many dates|holidays",
        ),
        (
            file_of(
                *[
                    ["DTSTART;VALUE=DATE:20200101", "DURATION:P3600D", f"SUMMARY:{n}"]
                    for n in range(4000)
                ]
            ),
            "more than 5000 holidays",
        ),
        (
            file_of(
                *[
                    ["DTSTART:19000101", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=9"]
                    for _ in range(5000)
                ]
            ),
            "too many dates",
        ),
        (file_of(["DTSTART;TZID=" + "x" * 5000 + ":20260102T100000"]), "cannot be read"),
    ],
)
def test_hostile_files_are_refused_in_plain_words_and_in_bounded_time(raw, message):
    with pytest.raises(CalendarFileError, match=message) as refusal:
        quick(raw)
    assert len(str(refusal.value)) < 300
    assert "Traceback" not in str(refusal.value)


def test_a_rule_that_never_matches_ends_at_once():
    never = ("DTSTART;VALUE=DATE:20200101", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")
    assert quick(file_of(never)) == []


def test_five_thousand_plain_yearly_holidays_are_read():
    events = [
        (
            f"DTSTART;VALUE=DATE:19700{1 + n % 9}{1 + n % 28:02d}",
            f"SUMMARY:{n}",
            "RRULE:FREQ=YEARLY",
        )
        for n in range(5000)
    ]
    assert len(quick(file_of(*events), (2026, 2026))) == 5000


def test_a_line_separator_in_a_name_starts_no_new_event():
    event = (
        "DTSTART;VALUE=DATE:20260101",
        "SUMMARY:a\u2028END:VEVENT\x0bBEGIN:VEVENT\x85DTSTART:x",
    )
    (holiday,) = quick(file_of(event), (2026, 2026))
    assert holiday.date == date(2026, 1, 1)


@pytest.mark.parametrize("years", [(2026, 2025), (1800, 1801), (2026, 2076), (2190, 2200)])
def test_years_out_of_reach_are_refused(years):
    with pytest.raises(CalendarFileError, match="at most 50 years"):
        holidays_from_ical(file_of(CHRISTMAS), *years)


TOKENS = st.sampled_from(
    [
        "BEGIN:VCALENDAR",
        "END:VCALENDAR",
        "BEGIN:VEVENT",
        "END:VEVENT",
        "DTSTART;VALUE=DATE:20260101",
        "DTSTART;TZID=:20260101T000000",
        "DTEND:20260102T000000Z",
        "DTSTART:20260101T000000",
        "RRULE:FREQ=YEARLY;BYDAY=1MO",
        "RRULE:;;=",
        "RRULE:FREQ=DAILY;UNTIL=x",
        "EXDATE:",
        "RDATE:",
        "RDATE;VALUE=PERIOD:20260101T000000/PT1H",
        "DURATION:P",
        "SUMMARY",
        'SUMMARY;X=":',
        " folded",
        "RECURRENCE-ID:20260101T000000",
        "RECURRENCE-ID;VALUE=DATE:20260101",
        "UID:",
        "STATUS;:",
        ":",
        "DURATION:PT1H",
        "DTEND;VALUE=DATE:20260109",
        "RRULE:FREQ=WEEKLY;COUNT=5",
        "RRULE:",
    ]
)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(TOKENS, max_size=8) | st.lists(TOKENS | st.text(max_size=20), max_size=8),
    st.booleans(),
)
def test_no_file_gives_anything_but_holidays_or_a_refusal(lines, inside):
    raw = file_of(lines) if inside else "\r\n".join(lines).encode("utf-8", "surrogatepass")
    try:
        found = holidays_from_ical(raw, 2025, 2027, zone="Europe/Berlin")
    except CalendarFileError:
        return
    assert all(2025 <= holiday.date.year <= 2027 for holiday in found)
    apply_holidays(OFFICE, found)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_give_anything_but_a_refusal(raw):
    with pytest.raises(CalendarFileError):
        holidays_from_ical(raw, 2026, 2026)
