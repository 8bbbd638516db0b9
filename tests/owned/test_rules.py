"""The pure rules about orders and things: progress, warranty, amounts, addresses of carriers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from helpdesk.core.errors import Invalid
from helpdesk.owned import money, progress, tracking
from helpdesk.owned.entitlement import months_after, verdict
from helpdesk.owned.keys import search_key

T0 = datetime(2026, 5, 4, 9, tzinfo=UTC)
BOUGHT = date(2025, 1, 31)


def at(hours: int) -> datetime:
    return T0 + timedelta(hours=hours)


def test_words_in_any_order_lead_to_the_same_order() -> None:
    told = [("confirmed", at(1)), ("packed", at(2)), ("shipped", at(3)), ("delivered", at(9))]
    ends = set()
    for order in permutations(told):
        status, reached = "placed", {"placed": T0.isoformat()}
        for word, when in order:
            status, reached = progress.advanced(status, reached, word, when)
        ends.add((status, tuple(sorted(reached.items()))))
    assert len(ends) == 1
    assert next(iter(ends))[0] == "delivered"


def test_a_status_never_goes_back_and_an_end_stays_one() -> None:
    assert progress.advanced("shipped", {}, "packed", T0)[0] == "shipped"
    assert progress.advanced("cancelled", {}, "delivered", T0)[0] == "cancelled"
    assert progress.advanced("delivered", {}, "cancelled", T0)[0] == "delivered"
    assert progress.advanced("delivered", {}, "returned", T0)[0] == "returned"
    assert progress.advanced("packed", {}, "cancelled", T0)[0] == "cancelled"


def test_the_earliest_time_of_a_status_counts() -> None:
    _, reached = progress.advanced("shipped", {"shipped": at(5).isoformat()}, "shipped", at(3))
    assert reached["shipped"] == at(3).isoformat()
    _, reached = progress.advanced("shipped", reached, "shipped", at(8))
    assert reached["shipped"] == at(3).isoformat()


def test_the_way_of_an_order_names_what_is_still_to_come() -> None:
    reached = {"placed": T0.isoformat(), "shipped": at(3).isoformat()}
    assert [name for name, _ in progress.steps("shipped", reached)] == [
        "placed", "shipped", "delivered",
    ]  # fmt: skip
    assert progress.steps("shipped", reached)[-1] == ("delivered", None)
    gone = progress.steps("cancelled", {**reached, "cancelled": at(4).isoformat()})
    assert [name for name, _ in gone] == ["placed", "shipped", "cancelled"]


@pytest.mark.parametrize(
    "on, facts, code",
    [
        (date(2027, 1, 31), {"purchased_on": BOUGHT, "warranty_months": 24}, "covered"),
        (date(2027, 2, 1), {"purchased_on": BOUGHT, "warranty_months": 24}, "ended"),
        (date(2026, 1, 1), {"purchased_on": BOUGHT, "warranty_months": None}, "none_given"),
        (date(2026, 1, 1), {"purchased_on": BOUGHT, "warranty_months": 0}, "none_given"),
        (date(2026, 1, 1), {"purchased_on": None, "warranty_months": 24}, "unknown"),
        (
            date(2026, 1, 1),
            {"purchased_on": BOUGHT, "warranty_months": 24, "in_use": False},
            "not_in_use",
        ),
        (
            date(2030, 1, 1),
            {"purchased_on": BOUGHT, "warranty_months": 24, "warranty_until": date(2031, 1, 1)},
            "covered",
        ),
    ],
)
def test_we_vouch_until_the_last_day_and_say_why_not(on: date, facts: dict, code: str) -> None:
    assert verdict(on, **facts).code == code


def test_months_end_where_the_month_ends() -> None:
    assert months_after(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert months_after(date(2025, 12, 15), 2) == date(2026, 2, 15)
    assert verdict(date(2026, 1, 1), purchased_on=BOUGHT, warranty_months=12).days_left == 30


@pytest.mark.parametrize(
    "text, currency, minor",
    [
        ("12.50", "EUR", 1250),
        ("1.234,50", "EUR", 123450),
        ("1,234.50", "USD", 123450),
        ("1,234", "USD", 123400),
        ("12", "EUR", 1200),
        ("1250", "JPY", 1250),
        ("0.125", "KWD", 125),
        ("-3", "EUR", -300),
        ("twelve", "EUR", None),
        ("1.23.4", "EUR", 12340),
        ("12,3456", "EUR", None),
    ],
)
def test_amounts_are_read_in_whole_minor_units(text: str, currency: str, minor: int | None) -> None:
    assert money.read(text, currency) == minor


def test_amounts_are_shown_in_the_readers_way() -> None:
    assert money.shown(123450, "EUR") == "€1,234.50"
    assert money.shown(123450, "EUR", "de") == "1.234,50 €"
    assert money.shown(1250, "JPY") == "1,250 JPY"
    assert money.shown(-5, "EUR") == "−€0.05"


def test_only_web_addresses_lead_to_a_carrier() -> None:
    good = "https://track.example.com/?id=1Z&x=%20"
    assert tracking.address(f" {good} ") == good
    assert tracking.address("") == ""
    for text in (
        "javascript:alert(1)", "data:text/html,x", "ftp://x.example/", "//x.example", "x.example",
        "https://", "https://me:you@x.example/", "https://x.example/\nSet-Cookie: a=b",
        "https://[::1", 'https://x.example/"><script>', "https://x.example:99999/",
    ):  # fmt: skip
        with pytest.raises(Invalid):
            tracking.address(text)


def test_numbers_are_found_however_they_are_typed() -> None:
    assert search_key(" SN-47 11/b ") == search_key("sn4711B") == "sn4711b"
