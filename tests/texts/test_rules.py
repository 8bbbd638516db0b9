"""Windows, quiet hours, and the order of reports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from helpdesk.core.errors import Invalid
from helpdesk.texts import rules, templates

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "number, at, clock",
    [
        ("+447400123456", NOON, None),
        ("+447400123456", NOON.replace(hour=21), "21:00"),
        ("+447400123456", NOON.replace(hour=20, minute=59), None),
        ("+447400123456", NOON.replace(hour=7, minute=59), "07:59"),
        ("+14155550100", NOON, "04:00"),  # San Francisco sleeps
        ("+61291234567", NOON, "23:00"),
        ("+80012345678", NOON.replace(hour=3), None),  # nobody knows where
        ("nonsense", NOON.replace(hour=3), None),
    ],
)
def test_it_is_quiet_where_people_sleep(number: str, at: datetime, clock: str | None) -> None:
    found = rules.quiet(number, at)
    assert (found.clock if found else None) == clock


def test_the_window_is_open_for_a_day_after_the_customers_words() -> None:
    assert rules.is_open(NOON, NOON + timedelta(hours=23, minutes=59))
    assert not rules.is_open(NOON, NOON + timedelta(hours=24))
    assert not rules.is_open(None, NOON)


def test_reports_in_any_order_lead_to_the_same_end() -> None:
    for order in permutations(("accepted", "queued", "sending", "sent", "delivered", "read")):
        state = "sending"
        for heard in map(rules.HEARD.__getitem__, order):
            state = heard if rules.moves(state, heard) else state
        assert state == "read"


def test_templates_are_filled_in_and_need_every_value() -> None:
    body = "Hello {{1}}, we come on {{2}}. Yours, {{1}}"
    assert templates.variables(body) == ["1", "2"]
    filled = templates.filled(body, {"1": "Kim", "2": "{{1}}"})
    assert filled == "Hello Kim, we come on {{1}}. Yours, Kim"
    with pytest.raises(Invalid):
        templates.filled(body, {"1": "Kim", "2": " "})
