"""Small random floors: few queues, skills and people, so that everything meets everything.

Each is made by a random generator from a drawn seed. Drawing each field by itself gave floors where
hardly two agents ever competed; these are tuned so that most items fit somebody, and so that the
odd cases (a step due, a head start running, everybody asked) each turn up in a good part of the
examples.
"""

from random import Random

from hypothesis import strategies as st

from helpdesk.routing.requirements import Step
from helpdesk.routing.state import AgentState, Queue, WorkItem
from helpdesk.routing.strategies import (
    BEST_SKILL,
    FEWEST_TODAY,
    LEAST_OCCUPIED,
    LONGEST_IDLE,
    weighted,
)

QUEUE_IDS = ("sales", "support", "billing")
SKILLS = ("french", "loans", "german")
CHANNELS = ("chat", "call", "email")
AGENT_IDS = tuple(f"agent-{n}" for n in range(6))
NOW = 1_000_000.0
AGES = [0.0, 0.5, 3.0, 4.5, 5.0, 19.5, 20.0, 61.0, 100.0]

seeds = st.integers(0, 2**32 - 1)
rngs = seeds.map(Random)


def a_level_each(rng: Random, chance: float, low: int, high: int) -> dict[str, int]:
    return {skill: rng.randint(low, high) for skill in SKILLS if rng.random() < chance}


def some_steps(rng: Random, chance: float) -> tuple[Step, ...]:
    return tuple(
        Step(
            after,
            drop=(rng.choice(SKILLS),) if rng.random() < 0.5 else (),
            lower=((rng.choice(SKILLS), rng.randint(1, 2)),) if rng.random() < 0.5 else (),
            add_queues=(rng.choice(QUEUE_IDS),) if rng.random() < 0.4 else (),
        )
        for after in (20.0, 5.0, 60.0)
        if rng.random() < chance
    )


def some_queues(rng: Random) -> dict[str, Queue]:
    strategies = [LONGEST_IDLE, LEAST_OCCUPIED, FEWEST_TODAY, BEST_SKILL]
    strategies += [weighted(idle=1, load=10, skill=0.3), weighted(idle=0, today=1, skill=3)]
    return {
        id_: Queue(
            id_,
            skills=a_level_each(rng, 0.1, 1, 2),
            steps=some_steps(rng, 0.3),
            strategy=rng.choice(strategies),
        )
        for id_ in QUEUE_IDS
    }


def an_agent(rng: Random, id_: str) -> AgentState:
    slots = rng.choice([{"call": 1, "chat": 2, "email": 1}] * 3 + [{"chat": 1}, {"call": 2}])
    return AgentState(
        id_,
        queues=frozenset(q for q in QUEUE_IDS if rng.random() < 0.7),
        skills=a_level_each(rng, 0.7, 1, 5),
        presence=rng.choice(["available"] * 8 + ["break", "offline"]),
        connected=rng.random() < 0.9,
        not_responding=rng.random() < 0.1,
        slots=slots,
        used={c: n for c, most in slots.items() if (n := rng.choice([0] * 6 + [1, most]))},
        idle_since=NOW - rng.choice(AGES),
        handled_today=rng.randint(0, 3),
    )


def an_item(rng: Random, id_: str, waiting_since: float | None = None) -> WorkItem:
    preferred = tuple(rng.sample(AGENT_IDS, rng.choice([0, 0, 0, 1, 2])))
    return WorkItem(
        id_,
        channel=rng.choice(("chat", "chat", *CHANNELS)),
        queue=rng.choice(QUEUE_IDS),
        waiting_since=NOW - rng.choice(AGES) if waiting_since is None else waiting_since,
        head_start=rng.choice([0.0, 0.0, 10.0, 60.0]),
        front=rng.random() < 0.15,
        skills=a_level_each(rng, 0.3, 1, 4),
        steps=some_steps(rng, 0.15),
        preferred=preferred,
        preferred_for=rng.choice([5.0, 20.0, 60.0]) if preferred else 0.0,
        refused_by=frozenset(rng.sample(AGENT_IDS, rng.choice([0, 0, 0, 1, 2, 5]))),
    )


def some_people(rng: Random) -> list[AgentState]:
    return [an_agent(rng, id_) for id_ in AGENT_IDS[: rng.randint(1, len(AGENT_IDS))]]


def a_line(rng: Random) -> list[WorkItem]:
    return [an_item(rng, f"item-{n}") for n in range(rng.randint(1, 8))]
