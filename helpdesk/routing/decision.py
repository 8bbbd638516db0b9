"""Why an item went to an agent, or to nobody: a value to store and to show.

Why bounded: with thousands of agents the reasons of the far-off ones are a count each; the near
misses, which is what people ask about, are named. Not for deciding; `matching` does that and fills
this in.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from helpdesk.routing.requirements import Requirements
from helpdesk.routing.state import Id
from helpdesk.routing.strategies import Rank

NAMED = 25

Reason: TypeAlias = Literal[
    "wrong_queue",
    "missing_skill",
    "offline",
    "disconnected",
    "not_responding",
    "presence",
    "no_slot",
    "declined_earlier",
    "reserved_for_preferred",
]

# From the nearest miss to the farthest: the order in which skipped agents are worth naming.
_FROM_NEAREST: tuple[Reason, ...] = (
    "reserved_for_preferred",
    "declined_earlier",
    "no_slot",
    "not_responding",
    "disconnected",
    "presence",
    "missing_skill",
    "offline",
    "wrong_queue",
)
_NEARNESS = {reason: place for place, reason in enumerate(_FROM_NEAREST)}


@dataclass(slots=True, unsafe_hash=True)
class Candidate:
    """An agent who could take the item, with the key that ordered them (lower first) and what it
    was made of. Never changed; not frozen, since each decision makes dozens (see `AgentState`).
    """

    agent: Id
    rank: Rank
    idle_s: float
    load: float
    handled_today: int
    skill_points: int


@dataclass(slots=True, unsafe_hash=True)
class Skipped:
    """An agent who could not, and for what. `detail`: the skill and level, the presence, the
    channel. As a `Candidate`, never changed.
    """

    agent: Id
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """One look at one item. `agent` is None where nobody could take it.

    `starts_over`: everyone who fits had been asked, so the list of the asked began anew; hand it to
    `after_refusal`. `reserved`: the head start of preferred agents was running. `seen_from` tells
    whether an item looked for an agent or an agent for an item.
    """

    item: Id
    agent: Id | None
    at: float
    queue: Id
    strategy: str
    score: float
    front: bool
    asked: Requirements
    reserved: bool = False
    starts_over: bool = False
    seen_from: Literal["item", "agent"] = "item"
    candidates: tuple[Candidate, ...] = ()
    candidates_total: int = 0
    skipped: tuple[Skipped, ...] = ()
    skipped_counts: tuple[tuple[str, int], ...] = ()

    @property
    def step(self) -> int:
        """How many relaxation steps were in force."""
        return self.asked.step

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values; ids as strings."""
        return {
            "item": str(self.item),
            "agent": None if self.agent is None else str(self.agent),
            "at": self.at,
            "queue": str(self.queue),
            "strategy": self.strategy,
            "score": round(self.score, 3),
            "front": self.front,
            "rule_step": self.step,
            "asked": {
                "skills": dict(self.asked.skills),
                "queues": [str(queue) for queue in self.asked.queues],
            },
            "reserved": self.reserved,
            "starts_over": self.starts_over,
            "seen_from": self.seen_from,
            "candidates": [
                {
                    "agent": str(candidate.agent),
                    "rank": list(candidate.rank),
                    "idle_s": round(candidate.idle_s, 3),
                    "load": round(candidate.load, 3),
                    "handled_today": candidate.handled_today,
                    "skill_points": candidate.skill_points,
                }
                for candidate in self.candidates
            ],
            "candidates_total": self.candidates_total,
            "skipped": [
                {"agent": str(one.agent), "reason": one.reason, "detail": one.detail}
                for one in self.skipped
            ],
            "skipped_counts": dict(self.skipped_counts),
        }


def nearest_misses(skipped: Sequence[Skipped]) -> tuple[Skipped, ...]:
    """At most `NAMED` of the skipped, nearest first; then by id, so that the same inputs name the
    same people.
    """
    ordered = sorted(skipped, key=lambda one: (_NEARNESS[one.reason], str(one.agent)))
    return tuple(ordered[:NAMED])


def counts(skipped: Sequence[Skipped]) -> tuple[tuple[str, int], ...]:
    """How many were skipped for each reason, over all of them."""
    return tuple(sorted(Counter(one.reason for one in skipped).items()))
