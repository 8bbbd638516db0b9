"""Times of the day between which somebody may be rung."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from helpdesk.calls.windows import Window

DAY, NIGHT = Window("09:00", "17:00", "Europe/Berlin"), Window("22:00", "02:00", "Europe/Berlin")


@pytest.mark.parametrize(
    "window, at, begins",
    [
        (DAY, "2026-01-05T08:00", "2026-01-05T08:00"),
        (DAY, "2026-01-05T07:59", "2026-01-05T08:00"),
        (DAY, "2026-01-05T16:00", "2026-01-06T08:00"),
        (NIGHT, "2026-01-05T23:30", "2026-01-05T23:30"),
        (NIGHT, "2026-01-05T12:00", "2026-01-05T21:00"),
        # The night in which clocks go forward: nine o'clock comes an hour earlier.
        (DAY, "2026-03-28T20:00", "2026-03-29T07:00"),
    ],
)
def test_a_window_begins_by_the_clock_of_its_zone(window: Window, at: str, begins: str) -> None:
    found = window.next_begin(datetime.fromisoformat(at).replace(tzinfo=UTC))
    assert found == datetime.fromisoformat(begins).replace(tzinfo=UTC)
