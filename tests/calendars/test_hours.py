"""Business hours: laws that hold for every calendar, and the days on which clocks change."""

import copy
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from helpdesk.calendars.hours import (
    HORIZON,
    Calendar,
    CalendarError,
    NeverOpens,
    Window,
    add_open_seconds,
    always_open,
    as_dict,
    calendar_from_dict,
    explain,
    is_open,
    make_calendar,
    next_close,
    next_open,
    open_microseconds,
    open_seconds,
    windows,
)
from tests.calendars import brute_force

# A day near each change of the clock that ever surprised somebody, and some quiet days.
CHANGES = {
    "Europe/Berlin": [date(2026, 3, 29), date(2026, 10, 25)],
    "America/Sao_Paulo": [date(2017, 10, 15), date(2018, 2, 18), date(2018, 11, 4)],
    "Asia/Kolkata": [date(2026, 11, 21)],
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],
    "Africa/Casablanca": [date(2026, 2, 15), date(2026, 3, 22)],
    "Asia/Kathmandu": [date(1986, 1, 1), date(2026, 6, 1)],
    "America/New_York": [date(2026, 3, 8), date(2026, 11, 1)],
    "America/St_Johns": [date(2006, 4, 2), date(2006, 10, 29)],
    "Pacific/Apia": [date(2011, 12, 30), date(2012, 4, 1)],
    "UTC": [date(2026, 2, 28)],
}
PLACES = [(zone, day) for zone, days in CHANGES.items() for day in days]
EDGES = st.integers(0, 192).map(lambda quarter: quarter * 15) | st.integers(0, 2880)


@st.composite
def window_lists(draw):
    found = []
    for _ in range(draw(st.integers(0, 3))):
        start, end = sorted((draw(EDGES), draw(EDGES)))
        if start < end and (end - start <= 1440 or draw(st.booleans())):
            found.append(Window(start, end))
    return tuple(found)


@st.composite
def places(draw):
    """A calendar, and a midnight in UTC near a day on which its zone did something odd."""
    zone, day = draw(st.sampled_from(PLACES))
    near = st.integers(-2, 2).map(lambda days: day + timedelta(days=days))
    calendar = make_calendar(
        zone,
        draw(st.lists(window_lists(), min_size=7, max_size=7)),
        draw(st.dictionaries(near, window_lists(), max_size=2)),
    )
    return calendar, datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)


def instants(base, days=3):
    """Instants within some days of base, on edges of a minute or anywhere."""
    whole = st.integers(0, days * 1440).map(lambda minutes: timedelta(minutes=minutes))
    any_ = st.integers(0, days * 86_400_000_000).map(lambda us: timedelta(microseconds=us))
    return (whole | any_).map(lambda after: base + after)


def some(data, base, count, days=3):
    return sorted(data.draw(instants(base, days)) for _ in range(count))


OFFICE = calendar_from_dict(
    {
        "zone": "Europe/Berlin",
        "weekly": {
            day: [["09:00", "12:30"], ["13:30", "18:00"]]
            for day in ("mon", "tue", "wed", "thu", "fri")
        },
        "exceptions": {"2026-12-24": [["09:00", "12:00"]], "2026-12-25": []},
        "names": {"2026-12-25": "Christmas Day"},
    }
)


def daily(zone, *pairs):
    keys = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return calendar_from_dict({"zone": zone, "weekly": {key: list(pairs) for key in keys}})


def local(zone, *parts, fold=0):
    return datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold)


def hours_of(calendar, *parts):
    """Open hours of the windows around one local date, from its midnight to the next."""
    day = datetime(*parts, tzinfo=ZoneInfo(calendar.zone))
    return open_seconds(calendar, day, day + timedelta(days=1)) / 3600


# Laws


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(places(), st.data())
def test_every_answer_agrees_with_counting_minute_by_minute(place, data):
    calendar, base = place
    limit = base + timedelta(days=3)
    minutes = brute_force.open_minutes(calendar, base, limit)
    start, end = some(data, base, 2)
    assert open_seconds(calendar, start, end) == brute_force.open_seconds(minutes, start, end)
    for at in (start, end):
        floor = at.replace(second=0, microsecond=0)
        if at < limit:
            assert is_open(calendar, at) == (floor in minutes)
        later = [minute for minute in minutes if minute + brute_force.MINUTE > at]
        if later:
            assert next_open(calendar, at) == max(at, min(later))
    spans = list(windows(calendar, base, limit))
    assert sum(((b - a) for a, b in spans), timedelta(0)) == brute_force.MINUTE * len(minutes)
    assert all(a in minutes and b not in minutes for a, b in spans)


@settings(deadline=None)
@given(places(), st.data())
def test_parts_of_a_range_add_up_to_the_whole(place, data):
    calendar, base = place
    a, b, c = some(data, base, 3, days=70)
    parts = open_microseconds(calendar, a, b) + open_microseconds(calendar, b, c)
    assert parts == open_microseconds(calendar, a, c)


@settings(deadline=None)
@given(places(), st.data())
def test_open_time_is_never_negative_nor_more_than_real_time(place, data):
    calendar, base = place
    a, b, c = some(data, base, 3, days=70)
    assert 0 <= open_seconds(calendar, a, b) <= (b - a).total_seconds()
    assert open_seconds(calendar, a, b) <= open_seconds(calendar, a, c)
    assert open_seconds(calendar, b, c) <= open_seconds(calendar, a, c)


@settings(deadline=None)
@given(places(), st.data(), st.integers(1, 40 * 86_400_000_000))
def test_adding_open_time_is_the_inverse_of_counting_it(place, data, wanted):
    calendar, base = place
    start = data.draw(instants(base))
    try:
        end = add_open_seconds(calendar, start, wanted / 1e6)
    except NeverOpens:
        assert open_microseconds(calendar, start, start + HORIZON) < wanted
        return
    assert open_microseconds(calendar, start, end) == wanted
    # The earliest such instant: a moment before, the last microsecond had not passed yet.
    before = end - timedelta(microseconds=1)
    assert open_microseconds(calendar, start, before) == wanted - 1
    assert is_open(calendar, before)


@settings(deadline=None)
@given(places(), st.data())
def test_counting_then_adding_comes_back_to_an_open_instant(place, data):
    calendar, base = place
    start, end = some(data, base, 2, days=70)
    counted = open_seconds(calendar, start, end)
    assume(counted > 0)
    back = add_open_seconds(calendar, start, counted)
    assert start < back <= end
    assert open_microseconds(calendar, back, end) == 0


@settings(deadline=None)
@given(places(), st.data(), st.floats(0, 1e6), st.floats(0, 1e6))
def test_deadlines_keep_their_order(place, data, less, more):
    calendar, base = place
    early, late = some(data, base, 2)
    less, more = sorted((less, more))
    try:
        last = add_open_seconds(calendar, late, more, horizon=2 * HORIZON)
    except NeverOpens:
        return
    assert add_open_seconds(calendar, early, more, horizon=2 * HORIZON) <= last
    assert add_open_seconds(calendar, late, less, horizon=2 * HORIZON) <= last


@given(st.sampled_from(PLACES), st.data(), st.integers(0, 10**12))
def test_always_open_counts_real_elapsed_time(place, data, wanted):
    zone, day = place
    calendar = always_open(zone)
    a, b = some(data, datetime(day.year, day.month, day.day, tzinfo=UTC), 2, days=200)
    assert open_seconds(calendar, a, b) == (b - a).total_seconds()
    assert add_open_seconds(calendar, a, wanted / 1e6) == a + timedelta(microseconds=wanted)
    assert is_open(calendar, a)
    assert next_open(calendar, a) == a
    assert next_close(calendar, a) is None
    assert list(windows(calendar, a, b)) == ([(a, b)] if a < b else [])
    # A harmless exception takes the short cut away; the counted answer must be the same.
    counted = make_calendar(zone, calendar.weekly, {day: (Window(0, 1440),)})
    assert open_seconds(counted, a, b) == open_seconds(calendar, a, b)
    assert list(windows(counted, a, b)) == list(windows(calendar, a, b))


@settings(deadline=None)
@given(places(), st.data())
def test_spans_are_apart_in_order_and_bounded_by_next_open_and_next_close(place, data):
    calendar, base = place
    start, end = some(data, base, 2, days=70)
    spans = list(windows(calendar, start, end))
    assert all(start <= a < b <= end for a, b in spans)
    assert all(b < c for (_, b), (c, _) in pairwise(spans))
    assert sum((b - a for a, b in spans), timedelta(0)) == timedelta(
        microseconds=open_microseconds(calendar, start, end)
    )
    for a, b in spans:
        assert next_open(calendar, a) == a
        if b < end:
            assert next_close(calendar, a) == b
            assert next_close(calendar, b) == b
            assert not is_open(calendar, b)


@settings(deadline=None)
@given(places(), st.data())
def test_an_explanation_tiles_the_range_and_is_open_exactly_in_the_spans(place, data):
    calendar, base = place
    start, end = some(data, base, 2, days=10)
    tiles = explain(calendar, start, end)
    ends = [start, *(tile.ends_at for tile in tiles)]
    assert [tile.starts_at for tile in tiles] == ends[:-1]
    assert ends[-1] == end
    assert all(tile.starts_at < tile.ends_at for tile in tiles)
    merged: list[tuple[datetime, datetime]] = []
    for tile in tiles:
        if tile.is_open and merged and merged[-1][1] == tile.starts_at:
            merged[-1] = merged[-1][0], tile.ends_at
        elif tile.is_open:
            merged.append((tile.starts_at, tile.ends_at))
    assert merged == list(windows(calendar, start, end))


@given(places())
@example((make_calendar("UTC", [[Window(0, 1500), Window(1440, 1800), Window(540, 1980)]] * 7), 0))
def test_the_stored_form_gives_an_equal_calendar_back(place):
    calendar, _ = place
    again = calendar_from_dict(as_dict(calendar))
    assert again == calendar
    assert hash(again) == hash(calendar)
    assert pickle.loads(pickle.dumps(calendar)) == copy.deepcopy(calendar) == calendar


# Days on which clocks change


def test_a_night_shift_across_spring_forward_is_an_hour_shorter():
    night = calendar_from_dict({"zone": "Europe/Berlin", "weekly": {"sat": [["22:00", "06:00"]]}})
    start = local("Europe/Berlin", 2026, 3, 28, 12)
    assert open_seconds(night, start, start + timedelta(days=2)) == 7 * 3600
    start = local("Europe/Berlin", 2026, 10, 24, 12)
    assert open_seconds(night, start, start + timedelta(days=2)) == 9 * 3600


@pytest.mark.parametrize(
    "zone, day, expected",
    [
        ("Europe/Berlin", (2026, 3, 29), 23),
        ("Europe/Berlin", (2026, 10, 25), 25),
        ("America/Sao_Paulo", (2017, 10, 15), 23),
        ("America/Sao_Paulo", (2018, 2, 17), 25),
        ("Australia/Lord_Howe", (2026, 10, 4), 23.5),
        ("Australia/Lord_Howe", (2026, 4, 5), 24.5),
        ("Pacific/Apia", (2011, 12, 29), 24),
        ("Pacific/Apia", (2011, 12, 31), 24),
        ("Asia/Kolkata", (2026, 11, 21), 24),
    ],
)
def test_a_whole_day_is_as_long_as_the_day_really_was(zone, day, expected):
    weekly = [[]] * 7
    only = make_calendar(zone, weekly, {date(*day): (Window(0, 1440),)})
    around = datetime(*day, tzinfo=UTC)
    spans = list(windows(only, around - timedelta(days=2), around + timedelta(days=3)))
    assert [(b - a) / timedelta(hours=1) for a, b in spans] == [expected]


def test_the_day_that_samoa_skipped_has_no_hours():
    only = make_calendar("Pacific/Apia", [[]] * 7, {date(2011, 12, 30): (Window(540, 1020),)})
    base = datetime(2011, 12, 27, tzinfo=UTC)
    assert list(windows(only, base, base + timedelta(days=7))) == []


def test_an_opening_time_that_the_clock_skips_means_the_moment_after_the_gap():
    calendar = daily("Europe/Berlin", ["02:30", "04:00"])
    midnight = local("Europe/Berlin", 2026, 3, 29)
    assert next_open(calendar, midnight) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert hours_of(calendar, 2026, 3, 29) == 1


def test_windows_that_meet_at_the_start_of_a_repeated_hour_share_out_the_day():
    early, late = (
        daily("Europe/Berlin", ["00:00", "02:00"]),
        daily("Europe/Berlin", ["02:00", "24:00"]),
    )
    start = local("Europe/Berlin", 2026, 10, 25)
    end = local("Europe/Berlin", 2026, 10, 26)
    assert open_seconds(early, start, end) == 2 * 3600
    assert open_seconds(late, start, end) == 23 * 3600


def test_a_window_inside_a_repeated_hour_runs_from_its_first_pass_to_its_last():
    calendar = daily("Europe/Berlin", ["02:15", "02:45"])
    start = local("Europe/Berlin", 2026, 10, 25)
    assert list(windows(calendar, start, start + timedelta(hours=8))) == [
        (datetime(2026, 10, 25, 0, 15, tzinfo=UTC), datetime(2026, 10, 25, 1, 45, tzinfo=UTC))
    ]


# Ordinary days


def test_lunch_breaks_and_nights_do_not_count():
    friday, monday = (
        local("Europe/Berlin", 2026, 11, 20, 17),
        local("Europe/Berlin", 2026, 11, 23, 10),
    )
    assert open_seconds(OFFICE, friday, monday) == 2 * 3600
    assert add_open_seconds(OFFICE, friday, 5 * 3600) == local(
        "Europe/Berlin", 2026, 11, 23, 13, 30
    ) + timedelta(minutes=30)
    assert hours_of(OFFICE, 2026, 11, 23) == 8


def test_time_used_up_exactly_ends_at_closing_and_no_time_ends_at_once():
    friday = local("Europe/Berlin", 2026, 11, 20, 17)
    assert add_open_seconds(OFFICE, friday, 3600) == local("Europe/Berlin", 2026, 11, 20, 18)
    saturday = local("Europe/Berlin", 2026, 11, 21, 3)
    assert add_open_seconds(OFFICE, saturday, 0) == saturday


def test_opening_belongs_to_the_window_and_closing_does_not():
    opening, closing = (
        local("Europe/Berlin", 2026, 11, 23, 9),
        local("Europe/Berlin", 2026, 11, 23, 18),
    )
    assert is_open(OFFICE, opening)
    assert not is_open(OFFICE, opening - timedelta(microseconds=1))
    assert is_open(OFFICE, closing - timedelta(microseconds=1))
    assert not is_open(OFFICE, closing)
    assert next_close(OFFICE, opening) == local("Europe/Berlin", 2026, 11, 23, 12, 30)


def test_an_exception_replaces_only_what_starts_on_its_date():
    nights = daily("UTC", ["22:00", "06:00"])
    holiday = make_calendar("UTC", nights.weekly, {date(2026, 12, 25): ()})
    start, end = datetime(2026, 12, 24, 12, tzinfo=UTC), datetime(2026, 12, 26, 12, tzinfo=UTC)
    assert list(windows(holiday, start, end)) == [
        (datetime(2026, 12, 24, 22, tzinfo=UTC), datetime(2026, 12, 25, 6, tzinfo=UTC))
    ]


def test_overlapping_and_touching_windows_count_once():
    calendar = daily("UTC", ["08:00", "12:00"], ["10:00", "14:00"], ["14:00", "15:00"])
    assert hours_of(calendar, 2026, 11, 23) == 7
    day = datetime(2026, 11, 23, tzinfo=UTC)
    assert len(list(windows(calendar, day, day + timedelta(days=1)))) == 1


def test_half_holidays_and_holidays_are_named_in_the_explanation():
    start, end = local("Europe/Berlin", 2026, 12, 24, 8), local("Europe/Berlin", 2026, 12, 28, 10)
    assert [tile.text for tile in explain(OFFICE, start, end)] == [
        "Closed, outside special hours",
        "Open, special hours",
        "Closed, outside special hours",
        "Closed, holiday: Christmas Day",
        "Closed, outside weekly hours",
        "Open, weekly hours",
    ]


def test_a_calendar_that_never_opens_says_so():
    closed = make_calendar("UTC", [[]] * 7)
    at = datetime(2026, 11, 21, tzinfo=UTC)
    assert next_open(closed, at) is None
    assert next_close(closed, at) == at
    with pytest.raises(NeverOpens, match="do not come within"):
        add_open_seconds(closed, at, 1)
    assert add_open_seconds(OFFICE, at, 1) > at


def test_answers_are_in_utc_whatever_zone_was_asked_in():
    asked = datetime(2026, 11, 23, 12, tzinfo=timezone(timedelta(hours=9)))
    for answer in (next_open(OFFICE, asked), add_open_seconds(OFFICE, asked, 60)):
        assert answer is not None
        assert answer.tzinfo is UTC


@pytest.mark.parametrize(
    "ask",
    [
        lambda at: is_open(OFFICE, at),
        lambda at: next_open(OFFICE, at),
        lambda at: next_close(OFFICE, at),
        lambda at: open_seconds(OFFICE, at, datetime(2026, 1, 1, tzinfo=UTC)),
        lambda at: add_open_seconds(OFFICE, at, 1),
        lambda at: windows(OFFICE, at, datetime(2026, 1, 1, tzinfo=UTC)),
        lambda at: explain(OFFICE, at, datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_time_without_a_zone_or_out_of_reach_is_refused(ask):
    with pytest.raises(ValueError, match="no zone"):
        ask(datetime(2025, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="1900 to 2199"):
        ask(datetime(1, 1, 1, tzinfo=UTC))
    ask(datetime(2025, 1, 1, tzinfo=UTC))


def test_ranges_and_amounts_that_run_backwards_are_refused():
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    with pytest.raises(ValueError, match="ends before it starts"):
        open_seconds(OFFICE, late, early)
    for seconds in (-1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="zero or more"):
            add_open_seconds(OFFICE, early, seconds)


# What is written


@pytest.mark.parametrize(
    "stored, message",
    [
        ({}, "needs a time zone"),
        ({"zone": "Mars/Base"}, "“Mars/Base” is not a time zone"),
        ({"zone": "../../etc/passwd"}, "is not a time zone"),
        ({"zone": "right/UTC"}, "is not a time zone"),
        ({"zone": "UTC", "weekley": {}}, "no field “weekley”"),
        ({"zone": "UTC", "weekly": []}, "“weekly” must hold"),
        ({"zone": "UTC", "weekly": {"monday": []}}, "“monday” is not a day"),
        ({"zone": "UTC", "weekly": {"tue": "9-5"}}, "Tuesday: hours are a list"),
        ({"zone": "UTC", "weekly": {"tue": [["09:00"]]}}, "Tuesday, window 1: needs"),
        (
            {"zone": "UTC", "weekly": {"tue": [["08:00", "09:00"], ["9.30", "17:00"]]}},
            "Tuesday, window 2: “9.30” is not a time of day",
        ),
        ({"zone": "UTC", "weekly": {"tue": [["09:61", "17:00"]]}}, "“09:61” is not a time"),
        ({"zone": "UTC", "weekly": {"tue": [["09:00", "48:01"]]}}, "“48:01” is not a time"),
        ({"zone": "UTC", "weekly": {"tue": [["09:00", 17]]}}, "“17” is not a time"),
        ({"zone": "UTC", "weekly": {"tue": [["09:00", "09:00"]]}}, "whole day is 00:00 to 24:00"),
        (
            {"zone": "UTC", "weekly": {"tue": [["40:00", "30:00"]]}},
            "Tuesday, window 1: .* by 48:00",
        ),
        ({"zone": "UTC", "weekly": {"tue": [["08:00", "09:00"]] * 25}}, "more than 24 windows"),
        ({"zone": "UTC", "exceptions": {"2026-02-30": []}}, "“2026-02-30” is not a date"),
        ({"zone": "UTC", "exceptions": {"20260228": []}}, "is not a date"),
        ({"zone": "UTC", "exceptions": {"2026-12-24": [["x", "y"]]}}, "2026-12-24, window 1"),
        ({"zone": "UTC", "names": {"2026-12-24": "x" * 201}}, "2026-12-24: a name"),
    ],
)
def test_what_is_wrong_is_told_with_day_and_window(stored, message):
    with pytest.raises(CalendarError, match=message):
        calendar_from_dict(stored)


def test_a_pair_that_ends_earlier_than_it_starts_runs_past_midnight():
    calendar = calendar_from_dict(
        {"zone": "UTC", "weekly": {"mon": [["22:00", "06:00"], ["0:00", "24:00"]]}}
    )
    assert calendar.weekly[0] == (Window(1320, 1800), Window(0, 1440))
    assert calendar.weekly[1] == ()


def test_a_calendar_needs_seven_days_and_one_exception_a_date():
    with pytest.raises(CalendarError, match="7 days"):
        make_calendar("UTC", [[]] * 6)
    with pytest.raises(CalendarError, match="two exceptions"):
        Calendar("UTC", ((),) * 7, ((date(2026, 1, 1), ()), (date(2026, 1, 1), (Window(0, 60),))))
    with pytest.raises(CalendarError, match="10:00 to 09:00"):
        Window(600, 540)


def test_the_order_in_which_exceptions_were_written_does_not_matter():
    days = [(date(2026, 1, 1), ()), (date(2026, 5, 1), (Window(0, 60),))]
    assert Calendar("UTC", ((),) * 7, tuple(days)) == Calendar("UTC", ((),) * 7, tuple(days[::-1]))


def test_years_are_summed_from_blocks_worked_out_once():
    from helpdesk.calendars import hours

    calendar = daily("Europe/Berlin", ["07:11", "19:13"])
    start, end = datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
    open_seconds(calendar, start, end)
    before = hours._block.cache_info()
    for _ in range(10):
        open_seconds(calendar, start, end)
    after = hours._block.cache_info()
    assert after.misses == before.misses
    assert after.hits - before.hits <= 10 * 140
