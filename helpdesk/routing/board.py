"""The whole floor in memory, indexed, so that a decision does not grow with the number of people or
items.

Why: `matching` walks everybody, which is right for reading and for small floors. The simulator, the
benchmark and a full sweep need thousands of decisions. The board gives the choices of
`matching.match`, one at a time, and holds no truth of its own: it can be built from plain state at
any moment.

How: agents who differ in nothing but their idle time share a class, items that ask the same share a
kind, and which class serves which kind is worked out once. A line per class and per kind keeps the
order (`lines`). Items that are kept for preferred agents, or that somebody has refused, depend on
persons; they are few and stand aside. Whatever changes is noted, and only notes are followed up: a
settled board has nothing to do. Ages matter only at stated instants, which wait in a heap; nothing
is ever sorted again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import NamedTuple

from helpdesk.routing.classes import Classes, Kind
from helpdesk.routing.free import FreeAgents
from helpdesk.routing.lines import Entry
from helpdesk.routing.seats import Seat, Shapes
from helpdesk.routing.state import AgentState, Id, OrderKey, Queues, WorkItem
from helpdesk.routing.strategies import Rank
from helpdesk.routing.waiting import Place, WaitingItems


class Pick(NamedTuple):
    """One offer to make. `starts_over` goes to `after_refusal`, should the agent refuse."""

    item: WorkItem
    agent: Id
    starts_over: bool


@dataclass(slots=True)
class _Notes:
    """What changed since the last look, and the proposals that came of it, first item first."""

    agents: dict[Id, None] = field(default_factory=dict)
    heap: list[tuple[OrderKey, int, Id, Id | None]] = field(default_factory=list)
    count: int = 0

    def propose(self, order: OrderKey, item: Id, agent: Id | None) -> None:
        self.count += 1
        heappush(self.heap, (order, self.count, item, agent))


class Board:
    """Waiting items and agents, with the next offer always at hand."""

    def __init__(
        self,
        queues: Queues,
        now: float,
        *,
        items: Iterable[WorkItem] = (),
        agents: Iterable[AgentState] = (),
    ) -> None:
        self.now = now
        self._classes = Classes()
        self._shapes = Shapes()
        self._seats: dict[Id, Seat] = {}
        self._free = FreeAgents(self._classes)
        self._waiting = WaitingItems(queues, self._classes, self._free, self._seats, now)
        self._notes = _Notes()
        for agent in agents:
            self.agent_changed(agent)
        for item in items:
            self.add_item(item)

    # What happens on the floor

    def add_item(self, item: WorkItem) -> None:
        """An item begins to wait, or waits again after a refusal or a lost browser."""
        if item.id in self._waiting.places:
            raise ValueError(f"item {item.id} is waiting already")
        self._waiting.stand(item, item.order)

    def remove_item(self, item: Id) -> WorkItem | None:
        """The item leaves without an agent: hung up, moved, withdrawn."""
        place = self._waiting.places.get(item)
        if place is None:
            return None
        self._waiting.leave(place)
        return place.item

    def agent_changed(self, agent: AgentState) -> None:
        """A new agent, or anything about one: presence, skills, queues, slots, idle time."""
        old = self._seats.get(agent.id)
        if old is not None:
            self._rise(old)
        seat = self._shapes.seat(agent, self._classes.of_agent(agent))
        self._seats[agent.id] = seat
        self._classes.on_duty(seat.line, +1 if seat.on_duty else 0)
        self._notes.agents[seat.id] = None
        if old is None or (old.line, old.on_duty, old.signed_in) != (
            seat.line,
            seat.on_duty,
            seat.signed_in,
        ):
            self._waiting.person_matters(agent.id)

    def agent_left(self, agent: Id) -> None:
        """The agent is no longer known here at all."""
        seat = self._seats.pop(agent, None)
        if seat is not None:
            self._rise(seat)
            self._waiting.person_matters(agent)

    def finished(self, agent: Id, channel: str, at: float) -> None:
        """A piece of work ended; the quick way to say `agent_changed(finished_work(...))`."""
        seat = self._seats[agent]
        seat.handled_today += 1
        self._release(seat, channel, at)

    def withdrawn(self, agent: Id, channel: str, idle_since: float) -> None:
        """An offer ended without work: the slot is free, the idle time what it was before the
        offer.
        """
        self._release(self._seats[agent], channel, idle_since)

    def advance(self, now: float) -> None:
        """Time passes: steps come into force, head starts lapse."""
        self.now = now
        self._waiting.advance(now)

    def next_due(self) -> float | None:
        """When time alone changes something here next, at the earliest."""
        return self._waiting.next_due()

    # What follows from it

    def next_decision(self) -> Pick | None:
        """The next offer, with its slot taken and its item out of the line; None once settled."""
        notes = self._notes
        if len(notes.agents) == 1 and not self._waiting.changed and not notes.heap:
            return self._only_one_is_free()
        self._follow_up()
        while notes.heap:
            order, _, item, proposer = heappop(notes.heap)
            place = self._waiting.places.get(item)
            chosen = None
            if place is not None and place.order == order:
                chosen = self._best_agent(place)
            if place is None or chosen is None:
                if proposer is not None:
                    self._propose_for(proposer)
                continue
            if proposer is not None:
                notes.agents[proposer] = None
            return self._take(place, self._seats[chosen])
        return None

    def settle(self) -> list[Pick]:
        """All offers to be made now."""
        picks = []
        while (pick := self.next_decision()) is not None:
            picks.append(pick)
        return picks

    # Plain state, for restarts and explanations

    def items(self) -> list[WorkItem]:
        """All that wait, first one first."""
        return [
            place.item for place in sorted(self._waiting.places.values(), key=lambda one: one.order)
        ]

    def agents(self) -> list[AgentState]:
        return [seat.state() for seat in self._seats.values()]

    def agent(self, agent: Id) -> AgentState:
        return self._seats[agent].state()

    def waiting(self) -> int:
        return len(self._waiting.places)

    # Agents

    def _rise(self, seat: Seat) -> None:
        self._free.stand_up(seat)
        self._notes.agents.pop(seat.id, None)
        self._classes.on_duty(seat.line, -1 if seat.on_duty else 0)

    def _release(self, seat: Seat, channel: str, idle_since: float) -> None:
        self._free.stand_up(seat)
        seat.release(channel)
        seat.idle_since = idle_since
        self._notes.agents[seat.id] = None

    def _take(self, place: Place, seat: Seat) -> Pick:
        item = place.item
        self._waiting.leave(place)
        self._free.stand_up(seat)
        seat.take(item.channel)
        seat.idle_since = self.now
        self._notes.agents[seat.id] = None
        return Pick(item, seat.id, seat.id in item.refused_by)

    # Choosing

    def _only_one_is_free(self) -> Pick | None:
        """On a settled board one agent changed: whatever they may take, nobody else who is free
        may.

        So there is no choice to make, and an agent who goes on at once never enters a line.
        """
        (agent,) = self._notes.agents
        seat = self._seats[agent]
        found = self._first_item(agent)
        if found is not None:
            return self._take(self._waiting.places[found[1]], seat)
        self._free.sit(seat)
        self._notes.agents.clear()
        return None

    def _follow_up(self) -> None:
        """Everyone who was noted takes their place in the lines, and then proposes."""
        notes = self._notes
        changed = self._waiting.changed
        for item in changed:
            place = self._waiting.places.get(item)
            if place is not None:
                notes.propose(place.order, item, None)
        changed.clear()
        if notes.agents:
            for agent in notes.agents:
                self._free.sit(self._seats[agent])
            for agent in notes.agents:
                self._propose_for(agent)
            notes.agents.clear()

    def _propose_for(self, agent: Id) -> None:
        found = self._first_item(agent)
        if found is not None:
            self._notes.propose(found[0], found[1], agent)

    def _first_item(self, agent: Id) -> tuple[OrderKey, Id] | None:
        """As `matching.choose_item`: the first item over all lines that this agent may take."""
        seat = self._seats.get(agent)
        if seat is None or not seat.on_duty:
            return None
        best: Entry | None = None
        for channel in seat.shape.channels:
            lines = self._waiting.lines.get(channel)
            if lines is not None and lines.waiting:
                serves = self._classes.serves(seat.line, channel)
                entry = lines.first(serves.mask, serves.numbers)
                if entry is not None and (best is None or entry < best):
                    best = entry
        found = None if best is None else (best[:4], best[5])
        for order, item in self._waiting.refused:
            if found is not None and order > found[0]:
                break
            if self._may_take(seat, self._waiting.places[item]):
                found = order, item
                break
        for item in self._waiting.preferring.get(agent, ()):
            place = self._waiting.places[item]
            if (found is None or place.order < found[0]) and self._may_take(seat, place):
                found = place.order, item
        return found

    def _may_take(self, seat: Seat, place: Place) -> bool:
        item = place.item
        if item.channel not in seat.shape.channels or seat.line not in place.kind.classes:
            return False
        if place.holders:
            return seat.id in place.holders
        return seat.id not in item.refused_by or self._all_were_asked(place)

    def _all_were_asked(self, place: Place) -> bool:
        """As `matching.all_were_asked`, by counting: a class with more people on duty than refusers
        is not done.
        """
        refusers: dict[int, int] = {}
        for agent in place.item.refused_by:
            seat = self._seats.get(agent)
            if seat is not None and seat.on_duty:
                refusers[seat.line] = refusers.get(seat.line, 0) + 1
        return self._classes.only_these_on_duty(place.kind, refusers)

    def _best_agent(self, place: Place) -> Id | None:
        """As `matching.choose_agent`, from the lines of the free."""
        if place.holders:
            return self._best_of_holders(place)
        refused_by = place.item.refused_by
        found = self._best_free(place.kind)
        if found is None or found not in refused_by or self._all_were_asked(place):
            return found
        return self._best_free_but(place.kind, refused_by)

    def _best_free(self, kind: Kind) -> Id | None:
        weight = kind.strategy.skill
        best: Entry | None = None
        for lines in kind.free:
            waiting = lines.waiting
            if not waiting & kind.mask:
                continue
            for grade in kind.grades:
                if waiting & grade.mask:
                    entry = lines.first(grade.mask, grade.numbers)
                    if entry is not None:
                        key = (entry[0] - weight * grade.points, *entry)
                        if best is None or key < best:
                            best = key
        return None if best is None else best[-1]

    def _best_free_but(self, kind: Kind, refused_by: frozenset[Id]) -> Id | None:
        ranked = [
            (self._rank(kind, self._seats[entry[-1]]), entry[-1])
            for lines in kind.free
            for entry in lines.walk(kind.classes)
            if entry[-1] not in refused_by
        ]
        return min(ranked)[1] if ranked else None

    def _best_of_holders(self, place: Place) -> Id | None:
        ranked = [
            (self._rank(place.kind, seat), seat.id)
            for seat in (self._seats[agent] for agent in place.holders)
            if seat.on_duty and place.item.channel in seat.shape.channels
        ]
        return min(ranked)[1] if ranked else None

    def _rank(self, kind: Kind, seat: Seat) -> Rank:
        shape = seat.shape
        strategy = kind.strategy
        standing = strategy.standing(shape.busy, shape.load, seat.handled_today, seat.idle_since)
        return strategy.rank(
            standing, kind.points[seat.line], seat.idle_since, shape.load, seat.name
        )
