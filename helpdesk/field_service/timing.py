"""When everything on a route happens: earliest and latest times, breaks placed, crews together.

A route is walked once forwards (the earliest moment each stop is done) and once backwards (the
latest it may start). Breaks make layers: with k of them taken so far. With both arrays one
insertion is judged without walking again (`slots`, `tours`). Not for what a plan may contain:
that is `checking`, which shares no code with this.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from helpdesk.field_service.legs import Legs, legs_of
from helpdesk.field_service.plan import Break, Job, Place, Plan, Route, Shift, Timed, Travel

NEVER = 1 << 60
P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Walk:
    """Both arrays of a route of n stops and K breaks.

    `ready[k][i]`: earliest moment stop i is done with k breaks taken (0 is the origin);
    `last[k][i]`: the latest start of stop i with k taken (n + 1 is coming home); `came[k][i]`: with
    how many breaks taken the stop before was left.
    """

    ready: list[list[int]]
    last: list[list[int]]
    came: list[list[int]]
    home_at: int

    @property
    def feasible(self) -> bool:
        return self.home_at < NEVER


@dataclass(frozen=True, slots=True)
class Day:
    """A route with its times. `late` says that some limit could not be held."""

    stops: tuple[Timed, ...]
    pauses: tuple[tuple[int, int], ...]
    home_at: int
    travel_s: int
    late: bool = False


def breaks_ahead(shift: Shift) -> tuple[Break, ...]:
    """The breaks that are still to be taken where the route goes on."""
    return tuple(one for one in shift.breaks if one.latest >= shift.leaves)


def across(legs: Legs[P], a: P, b: P, at: int, breaks: Sequence[Break]) -> int:
    """The earliest arrival with these breaks taken before the drive or after it, or NEVER."""
    if not breaks:
        return legs.go(a, b, at)
    best = NEVER
    for split in range(len(breaks) + 1):
        left = paused(at, breaks[:split])
        if left < NEVER:
            best = min(best, paused(legs.go(a, b, left), breaks[split:]))
    return best


def across_back(legs: Legs[P], a: P, b: P, by: int, breaks: Sequence[Break]) -> int:
    """The latest departure that is there, these breaks taken, by then; or -NEVER."""
    if not breaks:
        return legs.back(a, b, by)
    best = -NEVER
    for split in range(len(breaks) + 1):
        there = paused_back(by, breaks[split:])
        if there > -NEVER:
            best = max(best, paused_back(legs.back(a, b, there), breaks[:split]))
    return best


def paused(at: int, breaks: Sequence[Break]) -> int:
    """When these breaks are over, begun as early as they may be."""
    for one in breaks:
        begins = max(at, one.earliest)
        if begins > one.latest:
            return NEVER
        at = begins + one.duration_s
    return at


def paused_back(by: int, breaks: Sequence[Break]) -> int:
    """When they must begin at the latest to be over by then."""
    for one in reversed(breaks):
        if one.earliest + one.duration_s > by:
            return -NEVER
        by = min(by - one.duration_s, one.latest)
    return by


def walk(
    places: Sequence[P],
    stops: Sequence[tuple[int, int, int]],
    breaks: Sequence[Break],
    leaves: int,
    last_end: int,
    legs: Legs[P],
) -> Walk:
    """Both arrays. `places` has origin and end around the stops (earliest, latest, duration_s)."""
    ready, came, home_at = _forwards(places, stops, breaks, leaves, legs)
    if home_at > last_end:
        home_at = NEVER
    return Walk(ready, _backwards(places, stops, breaks, last_end, legs), came, home_at)


def _forwards(
    places: Sequence[P],
    stops: Sequence[tuple[int, int, int]],
    breaks: Sequence[Break],
    leaves: int,
    legs: Legs[P],
) -> tuple[list[list[int]], list[list[int]], int]:
    layers = range(len(breaks) + 1)
    n = len(stops)
    ready = [[NEVER] * (n + 1) for _ in layers]
    came = [[0] * (n + 2) for _ in layers]
    ready[0][0] = leaves
    for i, (earliest, latest, duration) in enumerate(stops, 1):
        for k in layers:
            arrives, before = _earliest(places, breaks, ready, i, k, legs)
            starts = max(arrives, earliest)
            if starts <= latest:
                ready[k][i] = starts + duration
                came[k][i] = before
    home_at, came[-1][n + 1] = _earliest(places, breaks, ready, n + 1, len(breaks), legs)
    return ready, came, home_at


def _earliest(
    places: Sequence[P],
    breaks: Sequence[Break],
    ready: list[list[int]],
    i: int,
    k: int,
    legs: Legs[P],
) -> tuple[int, int]:
    """The earliest arrival at stop i with k breaks taken, and how many were before the leg.

    Where it makes no difference here, a break comes late: what stands before it, perhaps with a
    crew, is done the sooner.
    """
    best, before = NEVER, k
    for m in range(k + 1):
        if ready[m][i - 1] < NEVER:
            arrives = across(legs, places[i - 1], places[i], ready[m][i - 1], breaks[m:k])
            if arrives < best:
                best, before = arrives, m
    return best, before


def _backwards(
    places: Sequence[P],
    stops: Sequence[tuple[int, int, int]],
    breaks: Sequence[Break],
    last_end: int,
    legs: Legs[P],
) -> list[list[int]]:
    count = len(breaks)
    n = len(stops)
    last = [[-NEVER] * (n + 2) for _ in range(count + 1)]
    last[count][n + 1] = last_end
    for i in range(n, -1, -1):
        earliest, latest, duration = stops[i - 1] if i else (-NEVER, NEVER, 0)
        for k in range(count + 1):
            leaves = max(
                across_back(legs, places[i], places[i + 1], last[m][i + 1], breaks[k:m])
                if last[m][i + 1] > -NEVER
                else -NEVER
                for m in range(k, count + 1)
            )
            starts = min(latest, leaves - duration)
            last[k][i] = starts if starts >= earliest else -NEVER
    return last


def limits(jobs: Iterable[Job], floors: Mapping[str, int]) -> list[tuple[int, int, int]]:
    """Earliest, latest and duration of these jobs, not before their floors."""
    return [(max(j.earliest, floors.get(j.id, 0)), j.latest, j.duration_s) for j in jobs]


def walk_route(route: Route, travel: Travel, floors: Mapping[str, int] | None = None) -> Walk:
    """Both arrays of a route as it stands, crews and dependencies by their floors only."""
    shift = route.shift
    places = (shift.origin, *(job.place for job in route.jobs), shift.end)
    stops = limits(route.jobs, floors or {})
    breaks = breaks_ahead(shift)
    return walk(places, stops, breaks, shift.leaves, shift.last_end, legs_of(travel))


def day(route: Route, travel: Travel, floors: Mapping[str, int] | None = None) -> Day:
    """A route with its times, as early as may be. Where limits can't be held it runs late."""
    shift, floors = route.shift, floors or {}
    places = (shift.origin, *(job.place for job in route.jobs), shift.end)
    breaks = breaks_ahead(shift)
    legs = legs_of(travel)
    stops = limits(route.jobs, floors)
    ready, came, home_at = _forwards(places, stops, breaks, shift.leaves, legs)
    late = home_at > shift.last_end
    if home_at >= NEVER:
        stops = [(earliest, NEVER - 1, duration) for earliest, _, duration in stops]
        breaks = tuple(Break(b.earliest, NEVER - 1, b.duration_s) for b in breaks)
        ready, came, home_at = _forwards(places, stops, breaks, shift.leaves, legs)
    return _told(route, places, stops, breaks, ready, came, legs, late)


def schedule(
    route: Route, travel: Travel, floors: Mapping[str, int] | None = None
) -> tuple[Timed, ...]:
    """The stops of one route with their times; `floors` are earliest starts known from others."""
    return day(route, travel, floors).stops


def _told(
    route: Route,
    places: Sequence[Place],
    stops: Sequence[tuple[int, int, int]],
    breaks: Sequence[Break],
    ready: list[list[int]],
    came: list[list[int]],
    legs: Legs[Place],
    late: bool,
) -> Day:
    """Walks back along the choices made and says what happens."""
    n, k = len(stops), len(breaks)
    layer = [0] * (n + 2)
    for i in range(n + 1, 0, -1):
        layer[i] = k
        k = came[k][i]
    told: list[Timed] = []
    pauses: list[tuple[int, int]] = []
    at, driven = route.shift.leaves, 0
    for i in range(1, n + 2):
        taken = breaks[layer[i - 1] : layer[i]]
        arrives, travel_s, rested = _leg(legs, places[i - 1], places[i], at, taken)
        driven += travel_s
        pauses += rested
        if i > n:
            return Day(tuple(told), tuple(pauses), arrives, driven, late)
        starts = max(arrives, stops[i - 1][0])
        at = starts + stops[i - 1][2]
        pause_s = sum(end - begin for begin, end in rested)
        job = route.jobs[i - 1]
        told.append(Timed(job.id, arrives, starts, at, travel_s, starts - arrives, pause_s))
    raise AssertionError("a route has an end")


def _leg(
    legs: Legs[Place], a: Place, b: Place, at: int, breaks: Sequence[Break]
) -> tuple[int, int, list[tuple[int, int]]]:
    """Arrival (breaks on arrival over), seconds at the wheel, breaks as they were taken."""
    best: tuple[int, int, list[tuple[int, int]]] = (NEVER, 0, [])
    for split in range(len(breaks), -1, -1):
        left, rested = _rests(at, breaks[:split])
        arrives = legs.go(a, b, left)
        there, more = _rests(arrives, breaks[split:])
        if there <= best[0]:
            best = there, arrives - left, rested + more
    return best


def _rests(at: int, breaks: Sequence[Break]) -> tuple[int, list[tuple[int, int]]]:
    rested = []
    for one in breaks:
        begins = max(at, one.earliest)
        if begins > one.latest:
            return NEVER, []
        at = begins + one.duration_s
        rested.append((begins, at))
    return at, rested


def days(plan: Plan, travel: Travel, only: Iterable[str] | None = None) -> dict[str, Day]:
    """Every route with its times: crews start together, nothing starts before what it waits for.

    `only` names shifts whose times are wanted; routes tied to them by crews or dependencies are
    walked too. Routes that wait for each other for ever are given up and run late.
    """
    linked = _linked(plan)
    wanted = set(plan.routes) if only is None else set(only) | {s for s, _ in linked}
    floors: dict[str, int] = {}
    told = {s: day(plan.routes[s], travel) for s in sorted(wanted)}
    for _ in range(4 * len(linked) + 4):
        raised = _raised(plan, linked, told, floors)
        if not raised:
            break
        for s in sorted({s for s, job in linked if job.id in raised}):
            told[s] = day(plan.routes[s], travel, floors)
    return told


def _linked(plan: Plan) -> list[tuple[str, Job]]:
    """Stops whose time depends on another route, or that another one's depends on."""
    awaited = {one for _, job in plan.stops() for one in job.after}
    return [(s, job) for s, job in plan.stops() if job.crew > 1 or job.after or job.id in awaited]


def _raised(
    plan: Plan, linked: Sequence[tuple[str, Job]], told: Mapping[str, Day], floors: dict[str, int]
) -> set[str]:
    """Raises the floors that have to be, and says whose."""
    starts: dict[str, int] = {}
    ends: dict[str, int] = {}
    lowest: dict[str, int] = {}
    for s in {s for s, _ in linked}:
        for stop in told[s].stops:
            starts[stop.job_id] = max(stop.starts, starts.get(stop.job_id, 0))
            lowest[stop.job_id] = min(stop.starts, lowest.get(stop.job_id, NEVER))
            ends[stop.job_id] = max(stop.ends, ends.get(stop.job_id, 0))
    raised = set()
    for _, job in linked:
        floor = max([starts[job.id], *(ends[one] for one in job.after if one in ends)])
        if floor > lowest[job.id] and floor > floors.get(job.id, 0):
            floors[job.id] = floor
            raised.add(job.id)
    return raised


def floors_of(plan: Plan, told: Mapping[str, Day]) -> dict[str, tuple[int, int]]:
    """Start limits that untie routes: within them each route may change without the others.

    A crew keeps its start, what others wait for starts no later and what waits no earlier.
    """
    pins: dict[str, tuple[int, int]] = {}
    awaited = {one for _, job in plan.stops() for one in job.after}
    starts = {stop.job_id: stop.starts for one in told.values() for stop in one.stops}
    for _, job in _linked(plan):
        at = starts[job.id]
        low = at if job.crew > 1 or job.after else job.earliest
        high = at if job.crew > 1 or job.id in awaited else job.latest
        pins[job.id] = low, high
    return pins


def slack(route: Route, travel: Travel) -> tuple[int, ...]:
    """By how many seconds each stop may start later without breaking anything on the route."""
    told, known = day(route, travel), walk_route(route, travel)
    if not known.feasible:
        return tuple(0 for _ in route.jobs)
    return tuple(
        max(
            last[i]
            for ready, last in zip(known.ready, known.last, strict=True)
            if ready[i] - route.jobs[i - 1].duration_s <= last[i]
        )
        - stop.starts
        for i, stop in enumerate(told.stops, 1)
    )
