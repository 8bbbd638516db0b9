"""Instants as people name them by the clock on their wall."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from helpdesk.calendars import moments

SUNDAY = datetime(2026, 11, 22, 14, 2, 30, tzinfo=UTC)


def named(found: object) -> list[tuple[str, str]]:
    return [(one.word, f"{one.at:%d %H:%M}") for one in found]  # type: ignore[attr-defined]


def test_a_reply_may_go_out_in_the_mornings_of_its_writer() -> None:
    assert named(moments.to_send(SUNDAY, "Europe/Helsinki")) == [
        ("In 3 hours", "22 17:05"),
        ("Tomorrow morning", "23 06:00"),  # which is Monday
    ]
    friday_night = datetime(2026, 11, 27, 1, tzinfo=UTC)
    assert named(moments.to_send(friday_night, "Europe/Helsinki")) == [
        ("In 3 hours", "27 04:00"),
        ("This morning", "27 06:00"),
        ("Tomorrow morning", "28 06:00"),
        ("Monday morning", "30 06:00"),
    ]


def test_a_promise_is_for_today_as_long_as_today_lasts() -> None:
    assert named(moments.to_promise(SUNDAY, "America/Sao_Paulo")) == [
        ("In 1 hour", "22 15:05"),
        ("In 3 hours", "22 17:05"),
        ("Today at 16:00", "22 19:00"),
        ("Tomorrow at 10:00", "23 13:00"),
    ]
    assert "Today at 16:00" not in dict(named(moments.to_promise(SUNDAY, "Europe/Helsinki")))


@pytest.mark.parametrize(
    "text, zone, utc",
    [
        ("2026-11-24T16:00", "Europe/Helsinki", "2026-11-24T14:00"),
        ("2026-11-24T16:00", "Asia/Kolkata", "2026-11-24T10:30"),
        ("2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30"),  # skipped: an hour later
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30"),  # twice: the first
        ("2026-10-25T02:30+01:00", "Asia/Tokyo", "2026-10-25T01:30"),
    ],
)
def test_a_time_on_the_wall_is_read_in_its_zone(text: str, zone: str, utc: str) -> None:
    read = moments.on_wall(text, zone)
    assert read == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "16:00", "tomorrow", "0001-01-01T00:00", "2026-13-01T00:00"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert moments.on_wall(text, "UTC") is None
