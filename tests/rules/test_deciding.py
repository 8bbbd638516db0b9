"""Whatever rules there are and however they set each other off, it ends: on values alone."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.rules.actions import Action, foretell
from helpdesk.rules.conditions import Condition
from helpdesk.rules.deciding import (
    DEEPEST,
    MOST_PER_TICKET_A_DAY,
    Cause,
    Rule,
    cause_of,
    may_go_on,
    next_firing,
)

WORDS = st.sampled_from(["low", "normal", "high"])
STATES = st.sampled_from(["open", "resolved"])
CONDITIONS = st.lists(
    st.builds(
        Condition,
        st.just("priority"),
        st.sampled_from(["any_of", "none_of"]),
        st.tuples(WORDS),
    ),
    max_size=2,
).map(tuple)
ACTIONS = st.lists(
    st.one_of(
        st.builds(Action, st.just("set_priority"), WORDS),
        st.builds(Action, st.just("set_state"), STATES),
        st.builds(Action, st.just("add_note"), text=st.just("x")),
    ),
    min_size=1,
    max_size=3,
).map(tuple)
TRIGGERS = st.sets(st.sampled_from(["changed", "resolved", "noted"]), min_size=1, max_size=3).map(
    lambda found: tuple(sorted(found))
)


@st.composite
def rule_sets(draw: st.DrawFn) -> list[Rule]:
    count = draw(st.integers(1, 8))
    return [
        Rule(
            id=str(n),
            name=f"Rule {n}",
            version=1,
            triggers=draw(TRIGGERS),
            every=draw(CONDITIONS),
            actions=draw(ACTIONS),
            stops=draw(st.booleans()),
        )
        for n in range(count)
    ]


@settings(max_examples=200, deadline=None)
@given(rule_sets())
def test_every_set_of_rules_comes_to_an_end(rules: list[Rule]) -> None:
    """A little world that forgets which rules fired: only depth and count hold it back then."""
    for remembers in (True, False):
        facts = {"priority": "normal", "state": "open"}
        fired: set[str] = set()
        firings = 0
        waiting = [("changed", Cause("one"))]
        while waiting:
            trigger, cause = waiting.pop(0)
            place = 0
            while step := next_firing(
                rules, trigger, facts, fired if remembers else (), start=place
            ):
                place = step[0] + 1
                if may_go_on(cause, firings):
                    break
                rule = step[1].rule
                assert not (remembers and rule.id in fired)
                fired.add(rule.id)
                firings += 1
                told = foretell(rule.actions, facts)
                facts = told.facts
                deeper = Cause(cause.key, cause.depth + 1)
                if told.changes:
                    waiting.append(("changed", deeper))
                if told.changes.get("state", ("", ""))[1] == "resolved":
                    waiting.append(("resolved", deeper))
                if told.others:
                    waiting.append(("noted", deeper))
                if rule.stops:
                    break
            assert cause.depth <= DEEPEST
        assert firings <= (len(rules) if remembers else MOST_PER_TICKET_A_DAY)


def test_rules_fire_in_order_and_see_what_came_before() -> None:
    first = Rule("1", "First", 1, ("opened",), actions=(Action("set_priority", "high"),))
    second = Rule("2", "Second", 1, ("opened",), (Condition("priority", "any_of", ("high",)),))
    facts = {"priority": "normal"}
    step = next_firing([first, second], "opened", facts, ())
    assert step is not None
    assert step[1].rule is first
    assert next_firing([first, second], "opened", facts, (), start=1) is None
    after = foretell(first.actions, facts).facts
    following = next_firing([first, second], "opened", after, (), start=1)
    assert following is not None
    assert following[1].rule is second


def test_what_was_done_in_one_go_is_one_cause() -> None:
    at = datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert cause_of("t", at, "user:a") == cause_of("t", at, "user:a")
    assert cause_of("t", at, "user:a") != cause_of("t", at, "user:b")
    assert cause_of("t", at, "user:a") != cause_of("u", at, "user:a")
