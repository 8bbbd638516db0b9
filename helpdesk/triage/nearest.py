"""The example that a text is most like, by the words they share: tells foreign traffic.

An index from words to the examples that have them. Needs numpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from helpdesk.triage.vectors import Rows

Array = Any


@dataclass(frozen=True, slots=True)
class Index:
    """Examples of feature f: `examples[starts[f]:starts[f + 1]]` with their values."""

    starts: Array
    examples: Array
    values: Array
    count: int

    def likeness(self, features: Array, values: Array) -> Array:
        """0 to 1 for each example, in their order."""
        if len(features) == 0 or self.count == 0:
            return np.zeros(self.count, np.float32)
        spans = [slice(self.starts[f], self.starts[f + 1]) for f in features]
        lengths = [span.stop - span.start for span in spans]
        examples = np.concatenate([self.examples[span] for span in spans])
        shared = np.concatenate([self.values[span] for span in spans])
        shared = shared.astype(np.float32) * np.repeat(values, lengths)
        return np.bincount(examples, shared, minlength=self.count)


def only_words(rows: Rows, blocks: Array) -> Rows:
    """The rows without pieces and pairs; each is of length one still."""
    kept = blocks[rows.features] == 0
    ends = np.concatenate([[0], np.cumsum(kept)])
    return Rows(ends[rows.starts], rows.features[kept], rows.values[kept], rows.known)


def index_of(rows: Rows, features: int) -> Index:
    """An index over rows of words."""
    order = np.argsort(rows.features, kind="stable")
    counts = np.bincount(rows.features, minlength=features)
    owner = np.repeat(np.arange(len(rows)), np.diff(rows.starts))
    return Index(
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        owner[order].astype(np.int32),
        rows.values[order].astype(np.float16),
        len(rows),
    )
