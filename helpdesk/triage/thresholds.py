"""From which confidence on it pays to act: right gains one, wrong costs five. Pure.

Judged on texts that were not learned from, with a share of foreign ones among them. Where no
threshold is surely better than leaving it to people, there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

GAIN, COST = 1, 5
BREAK_EVEN = COST / (GAIN + COST)
LEAST_RIGHT = 0.97
"""The recommended threshold also keeps this share right, as far as can be foreseen."""
SURE = 1.0
"""By how many standard errors acting has to be better than not acting."""
LEAST_SEEN = 30
"""Fewer texts above a threshold say nothing."""


@dataclass(frozen=True, slots=True)
class Point:
    """One judged text: how sure, whether right, and how many texts it stands for."""

    confidence: float
    right: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Step:
    """What acting from `threshold` on comes to. `utility` is per hundred texts."""

    threshold: float
    coverage: float
    precision: float
    utility: float
    seen: int


@dataclass(frozen=True, slots=True)
class Choice:
    """`threshold` None: stay off; `why` says so in a word."""

    threshold: float | None
    step: Step | None
    why: str = ""


def utility(right: float, wrong: float) -> float:
    return GAIN * right - COST * wrong


def curve(points: Sequence[Point], *, most: int = 100) -> list[Step]:
    """Precision and coverage at each hundredth of confidence that changes something."""
    whole = sum(point.weight for point in points)
    if not whole:
        return []
    ordered = sorted(points, key=lambda point: -point.confidence)
    steps: list[Step] = []
    right = wrong = 0.0
    at = 0
    for hundredth in range(most - 1, -1, -1):
        threshold = hundredth / most
        before = at
        while at < len(ordered) and ordered[at].confidence >= threshold:
            if ordered[at].right:
                right += ordered[at].weight
            else:
                wrong += ordered[at].weight
            at += 1
        if at > before:
            done = right + wrong
            gained = 100 * utility(right, wrong) / whole
            steps.append(Step(threshold, done / whole, right / done, gained, at))
    return steps[::-1]


def choose(points: Sequence[Point]) -> Choice:
    """The threshold that is worth most among those that keep enough right; none if none is safe."""
    steps = [step for step in curve(points) if step.seen >= LEAST_SEEN]
    if not steps:
        return Choice(None, None, "too_few")
    able = [step for step in steps if step.precision >= LEAST_RIGHT] or [
        step for step in steps if step.precision >= BREAK_EVEN
    ]
    if not able:
        return Choice(None, None, "too_often_wrong")
    best = max(able, key=lambda step: (step.utility, step.threshold))
    if not is_safe(best):
        return Choice(None, best, "not_sure")
    return Choice(best.threshold, best)


def at(steps: Sequence[Step], threshold: float) -> Step | None:
    """What the curve says of a threshold: the nearest step from there on."""
    return next((step for step in steps if step.threshold >= threshold - 1e-9), None)


def is_safe(step: Step) -> bool:
    """Whether acting is better than not acting even if we were a little lucky so far."""
    return pays(step.precision, step.seen)


def pays(precision: float, seen: int) -> bool:
    """The lower bound of the share that is right (Wilson) lies above break-even."""
    return lower_bound(precision, seen) > BREAK_EVEN


def lower_bound(share: float, seen: int, sure: float = SURE) -> float:
    if seen <= 0:
        return 0.0
    middle = share + sure * sure / (2 * seen)
    spread = sure * sqrt(share * (1 - share) / seen + sure * sure / (4 * seen * seen))
    return (middle - spread) / (1 + sure * sure / seen)
