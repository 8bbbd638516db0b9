"""What a trained model says of texts: label, how sure, how near to what it knows, and why.

Needs numpy, not the library that trained it. Not for deciding whether to act (`thresholds`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpdesk.triage import calibration, explaining
from helpdesk.triage.calibration import Curve
from helpdesk.triage.nearest import Index, only_words
from helpdesk.triage.vectors import Rows, Vocabulary

Array = Any
FOREIGN = "__oos"
"""The label of texts that belong nowhere; never suggested."""
MANY_FROM = 0.5
MOST_OF_MANY = 5


@dataclass(frozen=True, slots=True)
class Guess:
    """`words` are what in the text spoke for the label, the strongest first."""

    label: str
    confidence: float
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """By field, its guesses: one for a single choice, any number for tags."""

    guesses: Mapping[str, tuple[Guess, ...]]
    likeness: float
    nearest: int
    is_foreign: bool


@dataclass(frozen=True, slots=True)
class FieldModel:
    """`weights` has a row per feature and a column per label. `many`: any number may hold."""

    labels: tuple[str, ...]
    weights: Array
    offsets: Array
    curve: Curve
    many: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """`foreign_below`: a text less like any example than this is foreign."""

    vocabulary: Vocabulary
    index: Index
    fields: Mapping[str, FieldModel]
    foreign_below: float

    def judge(self, texts: Sequence[str], *, explained: bool = True) -> list[Judgement]:
        rows = self.vocabulary.rows(texts)
        near, likeness = self._nearest(rows)
        told: list[dict[str, tuple[Guess, ...]]] = [{} for _ in texts]
        for name, field in self.fields.items():
            margins = margins_of(field, rows)
            guess = _several if field.many else _single
            for at, found in enumerate(guess(field, margins, likeness, rows.known)):
                told[at][name] = tuple(found)
        foreign = likeness < self.foreign_below
        answers = []
        for at, text in enumerate(texts):
            guesses = told[at]
            if explained:
                guesses = self._explained(text, guesses)
            answers.append(
                Judgement(guesses, float(likeness[at]), int(near[at]), bool(foreign[at]))
            )
        return answers

    def _nearest(self, rows: Rows) -> tuple[Array, Array]:
        plain = only_words(rows, self.vocabulary.blocks)
        near, likeness = np.full(len(rows), -1), np.zeros(len(rows), np.float32)
        for at in range(len(rows)):
            alike = self.index.likeness(*plain.row(at))
            if len(alike):
                near[at] = int(alike.argmax())
                likeness[at] = alike[near[at]]
        return near, likeness

    def _explained(
        self, text: str, guesses: Mapping[str, tuple[Guess, ...]]
    ) -> dict[str, tuple[Guess, ...]]:
        told = {}
        for name, found in guesses.items():
            field = self.fields[name]
            told[name] = tuple(
                Guess(
                    one.label,
                    one.confidence,
                    explaining.words_for(
                        text,
                        self.vocabulary,
                        field.weights[:, field.labels.index(one.label)],
                    ),
                )
                for one in found
            )
        return told


def margins_of(field: FieldModel, rows: Rows) -> Array:
    """How far each text lies on each label's side."""
    found = np.empty((len(rows), len(field.labels)), np.float32)
    for at in range(len(rows)):
        features, values = rows.row(at)
        found[at] = values @ field.weights[features].astype(np.float32)
    return found + field.offsets


def best_of(labels: Sequence[str], shares: Array) -> Array:
    """The column of the best label in each row that is not the one for foreign texts."""
    if FOREIGN not in labels:
        return shares.argmax(axis=1)
    kept = shares.copy()
    kept[:, list(labels).index(FOREIGN)] = -1.0
    return kept.argmax(axis=1)


def _single(
    field: FieldModel, margins: Array, likeness: Array, known: Array
) -> list[tuple[Guess, ...]]:
    shares = calibration.shares(margins, field.curve.temperature)
    best = best_of(field.labels, shares)
    sure = calibration.chance(field.curve, shares[np.arange(len(best)), best], likeness, known)
    return [
        (Guess(field.labels[column], float(confidence)),)
        for column, confidence in zip(best, sure, strict=True)
    ]


def _several(
    field: FieldModel, margins: Array, likeness: Array, known: Array
) -> list[tuple[Guess, ...]]:
    answers = []
    for row in several_chances(field.curve, margins):
        order = [int(at) for at in np.argsort(-row)[:MOST_OF_MANY] if row[at] >= MANY_FROM]
        answers.append(tuple(Guess(field.labels[at], float(row[at])) for at in order))
    return answers


def several_chances(curve: Curve, margins: Array) -> Array:
    """How likely each of several labels holds, each by itself."""
    odds = curve.weights[0] + curve.weights[1] * margins * curve.temperature
    return 1 / (1 + np.exp(-odds))
