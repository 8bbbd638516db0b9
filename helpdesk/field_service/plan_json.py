"""A plan and its drives as plain JSON and back: how they reach the process that solves, and return.

Drives go along as one table between all places, so that whoever solves needs no map. Not for rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from helpdesk.field_service.plan import Break, Job, Place, Plan, Route, Shift
from helpdesk.field_service.travel import Band, Bands, Paced

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SETS = ("only", "not_with", "territories")


class Table(Paced):
    """Travel between places that were all named before."""

    def __init__(
        self, places: Sequence[Place], seconds: Sequence[Sequence[int]], bands: Bands
    ) -> None:
        super().__init__(bands)
        self.index = {place: n for n, place in enumerate(places)}
        self.seconds_between = seconds

    def work(self, a: Place, b: Place) -> int:
        return self.seconds_between[self.index[a]][self.index[b]]

    def works(self, places: Sequence[Place]) -> list[list[int]]:
        at = [self.index[one] for one in places]
        return [[self.seconds_between[a][b] for b in at] for a in at]

    def work_row(self, place: Place, lats: NDArray[Any], lons: NDArray[Any]) -> NDArray[Any]:
        import numpy as np  # noqa: PLC0415  only who plans pays for it

        row = self.seconds_between[self.index[place]]
        flat = zip(lats.ravel().tolist(), lons.ravel().tolist(), strict=True)
        found = [row[self.index[Place(lat, lon)]] for lat, lon in flat]
        return np.array(found, dtype=float).reshape(lats.shape)


def to_json(plan: Plan, travel: Paced) -> dict[str, Any]:
    """The whole of a plan with the drives between its places."""
    jobs = plan.jobs()
    places = {job.place: 0 for job in jobs.values()}
    for route in plan.routes.values():
        places |= {route.shift.origin: 0, route.shift.end: 0, route.shift.start: 0}
    return {
        "jobs": [_told(job) for job in jobs.values()],
        "routes": [
            {
                "shift": _told(route.shift),
                "jobs": [job.id for job in route.jobs],
                "frozen": route.frozen,
            }
            for route in plan.routes.values()
        ],
        "unplanned": [job.id for job in plan.unplanned],
        "places": [[one.lat, one.lon] for one in places],
        "seconds": travel.works(list(places)),
        "zone": travel.bands.zone,
        "bands": [
            [row.name, row.from_minute, row.to_minute, row.pace, sorted(row.weekdays)]
            for row in travel.bands.rows
        ],
    }


def from_json(told: Mapping[str, Any]) -> tuple[Plan, Table]:
    jobs = {one["id"]: _job(one) for one in told["jobs"]}
    routes = {}
    for one in told["routes"]:
        shift = _shift(one["shift"])
        routes[shift.id] = Route(shift, tuple(jobs[key] for key in one["jobs"]), one["frozen"])
    plan = Plan(routes, tuple(jobs[key] for key in told["unplanned"]))
    rows = tuple(Band(a, b, c, d, frozenset(e)) for a, b, c, d, e in told["bands"])
    places = [Place(lat, lon) for lat, lon in told["places"]]
    return plan, Table(places, told["seconds"], Bands(told["zone"], rows))


def routes_to_json(plan: Plan) -> dict[str, list[str]]:
    """An answer: what stands in which route, in order."""
    return {shift: [job.id for job in route.jobs] for shift, route in plan.routes.items()}


def with_routes(plan: Plan, told: Mapping[str, Sequence[str]]) -> Plan:
    """`plan` with its own jobs where the answer has them; KeyError for what it has not."""
    jobs = plan.jobs()
    routes = {s: plan.routes[s].with_jobs([jobs[key] for key in ids]) for s, ids in told.items()}
    placed = {key for ids in told.values() for key in ids}
    left = tuple(job for key, job in jobs.items() if key not in placed)
    return Plan({**{s: r.with_jobs(()) for s, r in plan.routes.items()}, **routes}, left)


def _told(one: Job | Shift) -> dict[str, Any]:
    return {name: _plain(getattr(one, name)) for name in type(one).__dataclass_fields__}


def _plain(value: Any) -> Any:
    if isinstance(value, Place):
        return [value.lat, value.lon]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Break):
        return [value.earliest, value.latest, value.duration_s]
    return dict(value) if isinstance(value, Mapping) else value


def _job(told: Mapping[str, Any]) -> Job:
    values = {**told, **_sets(told), "place": Place(*told["place"]), "after": tuple(told["after"])}
    return Job(**values)


def _shift(told: Mapping[str, Any]) -> Shift:
    values = {
        **told,
        **_sets(told),
        "start": Place(*told["start"]),
        "end": Place(*told["end"]),
        "breaks": tuple(Break(*one) for one in told["breaks"]),
        "free_at": Place(*told["free_at"]) if told["free_at"] is not None else None,
    }
    return Shift(**values)


def _sets(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: frozenset(told[name]) for name in _SETS if name in told and told[name] is not None
    }
