import json
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.routing.matching import (
    choose_agent,
    choose_item,
    consider,
    fitting_signed_in,
    match,
    position,
)
from helpdesk.routing.overflow import Conditions, OverflowRule, overflow_rule
from helpdesk.routing.requirements import Step, effective, in_order, next_step_at, requirements
from helpdesk.routing.state import (
    AgentState,
    Queue,
    WorkItem,
    after_refusal,
    finished_work,
    given_work,
)
from helpdesk.routing.strategies import (
    BEST_SKILL,
    FEWEST_TODAY,
    LEAST_OCCUPIED,
    Strategy,
    strategy_named,
    weighted,
)
from tests.routing.floors import SKILLS, rngs, some_steps

levels = st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 5), max_size=2)
steps = rngs.map(lambda rng: some_steps(rng, 0.6))

NOW = 1_000.0
SALES = Queue("sales")
QUEUES = {"sales": SALES, "spare": Queue("spare")}


def chat(id_: str = "chat", since: float = NOW - 10, **more: object) -> WorkItem:
    return WorkItem(id_, "chat", "sales", since, **more)  # type: ignore[arg-type]


def person(id_: str, **more: object) -> AgentState:
    given = {"queues": frozenset({"sales"}), "idle_since": NOW - 100} | more
    return AgentState(id_, **given)  # type: ignore[arg-type]


def chosen(item: WorkItem, *people: AgentState, queue: Queue = SALES) -> object:
    decision = choose_agent(item, people, {**QUEUES, "sales": queue}, NOW)
    return decision.agent if decision else None


def reasons(item: WorkItem, *people: AgentState) -> dict[object, tuple[str, str]]:
    decision = consider(item, people, QUEUES, NOW)
    return {one.agent: (one.reason, one.detail) for one in decision.skipped}


# Who fits


@pytest.mark.parametrize(
    "misfit, reason",
    [
        ({"presence": "offline"}, ("offline", "")),
        ({"connected": False}, ("disconnected", "")),
        ({"presence": "break"}, ("presence", "break")),
        ({"not_responding": True}, ("not_responding", "")),
        ({"queues": frozenset({"spare"})}, ("wrong_queue", "")),
        ({"skills": {"french": 2}}, ("missing_skill", "french 3")),
        ({"used": {"chat": 4}}, ("no_slot", "chat")),
        ({"used": {"call": 1}}, ("no_slot", "chat")),
        ({"slots": {"email": 1}}, ("no_slot", "chat")),
    ],
)
def test_who_does_not_fit_is_skipped_for_the_reason_that_is_told(
    misfit: dict[str, object], reason: tuple[str, str]
) -> None:
    item = chat(skills={"french": 3})
    fits = person("fits", skills={"french": 3})
    odd = replace(fits, **({"id": "odd"} | misfit))  # type: ignore[arg-type]
    assert chosen(item, odd) is None
    assert chosen(item, odd, fits) == "fits"
    assert reasons(item, odd, fits) == {"odd": reason}


def test_a_call_needs_somebody_whom_nobody_else_has_on_the_line_and_takes_all_that_is_free() -> (
    None
):
    call = replace(chat(), channel="call")
    assert chosen(call, person("chatting", used={"chat": 1})) is None
    writing = person("writing", used={"ticket": 1, "sms": 2, "email": 1})
    assert chosen(call, writing) == "writing"
    assert chosen(call, writing, person("idle", idle_since=NOW)) == "idle"
    assert person("both", used={"ticket": 1, "call": 1}).open_channels() == frozenset()
    assert person("calling", used={"call": 1}).open_channels() == frozenset()
    assert person("any", exclusive=frozenset(), used={"call": 1}).open_channels() == {
        "chat",
        "sms",
        "email",
        "ticket",
    }


def test_the_queue_adds_its_own_skills_and_the_higher_level_counts() -> None:
    queue = Queue("sales", skills={"french": 4, "loans": 1})
    item = chat(skills={"french": 2})
    assert chosen(item, person("low", skills={"french": 3, "loans": 1}), queue=queue) is None
    assert chosen(item, person("high", skills={"french": 4, "loans": 1}), queue=queue) == "high"


def test_a_level_outside_one_to_five_is_refused() -> None:
    with pytest.raises(ValueError, match="levels go from 1 to 5"):
        requirements({"french": 6}, {}, "sales")


# Relaxation

RELAXING = (
    Step(30, lower=(("french", 1),)),
    Step(60, drop=("french",)),
    Step(90, add_queues=("spare",)),
)


@pytest.mark.parametrize(
    "age, skills, queues, step",
    [
        (0, (("french", 3),), ("sales",), 0),
        (29.9, (("french", 3),), ("sales",), 0),
        (30, (("french", 1),), ("sales",), 1),
        (60, (), ("sales",), 2),
        (90, (), ("sales", "spare"), 3),
    ],
)
def test_steps_come_into_force_at_their_age(
    age: float, skills: object, queues: object, step: int
) -> None:
    stated = requirements({"french": 3}, {}, "sales")
    now = effective(stated, RELAXING, NOW, NOW + age)
    assert (now.skills, now.queues, now.step) == (skills, queues, step)


def test_age_counts_from_the_items_own_start_also_after_a_refusal() -> None:
    queue = Queue("sales", steps=RELAXING)
    item = after_refusal(chat(since=NOW - 60, skills={"french": 3}), "somebody")
    assert chosen(item, person("plain"), queue=queue) == "plain"


@given(levels, levels, steps, steps, st.floats(0, 100), st.floats(0, 100))
def test_waiting_only_ever_widens_who_fits(
    item: dict[str, int],
    queue: dict[str, int],
    some: tuple[Step, ...],
    more: tuple[Step, ...],
    one: float,
    other: float,
) -> None:
    stated = requirements(item, queue, "sales")
    ages = sorted([one, other])
    before, after = (effective(stated, in_order(some, more), 0.0, age) for age in ages)
    assert set(before.queues) <= set(after.queues)
    assert all(dict(before.skills)[name] >= level for name, level in after.skills)
    assert before.step <= after.step


@given(steps, st.floats(0, 100))
def test_at_the_next_step_one_more_is_in_force(some: tuple[Step, ...], age: float) -> None:
    stated = requirements({}, {}, "sales")
    due = next_step_at(in_order(some), 0.0, age)
    here = effective(stated, in_order(some), 0.0, age).step
    if due is None:
        assert here == len(some)
    else:
        assert due > age
        assert effective(stated, in_order(some), 0.0, due).step > here


# Which item first


def test_the_older_first_and_a_head_start_counts_as_age() -> None:
    old, young = chat("old", NOW - 50), chat("young", NOW - 10)
    pushed = chat("pushed", NOW - 10, head_start=45.0)
    agent = person("one")
    for items, first in (([young, old], "old"), ([young, old, pushed], "pushed")):
        decision = choose_item(agent, items, QUEUES, NOW)
        assert decision is not None
        assert decision.item == first
    assert pushed.score(NOW) == 55.0
    assert position(young, [young, old, pushed]) == 3


@given(st.floats(0, 1e5), st.floats(0, 1e5), st.floats(0, 600), st.floats(0, 600), st.floats(0, 9))
def test_the_order_of_two_never_changes_while_they_wait(
    one: float, other: float, ahead: float, behind: float, gone: float
) -> None:
    a, b = WorkItem("a", "chat", "q", one, ahead), WorkItem("b", "chat", "q", other, behind)
    first, second = sorted([a, b], key=lambda item: item.order)
    now = max(one, other) + gone
    assert first.score(now) >= second.score(now) - 1e-6


def test_what_lost_its_agents_browser_goes_to_the_front_with_its_age_kept() -> None:
    lost = replace(chat("lost", NOW - 5), front=True)
    waiting = [chat("old", NOW - 500, head_start=300.0), lost]
    decision = choose_item(person("one"), waiting, QUEUES, NOW)
    assert decision is not None
    assert (decision.item, lost.waiting_since) == ("lost", NOW - 5)


# Preferred agents


def test_during_the_head_start_only_preferred_agents_are_asked() -> None:
    item = chat(preferred=("owner",), preferred_for=30.0)
    owner, other = person("owner"), person("other", idle_since=NOW - 900)
    assert chosen(item, owner, other) == "owner"
    busy = replace(owner, used={"chat": 4})
    assert chosen(item, busy, other) is None
    assert reasons(item, busy, other)["other"] == ("reserved_for_preferred", "")
    assert chosen(replace(item, waiting_since=NOW - 30), busy, other) == "other"


@pytest.mark.parametrize(
    "away", [{"presence": "offline"}, {"connected": False}, {"queues": frozenset({"spare"})}]
)
def test_the_head_start_lapses_at_once_where_no_preferred_agent_is_there(
    away: dict[str, object],
) -> None:
    item = chat(preferred=("owner",), preferred_for=30.0)
    assert chosen(item, person("owner", **away), person("other")) == "other"


def test_the_head_start_lapses_when_the_preferred_agent_refuses() -> None:
    item = chat(preferred=("owner",), preferred_for=30.0)
    assert chosen(after_refusal(item, "owner"), person("owner"), person("other")) == "other"


# Which agent


@pytest.mark.parametrize(
    "strategy, first",
    [
        (strategy_named("longest_idle"), "idle"),
        (LEAST_OCCUPIED, "idle"),
        (FEWEST_TODAY, "fresh"),
        (BEST_SKILL, "expert"),
        (weighted(idle=1, today=10), "fresh"),
        (weighted(idle=0.1, skill=50), "expert"),
    ],
)
def test_each_strategy_asks_its_own_favourite_first(strategy: Strategy, first: str) -> None:
    skills = {"french": 2}
    floor = [
        person("idle", skills=skills, idle_since=NOW - 600, handled_today=9),
        person("fresh", skills=skills, idle_since=NOW - 60, used={"chat": 1}),
        person("expert", skills={"french": 5}, handled_today=5, used={"chat": 1}),
    ]
    item = chat(skills={"french": 1})
    queue = Queue("sales", strategy=strategy)
    assert chosen(item, *floor, queue=queue) == first
    assert chosen(item, *reversed(floor), queue=queue) == first


def test_someone_busy_comes_after_anyone_idle_and_ties_fall_by_id() -> None:
    busy = person("a-busy", idle_since=NOW - 900, used={"chat": 1})
    idle = person("c-idle", idle_since=NOW - 1)
    assert chosen(chat(), busy, idle) == "c-idle"
    assert chosen(chat(), idle, replace(idle, id="b-idle")) == "b-idle"


def test_ten_chats_at_once_are_spread_over_all_who_are_idle() -> None:
    floor = [person(f"agent-{n}") for n in range(5)]
    decisions = match([chat(f"chat-{n}") for n in range(10)], floor, QUEUES, NOW)
    assert [sum(d.agent == agent.id for d in decisions) for agent in floor] == [2] * 5


def test_an_unknown_strategy_or_a_negative_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="known are longest_idle"):
        strategy_named("random")
    with pytest.raises(ValueError, match="at least 0"):
        strategy_named("weighted", idle=-1)


# Refusals


def test_who_refused_is_skipped_until_all_others_were_asked_then_it_starts_over() -> None:
    floor = [person("a", idle_since=NOW - 300), person("b", idle_since=NOW - 200), person("c")]
    item, asked = chat(), []
    for _ in range(6):
        decision = choose_agent(item, floor, QUEUES, NOW)
        assert decision is not None
        assert decision.agent is not None
        asked.append(decision.agent)
        item = after_refusal(item, decision.agent, starts_over=decision.starts_over)
    assert asked == ["a", "b", "c"] * 2


def test_someone_busy_is_still_to_be_asked_but_nobody_waits_for_a_break_to_end() -> None:
    item = after_refusal(chat(), "a")
    assert chosen(item, person("a"), person("b", used={"chat": 4})) is None
    assert reasons(item, person("a"), person("b", used={"chat": 4}))["a"][0] == "declined_earlier"
    assert chosen(item, person("a"), person("b", presence="break")) == "a"


def test_a_refused_offer_leaves_the_idle_time_alone_and_finished_work_moves_it() -> None:
    agent = person("a")
    working = given_work(agent, "chat", NOW)
    assert finished_work(working, "chat", NOW + 60).idle_since == NOW + 60
    assert finished_work(working, "chat", NOW + 60).handled_today == 1
    assert finished_work(working, "chat", NOW + 60).open_channels() == agent.open_channels()


# Explanations


def test_an_explanation_is_plain_json_and_bounded() -> None:
    ids = [UUID(int=n) for n in range(200)]
    floor = [replace(person("x"), id=id_) for id_ in ids[:60]]
    floor += [replace(person("x", queues=frozenset({"spare"})), id=id_) for id_ in ids[60:]]
    floor[0] = replace(floor[0], presence="break")
    decision = choose_agent(chat(), floor, QUEUES, NOW)
    assert decision is not None
    told = json.loads(json.dumps(decision.as_dict()))
    assert told["agent"] == str(ids[1])
    assert (len(told["candidates"]), told["candidates_total"]) == (25, 59)
    assert (len(told["skipped"]), told["skipped_counts"]) == (
        25,
        {"presence": 1, "wrong_queue": 140},
    )
    assert told["skipped"][0] == {"agent": str(ids[0]), "reason": "presence", "detail": "break"}
    assert (told["rule_step"], told["strategy"], told["score"]) == (0, "longest_idle", 10.0)


def test_a_look_that_finds_nobody_is_explained_too() -> None:
    decision = consider(chat(), [person("a", used={"chat": 4})], QUEUES, NOW)
    assert decision.as_dict()["agent"] is None
    assert decision.skipped_counts == (("no_slot", 1),)


# Overflow


@pytest.mark.parametrize(
    "rule, seen",
    [
        (OverflowRule("age", "spare", 60), Conditions(60, 1, None, 3)),
        (OverflowRule("queue_length", "spare", 10), Conditions(0, 11, None, 3)),
        (OverflowRule("estimated_wait", "spare", 120), Conditions(0, 1, 121.0, 3)),
        (OverflowRule("nobody_signed_in", "spare"), Conditions(0, 1, None, 0)),
    ],
)
def test_each_overflow_rule_holds_in_its_own_case_only(
    rule: OverflowRule, seen: Conditions
) -> None:
    calm = Conditions(age=5, queue_length=2, estimated_wait=None, fitting_signed_in=3)
    assert overflow_rule([rule], calm) is None
    assert overflow_rule([rule], seen) == rule
    assert overflow_rule([rule], seen, been_in=["sales", "spare"]) is None


def test_signed_in_counts_the_busy_and_those_on_a_break_but_not_the_absent() -> None:
    floor = [
        person("busy", used={"chat": 4}),
        person("break", presence="break"),
        person("off", presence="offline"),
        person("gone", connected=False),
        person("other", queues=frozenset({"spare"})),
    ]
    assert fitting_signed_in(chat(), floor, QUEUES, NOW) == 2
