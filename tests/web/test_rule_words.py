"""How a rule is said while it is being written."""

from __future__ import annotations

import pytest

from helpdesk.rules.actions import Action
from helpdesk.rules.conditions import Condition
from helpdesk.web.rule_words import Names, action_text, condition_text

NAMES = Names(*({} for _ in range(8)))


@pytest.mark.parametrize(
    "condition, said",
    [
        (Condition("priority", "any_of", ("high", "low")), "Priority is any of High, Low"),
        (Condition("priority", "any_of", ()), "Priority is any of …"),
        (Condition("assignee_id", "present", ()), "Owner is set"),
        (Condition("message", "contains", ("lamp",)), "The message contains “lamp”"),
        (
            Condition("message_author", "none_of", ("customer", "agent")),
            "The message was not written by the customer or one of us",
        ),
        (Condition("by", "any_of", ()), "It was done by …"),
        (Condition("customer_name", "like", ("A*",)), "The customer's name is like “A*”"),
    ],
)
def test_a_condition_says_where_a_value_is_missing(condition: Condition, said: str) -> None:
    assert condition_text(condition, NAMES) == said


@pytest.mark.parametrize(
    "action, said",
    [
        (Action("add_tags", values=("cold",)), "add the tag cold"),
        (Action("add_tags"), "add the tags …"),
        (Action("notify"), "tell … by e-mail"),
        (Action("notify", values=("assignee",)), "tell the owner by e-mail"),
    ],
)
def test_an_action_says_where_a_value_is_missing(action: Action, said: str) -> None:
    assert action_text(action, NAMES) == said
