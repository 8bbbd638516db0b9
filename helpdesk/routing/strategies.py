"""Which of several fitting agents is asked first.

Why a table of weights and not a class each: every strategy is then one number per agent plus one
per skill set, and neither depends on `now` or on who else is there. So the order can be kept
instead of being computed again, and the same inputs give the same choice.
"""

from dataclasses import dataclass
from typing import TypeAlias

from helpdesk.routing.requirements import Levels, Skills

Rank: TypeAlias = tuple[float, float, float, float, str]


@dataclass(frozen=True, slots=True)
class Strategy:
    """Weights of what makes an agent come later (all but `skill`) or sooner (`skill`).

    Units: `busy` once if any slot is in use; `load` per whole load (0-1); `today` per piece of work
    done today; `idle` per minute less of idle time; `skill` per level in the skills that the item
    asked for at its start.
    """

    name: str
    busy: float = 0.0
    load: float = 0.0
    today: float = 0.0
    idle: float = 0.0
    skill: float = 0.0

    def standing(self, busy: bool, load: float, handled_today: int, idle_since: float) -> float:
        """The part that does not depend on the item; lower is asked sooner."""
        return (
            self.busy * busy
            + self.load * load
            + self.today * handled_today
            + self.idle * (idle_since / 60.0)
        )

    def rank(self, standing: float, points: int, idle_since: float, load: float, name: str) -> Rank:
        """The whole order key; lower is asked sooner. Ties: longer idle, then the id, so nothing is
        left to chance.
        """
        return (standing - self.skill * points, standing, idle_since, load, name)


# Idle before busy, then the longest idle. Among busy ones the idle time is the time since the last
# piece of work.
LONGEST_IDLE = Strategy("longest_idle", busy=1.0)
LEAST_OCCUPIED = Strategy("least_occupied", load=1.0)
FEWEST_TODAY = Strategy("fewest_today", today=1.0)
# A load is never above 1, so two points a level put skill strictly first and load second.
BEST_SKILL = Strategy("best_skill", load=1.0, skill=2.0)

STRATEGIES = {
    strategy.name: strategy for strategy in (LONGEST_IDLE, LEAST_OCCUPIED, FEWEST_TODAY, BEST_SKILL)
}


def weighted(
    *, idle: float = 1.0, load: float = 0.0, today: float = 0.0, skill: float = 0.0
) -> Strategy:
    """A strategy of one's own. All weights at least 0, in the units of `Strategy`."""
    if min(idle, load, today, skill) < 0:
        raise ValueError("weights are at least 0")
    return Strategy("weighted", idle=idle, load=load, today=today, skill=skill)


def strategy_named(name: str, **weights: float) -> Strategy:
    """The strategy a queue's settings name; `weights` only for "weighted"."""
    if name == "weighted":
        return weighted(**weights)
    if name not in STRATEGIES:
        known = ", ".join([*STRATEGIES, "weighted"])
        raise ValueError(f"no strategy {name!r}; known are {known}")
    return STRATEGIES[name]


def skill_points(has: Levels, asked: Skills) -> int:
    """Sum of the agent's levels in the skills asked for at the start; a dropped skill still counts
    for the choice.
    """
    return sum(has.get(name, 0) for name, _ in asked)
