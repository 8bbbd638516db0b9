"""What a work item asks of an agent, and how that relaxes as it waits.

Why apart: relaxation is arithmetic on age that the live path, the board and the explanation must
read alike. Not for asking whether an agent is free; only for whether one belongs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

Levels: TypeAlias = Mapping[str, int]
Skills: TypeAlias = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """At `after` seconds of waiting (from the item's own start) skills are dropped or lowered, or
    queues added.
    """

    after: float
    drop: tuple[str, ...] = ()
    lower: tuple[tuple[str, int], ...] = ()
    add_queues: tuple[str | UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Requirements:
    """Skills with minimum level, sorted by name, and the queues whose people may be asked.

    `step` says how many relaxation steps are in force; 0 is the requirement as stated.
    """

    skills: Skills
    queues: tuple[str | UUID, ...]
    step: int = 0


def requirements(item_skills: Levels, queue_skills: Levels, queue: str | UUID) -> Requirements:
    """The item's own skills and the queue's together; where both name a skill, the higher level
    counts.
    """
    skills = dict(queue_skills)
    for name, level in item_skills.items():
        skills[name] = max(level, skills.get(name, 0))
    for name, level in skills.items():
        if not 1 <= level <= 5:
            raise ValueError(f"skill {name!r} asks for level {level}; levels go from 1 to 5")
    return Requirements(tuple(sorted(skills.items())), (queue,))


def in_order(*lists: Iterable[Step]) -> tuple[Step, ...]:
    """The queue's steps and the item's own as one list by age."""
    return tuple(sorted((step for steps in lists for step in steps), key=lambda step: step.after))


def effective(
    stated: Requirements, steps: Sequence[Step], waiting_since: float, now: float
) -> Requirements:
    """What is asked at `now`. `steps` by age (`in_order`). A step only ever widens: it never raises
    a level.

    An added queue brings its people, not its skills: whoever belongs there still meets what is left
    of the stated.
    """
    if not steps or waiting_since + steps[0].after > now:
        return stated
    skills = dict(stated.skills)
    queues = list(stated.queues)
    reached = 0
    for step in steps:
        if waiting_since + step.after > now:
            break
        reached += 1
        for name in step.drop:
            skills.pop(name, None)
        for name, level in step.lower:
            if name in skills:
                skills[name] = min(level, skills[name])
        queues.extend(queue for queue in step.add_queues if queue not in queues)
    return Requirements(
        tuple(sorted((name, level) for name, level in skills.items() if level > 0)),
        tuple(queues),
        reached,
    )


def next_step_at(steps: Sequence[Step], waiting_since: float, now: float) -> float | None:
    """When the next step comes into force, or None."""
    return next(
        (waiting_since + step.after for step in steps if waiting_since + step.after > now), None
    )


def missing_skill(has: Levels, needed: Skills) -> tuple[str, int] | None:
    """The first needed skill (by name) that is absent or too low."""
    for name, level in needed:
        if has.get(name, 0) < level:
            return name, level
    return None
