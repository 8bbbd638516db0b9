"""What the router knows when it decides: work items, agents and queues as plain values.

Why: the live path, the simulator, the benchmark and the property tests decide on the same values,
so they cannot disagree. Not for storage and not for the clock: whoever calls reads rows and times,
and builds these. Times are epoch seconds as floats; ids are opaque strings or UUIDs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias
from uuid import UUID

from helpdesk.routing.overflow import OverflowRule
from helpdesk.routing.requirements import Levels, Skills, Step
from helpdesk.routing.strategies import LONGEST_IDLE, Rank, Strategy

Id: TypeAlias = str | UUID
OrderKey: TypeAlias = tuple[int, float, float, str]

DEFAULT_SLOTS: Mapping[str, int] = {
    "call": 1,
    "chat": 4,
    "sms": 2,
    "email": 1,
    "ticket": 1,
}
TAKES_ALL = frozenset({"call", "callback"})
STANDS_IN: Mapping[str, str] = {"callback": "call"}
"""What a channel takes the room of where an agent has no number for it."""
LIVE = frozenset({"call", "chat", "callback"})
"""Channels on which somebody waits at the other end. What comes on any other can be laid aside, so
a call reaches somebody who holds nothing else; it takes all that is still free.
"""


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One thing waiting for a person.

    `waiting_since` is the item's own start and never moves, whatever happens to it later.
    `head_start` is priority and customer value together, in seconds. `front` marks work that lost
    its agent's browser and goes first. `refused_by` names the agents who declined or let expire an
    offer of it in the present round.
    """

    id: Id
    channel: str
    queue: Id
    waiting_since: float
    head_start: float = 0.0
    front: bool = False
    skills: Levels = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    preferred: tuple[Id, ...] = ()
    preferred_for: float = 0.0
    refused_by: frozenset[Id] = frozenset()

    @property
    def order(self) -> OrderKey:
        """Lower comes first. Score grows equally fast for all, so this key never changes while an
        item waits.
        """
        return (
            0 if self.front else 1,
            self.waiting_since - self.head_start,
            self.waiting_since,
            str(self.id),
        )

    @property
    def preferred_until(self) -> float:
        return self.waiting_since + self.preferred_for

    def score(self, now: float) -> float:
        """Head start plus waiting age, in seconds."""
        return self.head_start + (now - self.waiting_since)


@dataclass(slots=True, unsafe_hash=True)
class AgentState:
    """One agent as the router sees them; never changed, `replace` makes another.

    Not frozen, since that makes it three times as dear to make, and each decision makes hundreds.

    `used` counts everything that holds a slot: live offers, conversations, wrap-up. `idle_since` is
    when the agent was last given work or last finished it; a declined or expired offer leaves it
    where it was, so a caller takes the time of a live offer into it only as long as that offer
    lives.

    The live path meets the same value many times, so the last answer about what does not depend on
    the item is kept with it: `hindrance` and `ranked` belong to `matching`.
    """

    id: Id
    queues: frozenset[Id]
    skills: Levels = field(default_factory=dict)
    presence: str = "available"
    connected: bool = True
    not_responding: bool = False
    slots: Mapping[str, int] = field(default_factory=lambda: DEFAULT_SLOTS)
    used: Mapping[str, int] = field(default_factory=dict)
    exclusive: frozenset[str] = TAKES_ALL
    idle_since: float = 0.0
    handled_today: int = 0
    hindrance: tuple[str, Any] | None = field(default=None, init=False, repr=False, compare=False)
    ranked: tuple[Strategy, Skills, Rank] | None = field(
        default=None, init=False, repr=False, compare=False
    )

    @property
    def signed_in(self) -> bool:
        """Here at all, be it on a break."""
        return self.connected and self.presence != "offline"

    @property
    def on_duty(self) -> bool:
        """Takes work as slots come free. A dead browser never counts."""
        return self.connected and self.presence == "available" and not self.not_responding

    @property
    def busy(self) -> bool:
        return bool(self.used) and any(self.used.values())

    @property
    def attends(self) -> bool:
        """Whether somebody at the other end has this agent's attention now."""
        used = self.used
        return bool(used) and any(used.get(channel) for channel in LIVE)

    @property
    def load(self) -> float:
        """Share of all slots in use, 0 to 1."""
        used, slots = self.used, self.slots
        if not used and slots:
            return 0.0
        total = sum(slots.values())
        return sum(used.values()) / total if total else 1.0

    def has_room(self, channel: str) -> bool:
        """Whether `channel` is among the open ones, without making the set."""
        used, channel = self.used, room_of(self.slots, channel)
        if not used:
            return self.slots.get(channel, 0) > 0
        exclusive = self.exclusive
        if not exclusive.isdisjoint(used) and any(used.get(one, 0) for one in exclusive):
            return False
        if channel in exclusive and self.attends:
            return False
        return used.get(channel, 0) < self.slots.get(channel, 0)

    def open_channels(self) -> frozenset[str]:
        """Channels with a free slot. An exclusive channel needs an agent whom nobody else has on
        the line, and in use it blocks all the others.
        """
        if any(self.used.get(channel, 0) for channel in self.exclusive):
            return frozenset()
        unheard = not self.attends
        found = {
            channel
            for channel, total in self.slots.items()
            if self.used.get(channel, 0) < total and (unheard or channel not in self.exclusive)
        }
        found.update(own for own in STANDS_IN if room_of(self.slots, own) in found)
        return frozenset(found)


@dataclass(frozen=True, slots=True)
class Queue:
    """A named line of work: its own skills, relaxation steps, strategy, value bound and overflow
    rules.
    """

    id: Id
    skills: Levels = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    strategy: Strategy = LONGEST_IDLE
    most_value_head_start: float = 0.0
    overflow: tuple[OverflowRule, ...] = ()


def room_of(slots: Mapping[str, int], channel: str) -> str:
    """The channel among `slots` whose room work on `channel` takes."""
    return channel if slots.get(channel) else STANDS_IN.get(channel, channel)


def like(own: Mapping[str, int], channel: str) -> int | None:
    """A figure that is set by channel, or that of the channel whose room it takes."""
    found = own.get(channel)
    return found if found is not None else own.get(STANDS_IN.get(channel, channel))


# Keyed by id. A mapping is invariant in its key, and callers have keys of one type or the other.
Queues: TypeAlias = Mapping[Any, Queue]


def given_work(agent: AgentState, channel: str, at: float) -> AgentState:
    """The agent with one more slot of `channel` in use."""
    channel = room_of(agent.slots, channel)
    used = {**agent.used, channel: agent.used.get(channel, 0) + 1}
    return replace(agent, used=used, idle_since=at)


def finished_work(agent: AgentState, channel: str, at: float) -> AgentState:
    """The agent with one slot of `channel` free again, and one more piece of work done today."""
    channel = room_of(agent.slots, channel)
    used = {**agent.used, channel: max(0, agent.used.get(channel, 0) - 1)}
    return replace(agent, used=used, idle_since=at, handled_today=agent.handled_today + 1)


def after_refusal(item: WorkItem, agent: Id, *, starts_over: bool = False) -> WorkItem:
    """The item back in line at its original age, that agent to be skipped until all others were
    asked.

    `starts_over` comes from the decision that led to the refused offer: there the list of the asked
    began anew.
    """
    asked = frozenset() if starts_over else item.refused_by
    return replace(item, refused_by=asked | {agent})
