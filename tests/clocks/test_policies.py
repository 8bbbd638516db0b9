"""Which service level holds, and why."""

from __future__ import annotations

import pytest

from helpdesk.clocks.policies import Condition, Facts, Policy, choose, holds


def policy(name: str, *conditions: Condition) -> Policy:
    return Policy(name, name, conditions, {}, {})


FACTS = Facts(
    priority="high",
    type="fault",
    queue_id="q1",
    channel="email",
    tags=("VIP", "router"),
    organisation_id="o1",
    fields={"contract": "Gold", "sites": 3, "leased": True, "note": ""},
)


@pytest.mark.parametrize(
    "condition,expected",
    [
        (Condition("priority", "any_of", ("high", "urgent")), True),
        (Condition("priority", "none_of", ("high",)), False),
        (Condition("tags", "any_of", ("vip", "billing")), True),
        (Condition("tags", "all_of", ("vip", "billing")), False),
        (Condition("tags", "all_of", ("vip", "router")), True),
        (Condition("tags", "none_of", ("billing",)), True),
        (Condition("organisation_id", "present"), True),
        (Condition("organisation_id", "absent"), False),
        (Condition("field:contract", "any_of", ("gold",)), True),
        (Condition("field:sites", "any_of", ("3",)), True),
        (Condition("field:leased", "any_of", ("yes",)), True),
        (Condition("field:note", "present"), False),
        (Condition("field:unknown", "absent"), True),
        (Condition("customer:tier", "any_of", ("A",)), True),
        (Condition("customer:tier", "none_of", ("a",)), False),
        (Condition("queue_id", "any_of", ("q2",)), False),
        (Condition("fields", "present"), False),
        (Condition("priority", "resembles", ("high",)), False),
    ],
)
def test_a_condition_holds_by_what_the_ticket_is(condition, expected):
    assert holds(condition, FACTS, {"tier": "a"}) is expected


def test_the_first_policy_that_fits_is_taken_and_the_others_say_what_failed():
    billing = Condition("tags", "any_of", ("billing",))
    high = Condition("priority", "any_of", ("high",))
    choice = choose([policy("one", high, billing), policy("two", high), policy("three")], FACTS)
    assert (choice.policy.id, choice.place) == ("two", 2)
    assert [(p.policy.id, p.failed) for p in choice.passed_over] == [("one", billing)]


def test_a_policy_without_conditions_fits_every_ticket():
    assert choose([policy("all")], Facts()).policy.id == "all"


def test_a_ticket_that_no_policy_fits_has_none_and_all_were_passed_over():
    choice = choose([policy("one", Condition("type", "absent"))], FACTS)
    assert choice.policy is None
    assert len(choice.passed_over) == 1
