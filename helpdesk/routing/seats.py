"""An agent on the board: the same facts as `AgentState`, in a form that takes and gives back slots
cheaply.

Why: how full an agent is decides load and open channels, and the same few fillings come again and
again. Each is worked out once by `AgentState` itself and then looked up. Not for anything outside
the board.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from helpdesk.routing.state import AgentState, Id, room_of

Pattern: TypeAlias = frozenset[str]
_Capacity: TypeAlias = tuple[tuple[tuple[str, int], ...], frozenset[str]]
_Used: TypeAlias = tuple[tuple[str, int], ...]


@dataclass(slots=True, eq=False)
class Shape:
    """One filling of one capacity. `fuller` and `emptier` lead to its neighbours, found on first
    use.
    """

    capacity: _Capacity
    used: _Used
    channels: Pattern
    busy: bool
    load: float
    fuller: "dict[str, Shape]"
    emptier: "dict[str, Shape]"


class Shapes:
    """All fillings met so far."""

    def __init__(self) -> None:
        self._known: dict[tuple[_Capacity, _Used], Shape] = {}

    def of(self, agent: AgentState) -> Shape:
        capacity = tuple(sorted(agent.slots.items())), agent.exclusive
        used = tuple(sorted((channel, n) for channel, n in agent.used.items() if n))
        shape = self._known.get((capacity, used))
        if shape is None:
            shape = self._known[capacity, used] = Shape(
                capacity, used, agent.open_channels(), agent.busy, agent.load, {}, {}
            )
        return shape

    def changed(self, shape: Shape, agent: AgentState, channel: str, by: int) -> Shape:
        used: Mapping[str, int] = dict(shape.used)
        channel = room_of(agent.slots, channel)
        filled = {**used, channel: max(0, used.get(channel, 0) + by)}
        return self.of(replace(agent, used=filled))

    def seat(self, agent: AgentState, line: int) -> "Seat":
        return Seat(
            agent,
            agent.id,
            str(agent.id),
            line,
            self,
            self.of(agent),
            agent.on_duty,
            agent.signed_in,
            agent.idle_since,
            agent.handled_today,
        )


@dataclass(slots=True, eq=False)
class Seat:
    """`line` is the number of the agent's class. `agent` is what was last told; the fields after
    `shapes` go on.
    """

    agent: AgentState
    id: Id
    name: str
    line: int
    shapes: Shapes
    shape: Shape
    on_duty: bool
    signed_in: bool
    idle_since: float
    handled_today: int
    seated: bool = False
    """Whether the agent stands in the lines of the free."""

    def take(self, channel: str) -> None:
        """One more slot in use."""
        shape = self.shape.fuller.get(channel)
        if shape is None:
            shape = self.shapes.changed(self.shape, self.agent, channel, +1)
            self.shape.fuller[channel] = shape
        self.shape = shape

    def release(self, channel: str) -> None:
        """One slot free again; none goes below empty."""
        shape = self.shape.emptier.get(channel)
        if shape is None:
            shape = self.shapes.changed(self.shape, self.agent, channel, -1)
            self.shape.emptier[channel] = shape
        self.shape = shape

    def state(self) -> AgentState:
        return replace(
            self.agent,
            used=dict(self.shape.used),
            idle_since=self.idle_since,
            handled_today=self.handled_today,
        )
