"""Why somebody probably comes: the ranking, and what an agent is told of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from helpdesk.workflows.likely import Case, Facts, reasons

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def case(number: int, state: str, age: timedelta = timedelta(hours=1), **more: object) -> Case:
    href = f"/desk/tickets/{number}"
    return Case(number, f"Matter {number}", state, NOW - age, href, **more)  # type: ignore[arg-type]


def test_a_promise_that_is_late_comes_before_everything_else() -> None:
    late = ("I will call at eight", NOW - timedelta(hours=1))
    found = reasons(Facts(NOW, [case(1, "open"), case(2, "open", promised=late)]))
    assert found[0].text == "“I will call at eight” was promised and is late: T-2 Matter 2"


def test_never_more_than_three_and_each_once() -> None:
    contact = ("My bill", NOW - timedelta(hours=3), "/desk/conversations/1")
    found = reasons(
        Facts(NOW, [case(n, "open") for n in range(5)], contact, "https://shop.example/prices")
    )
    assert len(found) == 3
    assert len({one.href for one in found}) == 3
    assert "Was here lately about: My bill" in [one.text for one in found]


def test_what_is_long_over_is_no_reason_and_nothing_known_is_none() -> None:
    old = timedelta(days=30)
    assert reasons(Facts(NOW, [case(1, "closed", old)], ("x", NOW - old, "/x"))) == []
    assert reasons(Facts(NOW, page="https://shop.example/")) == []


def test_the_page_they_look_at_is_told_without_its_query() -> None:
    found = reasons(Facts(NOW, page="https://shop.example/moving/house?token=1"))
    assert [one.text for one in found] == ["Looks at the page “moving/house”"]
