"""One order made of two: that of the words and that of the meaning, by their ranks. Pure.

Ranks and not scores, because the scores of the two have nothing to do with each other. One set of
numbers for every collection (benchmarks/finding.py): a first place by meaning counts less than
half of one by words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helpdesk.search.ranking import Scored

MEANING = 0.4
_FLAT = 5
LEAST_LIKE = 0.4
"""Less alike than this is not alike: what is nearest to nonsense stays out."""


@dataclass(frozen=True, slots=True)
class Close:
    """An article that means something like what was asked; `passage` is the place of the one."""

    number: int
    likeness: float
    passage: int


def fused(by_words: Sequence[Scored], by_meaning: Sequence[Close]) -> list[Scored]:
    """Both, best first. What words found keeps its score, what they did not gets a lesser one."""
    gained: dict[int, float] = {}
    for place, one in enumerate(by_words, 1):
        gained[one.number] = 1 / (_FLAT + place)
    for place, close in enumerate(by_meaning, 1):
        gained[close.number] = gained.get(close.number, 0.0) + MEANING / (_FLAT + place)
    best = by_words[0].score if by_words else 1.0
    scores = {close.number: round(best * close.likeness, 9) for close in by_meaning}
    scores |= {one.number: one.score for one in by_words}
    order = sorted(gained, key=lambda number: (-round(gained[number], 12), number))
    return [Scored(number, scores[number]) for number in order]
