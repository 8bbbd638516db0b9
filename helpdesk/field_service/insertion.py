"""Where one more job fits into a board, for one window at a time: exact, and all legs at once.

A leg with too little time between what stands before and after it is left out first. For each of
the others and each way to take breaks around the job there is an earliest and a latest start; a
window fits where the two and the window overlap. Not for choosing among windows (`slots`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from helpdesk.field_service.board import FAR, Board, Cells, Times
from helpdesk.field_service.crews import Spot
from helpdesk.field_service.plan import Job

FEW = 3  # candidates of a window that are looked at one by one


@dataclass(frozen=True, slots=True)
class Reach:
    """Earliest and latest starts of a job on every leg that could hold it.

    `low` and `high` have a layer for each way to take breaks; legs are in the order of the rows.
    """

    board: Board
    cells: Cells
    begins: Times
    ends: Times
    low: Times
    high: Times
    added: Times
    cost: Times

    def part(self, starts: int, ends: int) -> tuple[int, Times, Times]:
        """First leg, lows and highs of the legs that could have to do with a window."""
        i = int(self.ends.searchsorted(starts))
        j = int(self.begins.searchsorted(ends, side="right"))
        low = np.maximum(self.low[:, i:j], starts)
        return i, low, np.minimum(self.high[:, i:j], ends)

    def spots(self, starts: int, ends: int, most: int | None = FEW) -> list[Spot]:
        """The cheapest spots of a window, cheapest first; all of them where `most` is None."""
        i, low, high = self.part(starts, ends)
        fits = np.flatnonzero(low.ravel() <= high.ravel())
        if not fits.size:
            return []
        width = low.shape[1]
        cost = self.cost[i + fits % width]
        if most is not None and fits.size > 4 * most:
            few = np.argpartition(cost, most)[:most]
            fits, cost = fits[few], cost[few]
        order = fits[np.lexsort((fits, cost))][:most]
        return [self._spot(i, n // width, n % width, low, high) for n in order.tolist()]

    def shortest_miss(self, starts: int, ends: int) -> tuple[int, int, int] | None:
        """Seconds missing, row and position where a window nearly fits; None if nowhere."""
        i, low, high = self.part(starts, ends)
        lacks = (low - high).ravel()
        if not lacks.size:
            return None
        n = int(lacks.argmin())
        at = i + n % low.shape[1]
        if lacks[n] >= FAR / 2:
            return None
        return int(lacks[n]), int(self.cells.rows[at]), int(self.cells.positions[at])

    def _spot(self, i: int, layer: int, n: int, low: Times, high: Times) -> Spot:
        return Spot(
            int(self.cells.rows[i + n]),
            int(self.cells.positions[i + n]),
            int(low[layer, n]),
            int(high[layer, n]),
            int(self.added[i + n]),
            int(self.cost[i + n]),
        )


def reach(board: Board, job: Job, near_s: int = 0, prefers_s: int = 0) -> Reach:
    """Where this job could go on the rows that suit it, or would if `near_s` were found."""
    cells = board.cells(board.suits(job), job.duration_s - near_s)
    to, fro = board.drives(job, cells)
    ready = board.ready[:, cells.rows, cells.positions]
    last = board.last[:, cells.rows, cells.positions]
    breaks = board.breaks[:, :, cells.rows]
    layers = range(board.layers)
    arrives = {
        (k, m): _across(board, ready[k], to, breaks[k : k + m])
        for k in layers
        for m in range(board.layers - k)
    }
    leaves = {
        (k, m): _across_back(board, last[k + m], fro, breaks[k : k + m])
        for k in layers
        for m in range(board.layers - k)
    }
    ways = list(_ways(board.layers))
    low = np.stack([arrives[k, before] for k, before, _ in ways])
    high = np.stack([leaves[k + before, after] for k, before, after in ways])
    low = np.maximum(low, job.earliest)
    high = np.minimum(high - job.duration_s, job.latest)
    added = _added(board, job, cells, to, fro, low)
    bonus = prefers_s * (board.technicians[cells.rows] == (job.prefers or ""))
    ends = board.ends[cells.rows]
    return Reach(board, cells, board.begins[cells.rows], ends, low, high, added, added - bonus)


def _ways(layers: int) -> Iterator[tuple[int, int, int]]:
    """Breaks taken earlier, on the way to the job, and between it and the next stop."""
    for k in range(layers):
        for before in range(layers - k):
            for after in range(layers - k - before):
                yield k, before, after


def _across(board: Board, at: Times, work: Times, taken: Times) -> Times:
    """`timing.across` for many legs."""
    best = np.full_like(at, FAR)
    for split in range(len(taken) + 1):
        left = _paused(at, taken[:split])
        there = _paused(board.bands.many_after(left, work), taken[split:])
        best = np.minimum(best, there)
    return best


def _paused(at: Times, taken: Times) -> Times:
    for earliest, latest, duration in taken:
        at = np.maximum(at, earliest)
        at = np.where(at > latest, FAR, at + duration)
    return at


def _across_back(board: Board, by: Times, work: Times, taken: Times) -> Times:
    """`timing.across_back` for many legs."""
    best = np.full_like(by, -FAR)
    for split in range(len(taken) + 1):
        there = _paused_back(by, taken[split:])
        left = _paused_back(board.bands.many_before(there, work), taken[:split])
        best = np.maximum(best, left)
    return best


def _paused_back(by: Times, taken: Times) -> Times:
    for earliest, latest, duration in taken[::-1]:
        fits = earliest + duration <= by
        by = np.where(fits, np.minimum(by - duration, latest), -FAR)
    return by


def _added(board: Board, job: Job, cells: Cells, to: Times, fro: Times, low: Times) -> Times:
    """Driving that a job adds to each leg, at the hour it would be driven."""
    leg = board.leg[cells.rows, cells.positions]
    bands = board.bands
    if not bands.rows:
        return np.asarray(to + fro - leg)
    leaves = board.leaves[cells.rows, cells.positions]
    done = low.min(axis=0) + job.duration_s
    there = bands.many_after(leaves, to) - leaves
    on = bands.many_after(done, fro) - done
    return np.asarray(there + on - board.leg_now[cells.rows, cells.positions])
