"""Which people serve which work, worked out once per pair of a skill set and a requirement.

Why: five hundred skill sets times a few hundred requirements is small, however many people and
items there are. A class is all agents with the same skills and queues; a kind is all items that ask
the same on the same channel. Both are numbered, so that a set of them is one integer. They are kept
for the life of the board: their number is bounded by how an installation is set up, not by its
traffic.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from helpdesk.routing.lines import Lines
from helpdesk.routing.matching import misfit
from helpdesk.routing.requirements import Requirements, Skills
from helpdesk.routing.state import AgentState, Id
from helpdesk.routing.strategies import Strategy, skill_points

_ClassKey: TypeAlias = tuple[frozenset[tuple[str, int]], frozenset[Id]]
_KindKey: TypeAlias = tuple[str, Skills, tuple[Id, ...], Skills, Strategy]


@dataclass(slots=True)
class Numbers:
    """A set of line numbers, as an integer for arithmetic and as a set for asking."""

    mask: int = 0
    numbers: set[int] = field(default_factory=set)

    def add(self, number: int) -> None:
        self.mask |= 1 << number
        self.numbers.add(number)


@dataclass(slots=True)
class Grade(Numbers):
    """Serving classes that are equally good at a kind; `points` as the strategy counts skill."""

    points: int = 0


@dataclass(slots=True, eq=False)
class Kind:
    """One requirement on one channel under one strategy. `number` counts within the channel."""

    number: int
    channel: str
    asked: Requirements
    asked_first: Skills
    strategy: Strategy
    mask: int = 0
    classes: set[int] = field(default_factory=set)
    points: dict[int, int] = field(default_factory=dict)
    grades: list[Grade] = field(default_factory=list)
    free: list[Lines] = field(default_factory=list)
    """The lines of agents who are open on the channel, in the order of the strategy; the board's
    own.
    """

    def admit(self, number: int, points: int) -> None:
        self.mask |= 1 << number
        self.classes.add(number)
        self.points[number] = points
        level = points if self.strategy.skill else 0
        for grade in self.grades:
            if grade.points == level:
                grade.add(number)
                return
        grade = Grade(points=level)
        grade.add(number)
        self.grades.append(grade)


class Classes:
    """All classes and kinds met so far, and who of them belong together."""

    def __init__(self) -> None:
        self._numbers: dict[_ClassKey, int] = {}
        self._samples: list[AgentState] = []
        self._on_duty: list[int] = []
        self._kinds: dict[_KindKey, Kind] = {}
        self._per_channel: dict[str, int] = {}
        self._serves: dict[tuple[int, str], Numbers] = {}
        self._strategies: list[dict[Strategy, None]] = []
        self.with_new_strategy: set[int] = set()
        """Classes that a strategy began to matter to since the board last looked."""

    def of_agent(self, agent: AgentState) -> int:
        """The number of the agent's class."""
        key = frozenset(agent.skills.items()), agent.queues
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._samples)
            self._samples.append(agent)
            self._on_duty.append(0)
            self._strategies.append({})
            for kind in self._kinds.values():
                self._pair(number, agent, kind)
        return number

    def kind(
        self, channel: str, asked: Requirements, first: Requirements, strategy: Strategy
    ) -> Kind:
        wanted = first.skills if strategy.skill else ()
        key = channel, asked.skills, asked.queues, wanted, strategy
        kind = self._kinds.get(key)
        if kind is None:
            number = self._per_channel.get(channel, 0)
            self._per_channel[channel] = number + 1
            kind = self._kinds[key] = Kind(number, channel, asked, wanted, strategy)
            for line, sample in enumerate(self._samples):
                self._pair(line, sample, kind)
        return kind

    def serves(self, line: int, channel: str) -> Numbers:
        """The kinds on this channel that this class serves."""
        found = self._serves.get((line, channel))
        if found is None:
            found = self._serves[line, channel] = Numbers()
        return found

    def strategies(self, line: int) -> tuple[Strategy, ...]:
        """The strategies of all kinds this class serves; nobody stands in a line that none looks
        at.
        """
        return tuple(self._strategies[line])

    def on_duty(self, line: int, by: int) -> None:
        self._on_duty[line] += by

    def only_these_on_duty(self, kind: Kind, people: Mapping[int, int]) -> bool:
        """Whether nobody of a serving class is on duty but `people` (how many of each class)."""
        return all(self._on_duty[line] <= people.get(line, 0) for line in kind.classes)

    def _pair(self, line: int, sample: AgentState, kind: Kind) -> None:
        if misfit(sample, kind.asked) is None:
            kind.admit(line, skill_points(sample.skills, kind.asked_first))
            self.serves(line, kind.channel).add(kind.number)
            if kind.strategy not in self._strategies[line]:
                self._strategies[line][kind.strategy] = None
                self.with_new_strategy.add(line)
