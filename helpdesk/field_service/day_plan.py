"""One day as planning sees it: routes as they go on from now, what is left over, what may not move.

Frozen: the past, who is on the way or on site, routes that a dispatcher locked, and technicians
that were not asked for. Held windows stay with who they were offered with. Visits whose technician
does not work any more that day (ill) are left over. Not for solving, nor for rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import or_, select

from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.field_service import book, book_jobs, days, settings
from helpdesk.field_service.book import Book
from helpdesk.field_service.crew_days import seconds, shift_id
from helpdesk.field_service.models import Visit, VisitNeeds, VisitPlace
from helpdesk.field_service.plan import Job, Place, Plan, Route, Shift
from helpdesk.field_service.travel_port import Roads

MOST_WAITING = 80
SOON = timedelta(days=3)  # due within: worth a place in this day
URGENT = 2


@dataclass(frozen=True, slots=True)
class DayPlan:
    """`starts` {visit: second} as the rows have it, `versions` {shift: version}, `held` offers."""

    day: date
    now: int
    plan: Plan
    travel: Roads
    versions: Mapping[str, int]
    starts: Mapping[str, int]
    who: Mapping[str, tuple[str, ...]]
    held: frozenset[str]
    waiting: frozenset[str]

    def places(self) -> list[Place]:
        """Every place that is driven to or from."""
        found = [job.place for job in self.plan.jobs().values()]
        for route in self.plan.routes.values():
            found += [route.shift.origin, route.shift.end]
        return found


def read(
    work: Work,
    day: date,
    *,
    technicians: Collection[str] | None = None,
    with_waiting: bool = True,
    also: Collection[str] = (),
) -> DayPlan:
    """The day as it is now. Invalid for a day that is over or further ahead than is booked.

    `also` names waiting visits that are wanted in the plan whatever their date.
    """
    given, now = settings.get(work), seconds(work.at)
    seen = book.look(work, given)
    if day not in seen.days:
        raise Invalid(fields={"day": "Choose today or one of the days that are booked ahead."})
    ends = _ends_elsewhere(seen, day)
    locked = {s for s, one in seen.routes.items() if one.is_locked}
    routes: dict[str, Route] = {}
    held: set[str] = set()
    for route in book.going_on(work, seen, day, now):
        jobs = [_after(_held(job, seen, route, held), ends) for job in route.jobs]
        still = technicians is not None and route.shift.technician_id not in technicians
        is_closed = still or route.shift.id in locked
        frozen = len(jobs) + 1 if is_closed else route.frozen
        routes[route.shift.id] = Route(_stocked(route.shift, jobs), tuple(jobs), frozen)
    orphans = _orphans(seen, day, routes)
    waiting = _waiting(work, seen, day, also) if with_waiting else []
    known = {job.id for route in routes.values() for job in route.jobs}
    left = [one for one in (*orphans, *waiting) if one.id not in known]
    unplanned = tuple({one.id: _after(one, ends) for one in left}.values())
    closed = frozenset(r.shift.technician_id for s, r in routes.items() if s in locked)
    if technicians is not None:
        closed |= {r.shift.technician_id for r in routes.values()} - set(technicians)
    unplanned = tuple(_not_with(one, closed) for one in unplanned)
    routes = {s: _kept_out(one, closed) for s, one in routes.items()}
    starts, who = _standing(seen, day)
    return DayPlan(
        day=day,
        now=now,
        plan=Plan(routes, unplanned),
        travel=seen.board.travel,  # type: ignore[arg-type]
        versions={s: seen.route(s).version for s in _shifts(seen, day, routes)},
        starts=starts,
        who=who,
        held=frozenset(held),
        waiting=frozenset(one.id for one in waiting),
    )


def _stocked(shift: Shift, jobs: Iterable[Job]) -> Shift:
    """What a van lacks for its own visits is for a person to fetch: it stops no planning, but
    nothing more that needs it comes in.
    """
    needed: Counter[str] = Counter()
    for job in jobs:
        needed.update(job.parts)
    lacking = {part for part, count in needed.items() if shift.parts.get(part, 0) < count}
    if not lacking:
        return shift
    return replace(shift, parts={**shift.parts, **{part: needed[part] for part in lacking}})


def _held(job: Job, seen: Book, route: Route, held: set[str]) -> Job:
    """A window that is kept for somebody stays with its technician."""
    stop = next((one for one in seen.stops[route.shift.id] if one.job.id == job.id), None)
    if stop is None or stop.state != "held":
        return job
    held.add(job.id)
    return replace(job, only=frozenset((route.shift.technician_id,)), promised=True)


def _ends_elsewhere(seen: Book, day: date) -> dict[str, int]:
    """When visits of other days are over."""
    end = f"/{day.isoformat()}"
    return {
        stop.job.id: stop.starts + stop.job.duration_s
        for shift, stops in seen.stops.items()
        if not shift.endswith(end)
        for stop in stops
    }


def _after(job: Job, ends: Mapping[str, int]) -> Job:
    """What it waits for on another day is a time before which it can't start."""
    floor = max((ends[one] for one in job.after if one in ends), default=0)
    if floor <= job.earliest:
        return job
    return replace(job, earliest=floor, latest=max(floor, job.latest))


def _orphans(seen: Book, day: date, routes: Mapping[str, Route]) -> list[Job]:
    """Booked that day with somebody who does not work then."""
    found = []
    for person in {*seen.crew.people, *_technicians(seen, day)}:
        shift = shift_id(person, day)
        if shift not in routes:
            found += [one.job for one in seen.stops.get(shift, ()) if one.state == "booked"]
    return found


def _technicians(seen: Book, day: date) -> list[str]:
    end = f"/{day.isoformat()}"
    return [shift.removesuffix(end) for shift in seen.stops if shift.endswith(end)]


def _shifts(seen: Book, day: date, routes: Mapping[str, Route]) -> set[str]:
    return {*routes, *(shift_id(one, day) for one in _technicians(seen, day))}


def _standing(seen: Book, day: date) -> tuple[dict[str, int], dict[str, tuple[str, ...]]]:
    starts: dict[str, int] = {}
    who: dict[str, list[str]] = {}
    for person in _technicians(seen, day):
        for stop in seen.stops[shift_id(person, day)]:
            if stop.is_ahead:
                starts[stop.job.id] = stop.starts
                who.setdefault(stop.job.id, []).append(person)
    return starts, {key: tuple(sorted(names)) for key, names in who.items()}


def _not_with(job: Job, closed: frozenset[str]) -> Job:
    return replace(job, not_with=job.not_with | closed) if closed else job


def _kept_out(route: Route, closed: frozenset[str]) -> Route:
    """Nothing of this route may come to those; a crew stays as it is, since one is to be in it."""
    if not closed or route.shift.technician_id in closed:
        return route
    return route.with_jobs([_not_with(j, closed) if j.crew == 1 else j for j in route.jobs])


def job_of(work: Work, visit_id: str) -> Job | None:
    """A visit as it has to be planned; None where nobody knows where its place is."""
    wanted = _JOBS.where(Visit.id == visit_id)
    row = work.session.execute(wanted).one_or_none()
    if row is None:
        return None
    return _job(row, _needs(work, [visit_id]).get(visit_id, book_jobs.First()))


_JOBS = (
    select(
        *(c for c in Visit.__table__.columns if c.name not in ("note", "reason")),
        VisitPlace.lat,
        VisitPlace.lon,
    )
    .join(VisitPlace, VisitPlace.id == Visit.place_id)
    .where(VisitPlace.lat.is_not(None))
)


def _waiting(work: Work, seen: Book, day: date, also: Collection[str]) -> list[Job]:
    """Visits in no route that could have a place in this day: promised for it, due soon, urgent."""
    zone = settings.get(work).zone
    begins, ends = days.begins(day, 0, zone), days.begins(day + timedelta(days=1), 0, zone)
    soon = work.at + SOON
    wanted = (
        _JOBS.where(
            Visit.state == "waiting",
            or_(
                Visit.window_starts_at.is_not(None),
                Visit.due_at <= soon,
                Visit.priority <= URGENT,
                Visit.id.in_(sorted(also)),
            ),
        )
        .order_by(Visit.priority, Visit.due_at, Visit.id)
        .limit(MOST_WAITING)
    )
    rows = work.session.execute(wanted).all()
    first = _needs(work, [row.id for row in rows])
    jobs = [_job(row, first.get(row.id, book_jobs.First())) for row in rows]
    planned = {one.job.id for shift in seen.stops.values() for one in shift}
    return [one for one in jobs if _fits(one, begins, ends) and set(one.after) <= planned]


def _fits(job: Job, begins: int, ends: int) -> bool:
    return job.earliest < ends and job.latest >= begins


def _job(row: Any, first: book_jobs.First) -> Job:
    return book_jobs.of_visit(row, Place(row.lat, row.lon), first.after, first.not_before)


def _needs(work: Work, visit_ids: Sequence[str]) -> Mapping[str, book_jobs.First]:
    rows: Iterable[Any] = ()
    if visit_ids:
        rows = work.session.execute(
            select(
                VisitNeeds.visit_id,
                VisitNeeds.needs_visit_id,
                VisitNeeds.part_id,
                VisitNeeds.expected_on,
            ).where(VisitNeeds.visit_id.in_(visit_ids), VisitNeeds.met_at.is_(None))
        ).all()
    return book_jobs.firsts(rows)
