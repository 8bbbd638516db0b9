"""Texts as rows of numbers: which features, how often, and how rare they are.

A vocabulary keeps its features sorted as bytes in one block, so that it lies in a file as it
lies in memory. Needs numpy; only processes of triage load it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpdesk.triage import words

MOST_FEATURES = 150_000
LEAST_TEXTS = (1, 2, 2)
"""In how many texts a feature of each block must stand to be kept."""
BLOCK_WEIGHTS = (0.8, 1.0, 0.6)
Array = Any


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows: the features of row i are `features[starts[i]:starts[i + 1]]`."""

    starts: Array
    features: Array
    values: Array
    known: Array
    """The share of each text's words, by their rarity, that the vocabulary has."""

    def __len__(self) -> int:
        return len(self.starts) - 1

    def row(self, at: int) -> tuple[Array, Array]:
        part = slice(self.starts[at], self.starts[at + 1])
        return self.features[part], self.values[part]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`names` sorted; `blocks` and `rarity` by their place."""

    names: list[str]
    blocks: Array
    rarity: Array
    unknown_rarity: float
    places: dict[str, int]

    def rows(self, texts: Sequence[str]) -> Rows:
        starts, features, values, known = [0], [], [], []
        for text in texts:
            blocks = words.features_of(text)
            known.append(self._known_share(blocks[0]))
            for block, weight in zip(blocks, BLOCK_WEIGHTS, strict=True):
                places, counts = self._counted(block)
                row = (1.0 + np.log(counts)) * self.rarity[places]
                length = float(np.sqrt((row * row).sum())) or 1.0
                features.append(places)
                values.append((row * (weight / length)).astype(np.float32))
            starts.append(starts[-1] + sum(map(len, features[-3:])))
        return Rows(
            np.array(starts, np.int64),
            np.concatenate(features) if features else np.zeros(0, np.int32),
            np.concatenate(values) if values else np.zeros(0, np.float32),
            np.array(known, np.float32),
        )

    def _counted(self, block: list[str]) -> tuple[Array, Array]:
        counts = Counter(map(self.places.get, block))
        counts.pop(None, None)
        return (
            np.fromiter(counts.keys(), np.int32, len(counts)),
            np.fromiter(counts.values(), np.float32, len(counts)),
        )

    def _known_share(self, block: list[str]) -> float:
        single = {one for one in block if " " not in one}
        found = [self.places[one] for one in single if one in self.places]
        have = float(self.rarity[found].sum())
        total = have + (len(single) - len(found)) * self.unknown_rarity
        return have / total if total else 0.0


def vocabulary_of(texts: Sequence[str]) -> Vocabulary:
    """The features of these texts worth keeping, the commonest where there are too many."""
    counts: tuple[Counter[str], ...] = (Counter(), Counter(), Counter())
    for text in texts:
        for block, counter in zip(words.features_of(text), counts, strict=True):
            counter.update(set(block))
    kept = [
        (count, name, block)
        for block, counter in enumerate(counts)
        for name, count in counter.items()
        if count >= LEAST_TEXTS[block]
    ]
    if len(kept) > MOST_FEATURES:
        kept = sorted(kept, key=lambda one: (-one[0], one[1]))[:MOST_FEATURES]
    kept.sort(key=lambda one: one[1])
    texts_with = np.array([count for count, _, _ in kept], np.float64)
    rarity = np.log((1 + len(texts)) / (1 + texts_with)) + 1.0
    names = [name for _, name, _ in kept]
    return Vocabulary(
        names,
        np.array([block for _, _, block in kept], np.int8),
        rarity.astype(np.float32),
        float(np.log(1 + len(texts)) + 1.0),
        {name: place for place, name in enumerate(names)},
    )
