"""A technician's day in seconds, also on the days on which clocks are changed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from helpdesk.field_service import days
from helpdesk.field_service.plan import Break

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
LUNCH = {"from": "12:00", "to": "14:00", "minutes": 30}


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_a_plain_day_with_its_break() -> None:
    day = days.work_day(date(2026, 12, 1), [["08:00", "17:00"]], [LUNCH], BERLIN)
    assert day is not None
    assert (day.starts, day.ends) == (at("2026-12-01T07:00"), at("2026-12-01T16:00"))
    assert day.breaks == (Break(at("2026-12-01T11:00"), at("2026-12-01T12:30"), 1800),)


@pytest.mark.parametrize(
    "day, hours, starts, ends",
    [
        (SPRING, ["08:00", "17:00"], "2026-03-29T06:00", "2026-03-29T15:00"),
        (SPRING, ["00:00", "24:00"], "2026-03-28T23:00", "2026-03-29T22:00"),  # 23 hours
        (SPRING, ["02:30", "06:00"], "2026-03-29T01:00", "2026-03-29T04:00"),  # 02:30 is skipped
        (date(2026, 3, 28), ["22:00", "06:00"], "2026-03-28T21:00", "2026-03-29T04:00"),  # 7 hours
        (AUTUMN, ["00:00", "24:00"], "2026-10-24T22:00", "2026-10-25T23:00"),  # 25 hours
        (AUTUMN, ["02:30", "06:00"], "2026-10-25T00:30", "2026-10-25T05:00"),  # the first 02:30
        (AUTUMN, ["01:00", "02:30"], "2026-10-24T23:00", "2026-10-25T01:30"),  # the last 02:30
        (AUTUMN, ["01:00", "02:00"], "2026-10-24T23:00", "2026-10-25T00:00"),
    ],
)
def test_days_on_which_clocks_change(day: date, hours: list[str], starts: str, ends: str) -> None:
    found = days.work_day(day, [hours], [], BERLIN)
    assert found == days.WorkDay(at(starts), at(ends))


def test_a_zone_of_half_an_hour_and_one_west_of_greenwich() -> None:
    assert days.begins(date(2026, 10, 4), 135, LORD_HOWE) == at("2026-10-03T15:30")  # 02:15 skipped
    assert days.span(date(2026, 11, 1), ["01:30", "09:00"], NEW_YORK) == (
        at("2026-11-01T05:30"),
        at("2026-11-01T14:00"),
    )


def test_two_windows_of_a_day_leave_a_gap_that_stands_for_the_break() -> None:
    hours = [["08:00", "12:00"], ["13:00", "17:00"]]
    day = days.work_day(date(2026, 12, 1), hours, [LUNCH], BERLIN)
    assert day is not None
    assert day.ends - day.starts == 9 * 3600
    assert day.breaks == (Break(at("2026-12-01T11:00"), at("2026-12-01T11:00"), 3600),)


def test_absences_cut_the_day() -> None:
    hours, day = [["08:00", "17:00"]], date(2026, 12, 1)
    whole = (at("2026-11-30T23:00"), at("2026-12-01T23:00"))
    morning = (at("2026-12-01T05:00"), at("2026-12-01T09:00"))
    middle = (at("2026-12-01T09:00"), at("2026-12-01T10:00"))
    assert days.work_day(day, hours, [LUNCH], BERLIN, [whole]) is None
    late = days.work_day(day, hours, [], BERLIN, [morning])
    assert late == days.WorkDay(at("2026-12-01T09:00"), at("2026-12-01T16:00"))
    split = days.work_day(day, hours, [LUNCH], BERLIN, [middle])
    assert split is not None
    assert split.breaks == (
        Break(at("2026-12-01T09:00"), at("2026-12-01T09:00"), 3600),
        Break(at("2026-12-01T11:00"), at("2026-12-01T12:30"), 1800),
    )


def test_a_break_in_the_small_hours_of_a_night_shift() -> None:
    night = {"from": "01:00", "to": "03:00", "minutes": 45}
    found = days.work_day(date(2026, 12, 1), [["22:00", "06:00"]], [night], BERLIN)
    assert found is not None
    assert found.breaks == (Break(at("2026-12-02T00:00"), at("2026-12-02T01:15"), 2700),)


def test_a_break_for_which_the_day_is_too_short_is_none() -> None:
    found = days.work_day(date(2026, 12, 1), [["08:00", "11:00"]], [LUNCH], BERLIN)
    assert found is not None
    assert found.breaks == ()


def test_days_ahead_are_those_on_the_wall() -> None:
    just_before = at("2026-12-01T23:30")
    assert days.ahead(just_before, BERLIN, 2) == [date(2026, 12, 2), date(2026, 12, 3)]
    assert days.day_of(just_before, NEW_YORK) == date(2026, 12, 1)
