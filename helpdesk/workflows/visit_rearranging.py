"""A window that opens when others make room: the moves that were thought out for it, done as one.

Only while every route concerned is as it was then; a day that changed since would need thinking
anew. Visits keep their promises: a move is another technician or another minute within the window.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from helpdesk.core.actors import system
from helpdesk.core.work import Work
from helpdesk.field_service import routes, service
from helpdesk.field_service.models import SlotOffer, Visit
from helpdesk.field_service.plan import Job, Plan, Route, Timed
from helpdesk.field_service.routes import PlanMoved
from helpdesk.field_service.service import StopAt
from helpdesk.workflows.visit_offering import instant

ACTOR = system("booking")

if TYPE_CHECKING:
    from helpdesk.field_service.book import Book
    from helpdesk.field_service.slots import Slot


def routes_of(seen: Book, offer: SlotOffer, job: Job) -> list[Route] | None:
    """The routes as they would be driven, or None where the day is another one by now."""
    from helpdesk.field_service import checking, timing  # noqa: PLC0415  only who books pays for it

    moves: Mapping[str, Sequence[str]] = offer.planned.get("moves", {})
    versions: Mapping[str, int] = offer.planned.get("versions", {})
    if not moves or any(seen.route(one).version != versions.get(one) for one in moves):
        return None
    plan = seen.board.plan
    known = {
        one.id: one for shift in moves if shift in plan.routes for one in plan.routes[shift].jobs
    }
    ours = offer.planned.get("job_id")
    made = []
    for shift, ids in moves.items():
        jobs = [job if one == ours else known.get(one) for one in ids]
        if shift not in plan.routes or None in jobs:
            return None
        made.append(plan.routes[shift].with_jobs([one for one in jobs if one is not None]))
    if checking.faults(Plan({one.shift.id: one for one in made}), seen.board.travel):
        return None
    if any(timing.day(one, seen.board.travel).late for one in made):
        return None
    return made


def slot_of(seen: Book, made: Sequence[Route], offer: SlotOffer, job: Job) -> Slot:
    """Where the job then stands."""
    from helpdesk.field_service import slots, timing  # noqa: PLC0415  only who books pays for it

    route = next(one for one in made if any(stop.id == job.id for stop in one.jobs))
    position = next(n for n, one in enumerate(route.jobs) if one.id == job.id)
    starts = timing.day(route, seen.board.travel).stops[position].starts
    return slots.Slot(
        window=slots.Window("", job.earliest, job.latest),
        day=route.shift.day,
        shifts=(route.shift.id,),
        technicians=(route.shift.technician_id,),
        positions=(position,),
        starts=starts,
        added_travel_s=int(offer.price.get("added_travel_s", 0)),
        slack_left_s=0,
        uses_last_slack=True,
        before_due=True,
        travel_source=seen.board.travel.source,
    )


def move_others(work: Work, seen: Book, made: Sequence[Route], job: Job) -> dict[str, int]:
    """The others into their new routes; answers the routes' versions from here on.

    PlanMoved where one of them is another by now. Visits are held before their routes.
    """
    from helpdesk.field_service import timing  # noqa: PLC0415  only who books pays for it

    goes = _changed(seen, made, job)
    visits = _held(work, sorted(goes))
    versions = {}
    for route in sorted(made, key=lambda one: one.shift.id):
        who, day = route.shift.technician_id, date.fromisoformat(route.shift.day)
        version = seen.route(route.shift.id).version
        routes.advance(work, who, day, version)
        versions[route.shift.id] = version + 1
    times = {one.shift.id: timing.day(one, seen.board.travel).stops for one in made}
    for visit_id, route in sorted(goes.items()):
        stop = next(one for one in times[route.shift.id] if one.job_id == visit_id)
        if visits[visit_id].state != "booked":
            raise PlanMoved
        _put(work, visits[visit_id], route, stop, versions)
    return versions


def _held(work: Work, ids: Sequence[str]) -> dict[str, Visit]:
    """Other people's visits are moved by the house, not by whoever books."""
    actor, work.actor = work.actor, ACTOR
    try:
        return {one: service.hold(work, one) for one in ids}
    finally:
        work.actor = actor


def _changed(seen: Book, made: Sequence[Route], job: Job) -> dict[str, Route]:
    """Visits that get another technician."""
    had = {one.id: shift for shift, route in seen.board.plan.routes.items() for one in route.jobs}
    return {
        one.id: route
        for route in made
        for one in route.jobs
        if one.id != job.id and had.get(one.id) != route.shift.id
    }


def _put(work: Work, visit: Visit, route: Route, stop: Timed, versions: dict[str, int]) -> None:
    who, day = route.shift.technician_id, date.fromisoformat(route.shift.day)
    before = service.stops_of(work, visit.id)
    at = StopAt(who, day, instant(stop.starts), instant(stop.ends), stop.travel_s)
    service.put_into(work, visit, [at], {(who, day): versions[route.shift.id]})
    versions[route.shift.id] += 1
    for one in before:
        left = f"{one.technician_id}/{day.isoformat()}"
        if left in versions:  # it was moved on as the visit left it
            versions[left] += 1
