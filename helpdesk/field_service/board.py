"""All routes of all days, walked once and laid out in arrays, so that one more job is judged in
milliseconds.

A row is a route, a column one of its legs. `ready` and `last` hold, for each number of breaks
taken, when a leg may begin at the earliest and when what follows has to start at the latest. Times
of crews and of what waits for something else are held where they are (`timing.floors_of`), so each
row can be changed alone. A board never changes: `with_route` gives another one. Not for choosing
(`slots`).
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Cells:
    """Legs that are worth a look: their rows, ascending, and positions."""

    rows: NDArray[np.intp]
    positions: NDArray[np.intp]


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
        self.leg, self.leg_now, self.leaves = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self.spare = np.zeros(shape)
        self.breaks = np.zeros((self.layers - 1, 3, shape[0]))
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
        for name in (
            "ready",
            "last",
            "lats",
            "lons",
            "leg",
            "leg_now",
            "leaves",
            "spare",
            "breaks",
        ):
            setattr(other, name, getattr(self, name).copy())
        for n, row in rows.items():
            held[n] = row
            other._lay(n, row)
        same = all(rows[n].route.shift == self.rows[n].route.shift for n in rows)
        other.rows = tuple(held)
        if not same:
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
        self.leaves[n] = self.ready[:, n].min(axis=0)
        self.spare[n] = self.last[:, n].max(axis=0) - self.leaves[n] - self._straight(n)
        self.leg_now[n] = self.bands.many_after(self.leaves[n], self.leg[n]) - self.leaves[n]
        for k, one in enumerate(timing.breaks_ahead(route.shift)):
            self.breaks[k, :, n] = one.earliest, one.latest, one.duration_s

    def _straight(self, n: int) -> Times:
        """What driving each leg takes at the least, a second of rounding at both ends aside."""
        if not isinstance(self.travel, Paced):
            return np.zeros(self.width)
        return np.asarray(np.maximum(self.leg[n] * self.bands.fastest - 2, 0))

    def _bounds(self) -> None:
        """Until when and from when rows are of any use to a window."""
        shifts = [row.route.shift for row in self.rows]
        self.begins = np.array([shift.leaves for shift in shifts], dtype=float)
        self.ends = np.maximum.accumulate(np.array([s.last_end for s in shifts], dtype=float))
        self.technicians = np.array([shift.technician_id for shift in shifts])
        alike: dict[Hashable, list[int]] = {}
        for n, shift in enumerate(shifts):
            skills = tuple(sorted(shift.skills.items()))
            alike.setdefault((shift.technician_id, skills, shift.territories), []).append(n)
        self.alike = tuple(alike.values())

    def suits(self, job: Job) -> NDArray[np.bool_]:
        """Which rows fit a job by skills, locks, territory and what is left in the van."""
        fits = np.zeros(len(self.rows), dtype=bool)
        for alike in self.alike:
            fits[alike] = fitting.misfit(self.rows[alike[0]].route.shift, job) is None
        if job.parts:
            for n in np.flatnonzero(fits):
                fits[n] = fitting.has_parts(self.rows[n].stock, job)
        return fits

    def cells(self, suits: NDArray[np.bool_], needed_s: int) -> Cells:
        """The legs of those rows with so much time, driving aside, between what stands before and
        after: no way by another place is shorter than the straight one."""
        rows, positions = np.nonzero((self.spare >= needed_s) & suits[:, None])
        return Cells(rows, positions)

    def drives(self, job: Job, cells: Cells) -> tuple[Times, Times]:
        """Seconds from the stop before each leg to the job, and on to the next: at pace 1, or at
        the earliest hour where the travel knows no paces."""
        rows, positions = cells.rows, cells.positions
        if isinstance(self.travel, Paced):
            lats = np.stack((self.lats[rows, positions], self.lats[rows, positions + 1]))
            lons = np.stack((self.lons[rows, positions], self.lons[rows, positions + 1]))
            to, fro = self.travel.work_row(job.place, lats, lons)
            return to, fro
        to, fro = np.zeros(len(rows)), np.zeros(len(rows))
        for n, (row, p) in enumerate(zip(rows.tolist(), positions.tolist(), strict=True)):
            route, at = self.rows[row].route, int(self.leaves[row, p])
            stops = (route.shift.origin, *(one.place for one in route.jobs), route.shift.end)
            to[n] = self.travel.seconds(stops[p], job.place, at)
            fro[n] = self.travel.seconds(job.place, stops[p + 1], at)
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
