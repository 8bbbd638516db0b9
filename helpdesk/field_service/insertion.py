"""Where one more job fits into a board, for one window at a time: exact, and all legs at once.

For each leg and each way to take breaks around the job there is an earliest and a latest start; a
window fits where the two and the window overlap. Not for choosing among windows (`slots`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helpdesk.field_service.board import FAR, Board, Times
from helpdesk.field_service.plan import Job

FEW = 4  # candidates of a window that are looked at one by one


@dataclass(frozen=True, slots=True)
class Spot:
    """One leg for one technician: insert at `position`, start within [low, high].

    `cost` is the driving it adds, less what its technician is preferred for.
    """

    row: int
    position: int
    low: int
    high: int
    added_s: int
    cost: int


@dataclass(frozen=True, slots=True)
class Reach:
    """Earliest and latest starts of a job on every leg of the rows that suit it.

    `low` and `high` have a layer for each way to take breaks.
    """

    board: Board
    rows: NDArray[np.intp]
    low: Times
    high: Times
    added: Times
    cost: Times

    def part(self, starts: int, ends: int) -> tuple[int, Times, Times]:
        """First row, lows and highs of the rows that could have to do with a window."""
        begins = self.board.begins[self.rows]
        finish = np.maximum.accumulate(self.board.ends[self.rows]) if len(self.rows) else begins
        i = int(np.searchsorted(finish, starts))
        j = int(np.searchsorted(begins, ends, side="right"))
        low = np.maximum(self.low[:, i:j], starts)
        return i, low, np.minimum(self.high[:, i:j], ends)

    def spots(self, starts: int, ends: int) -> list[Spot]:
        """The cheapest spots of a window, cheapest first."""
        i, low, high = self.part(starts, ends)
        flat = np.where(low <= high, self.cost[i : i + low.shape[1]], FAR).ravel()
        if not flat.size:
            return []
        few = np.argpartition(flat, FEW)[:FEW] if flat.size > FEW else np.arange(flat.size)
        few = few[np.lexsort((few, flat[few]))]
        return [self._spot(i, n, low, high) for n in few if flat[n] < FAR]

    def all_spots(self, starts: int, ends: int) -> list[Spot]:
        """Every spot of a window, cheapest first."""
        i, low, high = self.part(starts, ends)
        flat = np.where(low <= high, self.cost[i : i + low.shape[1]], FAR).ravel()
        order = np.argsort(flat, kind="stable")
        order = order[: int((flat < FAR).sum())]
        return [self._spot(i, n, low, high) for n in order]

    def shortest_miss(self, starts: int, ends: int) -> tuple[int, int, int] | None:
        """Seconds missing, row and position where a window nearly fits; None if nowhere."""
        i, low, high = self.part(starts, ends)
        lacks = low - high
        if not lacks.size:
            return None
        _, row, position = np.unravel_index(int(lacks.argmin()), lacks.shape)
        missing = float(lacks.min())
        return (int(missing), int(self.rows[i + row]), int(position)) if missing < FAR / 2 else None

    def _spot(self, i: int, n: int, low: Times, high: Times) -> Spot:
        layer, row, position = (int(x) for x in np.unravel_index(n, low.shape))
        return Spot(
            int(self.rows[i + row]),
            position,
            int(low[layer, row, position]),
            int(high[layer, row, position]),
            int(self.added[i + row, position]),
            int(self.cost[i + row, position]),
        )


def reach(board: Board, job: Job, rows: NDArray[np.intp], prefers_s: int = 0) -> Reach:
    """Where this job could go on these rows, whatever the window."""
    to, fro = board.drives(job, rows)
    ready, last = board.ready[:, rows], board.last[:, rows]
    lows, highs = [], []
    for k, before, after in _ways(board.layers):
        arrives = _across(board, ready[k], to, rows, range(k, k + before))
        leaves = _across_back(board, last[k + before + after], fro, rows, k + before, after)
        lows.append(np.maximum(arrives, job.earliest))
        highs.append(np.minimum(leaves - job.duration_s, job.latest))
    low, high = np.stack(lows), np.stack(highs)
    added = _added(board, job, rows, to, fro, low)
    preferred = [board.rows[n].route.shift.technician_id == job.prefers for n in rows]
    bonus = np.array(preferred, dtype=float).reshape(-1, 1) * prefers_s
    return Reach(board, rows, low, high, added, added - bonus)


def _ways(layers: int) -> Iterator[tuple[int, int, int]]:
    """Breaks taken earlier, on the way to the job, and between it and the next stop."""
    for k in range(layers):
        for before in range(layers - k):
            for after in range(layers - k - before):
                yield k, before, after


def _across(board: Board, at: Times, work: Times, rows: NDArray[np.intp], taken: range) -> Times:
    """`timing.across` for many legs."""
    best = np.full_like(at, FAR)
    for split in range(len(taken) + 1):
        left = _paused(board, at, rows, taken[:split])
        there = _paused(board, board.bands.many_after(left, work), rows, taken[split:])
        best = np.minimum(best, there)
    return best


def _paused(board: Board, at: Times, rows: NDArray[np.intp], taken: range) -> Times:
    for k in taken:
        earliest, latest, duration = board.breaks[k][:, rows]
        at = np.maximum(at, earliest)
        at = np.where(at > latest, FAR, at + duration)
    return at


def _across_back(
    board: Board, by: Times, work: Times, rows: NDArray[np.intp], first: int, count: int
) -> Times:
    """`timing.across_back` for many legs."""
    taken = range(first, first + count)
    best = np.full_like(by, -FAR)
    for split in range(count + 1):
        there = _paused_back(board, by, rows, taken[split:])
        left = _paused_back(board, board.bands.many_before(there, work), rows, taken[:split])
        best = np.maximum(best, left)
    return best


def _paused_back(board: Board, by: Times, rows: NDArray[np.intp], taken: range) -> Times:
    for k in reversed(taken):
        earliest, latest, duration = board.breaks[k][:, rows]
        fits = earliest + duration <= by
        by = np.where(fits, np.minimum(by - duration, latest), -FAR)
    return by


def _added(
    board: Board, job: Job, rows: NDArray[np.intp], to: Times, fro: Times, low: Times
) -> Times:
    """Driving that a job adds to each leg, at the hour it would be driven."""
    leg = board.leg[rows]
    if not board.bands.rows:
        return np.asarray(to + fro - leg)
    leaves = board.ready[:, rows].min(axis=0)
    done = low.min(axis=0) + job.duration_s
    there = board.bands.many_after(leaves, to) - leaves
    on = board.bands.many_after(done, fro) - done
    return np.asarray(there + on - (board.bands.many_after(leaves, leg) - leaves))
