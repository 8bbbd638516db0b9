"""Which words of a text spoke for a label: each word with its neighbours, pairs and pieces.

What a model weighs are features, many of them no words at all; people read words. So each word
carries what its own pieces weigh and half of what it weighs together with another.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import Any

from helpdesk.triage import words
from helpdesk.triage.vectors import Vocabulary

MOST = 3
SHORTEST = 3
LEAST_SHARE = 0.15
"""A word that says less than this share of what the strongest says is left out."""
LONGEST_PHRASE = 3


def words_for(text: str, vocabulary: Vocabulary, weights: Any) -> tuple[str, ...]:
    """The strongest words for a label, neighbours joined; `weights` are its column."""
    said = words.words_of(text)
    told = _by_word(said, vocabulary, weights)
    strong = [(value, word) for word, value in told.items() if value > 0 and len(word) >= SHORTEST]
    if not strong:
        return ()
    strong.sort(reverse=True)
    limit = strong[0][0] * LEAST_SHARE
    chosen = [word for value, word in strong if value >= limit][: MOST * 2]
    return tuple(_phrases(said, chosen, told)[:MOST])


def _by_word(said: list[str], vocabulary: Vocabulary, weights: Any) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for word in dict.fromkeys(said):
        blocks = words.features_of(word)
        found[word] = sum(_weight(one, vocabulary, weights) for part in blocks for one in part)
    for one, other in pairwise(said):
        half = _weight(f"{words.WORD}{one} {other}", vocabulary, weights) / 2
        found[one] += half
        found[other] += half
    return dict(found)


def _weight(feature: str, vocabulary: Vocabulary, weights: Any) -> float:
    place = vocabulary.places.get(feature)
    return 0.0 if place is None else float(weights[place]) * float(vocabulary.rarity[place])


def _phrases(said: list[str], chosen: list[str], told: dict[str, float]) -> list[str]:
    """Chosen words that stand side by side in the text as one phrase; the strongest first."""
    wanted, found, place = set(chosen), [], 0
    while place < len(said):
        end = place
        while end < len(said) and said[end] in wanted and end - place < LONGEST_PHRASE:
            end += 1
        if end > place:
            phrase = said[place:end]
            found.append((max(told[one] for one in phrase), " ".join(phrase)))
            wanted -= set(phrase)
        place = max(end, place + 1)
    return [phrase for _, phrase in sorted(found, reverse=True)]
