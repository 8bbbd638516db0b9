"""The waiting side of the board: every item in the one place where it is looked for.

Why: an item stands in the line of its kind; aside, in one ordered list, while somebody who refused
it is to be skipped; or kept for those of its preferred agents who are there. Age moves it between
these at stated instants, which wait in a heap. Not for choosing; that is the board's.
"""

from bisect import bisect_left, insort
from collections.abc import Mapping
from dataclasses import dataclass
from heapq import heappop, heappush

from helpdesk.routing.classes import Classes, Kind
from helpdesk.routing.free import FreeAgents
from helpdesk.routing.lines import Lines
from helpdesk.routing.matching import asked_now, stated
from helpdesk.routing.requirements import in_order, next_step_at
from helpdesk.routing.seats import Seat
from helpdesk.routing.state import Id, OrderKey, Queue, Queues, WorkItem


@dataclass(slots=True, eq=False)
class Place:
    """Where an item stands. `holders`: the preferred agents it is kept for, if any."""

    item: WorkItem
    order: OrderKey
    kind: Kind
    holders: tuple[Id, ...] = ()
    due: float | None = None


class WaitingItems:
    """`changed` collects the items to look at anew; the board empties it."""

    def __init__(
        self,
        queues: Queues,
        classes: Classes,
        free: FreeAgents,
        seats: Mapping[Id, Seat],
        now: float,
    ) -> None:
        self.now = now
        self.places: dict[Id, Place] = {}
        self.lines: dict[str, Lines] = {}
        self.refused: list[tuple[OrderKey, Id]] = []
        self.preferring: dict[Id, set[Id]] = {}
        self.changed: set[Id] = set()
        self._queues = queues
        self._classes = classes
        self._free = free
        self._seats = seats
        self._kinds: dict[tuple[str, Id, tuple[tuple[str, int], ...]], Kind] = {}
        self._due: list[tuple[float, int, Id]] = []
        self._count = 0

    def stand(self, item: WorkItem, order: OrderKey) -> None:
        """Into the place that the item's age, preferred agents and refusals give it."""
        queue = self._queues[item.queue]
        kind = self._kind(item, queue)
        place = self.places[item.id] = Place(item, order, kind)
        self.changed.add(item.id)
        self._wake_later(place, queue)
        if item.preferred and self.now < item.preferred_until:
            for agent in item.preferred:
                self.preferring.setdefault(agent, set()).add(item.id)
            place.holders = self._holders(place)
            if place.holders:
                return
        if item.refused_by:
            insort(self.refused, (order, item.id))
            return
        lines = self.lines.get(item.channel)
        if lines is None:
            lines = self.lines[item.channel] = Lines()
        lines.add((*order, kind.number, item.id))

    def leave(self, place: Place) -> None:
        """Out of its place and out of mind."""
        item = place.item
        del self.places[item.id]
        if item.preferred:
            for agent in item.preferred:
                items = self.preferring.get(agent)
                if items is not None:
                    items.discard(item.id)
                    if not items:
                        del self.preferring[agent]
        if place.holders:
            return
        if item.refused_by:
            del self.refused[bisect_left(self.refused, (place.order,))]
        else:
            self.lines[item.channel].remove(item.id)

    def stand_again(self, place: Place) -> None:
        self.leave(place)
        self.stand(place.item, place.order)

    def person_matters(self, agent: Id) -> None:
        """Who fits, is on duty or signed in has changed: kept and refused items may stand
        otherwise.
        """
        for item in list(self.preferring.get(agent, ())):
            self.stand_again(self.places[item])
        self.changed.update(item for _, item in self.refused)

    def advance(self, now: float) -> None:
        """Steps come into force, head starts lapse."""
        self.now = now
        while self._due and self._due[0][0] <= now:
            at, _, item = heappop(self._due)
            place = self.places.get(item)
            if place is not None and place.due == at:
                self.stand_again(place)

    def next_due(self) -> float | None:
        return self._due[0][0] if self._due else None

    def _kind(self, item: WorkItem, queue: Queue) -> Kind:
        """The kind of the item at its present age; remembered for those that never relax."""
        if not item.steps and not queue.steps:
            short = item.channel, item.queue, tuple(item.skills.items())
            known = self._kinds.get(short)
            if known is not None:
                return known
        asked = asked_now(item, queue, self.now)
        first = stated(item, queue)
        kind = self._classes.kind(item.channel, asked, first, queue.strategy)
        if self._classes.with_new_strategy:
            self._free.new_strategies(self._seats.values())
        kind.free = self._free.lines_for(queue.strategy, item.channel)
        if not item.steps and not queue.steps:
            self._kinds[short] = kind
        return kind

    def _wake_later(self, place: Place, queue: Queue) -> None:
        item = place.item
        due = None
        if queue.steps or item.steps:
            due = next_step_at(in_order(queue.steps, item.steps), item.waiting_since, self.now)
        if item.preferred and item.preferred_until > self.now:
            due = item.preferred_until if due is None else min(due, item.preferred_until)
        if due is not None:
            place.due = due
            self._count += 1
            heappush(self._due, (due, self._count, item.id))

    def _holders(self, place: Place) -> tuple[Id, ...]:
        """As `matching.head_start_holders`, over the few who are preferred."""
        return tuple(
            agent
            for agent in place.item.preferred
            if (seat := self._seats.get(agent)) is not None
            and seat.signed_in
            and seat.line in place.kind.classes
            and agent not in place.item.refused_by
        )
