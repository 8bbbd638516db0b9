"""All routes of all days, walked once and laid out in arrays, so that one more job is judged in
milliseconds.

A row is a route, a column one of its legs. `ready` and `last` hold, for each number of breaks
taken, when a leg may begin at the earliest and when what follows has to start at the latest. Times
of crews and of what waits for something else are held where they are (`timing.floors_of`), so each
row can be changed alone. A board never changes: `with_route` gives another one. Not for choosing
(`slots`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from helpdesk.field_service import fitting, timing
from helpdesk.field_service.plan import Job, Place, Plan, Route, Travel
from helpdesk.field_service.travel import EVEN, Paced

FAR = 1e15
Times: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Row:
    """One route, walked: with its crews and dependencies held, and what its van has left."""

    route: Route
    tied: Route
    walk: timing.Walk
    stock: Mapping[str, int]
    travel_s: int


class Board:
    """Prepared routes; see the module. Build with `Board.of(plan, travel)`."""

    def __init__(
        self, plan: Plan, travel: Travel, rows: Sequence[Row], pins: Mapping[str, tuple[int, int]]
    ) -> None:
        self.plan, self.travel, self.rows, self.pins = plan, travel, tuple(rows), pins
        self.index = {row.route.shift.id: n for n, row in enumerate(self.rows)}
        self.width = max((len(row.route.jobs) for row in self.rows), default=0) + 1
        self.layers = max((len(row.walk.ready) for row in self.rows), default=1)
        shape = len(self.rows), self.width
        self.ready = np.full((self.layers, *shape), FAR)
        self.last = np.full((self.layers, *shape), -FAR)
        self.lats = np.zeros((shape[0], self.width + 1))
        self.lons = np.zeros((shape[0], self.width + 1))
        self.leg = np.zeros(shape)
        self.breaks = np.zeros((max(self.layers - 1, 1), 3, shape[0], 1))
        for n, row in enumerate(self.rows):
            self._lay(n, row)
        self._bounds()

    @classmethod
    def of(cls, plan: Plan, travel: Travel) -> "Board":
        """Walks every route of a plan."""
        pins = _pins(plan, travel)
        rows = [walked(route, travel, pins) for route in plan.routes.values()]
        rows.sort(key=lambda row: (row.route.shift.leaves, row.route.shift.id))
        return cls(plan, travel, rows, pins)

    def with_route(self, *routes: Route) -> "Board":
        """With these in place of the routes of the same shifts; give a crew's routes together."""
        plan = self.plan.with_routes(*routes)
        changed = {route.shift.id for route in routes}
        pins = self.pins
        if self._concerns_others(routes):
            pins = _pins(plan, self.travel)
            changed |= {s for s, job in plan.stops() if pins.get(job.id) != self.pins.get(job.id)}
        rows = {n: walked(plan.routes[s], self.travel, pins) for s, n in self._numbered(changed)}
        known = changed <= self.index.keys() and all(
            len(row.route.jobs) < self.width
            and len(row.walk.ready) <= self.layers
            and row.route.shift.leaves == self.rows[n].route.shift.leaves
            for n, row in rows.items()
        )
        return self._patched(plan, rows, pins) if known else self._again(plan, changed, pins)

    def _concerns_others(self, routes: Iterable[Route]) -> bool:
        return any(
            fitting.tied_together(one.jobs)
            or any(job.id in self.pins for job in one.jobs)
            or self._held_pins(one.shift.id)
            for one in routes
        )

    def _held_pins(self, shift_id: str) -> bool:
        before = self.plan.routes.get(shift_id)
        return before is not None and any(job.id in self.pins for job in before.jobs)

    def _numbered(self, shifts: Iterable[str]) -> list[tuple[str, int]]:
        return [(s, self.index[s]) for s in shifts if s in self.index]

    def _again(self, plan: Plan, changed: set[str], pins: Mapping[str, tuple[int, int]]) -> "Board":
        rows = [row for row in self.rows if row.route.shift.id not in changed]
        rows += [walked(plan.routes[s], self.travel, pins) for s in changed]
        rows.sort(key=lambda row: (row.route.shift.leaves, row.route.shift.id))
        return Board(plan, self.travel, rows, pins)

    def _patched(
        self, plan: Plan, rows: Mapping[int, Row], pins: Mapping[str, tuple[int, int]]
    ) -> "Board":
        other = object.__new__(Board)
        other.__dict__.update(self.__dict__)
        other.plan, other.pins = plan, pins
        held = list(self.rows)
        for name in ("ready", "last", "lats", "lons", "leg", "breaks"):
            setattr(other, name, getattr(self, name).copy())
        for n, row in rows.items():
            held[n] = row
            other._lay(n, row)
        other.rows = tuple(held)
        other._bounds()
        return other

    def _lay(self, n: int, row: Row) -> None:
        """Writes one route into its row of every array."""
        route, legs = row.route, len(row.route.jobs) + 1
        places = [route.shift.origin, *(job.place for job in route.jobs), route.shift.end]
        places += [route.shift.end] * (self.width - legs)
        self.lats[n] = [place.lat for place in places]
        self.lons[n] = [place.lon for place in places]
        self.ready[:, n], self.last[:, n] = FAR, -FAR
        for k, (ready, last) in enumerate(zip(row.walk.ready, row.walk.last, strict=True)):
            self.ready[k, n, :legs] = [FAR if at >= timing.NEVER else at for at in ready]
            self.last[k, n, :legs] = [-FAR if at <= -timing.NEVER else at for at in last[1:]]
        self.ready[:, n, : route.frozen] = FAR
        self.leg[n] = [drive(self.travel, a, b) for a, b in pairwise(places)]
        for k, one in enumerate(timing.breaks_ahead(route.shift)):
            self.breaks[k, :, n, 0] = one.earliest, one.latest, one.duration_s

    def _bounds(self) -> None:
        """Until when and from when rows are of any use to a window."""
        shifts = [row.route.shift for row in self.rows]
        self.begins = np.array([shift.leaves for shift in shifts], dtype=float)
        self.ends = np.maximum.accumulate(
            np.array([shift.last_end for shift in shifts], dtype=float)
        )

    def drives(self, job: Job, rows: NDArray[np.intp]) -> tuple[Times, Times]:
        """Seconds at pace 1 from the stop before each leg to the job, and on to the next."""
        if isinstance(self.travel, Paced):
            lats, lons = self.lats[rows], self.lons[rows]
            work = self.travel.work_row(job.place, lats, lons)
            return work[:, :-1], work[:, 1:]
        to, fro = np.zeros((len(rows), self.width)), np.zeros((len(rows), self.width))
        for at, n in enumerate(rows):
            route, ready = self.rows[n].route, self.rows[n].walk.ready[0]
            stops = [route.shift.origin, *(one.place for one in route.jobs), route.shift.end]
            for p, leaves in enumerate(ready):
                now = min(leaves, route.shift.last_end)
                to[at, p] = self.travel.seconds(stops[p], job.place, now)
                fro[at, p] = self.travel.seconds(job.place, stops[p + 1], now)
        return to, fro

    @property
    def bands(self) -> Any:
        """How the pace changes with the hour, where the travel says so."""
        return self.travel.bands if isinstance(self.travel, Paced) else EVEN


def walked(route: Route, travel: Travel, pins: Mapping[str, tuple[int, int]]) -> Row:
    """One route made ready for the board."""
    tied = route.with_jobs([held(job, pins) for job in route.jobs])
    walk = timing.walk_route(tied, travel)
    return Row(route, tied, walk, fitting.left_in_van(route), timing.day(tied, travel).travel_s)


def held(job: Job, pins: Mapping[str, tuple[int, int]]) -> Job:
    """A job with the start limits that keep it clear of other routes."""
    low, high = pins.get(job.id, (job.earliest, job.latest))
    if low == job.earliest and high == job.latest:
        return job
    return replace(job, earliest=low, latest=high)


def drive(travel: Travel, a: Place, b: Place) -> int:
    """Seconds at pace 1 where the travel has paces, else at midday of the first day it knows."""
    return travel.work(a, b) if isinstance(travel, Paced) else travel.seconds(a, b, 43_200)


def _pins(plan: Plan, travel: Travel) -> dict[str, tuple[int, int]]:
    if not any(fitting.tied_together(route.jobs) for route in plan.routes.values()):
        return {}
    return timing.floors_of(plan, timing.days(plan, travel, ()))
