"""One change of the plan on its way: planned on the routes as they are, checked, then written.

Visits that stand later in the same row stay where they are unless they have to give way. What the
plan checker finds wrong and was not wrong before refuses the change, in words. Order of locks:
ticket, visit, the visits beside it by id, routes. Not for what a dispatcher may ask for
(`dispatching`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select

from helpdesk.core.errors import Conflict
from helpdesk.core.work import Work
from helpdesk.field_service import (
    book_jobs,
    checking,
    days,
    permissions,
    routes,
    service,
    settings,
    timing,
)
from helpdesk.field_service.crew_days import seconds, shift_id
from helpdesk.field_service.models import Route as RouteRow
from helpdesk.field_service.models import RouteStop, Visit, VisitNeeds, VisitPlace
from helpdesk.field_service.plan import Job, Plan, Route
from helpdesk.identity.models import User
from helpdesk.workflows import dispatch_book, dispatch_words, visit_course
from helpdesk.workflows import dispatch_writing as writing
from helpdesk.workflows.dispatch_values import (
    Before,
    Change,
    Done,
    PromiseBreaks,
    Spot,
    Versions,
    window_of,
)

if TYPE_CHECKING:
    from helpdesk.field_service.book import Book

FAR = book_jobs.FAR
HOUR = 3600


def begin_change(work: Work, visit_id: str, versions: Versions, day: date | None) -> Change:
    permissions.require_dispatch(work)
    visit = visit_course.hold(work, visit_id)
    if visit.state not in ("waiting", "booked"):
        raise service.no_such_step(visit, "be moved")
    stops = service.stops_of(work, visit_id)
    chosen = settings.get(work)
    today = days.day_of(seconds(work.at), chosen.zone)
    stood = _stood(work, stops)
    for one in (day, stood.day if stood else None):
        if one is not None and one < today:
            raise Conflict("That day is over. What happened on it stays.", code="past")
        if one is not None and (one - today).days >= dispatch_book.MOST_AHEAD:
            most = dispatch_book.MOST_AHEAD
            raise Conflict(f"Choose one of the next {most} days.", code="far")
    seen = dispatch_book.look(work, day)
    for (who, on), version in versions.items():
        if seen.route(shift_id(who, on)).version != version:
            raise routes.PlanMoved
    return Change(work, seen, chosen.zone, visit, stood, versions)


def _stood(work: Work, stops: Sequence[RouteStop]) -> Spot | None:
    if not stops:
        return None
    day = work.session.scalar(select(RouteRow.day).where(RouteRow.id == stops[0].route_id))
    assert day is not None
    return Spot(tuple(one.technician_id for one in stops), day, seconds(stops[0].starts_at))


def settle(change: Change, spot: Spot | None, promise: str, *, can_be_undone: bool = True) -> Done:
    """Check the rows as they would be, then write them."""
    work, visit = change.work, change.visit
    if spot is not None:
        _require_room(change, spot, promise)
    own = _keys(change.stood) | _keys(spot)
    plan = standing(change.book, linked(change.book.board.plan, own), change.starts)
    wanted = _with(change, plan, spot, promise)
    _require_no_new_faults(change, plan, wanted, promise)
    told = timing.days(wanted, change.book.board.travel)
    held = writing.hold_others(work, visit, wanted)
    was = {one.visit_id: seconds(one.starts_at) for one in held} | (
        {visit.id: change.stood.at} if change.stood else {}
    )
    before_window = window_of(visit)
    writing.write(change, spot, told)
    writing.retime(change, held, told, own)
    window = writing.promise_anew(change, spot, told) if promise == "move" and spot else None
    who = sorted({route.shift.technician_id for route in wanted.routes.values()})
    writing.audit(change, spot)
    before = None
    if can_be_undone:
        versions = writing.versions(work, wanted)
        before = Before(visit.id, change.stood, was, before_window, versions)
    return Done(visit.id, tuple(who), before, window)


def _require_room(change: Change, spot: Spot, promise: str) -> None:
    """What can be said before anything is timed."""
    work, visit = change.work, change.visit
    if len(set(spot.technician_ids)) != max(1, visit.crew):
        raise Conflict(
            f"This visit needs {visit.crew} technicians at one time, and no second one is free "
            "then. Choose another time.",
            code="crew",
        )
    require_unlocked(change, spot.technician_ids, spot.day)
    if change.stood is not None:
        require_unlocked(change, change.stood.technician_ids, change.stood.day)
    for who in spot.technician_ids:
        if shift_id(who, spot.day) not in change.book.board.plan.routes:
            raise Conflict(f"{_name(work, who)} doesn't work then.", code="off_duty")
    if visit.lock_technician_id and visit.lock_technician_id not in spot.technician_ids:
        raise Conflict(
            f"It is locked to {_name(work, visit.lock_technician_id)}. Unlock it first.",
            code="locked",
        )
    low, high = visit.lock_from, visit.lock_to
    if (low and spot.at < seconds(low)) or (high and spot.at > seconds(high)):
        raise Conflict("Its time is locked. Unlock it first.", code="locked")
    window = window_of(visit)
    if promise == "keep" and not change.is_lenient and window and spot.at < window[0]:
        raise PromiseBreaks(_breaks(change, spot.at))


def require_unlocked(change: Change, who: Sequence[str], day: date) -> None:
    if change.is_lenient:
        return
    locked = change.work.session.scalar(
        select(RouteRow.technician_id)
        .where(RouteRow.technician_id.in_(who), RouteRow.day == day, RouteRow.is_locked)
        .limit(1)
    )
    if locked is not None:
        raise Conflict(
            f"The day of {_name(change.work, locked)} is locked. Unlock it first.", code="locked"
        )


def _keys(spot: Spot | None) -> set[str]:
    return {shift_id(who, spot.day) for who in spot.technician_ids} if spot else set()


def linked(plan: Plan, keys: Collection[str]) -> set[str]:
    """These routes and those that are tied to them by crews or by what has to come first."""
    found = {key for key in keys if key in plan.routes}
    tied: dict[str, set[str]] = {}
    for key, job in plan.stops():
        if job.crew > 1 or job.after:
            for one in (job.id, *job.after):
                tied.setdefault(one, set()).add(key)
    if not tied:
        return found
    for key, job in plan.stops():
        if job.id in tied:
            tied[job.id].add(key)
    grown = True
    while grown:
        more = {k for group in tied.values() if group & found for k in group} - found
        found |= more
        grown = bool(more)
    return found


def standing(seen: Book, keys: Collection[str], starts: Mapping[str, int]) -> Plan:
    """These routes with every visit no earlier than it stands: nothing moves up by itself."""
    return Plan({key: _held_in_place(seen, key, starts) for key in sorted(keys)})


def _held_in_place(seen: Book, key: str, starts: Mapping[str, int]) -> Route:
    route = seen.board.plan.routes[key]
    known = {stop.job.id: stop.starts for stop in seen.stops.get(key, ())}
    jobs = [
        job
        if n < route.frozen
        else job.within(starts.get(job.id, known.get(job.id, job.earliest)), FAR)
        for n, job in enumerate(route.jobs)
    ]
    return route.with_jobs(jobs)


def _with(change: Change, plan: Plan, spot: Spot | None, promise: str) -> Plan:
    """The plan with the visit there, or in no route."""
    without = plan.with_routes(*(r.without(change.visit.id) for r in plan.routes.values()))
    if spot is None:
        return without
    job = _job(change, spot, promise)
    placed = []
    for who in spot.technician_ids:
        route = without.routes[shift_id(who, spot.day)]
        later = [n for n, one in enumerate(route.jobs) if n >= route.frozen]
        position = next((n for n in later if route.jobs[n].earliest >= spot.at), len(route.jobs))
        placed.append(route.inserted(position, job))
    return without.with_routes(*placed)


def _job(change: Change, spot: Spot, promise: str) -> Job:
    """The visit as a job that starts no earlier than where it was put."""
    work, visit = change.work, change.visit
    row = work.session.execute(
        select(
            *(c for c in Visit.__table__.columns if c.name not in ("note", "reason")),
            VisitPlace.lat,
            VisitPlace.lon,
        )
        .join(VisitPlace, VisitPlace.id == Visit.place_id)
        .where(Visit.id == visit.id)
    ).one()
    after = work.session.scalars(
        select(VisitNeeds.needs_visit_id).where(
            VisitNeeds.visit_id == visit.id,
            VisitNeeds.needs_visit_id.is_not(None),
            VisitNeeds.met_at.is_(None),
        )
    )
    home = change.book.board.plan.routes[shift_id(spot.technician_ids[0], spot.day)].shift.start
    job = book_jobs.of_visit(row, home, [one for one in after if one])
    if promise != "keep":
        job = _unpromised(job, visit)
    return job.within(spot.at, FAR)


def _unpromised(job: Job, visit: Visit) -> Job:
    """With the limits of its locks alone."""
    low = seconds(visit.lock_from) if visit.lock_from else 0
    high = seconds(visit.lock_to) if visit.lock_to else FAR
    return Job(
        id=job.id, place=job.place, duration_s=job.duration_s, earliest=low, latest=high,
        skills=job.skills, parts=job.parts, crew=job.crew, only=job.only, after=job.after,
        priority=job.priority, due=job.due, extra_s=job.extra_s,
    )  # fmt: skip


def _require_no_new_faults(change: Change, before: Plan, after: Plan, promise: str) -> None:
    travel = change.book.board.travel
    found = dispatch_words.worse(checking.faults(before, travel), checking.faults(after, travel))
    if change.is_lenient:
        return
    own = [one for one in found if one.kind == "promise" and one.job_id == change.visit.id]
    if own and promise == "keep":
        told = timing.days(after, travel)
        at = next(s.starts for d in told.values() for s in d.stops if s.job_id == change.visit.id)
        raise PromiseBreaks(_breaks(change, at))
    if found:
        first = dispatch_words.in_words(change.work, after, found[:1], change.zone)[0]
        raise Conflict(first.text, code="does_not_fit")


def _breaks(change: Change, at: int) -> str:
    window = window_of(change.visit)
    assert window is not None
    low, high = (dispatch_words.clock(one, change.zone) for one in window)
    return (
        f"V-{change.visit.number} was promised {low} to {high} and would start at "
        f"{dispatch_words.clock(at, change.zone)}."
    )


def _name(work: Work, user_id: str) -> str:
    return work.session.scalar(select(User.name).where(User.id == user_id)) or "The technician"
