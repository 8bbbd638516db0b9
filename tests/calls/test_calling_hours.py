"""When somebody may be rung: by their clock, over changes of it, in every zone they may be in."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from helpdesk.calls.calling_hours import DAYS, Hours, in_words, quiet, warned, zones_of

BERLIN, LONDON = "Europe/Berlin", "Europe/London"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def told(zones: list[str], when: str, hours: Hours | None = None) -> str | None:
    found = quiet(zones, at(when), hours or Hours())
    return warned(found) if found else None


@pytest.mark.parametrize(
    "when, said",
    [
        ("2026-03-02 07:00", None),  # a Monday, 08:00 in Berlin
        ("2026-03-02 06:59", "It is 07:59 where they are."),
        ("2026-03-02 18:59", None),
        ("2026-03-02 19:00", "It is 20:00 where they are."),
        ("2026-03-01 12:00", "It is Sunday, 13:00 where they are."),
    ],
)
def test_the_hours_begin_and_end_by_the_clock_there(when: str, said: str | None) -> None:
    assert told([BERLIN], when) == said


@pytest.mark.parametrize(
    "when, said",
    [
        # The night to 29 March 2026 is an hour short there; Monday's eight o'clock is 06:00 UTC.
        ("2026-03-27 07:00", None),
        ("2026-03-30 05:59", "It is 07:59 where they are."),
        ("2026-03-30 06:00", None),
        # The night to 25 October is an hour long; from Monday on it is 07:00 UTC again.
        ("2026-10-26 06:30", "It is 07:30 where they are."),
        ("2026-10-26 07:00", None),
    ],
)
def test_they_move_with_summer_time(when: str, said: str | None) -> None:
    assert told([BERLIN], when) == said


def test_hours_past_midnight_belong_to_the_day_on_which_they_began() -> None:
    late = Hours(time(22), time(2), frozenset({"fri"}))
    assert told(["UTC"], "2026-03-06 23:00", late) is None
    assert told(["UTC"], "2026-03-07 01:59", late) is None, "still Friday's"
    assert told(["UTC"], "2026-03-07 02:00", late) == "It is Saturday, 02:00 where they are."
    assert told(["UTC"], "2026-03-06 01:00", late) == "It is 01:00 where they are."


def test_a_number_of_several_zones_may_be_rung_when_all_allow_it() -> None:
    toll_free = zones_of("+18005550123", own=None, otherwise="UTC")
    assert len(toll_free) > 3
    new_york_at_nine = at("2026-03-02 14:00")
    assert quiet(["America/New_York"], new_york_at_nine, Hours()) is None
    found = quiet(toll_free, new_york_at_nine, Hours())
    assert found is not None
    assert found.clock < "08:00", "they may be farther west"
    always = Hours(time(0), time(23, 59), frozenset(DAYS))
    assert quiet(toll_free, new_york_at_nine, always) is None


def test_where_they_are() -> None:
    assert zones_of("+493012345678", own="Asia/Tokyo", otherwise="UTC") == ("Asia/Tokyo",)
    assert zones_of("+493012345678", own=None, otherwise="UTC") == [BERLIN]
    assert zones_of("+493012345678", own="Middle/Earth", otherwise="UTC") == [BERLIN]
    assert zones_of("+447400123456", own="", otherwise="UTC")[-1] == LONDON
    assert zones_of("+999123456", own=None, otherwise=LONDON) == (LONDON,)
    assert zones_of("nonsense", own=None, otherwise=LONDON) == (LONDON,)


@pytest.mark.parametrize(
    "days, said",
    [
        (DAYS[:6], "Calls go out from 08:00 to 20:00, Monday to Saturday."),
        (DAYS, "Calls go out from 08:00 to 20:00, every day."),
        (("mon", "wed", "fri"), "Calls go out from 08:00 to 20:00, Monday, Wednesday, Friday."),
    ],
)
def test_the_hours_in_words(days: tuple[str, ...], said: str) -> None:
    assert in_words(Hours(days=frozenset(days))) == said
