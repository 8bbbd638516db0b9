"""What conditions ask and how patterns are compared, on values alone."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.rules import patterns
from helpdesk.rules.actions import Action, filled, foretell
from helpdesk.rules.actions import trouble_with as trouble_with_action
from helpdesk.rules.conditions import Condition, all_held, first_failed, holds, trouble_with
from helpdesk.rules.rewinding import rewound

FACTS = {
    "priority": "high",
    "tags": ["Vip", "late"],
    "subject": "No LIGHT in the hall",
    "unanswered": True,
    "reopened_count": 2,
    "type": None,
    "field:amount": 12.5,
}


@pytest.mark.parametrize(
    "subject, operator, values, expected",
    [
        ("priority", "any_of", ("high", "urgent"), True),
        ("priority", "none_of", ("high",), False),
        ("priority", "any_of", ("HIGH",), True),
        ("tags", "all_of", ("vip", "late"), True),
        ("tags", "all_of", ("vip", "gone"), False),
        ("tags", "none_of", ("gone",), True),
        ("subject", "contains", ("light", "water"), True),
        ("subject", "contains_none", ("light",), False),
        ("subject", "like", ("no light*",), True),
        ("subject", "like", ("light*",), False),
        ("unanswered", "any_of", ("yes",), True),
        ("reopened_count", "at_least", ("2",), True),
        ("reopened_count", "at_most", ("1",), False),
        ("field:amount", "at_least", ("12,5",), True),
        ("type", "absent", (), True),
        ("type", "present", (), False),
        ("field:nothing", "at_least", ("1",), False),
        ("field:nothing", "none_of", ("x",), True),
    ],
)
def test_a_condition_compares_without_regard_to_capitals(
    subject: str, operator: str, values: tuple[str, ...], expected: bool
) -> None:
    assert holds(Condition(subject, operator, values), FACTS) is expected


def test_all_of_the_first_list_and_one_of_the_second_must_hold() -> None:
    high = Condition("priority", "any_of", ("high",))
    vip, gone = Condition("tags", "any_of", ("vip",)), Condition("tags", "any_of", ("gone",))
    held = all_held([high], [gone, vip], FACTS)
    assert held is not None
    assert [one.condition for one in held] == [high, vip]
    assert held[1].found == ("Vip", "late")
    assert all_held([high], [gone], FACTS) is None
    assert first_failed([high], [gone], FACTS) == gone
    assert all_held([], [], FACTS) == ()


@pytest.mark.parametrize(
    "condition, words",
    [
        (Condition("nonsense", "any_of", ("x",)), "Choose what to ask"),
        (Condition("priority", "like", ("x",)), "can't be asked so"),
        (Condition("subject", "contains", ()), "what to compare"),
        (Condition("reopened_count", "at_least", ("many",)), "one number"),
        (Condition("reopened_count", "at_least", ("nan",)), "one number"),
        (Condition("subject", "like", ("*" * 11,)), "10 stars"),
        (Condition("subject", "like", ("x" * 201,)), "200 characters"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_reason(condition: Condition, words: str) -> None:
    assert words in trouble_with(condition)


def test_J6_a_pattern_is_literal_but_for_stars_and_takes_linear_time() -> None:
    assert not patterns.fits("(a+)+$", "aaaa")
    assert patterns.fits("(a+)+$", "(A+)+$")
    text = "a" * 50_000 + "!"
    started = time.perf_counter()
    for pattern in ("(a+)+$", "*a*a*a*a*a*a*a*a*ab", "*(a+)+$*"):
        assert not patterns.fits(pattern, text)
    assert time.perf_counter() - started < 0.5


@given(
    st.text(alphabet="ab*", max_size=8).filter(lambda p: p.count("*") <= patterns.MOST_STARS),
    st.text(alphabet="ab", max_size=12),
)
def test_a_pattern_fits_as_the_same_regular_expression_would(pattern: str, text: str) -> None:
    expression = ".*".join(re.escape(part) for part in pattern.split("*"))
    assert patterns.fits(pattern, text) is (re.fullmatch(expression, text) is not None)


@pytest.mark.parametrize(
    "text", ["{{7*7}}", "{{config}}", "${7*7}", "%s%n", "{0.__class__.__mro__}", "{% import os %}"]
)
def test_J3_J4_a_text_is_literal(text: str) -> None:
    assert filled(text, {"ticket": "T-1"}) == text


def test_fields_of_a_text_are_replaced_once() -> None:
    assert filled("{ticket} {agent} {nobody}", {"ticket": "{agent}", "agent": "Ada"}) == (
        "{agent} Ada {nobody}"
    )


def test_actions_are_foretold_without_doing_them() -> None:
    acts = [
        Action("set_priority", "urgent"),
        Action("add_tags", values=("late", "new")),
        Action("set_field", "amount", text="1"),
        Action("send_reply", text="Hello"),
    ]
    found = foretell(acts, FACTS)
    assert found.changes == {
        "priority": ("high", "urgent"),
        "tags": (["Vip", "late"], ["Vip", "late", "new"]),
        "field:amount": (12.5, "1"),
    }
    assert found.others == (acts[3],)
    assert FACTS["priority"] == "high"


def test_an_action_without_its_heart_is_refused() -> None:
    assert trouble_with_action(Action("send_reply", text=" "))
    assert trouble_with_action(Action("set_priority", "enormous"))
    assert trouble_with_action(Action("rm -rf"))
    assert not trouble_with_action(Action("add_note", text="{{7*7}}"))


def test_facts_are_taken_back_to_an_earlier_instant() -> None:
    changes = [
        {"priority": ["normal", "high"], "fields": [{"amount": 1}, {"amount": 12.5}]},
        {"priority": ["low", "normal"], "state": ["new", "open"]},
    ]
    then = rewound({**FACTS, "state": "open"}, changes)
    assert (then["priority"], then["state"], then["field:amount"]) == ("low", "new", 1)
