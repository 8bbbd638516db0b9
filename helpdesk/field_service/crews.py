"""Which technicians can do a job together: legs whose start times overlap, the cheapest first.

Not for walking routes, and not for who suits a job (`fitting`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


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


def groups(spots: Sequence[Spot], crew: int, who: Callable[[int], str]) -> list[tuple[Spot, ...]]:
    """The cheapest group of `crew` technicians who can start together, or none.

    `spots` come cheapest first; `who` says the technician of a row. A group
    that can't get cheaper than the best so far is left.
    """
    best: list[tuple[int, tuple[Spot, ...]]] = []

    def others(group: Sequence[Spot], spot: Spot) -> bool:
        return all(who(one.row) != who(spot.row) for one in group)

    def extend(first: int, group: tuple[Spot, ...], low: int, high: int, cost: int) -> None:
        missing = crew - len(group)
        if not missing:
            best[:] = [(cost, group)]
            return
        for n in range(first, len(spots)):
            spot = spots[n]
            if best and cost + missing * spot.cost >= best[0][0]:
                return
            if max(low, spot.low) <= min(high, spot.high) and others(group, spot):
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
