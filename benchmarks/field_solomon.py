"""Plan quality on vehicle routing instances with time windows, in Solomon's format.

Each distance is cut to one decimal, so everything counts in tenths. A quick plan by VROOM where it
is installed, then our own search for the rest of the time; the checker has the last word.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import hypot
from typing import Any

import numpy as np

from helpdesk.field_service import checking, solver, timing, vroom
from helpdesk.field_service.plan import Job, Place, Plan, Route, Shift
from helpdesk.field_service.travel import Paced
from helpdesk.field_service.weights import Weights

ALL_OF_THEM = Weights(unplanned={3: 10**7})


class Tenths(Paced):
    """Straight distance cut to one decimal, in tenths."""

    source = "straight line"

    def work(self, a: Place, b: Place) -> int:
        return int(hypot(a.lat - b.lat, a.lon - b.lon) * 10 + 1e-9)

    def work_row(self, place: Place, lats: Any, lons: Any) -> Any:
        return np.floor(np.hypot(lats - place.lat, lons - place.lon) * 10 + 1e-9)


@dataclass(frozen=True)
class Solved:
    distance: float
    faults: int
    took: float


def solved(text: str, seconds: float, seed: int, quick: bool) -> Solved:
    """The distance after so many seconds of one core."""
    travel, begun = Tenths(), time.process_time()
    made = solver.optimised(
        instance(text),
        travel,
        vroom.Vroom() if quick and vroom.is_here() else None,
        seconds / 10,
        seed=seed,
        spent=lambda: (time.process_time() - begun) / seconds,
        weights=ALL_OF_THEM,
    )
    took = time.process_time() - begun
    faults = len(checking.faults(made, travel)) + len(made.unplanned)
    return Solved(sum(d.travel_s for d in timing.days(made, travel).values()) / 10, faults, took)


def instance(text: str) -> Plan:
    """The instance as a plan in which nothing is planned yet."""
    lines = text.split("\n")
    vehicles, capacity = (int(word) for word in lines[4].split())
    rows = [[int(word) for word in line.split()] for line in lines[9:] if line.strip()]
    depot = Place(rows[0][1], rows[0][2])
    shifts = [
        Shift(f"{n:03}", f"{n:03}", "", 0, rows[0][5] * 10, depot, depot, parts={"load": capacity})
        for n in range(vehicles)
    ]
    jobs = [
        Job(str(n), Place(x, y), service * 10, ready * 10, due * 10, parts={"load": demand})
        for n, x, y, demand, ready, due, service in rows[1:]
    ]
    return Plan({shift.id: Route(shift) for shift in shifts}, tuple(jobs))
