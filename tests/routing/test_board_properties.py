"""The indexed board against the plain rules, and what must hold on any floor whatever happens."""

from dataclasses import replace
from random import Random

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from helpdesk.routing.board import Board, Pick
from helpdesk.routing.matching import (
    all_were_asked,
    asked_now,
    choose_agent,
    choose_item,
    consider,
    match,
    misfit,
)
from helpdesk.routing.state import (
    LIVE,
    AgentState,
    WorkItem,
    after_refusal,
    finished_work,
)
from tests.routing.floors import (
    AGENT_IDS,
    NOW,
    a_line,
    an_agent,
    an_item,
    rngs,
    some_people,
    some_queues,
)


def as_pairs(board: Board) -> list[tuple[object, object, bool]]:
    return [(pick.item.id, pick.agent, pick.starts_over) for pick in board.settle()]


@settings(max_examples=400, deadline=None)
@given(rngs)
def test_the_board_offers_what_the_plain_rules_offer(rng: Random) -> None:
    queues, waiting, floor = some_queues(rng), a_line(rng), some_people(rng)
    expected = [(d.item, d.agent, d.starts_over) for d in match(waiting, floor, queues, NOW)]
    assert as_pairs(Board(queues, NOW, items=waiting, agents=floor)) == expected


@settings(max_examples=150, deadline=None)
@given(rngs)
def test_the_explanation_does_not_change_the_choice(rng: Random) -> None:
    queues, waiting, floor = some_queues(rng), a_line(rng), some_people(rng)
    for item in waiting:
        told = consider(item, floor, queues, NOW)
        bare = consider(item, floor, queues, NOW, explain=False)
        assert (told.agent, told.starts_over) == (bare.agent, bare.starts_over)
        assert told.candidates_total + sum(n for _, n in told.skipped_counts) == len(floor)
        if told.agent is not None:
            assert told.candidates[0].agent == told.agent
            assert min(told.candidates, key=lambda one: one.rank).agent == told.agent


@settings(max_examples=150, deadline=None)
@given(rngs)
def test_an_agent_is_given_the_first_item_that_would_also_choose_somebody(rng: Random) -> None:
    queues, waiting, floor = some_queues(rng), a_line(rng), some_people(rng)
    for agent in floor:
        decision = choose_item(agent, waiting, queues, NOW, colleagues=floor)
        could = [
            item
            for item in sorted(waiting, key=lambda one: one.order)
            if any(c.agent == agent.id for c in consider(item, floor, queues, NOW).candidates)
        ]
        assert (decision.item if decision else None) == (could[0].id if could else None)


class Floor(RuleBasedStateMachine):
    """A floor over time. Beside the board a ledger of plain facts says what is so; the board must
    agree.

    After each step the board is settled at once, so that an item and an agent who fit are never
    both idle; and each batch of offers is held against the plain rules on the plain facts.
    """

    @initialize(rng=rngs)
    def open_the_floor(self, rng: Random) -> None:
        floor = some_people(rng)
        self.queues = queues = some_queues(rng)
        self.now = NOW
        self.people = {agent.id: replace(agent, used={}) for agent in floor}
        self.line: dict[object, WorkItem] = {}
        self.offers: dict[object, tuple[Pick, float]] = {}
        self.in_work: dict[object, tuple[WorkItem, object]] = {}
        self.born: dict[object, float] = {}
        self.count = 0
        self.board = Board(queues, self.now, agents=self.people.values())
        self.settle()

    def settle(self) -> None:
        facts = list(self.line.values()), list(self.people.values())
        expected = match(*facts, self.queues, self.now)
        picks = self.board.settle()
        assert [(p.item.id, p.agent, p.starts_over) for p in picks] == [
            (d.item, d.agent, d.starts_over) for d in expected
        ]
        for pick in picks:
            item = self.line.pop(pick.item.id)
            assert item == pick.item
            agent = self.people[pick.agent]
            assert pick.item.channel in agent.open_channels()
            self.offers[item.id] = pick, agent.idle_since
            used = {**agent.used, item.channel: agent.used.get(item.channel, 0) + 1}
            self.people[agent.id] = replace(agent, used=used, idle_since=self.now)

    def free_slot(self, agent: AgentState, channel: str) -> AgentState:
        used = {**agent.used, channel: agent.used[channel] - 1}
        return replace(agent, used=used)

    @rule(rng=rngs)
    def something_arrives(self, rng: Random) -> None:
        self.count += 1
        item = an_item(rng, f"item-{self.count}", waiting_since=self.now)
        item = replace(item, front=False, refused_by=frozenset())
        self.born[item.id] = self.now
        self.line[item.id] = item
        self.board.add_item(item)
        self.settle()

    @rule(seconds=st.sampled_from([0.5, 5.0, 9.5, 40.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.board.advance(self.now)
        self.settle()

    @precondition(lambda self: self.line)
    @rule(data=st.data())
    def a_customer_gives_up(self, data: st.DataObject) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.line)))
        assert self.board.remove_item(id_) == self.line.pop(id_)
        self.settle()

    @precondition(lambda self: self.offers)
    @rule(data=st.data())
    def an_offer_is_accepted(self, data: st.DataObject) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.offers)))
        pick, _ = self.offers.pop(id_)
        self.in_work[id_] = pick.item, pick.agent

    @precondition(lambda self: self.offers)
    @rule(data=st.data(), expired=st.booleans())
    def an_offer_is_refused(self, data: st.DataObject, expired: bool) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.offers)))
        pick, idle_since = self.offers.pop(id_)
        agent = self.free_slot(self.people[pick.agent], pick.item.channel)
        agent = replace(
            agent, idle_since=idle_since, not_responding=agent.not_responding or expired
        )
        self.people[agent.id] = agent
        item = after_refusal(pick.item, agent.id, starts_over=pick.starts_over)
        others = [
            other
            for other in self.people.values()
            if other.id not in item.refused_by
            and other.on_duty
            and misfit(other, asked_now(item, self.queues[item.queue], self.now)) is None
        ]
        self.line[id_] = item
        self.board.withdrawn(agent.id, item.channel, idle_since)
        if expired:
            self.board.agent_changed(agent)
        self.board.add_item(item)
        self.settle()
        if others and id_ in self.offers:
            assert self.offers[id_][0].agent not in item.refused_by

    @precondition(lambda self: self.in_work)
    @rule(data=st.data())
    def work_ends(self, data: st.DataObject) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.in_work)))
        item, agent_id = self.in_work.pop(id_)
        self.people[agent_id] = finished_work(self.people[agent_id], item.channel, self.now)
        self.board.finished(agent_id, item.channel, self.now)
        self.settle()

    @precondition(lambda self: self.people)
    @rule(data=st.data())
    def a_browser_dies(self, data: st.DataObject) -> None:
        agent = self.people[data.draw(st.sampled_from(sorted(self.people)))]
        held = [
            (id_, pick.item) for id_, (pick, _) in self.offers.items() if pick.agent == agent.id
        ] + [(id_, item) for id_, (item, who) in self.in_work.items() if who == agent.id]
        agent = replace(agent, connected=False, used={})
        self.people[agent.id] = agent
        self.board.agent_changed(agent)
        for id_, item in held:
            self.offers.pop(id_, None)
            self.in_work.pop(id_, None)
            self.line[id_] = replace(item, front=True)
            self.board.add_item(self.line[id_])
        self.settle()
        assert not any(pick.agent == agent.id for pick, _ in self.offers.values())

    @precondition(lambda self: self.people)
    @rule(data=st.data(), presence=st.sampled_from(["available", "available", "break", "offline"]))
    def presence_changes(self, data: st.DataObject, presence: str) -> None:
        agent = self.people[data.draw(st.sampled_from(sorted(self.people)))]
        agent = replace(agent, presence=presence, connected=True, not_responding=False)
        self.people[agent.id] = agent
        self.board.agent_changed(agent)
        self.settle()

    @precondition(lambda self: len(self.people) < len(AGENT_IDS))
    @rule(rng=rngs)
    def somebody_new_signs_in(self, rng: Random) -> None:
        id_ = next(id_ for id_ in AGENT_IDS if id_ not in self.people)
        agent = replace(an_agent(rng, id_), used={})
        self.people[id_] = agent
        self.board.agent_changed(agent)
        self.settle()

    @precondition(lambda self: self.people)
    @rule(data=st.data(), rng=rngs)
    def skills_and_queues_change(self, data: st.DataObject, rng: Random) -> None:
        old = self.people[data.draw(st.sampled_from(sorted(self.people)))]
        new = an_agent(rng, old.id)
        agent = replace(old, skills=new.skills, queues=new.queues)
        self.people[old.id] = agent
        self.board.agent_changed(agent)
        self.settle()

    @rule()
    def the_process_restarts(self) -> None:
        self.board = Board(
            self.queues, self.now, items=self.line.values(), agents=self.people.values()
        )
        self.settle()

    @invariant()
    def an_item_is_in_one_place_only_and_none_is_lost(self) -> None:
        places = [set(self.line), set(self.offers), set(self.in_work)]
        assert len(set().union(*places)) == sum(map(len, places))
        assert {item.id for item in self.board.items()} == set(self.line)

    @invariant()
    def the_board_knows_the_plain_facts(self) -> None:
        for agent in self.board.agents():
            known = self.people[agent.id]
            assert agent.open_channels() == known.open_channels()
            assert (agent.on_duty, agent.idle_since) == (known.on_duty, known.idle_since)

    @invariant()
    def nobody_is_over_capacity(self) -> None:
        held: dict[tuple[object, str], int] = {}
        for pick, _ in self.offers.values():
            held[pick.agent, pick.item.channel] = held.get((pick.agent, pick.item.channel), 0) + 1
        for item, agent in self.in_work.values():
            held[agent, item.channel] = held.get((agent, item.channel), 0) + 1
        for (agent, channel), n in held.items():
            assert n <= self.people[agent].slots[channel]
            if channel in self.people[agent].exclusive:
                assert not any(held.get((agent, other)) for other in LIVE if other != channel)

    @invariant()
    def nobody_fitting_is_idle_beside_a_waiting_item(self) -> None:
        floor = list(self.people.values())
        for item in self.line.values():
            assert choose_agent(item, floor, self.queues, self.now) is None
            asked = asked_now(item, self.queues[item.queue], self.now)
            belonging = [agent for agent in floor if misfit(agent, asked) is None]
            kept = item.preferred and self.now < item.preferred_until
            for agent in belonging:
                if agent.on_duty and item.channel in agent.open_channels() and not kept:
                    assert agent.id in item.refused_by
                    assert not all_were_asked(item, belonging)

    @invariant()
    def the_original_age_is_kept(self) -> None:
        for item in self.board.items():
            assert item.waiting_since == self.born[item.id]


Floor.TestCase.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, phases=(Phase.generate, Phase.shrink)
)
test_a_floor_over_time = Floor.TestCase
