"""From margins to honest percentages, fitted on texts that the judge had not learned from.

A temperature turns margins into shares; a logistic curve over share, nearness and known words turns
the best share into the chance of being right. Needs numpy. Not for where to act (`thresholds`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any
TEMPERATURES = np.geomspace(0.1, 40.0, 60)
BINS = 15
_EDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Curve:
    """`weights` for: constant, log-odds of the best share, nearness, known share of its words."""

    temperature: float
    weights: tuple[float, ...]


def shares(margins: Array, temperature: float) -> Array:
    """Each row's margins as shares that add up to one."""
    scaled = margins * temperature
    scaled = scaled - scaled.max(axis=1, keepdims=True)
    grown = np.exp(scaled)
    return grown / grown.sum(axis=1, keepdims=True)


def best_temperature(margins: Array, truth: Array) -> float:
    """The one under which what was true is least surprising; `truth` are columns."""
    at = np.arange(len(truth))

    def surprise(temperature: float) -> float:
        told = shares(margins, temperature)[at, truth]
        return float(-np.log(told + _EDGE).mean())

    return float(min(TEMPERATURES, key=surprise))


def inputs(share: Array, nearness: Array, known: Array) -> Array:
    """What the curve looks at, a row each."""
    kept = np.clip(share, _EDGE, 1 - _EDGE)
    odds = np.log(kept / (1 - kept))
    return np.column_stack([np.ones_like(odds), odds, nearness, known])


def fit(given: Array, right: Array, weights: Array, *, ridge: float = 1.0) -> tuple[float, ...]:
    """A logistic curve by Newton's steps, drawn towards taking the log-odds as they are."""
    prior = np.zeros(given.shape[1])
    prior[1] = 1.0
    pull = np.full(given.shape[1], ridge)
    pull[0] = ridge / 100
    now = prior.copy()
    for _ in range(30):
        chance = 1 / (1 + np.exp(-given @ now))
        slope = given.T @ (weights * (chance - right)) + pull * (now - prior)
        bend = (given * (weights * chance * (1 - chance))[:, None]).T @ given + np.diag(pull)
        step = np.linalg.solve(bend, slope)
        now = now - np.clip(step, -2.0, 2.0)
        if float(np.abs(step).max()) < 1e-6:
            break
    return tuple(float(one) for one in now)


def chance(curve: Curve, share: Array, nearness: Array, known: Array) -> Array:
    """How likely the best label is right."""
    return 1 / (1 + np.exp(-inputs(share, nearness, known) @ np.array(curve.weights)))


def error(confidence: Array, right: Array, bins: int = BINS) -> float:
    """The expected calibration error: what was promised against what came, over equal bins."""
    if len(confidence) == 0:
        return 0.0
    place = np.minimum((np.asarray(confidence) * bins).astype(int), bins - 1)
    gaps = np.bincount(place, np.asarray(right, float) - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))
