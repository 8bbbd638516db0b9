"""Whether a plan may stand: every rule worked out anew, and each fault said in words.

Why it shares nothing with `timing` but the travel: what proposes a plan must not be what judges it.
Routes are driven here from the first stop to the last, breaks tried wherever they could be. Not for
making a plan better.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

from helpdesk.field_service.plan import Break, Job, Plan, Route, Travel

FOREVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule broken: what kind, by which job ("" where it is the shift), and in words."""

    kind: str
    job_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Driven:
    """A route as it was driven: the start of each stop, the return, and what went wrong."""

    starts: tuple[int, ...]
    home_at: int
    faults: tuple[Fault, ...]


def faults(plan: Plan, travel: Travel, before: Plan | None = None) -> list[Fault]:
    """Everything wrong with a plan; empty where it may stand.

    With `before`, the plan it came from: frozen stops have to stand, no job may be lost, and what
    was promised and planned has to be planned with the promise it had.
    """
    found = [*_fitting(plan), *_once(plan), *_timed(plan, travel)]
    if before is not None:
        found += _kept(plan, before)
    return found


def _fitting(plan: Plan) -> Iterator[Fault]:
    """What can be said of a job and a shift without a clock."""
    for key, route in plan.routes.items():
        if key != route.shift.id:
            yield Fault("shift", "", f"the route of {route.shift.id} stands under {key}")
        for job in route.jobs:
            yield from _misfits(route, job)
        yield from _stock(route)


def _misfits(route: Route, job: Job) -> Iterator[Fault]:
    shift = route.shift
    for skill, level in job.skills.items():
        has = shift.skills.get(skill, 0)
        if has < level:
            yield Fault("skill", job.id, f"{skill} {level} is needed, {shift.id} has {has}")
    if job.only is not None and shift.technician_id not in job.only:
        yield Fault("lock", job.id, f"locked to others than {shift.technician_id}")
    if shift.technician_id in job.not_with:
        yield Fault("lock", job.id, f"not to be done by {shift.technician_id}")
    if job.territory and shift.territories and job.territory not in shift.territories:
        yield Fault("territory", job.id, f"{job.territory} is none of {shift.id}'s territories")


def _stock(route: Route) -> Iterator[Fault]:
    needed: Counter[str] = Counter()
    for job in route.jobs:
        needed.update(job.parts)
        for part in job.parts:
            has = route.shift.parts.get(part, 0)
            if needed[part] > has:
                yield Fault("parts", job.id, f"{needed[part]} x {part} needed, {has} in the van")


def _once(plan: Plan) -> Iterator[Fault]:
    """Nobody is planned twice, crews are complete, nothing is both planned and left over."""
    people: dict[str, list[str]] = {}
    jobs: dict[str, Job] = {}
    for _, route in sorted(plan.routes.items()):
        for job in route.jobs:
            people.setdefault(job.id, []).append(route.shift.technician_id)
            jobs[job.id] = job
    left = Counter(job.id for job in plan.unplanned)
    for job_id, by in people.items():
        if left[job_id]:
            yield Fault("twice", job_id, "both planned and unplanned")
        if len(set(by)) < len(by):
            yield Fault("twice", job_id, "the same technician has it twice")
        if len(by) != jobs[job_id].crew:
            kind = "crew" if jobs[job_id].crew > 1 else "twice"
            yield Fault(kind, job_id, f"needs {jobs[job_id].crew} technicians, has {len(by)}")
    yield from (Fault("twice", one, "unplanned twice") for one, count in left.items() if count > 1)


def _timed(plan: Plan, travel: Travel) -> Iterator[Fault]:
    """Drives all routes, later and later where one has to wait for another."""
    waits: dict[str, int] = {}
    driven = {key: drive(route, travel, waits) for key, route in plan.routes.items()}
    for _ in range(200):
        moved = _waiting(plan, driven, waits)
        if not moved:
            break
        for key, route in plan.routes.items():
            if any(job.id in moved for job in route.jobs):
                driven[key] = drive(route, travel, waits)
    for one in driven.values():
        yield from one.faults
    yield from _together(plan, driven)


def _waiting(plan: Plan, driven: Mapping[str, Driven], waits: dict[str, int]) -> set[str]:
    starts, ends = _when(plan, driven)
    moved = set()
    for _, job in plan.stops():
        wait = max([max(starts[job.id]), *(ends.get(one, 0) for one in job.after)])
        if min(starts[job.id]) < wait < FOREVER and waits.get(job.id, 0) < wait:
            waits[job.id] = wait
            moved.add(job.id)
    return moved


def _together(plan: Plan, driven: Mapping[str, Driven]) -> Iterator[Fault]:
    starts, ends = _when(plan, driven)
    missing = {job.id for job in plan.unplanned}
    for job in {job.id: job for _, job in plan.stops()}.values():
        if len(set(starts[job.id])) > 1:
            yield Fault("crew", job.id, "the crew does not start together")
        for one in job.after:
            if one in missing:
                yield Fault("after", job.id, f"waits for {one}, which is not planned")
            elif ends.get(one, 0) > min(starts[job.id]):
                yield Fault("after", job.id, f"starts before {one} is done")


def _when(plan: Plan, driven: Mapping[str, Driven]) -> tuple[dict[str, list[int]], dict[str, int]]:
    """The starts of every job, one for each of its crew, and its end."""
    starts: dict[str, list[int]] = {}
    ends: dict[str, int] = {}
    for key, route in plan.routes.items():
        once = dict(zip(route.jobs, driven[key].starts, strict=True))
        for job, at in once.items():
            starts.setdefault(job.id, []).append(at)
            ends[job.id] = max(ends.get(job.id, 0), at + job.duration_s)
    return starts, ends


def drive(route: Route, travel: Travel, waits: Mapping[str, int]) -> Driven:
    """Drives a route with its breaks where the fewest rules are broken, then home soonest."""
    shift = route.shift
    breaks = [one for one in shift.breaks if one.latest >= shift.leaves]
    best: tuple[tuple[int, int, tuple[int, ...]], Driven] | None = None
    moments = range(2 * len(route.jobs) + 2)
    for places in combinations_with_replacement(moments, len(breaks)):
        one = _drive(route, travel, waits, dict(enumerate(places)), breaks)
        rank = len(one.faults), one.home_at, one.starts
        if best is None or rank < best[0]:
            best = rank, one
    assert best is not None
    return best[1]


def _drive(
    route: Route,
    travel: Travel,
    waits: Mapping[str, int],
    moments: Mapping[int, int],
    breaks: Sequence[Break],
) -> Driven:
    """Moment 2i is before the drive to stop i, 2i + 1 on arrival there."""
    shift = route.shift
    at, place = shift.leaves, shift.origin
    starts: list[int] = []
    found: list[Fault] = []
    for i in range(len(route.jobs) + 1):
        target = route.jobs[i].place if i < len(route.jobs) else shift.end
        at = _rest(at, 2 * i, moments, breaks, found, shift.id)
        at += travel.seconds(place, target, at)
        at = _rest(at, 2 * i + 1, moments, breaks, found, shift.id)
        place = target
        if i < len(route.jobs):
            job = route.jobs[i]
            at = max(at, job.earliest, waits.get(job.id, 0))
            starts.append(at)
            if at > job.latest:
                kind = "promise" if job.promised else "window"
                found.append(Fault(kind, job.id, f"starts {at - job.latest} s after its window"))
            at += job.duration_s
    if at > shift.ends + shift.may_overrun_s:
        found.append(Fault("shift", "", f"{shift.id} ends {at - shift.ends} s after its shift"))
    return Driven(tuple(starts), at, tuple(found))


def _rest(
    at: int,
    moment: int,
    moments: Mapping[int, int],
    breaks: Sequence[Break],
    found: list[Fault],
    shift_id: str,
) -> int:
    for n, one in enumerate(breaks):
        if moments[n] == moment:
            at = max(at, one.earliest)
            if at > one.latest:
                found.append(Fault("break", "", f"{shift_id} rests {at - one.latest} s too late"))
            at += one.duration_s
    return at


def _kept(plan: Plan, before: Plan) -> Iterator[Fault]:
    """Frozen stops, jobs and promises of the plan it came from."""
    for key, route in before.routes.items():
        frozen = [job.id for job in route.jobs[: route.frozen]]
        now = plan.routes[key].jobs[: route.frozen] if key in plan.routes else ()
        if frozen != [job.id for job in now]:
            yield Fault("frozen", next(iter(frozen), ""), f"the first stops of {key} have moved")
    jobs = plan.jobs()
    planned = {job.id for _, job in plan.stops()}
    for key, job in before.jobs().items():
        if key not in jobs:
            yield Fault("lost", key, "no longer in the plan")
        elif (jobs[key].earliest < job.earliest or jobs[key].latest > job.latest) and job.promised:
            yield Fault("promise", key, "its promised window has been widened")
    for _, job in before.stops():
        if job.promised and job.id in jobs and job.id not in planned:
            yield Fault("promise", job.id, "was promised and is no longer planned")
