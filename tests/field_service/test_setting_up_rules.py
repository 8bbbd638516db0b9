"""The pure rules of the set-up: hours of a day, areas, dates of maintenance."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from helpdesk.calendars.opening_times import Window, make_calendar
from helpdesk.core.errors import Invalid
from helpdesk.field_service import areas, recurring, working_days

BERLIN = "Europe/Berlin"


def seconds(day: date, hour: int, minute: int = 0) -> int:
    return int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC).timestamp())


def test_a_split_day_leaves_out_absences_and_keeps_only_breaks_within() -> None:
    week = working_days.read_week({"0": [["13:00", "17:00"], ["8:00", "12:00"]]})
    assert week == {"0": [["08:00", "12:00"], ["13:00", "17:00"]]}
    monday = date(2026, 6, 1)
    windows = working_days.hours_on(week, monday, None, None)
    breaks = [{"from": "09:00", "to": "10:00", "minutes": 15},
              {"from": "15:00", "to": "16:00", "minutes": 30}]  # fmt: skip
    away = [(seconds(monday, 12), seconds(monday, 20))]  # from 14:00 in Berlin
    day = working_days.of_day(monday, BERLIN, windows, breaks, away)
    assert day.spans == (
        (seconds(monday, 6), seconds(monday, 10)), (seconds(monday, 11), seconds(monday, 12))
    )  # fmt: skip
    assert day.pauses == ((seconds(monday, 7), seconds(monday, 7, 45), 900),)
    assert working_days.of_day(monday, BERLIN, windows, (), [(0, 10**10)]).spans == ()


def test_a_day_of_its_own_wins_over_a_holiday_and_a_holiday_over_the_week() -> None:
    week = {"3": [["08:00", "17:00"]]}
    eve = date(2026, 12, 24)
    closed = make_calendar(BERLIN, [[]] * 7, {eve: []})
    half = make_calendar(BERLIN, [[]] * 7, {eve: [Window(480, 720)]})
    assert working_days.hours_on(week, eve, None, closed) == ()
    assert working_days.hours_on(week, eve, None, half) == (Window(480, 720),)
    assert working_days.hours_on(week, eve, [["10:00", "11:00"]], closed) == (Window(600, 660),)


def test_the_nights_of_the_clock_change_have_their_real_length() -> None:
    spring, autumn = date(2026, 3, 28), date(2026, 10, 24)
    for day, hours in ((spring, 7), (autumn, 9)):
        [(start, end)] = working_days.of_day(day, BERLIN, [Window(22 * 60, 30 * 60)]).spans
        assert end - start == hours * 3600
    assert working_days.instant(date(2026, 3, 29), 150, BERLIN) == seconds(date(2026, 3, 29), 1)


@pytest.mark.parametrize(
    "week, where",
    [
        ({"0": [["17:00", "17:00"]]}, "week-0"),
        ({"2": [["08:00", "12:00"], ["11:00", "13:00"]]}, "week-2"),
        ({"6": [["8 Uhr", "12:00"]]}, "week-6"),
        ({"mon": []}, "week"),
    ],
)
def test_hours_that_can_not_be_are_refused_by_their_day(
    week: dict[str, object], where: str
) -> None:
    with pytest.raises(Invalid) as refused:
        working_days.read_week(week)
    assert list(refused.value.fields) == [where]


def test_a_break_has_to_fit_into_its_time() -> None:
    with pytest.raises(Invalid) as refused:
        working_days.read_breaks(
            [{"from": "12:00", "to": "12:20", "minutes": 30}, {"from": "9", "to": "", "minutes": 5}]
        )
    assert set(refused.value.fields) == {"break-0", "break-1"}


def test_a_place_is_in_an_area_by_its_postcode_or_within_the_outline() -> None:
    square = [[54.0, 10.0], [54.0, 11.0], [53.0, 11.0], [53.0, 10.0]]
    area = SimpleNamespace(postcodes=["23"], outline=square)
    assert areas.is_inside(area, "23552", None, None)
    assert areas.is_inside(area, "D-24103", 53.5, 10.5)
    assert not areas.is_inside(area, "24103", 53.5, 11.5)
    assert not areas.is_inside(SimpleNamespace(postcodes=[], outline=[]), "23552", 53.5, 10.5)
    assert areas.read_outline("54, 10\n54;11\n53 11\n53,10\n54, 10") == square
    assert areas.read_postcodes(["sw1a", " 23", "", "23"]) == ["23", "SW1A"]
    for text in ("54, 10", "54, 10\nhere\n1, 2", "95, 1\n1, 2\n3, 4"):
        with pytest.raises(Invalid):
            areas.read_outline(text)


def test_maintenance_on_the_last_days_of_a_month_never_leaves_one_out() -> None:
    leap = date(2028, 2, 29)
    found = recurring.dates("FREQ=YEARLY", leap, leap, 5)
    assert [str(one) for one in found] == [
        "2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29",
    ]  # fmt: skip
    monthly = recurring.dates("rrule: FREQ=MONTHLY", date(2026, 1, 31), date(2026, 1, 1), 4)
    assert [one.day for one in monthly] == [31, 28, 31, 30]
    assert recurring.words("FREQ=YEARLY", leap) == "Every year on 29 February"
    assert (
        recurring.words("FREQ=MONTHLY;INTERVAL=6", leap) == "Every 6 months from 29 February 2028"
    )


def test_a_rule_ends_and_nonsense_is_refused_in_words() -> None:
    start = date(2026, 3, 3)
    assert recurring.next_on("FREQ=YEARLY;UNTIL=20270401T000000Z", start, date(2027, 3, 4)) is None
    assert recurring.next_on("FREQ=YEARLY;COUNT=2", start, date(2027, 1, 1)) == date(2027, 3, 3)
    assert recurring.next_on("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", start, start) is None
    for text in (
        "",
        "daily",
        "FREQ=HOURLY",
        "FREQ=YEARLY;FREQ=DAILY",
        "FREQ=YEARLY;UNTIL=20x",
        "X" * 400,
    ):
        with pytest.raises(Invalid) as refused:
            recurring.read(text, start)
        assert list(refused.value.fields) == ["rule"]
