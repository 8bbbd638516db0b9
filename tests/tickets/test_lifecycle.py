"""The table of states: complete, without dead ends, and what follows from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.tickets.lifecycle import (
    NEXT,
    STATES,
    ReopenRule,
    after_customer_wrote,
    is_done,
    is_waiting,
    may_follow,
    needs_us,
    party,
    reopens,
)

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_every_step_leads_to_a_state_of_the_table() -> None:
    assert {after for steps in NEXT.values() for after in steps} <= set(STATES)


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_waiting_done_or_ours_and_only_one_of_them(state: str) -> None:
    assert [is_waiting(state), is_done(state), needs_us(state)].count(True) == 1


@given(st.lists(st.sampled_from(STATES), max_size=30))
def test_whatever_is_asked_for_nothing_becomes_new_again_and_done_is_left_by_reopening_only(
    asked: list[str],
) -> None:
    state = "new"
    for wanted in asked:
        if not may_follow(state, wanted):
            continue
        assert wanted != "new" or state == "new"
        if is_done(state) and not is_done(wanted):
            assert wanted == "open"
        state = wanted


@pytest.mark.parametrize("state", [s for s in STATES if s != "open"])
def test_every_state_can_be_worked_on_and_resolved_again(state: str) -> None:
    assert may_follow(state, "open")
    assert may_follow("open", "resolved")


@pytest.mark.parametrize(
    "state, in_line, in_hand",
    [
        ("new", "queue", "agent"),
        ("open", "queue", "agent"),
        ("waiting_on_customer", "customer", "customer"),
        ("waiting_on_third_party", "third_party", "third_party"),
        ("visit_booked", "third_party", "third_party"),
        ("resolved", "customer", "customer"),
    ],
)
def test_somebody_is_always_waited_for(state: str, in_line: str, in_hand: str) -> None:
    assert (party(state, owned=False), party(state, owned=True)) == (in_line, in_hand)


def test_the_customers_words_end_only_the_waiting_for_the_customer() -> None:
    assert after_customer_wrote("waiting_on_customer") == "open"
    for state in ("new", "open", "visit_booked", "waiting_on_third_party"):
        assert after_customer_wrote(state) == state


@pytest.mark.parametrize(
    "rule, days, expected",
    [
        (ReopenRule("always"), 9999, True),
        (ReopenRule("never"), 0, False),
        (ReopenRule("within", 14), 14, True),
        (ReopenRule("within", 14), 14.001, False),
    ],
)
def test_the_queues_rule_decides_whether_an_answer_reopens(
    rule: ReopenRule, days: float, expected: bool
) -> None:
    assert reopens(rule, NOW, NOW + timedelta(days=days)) is expected


def test_what_was_never_resolved_is_not_reopened_within_days() -> None:
    assert reopens(ReopenRule("within", 14), None, NOW) is False
