"""Learns from sorted texts how to sort new ones, and measures itself on texts held back.

Each text is judged once by a judge that had not seen it nor one like it word for word; from those
judgements come calibration, curve and threshold. The last judge learns from all. The only file that
needs scikit-learn; it runs in a process of its own (`trainer`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.svm import LinearSVC

from helpdesk.triage import calibration, refining, vectors
from helpdesk.triage.calibration import Curve
from helpdesk.triage.judging import (
    FOREIGN,
    MANY_FROM,
    FieldModel,
    Model,
    best_of,
    several_chances,
)
from helpdesk.triage.nearest import index_of, only_words
from helpdesk.triage.thresholds import Point
from helpdesk.triage.vectors import BLOCK_WEIGHTS, LEAST_TEXTS, Rows, Vocabulary
from helpdesk.triage.words import words_of

Array = Any
Told = Callable[[float], None]
LEAST_EXAMPLES = 10
"""A label with fewer is not suggested; its texts count as foreign."""
LEAST_LABELS = 2
MOST_LABELS = 300
SMALL = 2_000
FOREIGN_SHARE = 0.15
"""How much foreign traffic a threshold has to bear, until it is known better."""
SIMULATED_FROM = 5
FOREIGN_QUANTILE = 0.02


@dataclass(frozen=True, slots=True)
class Example:
    """`labels` by field: a word, several for tags; a field that says nothing is absent."""

    text: str
    labels: Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class LabelFigures:
    label: str
    examples: int
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What a field's judge is worth. `points` (confidence, right, weight) draw its curve."""

    examples: int
    labels: Sequence[LabelFigures]
    accuracy: float
    commonest: float
    calibration_error: float
    points: Sequence[Point]
    left_out: int


@dataclass(slots=True)
class Learned:
    model: Model
    figures: dict[str, Figures] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Target:
    """One field's truth: `rows` of the examples that say something, and what."""

    name: str
    rows: Array
    labels: tuple[str, ...]
    truth: Array  # columns; for several labels a matrix of yes and no
    many: bool
    left_out: int


@dataclass(slots=True)
class _Fold:
    """`kept` features of those learned from; what is held back, with its nearness and words."""

    learn: Array
    hold: Array
    matrix: Any
    likeness: list[Array]
    known: Array


def learn(examples: Sequence[Example], told: Told = lambda share: None) -> Learned:
    """A model for every field that has at least two labels with enough examples."""
    texts = [one.text for one in examples]
    vocabulary = vectors.vocabulary_of(texts)
    told(0.05)
    rows = vocabulary.rows(texts)
    targets = [found for name in _fields(examples) if (found := _target(name, examples))]
    if not targets:
        nothing = index_of(only_words(rows, vocabulary.blocks), len(vocabulary.names))
        return Learned(Model(vocabulary, nothing, {}, 0.0))
    told(0.1)
    matrix = _matrix(rows, len(vocabulary.names))
    plain = only_words(rows, vocabulary.blocks)
    folds = _folds(texts, vocabulary, rows, plain)
    likeness = np.concatenate([[a.max(initial=0.0) for a in fold.likeness] for fold in folds])
    limit = float(np.quantile(likeness, FOREIGN_QUANTILE)) if len(likeness) else 0.0
    index = index_of(plain, len(vocabulary.names))
    learned = Learned(Model(vocabulary, index, {}, limit))
    fields: dict[str, FieldModel] = {}
    steps, done = len(targets) * (len(folds) + 1), 0
    for target in targets:
        margins = np.zeros((len(texts), len(target.labels)), np.float32)
        for one in folds:
            mine = np.intersect1d(one.learn, target.rows)
            weights, offsets = _fit(one.matrix[mine], _truth_of(target, mine), target)
            margins[one.hold] = one.matrix[one.hold] @ weights + offsets
            done += 1
            told(0.1 + 0.85 * done / steps)
        measure = _measured_several if target.many else _measured_single
        curve, learned.figures[target.name] = measure(target, margins, folds)
        weights, offsets = _fit(matrix[target.rows], target.truth, target)
        fields[target.name] = FieldModel(
            target.labels, weights.astype(np.float16), offsets, curve, target.many
        )
        done += 1
        told(0.1 + 0.85 * done / steps)
    learned.model = Model(vocabulary, index, fields, limit)
    return learned


def _fields(examples: Sequence[Example]) -> list[str]:
    return list(dict.fromkeys(name for one in examples for name in one.labels))


def _target(name: str, examples: Sequence[Example]) -> _Target | None:
    said = [(at, one.labels[name]) for at, one in enumerate(examples) if name in one.labels]
    many = any(not isinstance(value, str) for _, value in said)
    each = [[value] if isinstance(value, str) else list(value) for _, value in said]
    counts = Counter(label for labels in each for label in set(labels))
    kept = [one for one, n in counts.most_common(MOST_LABELS) if n >= LEAST_EXAMPLES]
    rows = np.array([at for at, _ in said])
    if many:
        if not kept:
            return None
        labels = tuple(sorted(kept))
        truth = np.array([[label in one for label in labels] for one in each], bool)
        return _Target(name, rows, labels, truth, True, len(counts) - len(kept))
    if len([one for one in kept if one != FOREIGN]) < LEAST_LABELS:
        return None
    rare = sum(counts[one] for one in counts if one not in kept)
    known = set(kept) | ({FOREIGN} if rare + counts[FOREIGN] >= LEAST_EXAMPLES else set())
    labels = tuple(sorted(known))
    place = {label: at for at, label in enumerate(labels)}
    found = [place.get(one[0] if one[0] in kept else FOREIGN, -1) for one in each]
    truth = np.array(found)
    left = len(counts) - len(kept)
    return _Target(name, rows[truth >= 0], labels, truth[truth >= 0], False, left)


def _matrix(rows: Rows, width: int) -> Any:
    return sparse.csr_matrix(
        (rows.values.astype(np.float64), rows.features, rows.starts), (len(rows), width)
    )


def _folds(texts: Sequence[str], vocabulary: Vocabulary, rows: Rows, plain: Rows) -> list[_Fold]:
    """Texts that are the same word for word are held back together."""
    groups: dict[str, int] = {}
    group = [groups.setdefault(" ".join(words_of(text)), len(groups)) for text in texts]
    count = min(10 if len(texts) < SMALL else 5, max(2, len(groups)))
    order = np.random.default_rng(20_240_229).permutation(len(groups))
    part = order[np.array(group)] % count
    return [_fold(part == one, vocabulary, rows, plain) for one in range(count)]


def _fold(held: Array, vocabulary: Vocabulary, rows: Rows, plain: Rows) -> _Fold:
    """As if the texts held back had never been read: features that only they have are unknown."""
    width = len(vocabulary.names)
    learn, hold = np.flatnonzero(~held), np.flatnonzero(held)
    owner = np.repeat(np.arange(len(rows)), np.diff(rows.starts))
    seen = np.bincount(rows.features[~held[owner]], minlength=width)
    kept = seen >= np.array(LEAST_TEXTS)[vocabulary.blocks]
    values = np.where(kept[rows.features], rows.values, 0.0).astype(np.float64)
    values *= _stretched(values, owner, vocabulary.blocks[rows.features], len(rows))
    matrix = sparse.csr_matrix((values, rows.features, rows.starts), (len(rows), width))
    return _Fold(
        learn,
        hold,
        matrix,
        _likeness(plain, learn, hold, width),
        _known(vocabulary, rows, kept, hold),
    )


def _stretched(values: Array, owner: Array, blocks: Array, count: int) -> Array:
    """What brings each block of each row back to its length."""
    place = owner * len(BLOCK_WEIGHTS) + blocks
    lengths = np.sqrt(np.bincount(place, values * values, count * len(BLOCK_WEIGHTS)))
    wanted = np.tile(np.array(BLOCK_WEIGHTS), count)
    return np.divide(wanted, lengths, out=np.zeros_like(lengths), where=lengths > 0)[place]


def _likeness(plain: Rows, learn: Array, hold: Array, width: int) -> list[Array]:
    """How like each text held back is to each of those learned from."""
    index = index_of(_picked(plain, learn), width)
    return [index.likeness(*plain.row(at)).astype(np.float32) for at in hold]


def _picked(rows: Rows, wanted: Array) -> Rows:
    spans = [np.arange(rows.starts[at], rows.starts[at + 1]) for at in wanted]
    taken = np.concatenate(spans) if spans else np.zeros(0, np.int64)
    starts = np.concatenate([[0], np.cumsum([len(span) for span in spans])])
    return Rows(starts, rows.features[taken], rows.values[taken], rows.known[wanted])


def _known(vocabulary: Vocabulary, rows: Rows, kept: Array, hold: Array) -> Array:
    single = (vocabulary.blocks == 0) & np.array([" " not in one for one in vocabulary.names])
    told = []
    for at in hold:
        features = rows.row(at)[0]
        mine = features[single[features]]
        total = float(vocabulary.rarity[mine].sum())
        told.append(float(vocabulary.rarity[mine[kept[mine]]].sum()) / total if total else 0.0)
    return np.array(told, np.float32)


def _truth_of(target: _Target, rows: Array) -> Array:
    return target.truth[np.searchsorted(target.rows, rows)]


def _fit(matrix: Any, truth: Array, target: _Target) -> tuple[Array, Array]:
    """Weights (a column per label) and offsets; a label that is absent here stays far off."""
    width, count = matrix.shape[1], len(target.labels)
    weights = np.zeros((width, count), np.float32)
    offsets = np.full(count, -1.0, np.float32)
    if target.many:
        for column in range(count):
            if 0 < truth[:, column].sum() < len(truth):
                judge = LinearSVC(C=1.0).fit(matrix, truth[:, column])
                weights[:, column], offsets[column] = judge.coef_[0], judge.intercept_[0]
        return weights, offsets
    judge = LinearSVC(C=1.0).fit(matrix, truth)
    if len(judge.classes_) == 2:
        low, high = judge.classes_
        weights[:, high], offsets[high] = judge.coef_[0], judge.intercept_[0]
        weights[:, low], offsets[low] = -judge.coef_[0], -judge.intercept_[0]
    else:
        weights[:, judge.classes_] = judge.coef_.T
        offsets[judge.classes_] = judge.intercept_
        weights, offsets = refining.refined(matrix, truth, weights, offsets)
    return weights, offsets


def _measured_single(
    target: _Target, margins: Array, folds: Sequence[_Fold]
) -> tuple[Curve, Figures]:
    held = _held_back(target, folds)
    margins, truth = margins[held.rows], held.truth
    temperature = calibration.best_temperature(margins, truth)
    shares = calibration.shares(margins, temperature)
    best = best_of(target.labels, shares)
    right = best == truth
    share = shares[np.arange(len(best)), best]
    given = calibration.inputs(share, held.likeness, held.known)
    curve = Curve(temperature, calibration.fit(given, right, np.ones(len(right))))
    sure = calibration.chance(curve, share, held.likeness, held.known)
    home = np.array([target.labels[one] != FOREIGN for one in truth])
    points = _points(sure, right, home, _strangers(target, curve, margins, held))
    return curve, Figures(
        examples=int(home.sum()),
        labels=_by_label(target, best[home], truth[home]),
        accuracy=float(right[home].mean()),
        commonest=float(np.bincount(truth[home]).max() / home.sum()),
        calibration_error=calibration.error(sure, right),
        points=points,
        left_out=target.left_out,
    )


@dataclass(slots=True)
class _Held:
    """Every text that was held back once, in the order of the folds."""

    rows: Array
    truth: Array
    likeness: Array
    known: Array
    other: Array  # likeness to examples of other labels


def _held_back(target: _Target, folds: Sequence[_Fold]) -> _Held:
    rows, likeness, known, other = [], [], [], []
    label = np.full(int(target.rows.max()) + 1, -2)
    label[target.rows] = target.truth
    wanted = set(target.rows.tolist())
    for one in folds:
        mine = one.learn[one.learn < len(label)]
        theirs = np.full(len(one.learn), -2)
        theirs[: len(mine)] = label[mine]
        for at, alike, knows in zip(one.hold.tolist(), one.likeness, one.known, strict=True):
            if at not in wanted:
                continue
            rows.append(at)
            known.append(knows)
            likeness.append(alike.max(initial=0.0))
            other.append(alike[theirs != label[at]].max(initial=0.0))
    found = np.array(rows)
    return _Held(found, label[found], np.array(likeness), np.array(known), np.array(other))


def _strangers(target: _Target, curve: Curve, margins: Array, held: _Held) -> Array | None:
    """How sure the judge would be of texts whose own label it does not have."""
    if FOREIGN in target.labels or len(target.labels) < SIMULATED_FROM:
        return None
    without = margins.copy()
    without[np.arange(len(margins)), held.truth] = -np.inf
    shares = calibration.shares(without, curve.temperature)
    return calibration.chance(curve, shares.max(axis=1), held.other, held.known)


def _points(sure: Array, right: Array, home: Array, strangers: Array | None) -> list[Point]:
    """The curve's points, with foreign texts weighing the share that has to be borne."""
    own = [Point(float(s), bool(r)) for s, r in zip(sure[home], right[home], strict=True)]
    foreign = sure[~home] if strangers is None else strangers
    if not len(foreign):
        return own
    weight = len(own) * FOREIGN_SHARE / (1 - FOREIGN_SHARE) / len(foreign)
    return own + [Point(float(one), False, weight) for one in foreign]


def _by_label(target: _Target, best: Array, truth: Array) -> list[LabelFigures]:
    found = []
    for column, label in enumerate(target.labels):
        mine, said = truth == column, best == column
        if label == FOREIGN or not mine.any():
            continue
        hit = float((mine & said).sum())
        found.append(
            LabelFigures(
                label, int(mine.sum()), hit / said.sum() if said.any() else 0.0, hit / mine.sum()
            )
        )
    return found


def _measured_several(
    target: _Target, margins: Array, folds: Sequence[_Fold]
) -> tuple[Curve, Figures]:
    """Each label by itself: whether it holds. What is suggested at all makes the curve."""
    margins, truth = margins[target.rows], target.truth
    flat, right = margins.ravel().astype(float), truth.ravel().astype(float)
    given = np.column_stack([np.ones_like(flat), flat])
    curve = Curve(1.0, calibration.fit(given, right, np.ones(len(right))))
    sure = several_chances(curve, margins)
    said = sure >= MANY_FROM
    points = [Point(float(s), bool(t)) for s, t in zip(sure[said], truth[said], strict=True)]
    labels = [
        LabelFigures(
            label,
            int(truth[:, column].sum()),
            float(truth[said[:, column], column].mean()) if said[:, column].any() else 0.0,
            float(said[truth[:, column], column].mean()),
        )
        for column, label in enumerate(target.labels)
    ]
    return curve, Figures(
        examples=len(truth),
        labels=labels,
        accuracy=float(truth[said].mean()) if said.any() else 0.0,
        commonest=float(truth.sum(axis=0).max() / len(truth)),
        calibration_error=calibration.error(sure.ravel(), truth.ravel()),
        points=points,
        left_out=target.left_out,
    )
