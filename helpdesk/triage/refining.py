"""Draws margins nearer to chances: a few steps of softmax regression from where a judge stands.

Judges that were trained one label against the rest do not know of each other; this makes them. The
half-way point between both sorts as well and is surer of what is foreign. Plain descent whose step
follows the curve (Barzilai and Borwein), so it needs four times the weights' room and no more.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any
SCALE = 7.0
"""Margins of one against the rest are this much flatter than log-odds."""
STEPS = 12
FREEDOM = 10.0
PROBES = 6


def refined(matrix: Any, truth: Array, weights: Array, offsets: Array) -> tuple[Array, Array]:
    """Weights and offsets half-way between the given ones and where the steps lead."""
    rows = matrix.astype(np.float32)
    turned = rows.T.tocsr()
    start = weights * np.float32(SCALE)
    added = offsets * np.float32(SCALE)
    now = start.copy()
    slope = _slope(rows, turned, now, added, truth)
    step = 1.0 / (0.5 * _steepest(rows, turned) + 1.0 / FREEDOM)
    for _ in range(STEPS):
        moved = slope * np.float32(-step)
        now += moved
        after = _slope(rows, turned, now, added, truth)
        slope -= after  # the change of the slope, turned round
        bend = -float(np.vdot(moved, slope))
        if bend > 0:
            step = float(np.vdot(moved, moved)) / bend
        slope = after
    return (start + now) / 2, added


def _slope(rows: Any, turned: Any, weights: Array, offsets: Array, truth: Array) -> Array:
    told = rows @ weights + offsets
    told -= told.max(axis=1, keepdims=True)
    np.exp(told, out=told)
    told /= told.sum(axis=1, keepdims=True)
    told[np.arange(len(truth)), truth] -= 1.0
    return turned @ told + weights / np.float32(FREEDOM)


def _steepest(rows: Any, turned: Any) -> float:
    """The largest curvature of the squares, by a few rounds of the power method."""
    probe = np.ones(rows.shape[1], np.float32)
    size = 1.0
    for _ in range(PROBES):
        probe = turned @ (rows @ probe)
        size = float(np.linalg.norm(probe)) or 1.0
        probe /= np.float32(size)
    return size
