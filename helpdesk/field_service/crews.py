"""Which technicians can do a job together: legs whose start times overlap, the cheapest first.

Not for jobs of one technician, and not for walking routes.
"""

from collections.abc import Sequence

from helpdesk.field_service.board import Board
from helpdesk.field_service.insertion import Spot


def groups(board: Board, spots: Sequence[Spot], crew: int) -> list[tuple[Spot, ...]]:
    """The cheapest group of `crew` technicians who can start together, or none.

    `spots` come cheapest first. A group that can't get cheaper than the best so far is left.
    """
    best: list[tuple[int, tuple[Spot, ...]]] = []

    def extend(first: int, group: tuple[Spot, ...], low: int, high: int, cost: int) -> None:
        missing = crew - len(group)
        if not missing:
            best[:] = [(cost, group)]
            return
        for n in range(first, len(spots)):
            spot = spots[n]
            if best and cost + missing * spot.cost >= best[0][0]:
                return
            if max(low, spot.low) <= min(high, spot.high) and _other(board, group, spot):
                extend(
                    n + 1,
                    (*group, spot),
                    max(low, spot.low),
                    min(high, spot.high),
                    cost + spot.cost,
                )

    if spots:
        extend(0, (), min(s.low for s in spots), max(s.high for s in spots), 0)
    return [group for _, group in best]


def _other(board: Board, group: Sequence[Spot], spot: Spot) -> bool:
    """Whether the spot belongs to a technician who is not in the group yet."""
    who = board.rows[spot.row].route.shift.technician_id
    return all(board.rows[one.row].route.shift.technician_id != who for one in group)
