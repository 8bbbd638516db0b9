"""Draws margins nearer to chances: a few steps of softmax regression from where a judge stands.

Judges that were trained one label against the rest do not know of each other; this makes them. The
half-way point between both sorts as well and is surer of what is foreign. A limited-memory
quasi-Newton descent in single precision, which never goes uphill; it needs ten times the room of
the weights.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

Array = Any
SCALE = 7.0
"""Margins of one against the rest are this much flatter than log-odds."""
STEPS = 10
FREEDOM = 10.0
REMEMBERED = 3
HALVINGS = 6
ENOUGH = 1e-4
MOST_CELLS = 30_000_000


def refined(matrix: Any, truth: Array, weights: Array, offsets: Array) -> tuple[Array, Array]:
    """Weights and offsets half-way between the given ones and where the steps lead."""
    start, added = weights * np.float32(SCALE), offsets * np.float32(SCALE)
    if weights.size > MOST_CELLS:
        return start, added
    rows = matrix.astype(np.float32)
    turned = rows.T.tocsr()
    now = start.copy()
    loss, slope = _loss(rows, turned, now, added, truth)
    seen: deque[tuple[Array, Array]] = deque(maxlen=REMEMBERED)
    for _ in range(STEPS):
        way = _downhill(slope, seen)
        fall = float(np.vdot(slope, way))
        length = 1.0 if seen else 1.0 / max(1.0, float(np.sqrt(np.vdot(slope, slope))))
        for _ in range(HALVINGS):
            there = now + way * np.float32(length)
            loss_there, slope_there = _loss(rows, turned, there, added, truth)
            if loss_there <= loss + ENOUGH * length * fall:
                break
            length /= 2
        else:
            break
        moved, turn = there - now, slope_there - slope
        if float(np.vdot(moved, turn)) > 0:
            seen.append((moved, turn))
        now, loss, slope = there, loss_there, slope_there
    return (start + now) / 2, added


def _downhill(slope: Array, seen: deque[tuple[Array, Array]]) -> Array:
    """The way down by what the last steps told of the curve (two loops of L-BFGS)."""
    way = -slope
    shares = []
    for moved, turn in reversed(seen):
        share = float(np.vdot(moved, way)) / float(np.vdot(moved, turn))
        shares.append(share)
        way -= turn * np.float32(share)
    if seen:
        moved, turn = seen[-1]
        way *= np.float32(float(np.vdot(moved, turn)) / float(np.vdot(turn, turn)))
    for (moved, turn), share in zip(seen, reversed(shares), strict=True):
        back = float(np.vdot(turn, way)) / float(np.vdot(moved, turn))
        way += moved * np.float32(share - back)
    return way


def _loss(
    rows: Any, turned: Any, weights: Array, offsets: Array, truth: Array
) -> tuple[float, Array]:
    at = np.arange(len(truth))
    told = rows @ weights + offsets
    told -= told.max(axis=1, keepdims=True)
    right = told[at, truth]
    np.exp(told, out=told)
    whole = told.sum(axis=1, keepdims=True)
    loss = float((np.log(whole[:, 0]) - right).sum(dtype=np.float64))
    told /= whole
    told[at, truth] -= 1.0
    loss += float(np.vdot(weights, weights)) / (2 * FREEDOM)
    return loss, turned @ told + weights / np.float32(FREEDOM)
