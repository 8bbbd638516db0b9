"""The three surveys, their scales and what is made of the answers. Pure.

Booked on the day of the answer. Each figure carries its formula, so that nobody has to guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    kind: str
    name: str
    lowest: int
    highest: int
    good_from: int
    bad_to: int
    formula: str
    unit: str

    @property
    def scores(self) -> range:
        return range(self.lowest, self.highest + 1)

    def tone(self, score: int) -> str:
        """success, warning or danger, for a mark beside the figure."""
        if score >= self.good_from:
            return "success"
        return "danger" if score <= self.bad_to else "warning"


SCALES: Mapping[str, Scale] = {
    one.kind: one
    for one in (
        Scale(
            "csat", "Satisfaction (CSAT)", 1, 5, 4, 2,
            "answers of 4 or 5 / all answers", "%",
        ),
        Scale(
            "ces", "Effort (CES)", 1, 7, 5, 3,
            "sum of the answers from 1 to 7 / number of answers", "of 7",
        ),
        Scale(
            "nps", "Recommendation (NPS)", 0, 10, 9, 6,
            "share of answers of 9 or 10 less share of answers from 0 to 6", "points",
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` None: nobody has answered. `counts` by score; `rate` of those asked who answered."""

    scale: Scale
    value: float | None
    answers: int
    asked: int
    counts: Mapping[int, int]

    @property
    def rate(self) -> float | None:
        """Answered of all that were sent in the same days, in per cent."""
        return round(100 * self.answers / self.asked, 1) if self.asked else None


def figure(kind: str, counts: Mapping[int, int], asked: int) -> Figure:
    scale = SCALES[kind]
    kept = {score: counts.get(score, 0) for score in scale.scores}
    total = sum(kept.values())
    return Figure(scale, _value(scale, kept, total), total, asked, kept)


def _value(scale: Scale, counts: Mapping[int, int], total: int) -> float | None:
    if not total:
        return None
    if scale.kind == "ces":
        return round(sum(score * count for score, count in counts.items()) / total, 2)
    good = sum(count for score, count in counts.items() if score >= scale.good_from)
    if scale.kind == "csat":
        return round(100 * good / total, 1)
    bad = sum(count for score, count in counts.items() if score <= scale.bad_to)
    return round(100 * (good - bad) / total, 1)
