"""A day on a floor that does not exist, decided by the same board as a real one.

Why: before a queue's rules or a roster change, a planner sees what it does to waits, people and
fairness. Events only, no clock: a day of forty thousand calls takes seconds. Each customer's luck
(handling time, patience, who declines) is drawn before the run, so that two runs that differ in one
rule differ by that rule only. Overflow to other queues is not simulated; relaxation steps are.
"""

import math
import random
from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from typing import TypeVar

from helpdesk.routing.board import Board, Pick
from helpdesk.routing.estimates import AS_IT_IS, Correction, Outcome, estimate, learned, outcome
from helpdesk.routing.figures import Agents, Fairness, Figures, Result, Wait, figures, render
from helpdesk.routing.requirements import Levels
from helpdesk.routing.scenario import Crew, Scenario, Stream, arrivals_from_csv
from helpdesk.routing.state import AgentState, Id, OrderKey, Queue, WorkItem, after_refusal

__all__ = ["Result", "Scenario", "arrivals_from_csv", "render", "run"]

T = TypeVar("T")

NO_SKILLS: Levels = {}


@dataclass(slots=True)
class _Contact:
    """One customer's luck, and how far they have come."""

    item: WorkItem
    handle_s: float
    gives_up_at: float | None
    declines: int
    outcome: Outcome | None = None
    offer: tuple[Pick, float] | None = None
    done: bool = False


@dataclass(slots=True)
class _Knowledge:
    """What a queue knows for its estimates: who waits in what order, and what came of the last."""

    line: list[OrderKey] = field(default_factory=list)
    handled: deque[float] = field(default_factory=lambda: deque(maxlen=100))
    correction: Correction = AS_IT_IS


def run(scenario: Scenario) -> Result:
    """The whole scenario, to the last customer. Deterministic for a scenario and its seed.

    Where head starts are given out, the same customers are run once more without any; the
    difference is what they gained and what the others paid.
    """
    with_them = _Run(scenario)
    with_them.play()
    fairness = None
    if any(stream.head_starts for stream in scenario.streams):
        plain = _Run(scenario, head_starts=False)
        plain.play()
        favoured = {c.item.id for c in with_them.contacts.values() if c.item.head_start > 0}
        fairness = Fairness.between(with_them.waits, plain.waits, favoured)
    return with_them.result(fairness)


class _Run:
    def __init__(self, scenario: Scenario, *, head_starts: bool = True) -> None:
        self.scenario = scenario
        self.queues: dict[Id, Queue] = {queue.id: queue for queue in scenario.queues}
        self.board = Board(self.queues, 0.0)
        self.people = Agents()
        self.contacts: dict[Id, _Contact] = {}
        self.known = {queue.id: _Knowledge() for queue in scenario.queues}
        self.serving: dict[tuple[Id, str], int] = {}
        self.waits: list[Wait] = []
        self.now = 0.0
        self._events: list[tuple[float, int, str, Id]] = []
        self._count = 0
        for n, crew in enumerate(scenario.crews):
            self._hire(crew, n)
        for n, stream in enumerate(scenario.streams):
            rng = random.Random(f"{scenario.seed} {n} {stream.queue}")
            for contact in _contacts(stream, n, rng, scenario.declined):
                if not head_starts:
                    contact.item = replace(contact.item, head_start=0.0)
                self.contacts[contact.item.id] = contact
                self._at(contact.item.waiting_since, "arrives", contact.item.id)

    def play(self) -> None:
        happenings = {
            "arrives": self._arrives,
            "gives_up": self._gives_up,
            "answers": self._answers,
            "finishes": self._finishes,
            "begins": self._begins,
            "ends": self._ends,
        }
        while (at := self._next()) is not None:
            self.now = at
            if self._events and self._events[0][0] <= at:
                _, _, kind, id_ = heappop(self._events)
                happenings[kind](id_)
            self.board.advance(at)
            for pick in self.board.settle():
                self._offer(pick)

    def _next(self) -> float | None:
        """When something happens next, or a step comes into force on the board."""
        events = self._events[0][0] if self._events else math.inf
        due = self.board.next_due()
        at = events if due is None else min(events, due)
        return at if at < math.inf else None

    def result(self, fairness: Fairness | None) -> Result:
        for contact in self.contacts.values():
            if not contact.done:
                self._end_wait(contact, answered=False, unserved=True)
        limits = self.scenario.answer_within_s, self.scenario.short_abandon_s
        by_queue: dict[str, Figures] = {
            str(id_): figures([wait for wait in self.waits if wait.queue == id_], *limits)
            for id_ in self.queues
        }
        total = figures(self.waits, *limits)
        return Result(total, by_queue, self.people.occupancy(self.now), *limits, fairness)

    # People

    def _hire(self, crew: Crew, number: int) -> None:
        for n in range(crew.size):
            id_ = f"{number:03}-{crew.name}-{n:05}"
            queues: frozenset[Id] = frozenset(crew.queues)
            state = AgentState(
                id_, queues, crew.skills, presence="offline", slots=crew.slots, idle_since=0.0
            )
            self.board.agent_changed(state)
            for begins, ends in crew.shifts or ((0.0, math.inf),):
                self._at(begins, "begins", id_)
                if ends < math.inf:
                    self._at(ends, "ends", id_)

    def _begins(self, id_: Id) -> None:
        state = self.board.agent(id_)
        self.board.agent_changed(replace(state, presence="available", idle_since=self.now))
        self.people.begins(id_, self.now)
        self._serve(state, +1)

    def _ends(self, id_: Id) -> None:
        state = self.board.agent(id_)
        self.board.agent_changed(replace(state, presence="offline"))
        self.people.ends(id_, self.now)
        self._serve(state, -1)

    def _serve(self, agent: AgentState, by: int) -> None:
        for queue in agent.queues:
            for channel, slots in agent.slots.items():
                key = queue, channel
                self.serving[key] = self.serving.get(key, 0) + by * slots

    # Customers

    def _arrives(self, id_: Id) -> None:
        contact = self.contacts[id_]
        item = contact.item
        self.board.add_item(item)
        if contact.gives_up_at is not None:
            self._at(contact.gives_up_at, "gives_up", id_)
        known = self.known[item.queue]
        place = 1 + bisect_left(known.line, item.order)
        insort(known.line, item.order)
        serving = self.serving.get((item.queue, item.channel), 0)
        told = estimate(place, tuple(known.handled), serving, known.correction)
        if told is not None:
            contact.outcome = outcome(told, 0.0)

    def _offer(self, pick: Pick) -> None:
        contact = self.contacts[pick.item.id]
        contact.offer = pick, self.people.idle_since(pick.agent)
        self.people.takes(pick.agent, self.now)
        if self.now == pick.item.waiting_since:
            contact.outcome = None
        self._at(self.now + self.scenario.answer_after_s, "answers", pick.item.id)

    def _answers(self, id_: Id) -> None:
        contact = self.contacts[id_]
        if contact.done or contact.offer is None:
            return
        if contact.declines > 0:
            contact.declines -= 1
            pick = self._withdraw(contact)
            contact.item = after_refusal(pick.item, pick.agent, starts_over=pick.starts_over)
            self.board.add_item(contact.item)
            return
        self._end_wait(contact, answered=True)
        self._at(self.now + contact.handle_s, "finishes", id_)

    def _finishes(self, id_: Id) -> None:
        contact = self.contacts[id_]
        if contact.offer is not None:
            agent, channel = contact.offer[0].agent, contact.item.channel
            self.board.finished(agent, channel, self.now)
            self.people.gives_back(agent, self.now, idle_since=self.now)
            self.known[contact.item.queue].handled.append(contact.handle_s)

    def _gives_up(self, id_: Id) -> None:
        contact = self.contacts[id_]
        if contact.done:
            return
        if self.board.remove_item(id_) is None:
            self._withdraw(contact)
        self._end_wait(contact, answered=False)

    def _withdraw(self, contact: _Contact) -> Pick:
        assert contact.offer is not None, "an item out of the line is offered"
        pick, idle_since = contact.offer
        contact.offer = None
        self.board.withdrawn(pick.agent, contact.item.channel, idle_since)
        self.people.gives_back(pick.agent, self.now, idle_since=idle_since)
        return pick

    def _end_wait(self, contact: _Contact, *, answered: bool, unserved: bool = False) -> None:
        contact.done = True
        item = contact.item
        waited = self.now - item.waiting_since
        known = self.known[item.queue]
        del known.line[bisect_left(known.line, item.order)]
        told = contact.outcome
        if told is not None:
            told = replace(told, waited=waited, answered=answered)
            known.correction = learned(known.correction, told)
        self.waits.append(Wait(item.id, item.queue, waited, answered, unserved, told))

    def _at(self, when: float, kind: str, id_: Id) -> None:
        self._count += 1
        heappush(self._events, (when, self._count, kind, id_))


def _contacts(stream: Stream, number: int, rng: random.Random, declined: float) -> list[_Contact]:
    sigma = math.sqrt(math.log(1 + stream.handle_spread**2))
    mu = math.log(stream.handle_s) - sigma**2 / 2
    contacts: list[_Contact] = []
    for at in _arrival_times(stream, rng):
        patience = None if stream.patience_s is None else rng.expovariate(1 / stream.patience_s)
        item = WorkItem(
            f"{number:03}-{len(contacts):07}",
            stream.channel,
            stream.queue,
            at,
            head_start=_share_of(stream.head_starts, rng, 0.0),
            skills=_share_of(stream.skills, rng, NO_SKILLS),
        )
        handle_s = rng.lognormvariate(mu, sigma)
        declines = 0
        while rng.random() < declined:
            declines += 1
        gives_up_at = None if patience is None else at + patience
        contacts.append(_Contact(item, handle_s, gives_up_at, declines))
    return contacts


def _arrival_times(stream: Stream, rng: random.Random) -> list[float]:
    times: list[float] = []
    for n, count in enumerate(stream.counts):
        begins = n * stream.interval_s
        if stream.exact:
            times += sorted(begins + rng.random() * stream.interval_s for _ in range(round(count)))
            continue
        at = 0.0
        while count > 0:
            at += rng.expovariate(count / stream.interval_s)
            if at >= stream.interval_s:
                break
            times.append(begins + at)
    return times


def _share_of(shares: tuple[tuple[float, T], ...], rng: random.Random, otherwise: T) -> T:
    point = rng.random()
    for share, value in shares:
        if point < share:
            return value
        point -= share
    return otherwise
