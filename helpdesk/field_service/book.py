"""The routes of all days ahead, kept in the memory of a process for whoever plans.

Each look asks which routes have another version than the one in memory and reads only those again;
the set-up is read again when its stamp moved. What is kept is a value that never changes, so a
transaction plans on the one that it got, and the compare-and-set of the routes' versions (see
`service`) says whether it was still true. A transaction that changed routes itself gets a view of
its own, which nobody else sees: its versions may be given back. Held windows stand in their routes
like visits. Not for choosing (`slots`), nor for writing.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import String, cast, func, select

from helpdesk.core import db
from helpdesk.core.work import Work
from helpdesk.field_service import book_jobs, crew_days, days, settings, travel_port
from helpdesk.field_service.board import Board
from helpdesk.field_service.book_jobs import Stop
from helpdesk.field_service.crew_days import Crew, Person, seconds, shift_id
from helpdesk.field_service.going_on import as_of
from helpdesk.field_service.models import Route as RouteRow
from helpdesk.field_service.models import RouteStop, SlotOffer, Visit, VisitNeeds, VisitPlace
from helpdesk.field_service.models_crew import TechnicianPosition
from helpdesk.field_service.plan import Place, Plan, Route
from helpdesk.field_service.routes import CHANGED
from helpdesk.field_service.settings import Settings

_KEY, _GUARD = "field_service.book", "field_service.book.guard"
TODAY_S = 300  # how often the day under way is laid out anew
NOTHING = book_jobs.First()
FRESH = timedelta(minutes=5)  # a position that says where somebody is
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class RouteVersion:
    """The row of a route and its version; without a row it is version 0."""

    route_id: str | None
    version: int
    is_locked: bool = False


NO_PARTS: Mapping[str, int] = {}
NO_ROUTE = RouteVersion(None, 0)


@dataclass(frozen=True, slots=True)
class Book:
    """The plan as of these versions. `routes` by shift; shifts are named by `shift_id`."""

    board: Board
    crew: Crew
    routes: Mapping[str, RouteVersion]
    days: tuple[date, ...]
    bucket: int
    digest: tuple[Any, ...]
    stops: Mapping[str, tuple[Stop, ...]] = field(repr=False, default_factory=dict)

    def route(self, shift: str) -> RouteVersion:
        return self.routes.get(shift, NO_ROUTE)


def look(work: Work, given: Settings | None = None) -> Book:
    """The book as the database has it now, as far ahead as `given` says at least."""
    given = given or settings.get(work)
    shelf = db.current().remembered
    guard = shelf.setdefault(_GUARD, threading.Lock())
    wanted = tuple(days.ahead(seconds(work.at), given.zone, given.days_ahead))
    if work.session.info.get(CHANGED):
        return _refreshed(work, shelf.get(_KEY), _widest(shelf.get(_KEY), wanted))
    with guard:
        kept = shelf.get(_KEY)
        fresh = shelf[_KEY] = _refreshed(work, kept, _widest(kept, wanted))
    return fresh


def changed(work: Work) -> None:
    """This transaction changes routes: from now on it looks at a book of its own."""
    work.session.info[CHANGED] = True


def _widest(kept: Book | None, wanted: tuple[date, ...]) -> tuple[date, ...]:
    """Who looks further ahead today does so for all: two who differ would read it all in turns."""
    same = kept is not None and kept.days[0] == wanted[0] and len(kept.days) > len(wanted)
    return kept.days if kept is not None and same else wanted


def _refreshed(work: Work, kept: Book | None, wanted: tuple[date, ...]) -> Book:
    stamp, now, way = crew_days.stamp(work), seconds(work.at), travel_port.of(work)
    same = kept is not None and kept.crew.stamp == stamp and kept.days == wanted
    same = same and kept is not None and kept.board.travel is way
    bucket, digest = now - now % TODAY_S, _digest(work, wanted)
    if kept is not None and same and kept.bucket == bucket and kept.digest == digest:
        return kept
    crew = kept.crew if kept is not None and same else crew_days.read(work, stamp, wanted[0])
    routes = _routes(work, wanted)
    known = kept.routes if kept is not None else {}
    moved = {s for s in routes.keys() | known.keys() if routes.get(s) != known.get(s)}
    stops = {s: told for s, told in (kept.stops if kept is not None else {}).items() if s in routes}
    stops |= _stops(work, {s: routes[s] for s in moved if s in routes}, crew)
    if kept is not None and same:
        again = moved | _emptied(crew, moved, kept.stops, stops, wanted)
        if bucket != kept.bucket:
            again |= {shift_id(one, wanted[0]) for one in crew.people}
        changes = _laid(crew, wanted, stops, now, routes, again)
        board = _board_with(kept.board, changes, again)
    else:
        board = Board.of(_plan(_laid(crew, wanted, stops, now, routes, None)), way)
    return Book(board, crew, routes, wanted, bucket, digest, stops)


def going_on(work: Work, seen: Book, day: date, now: int) -> list[Route]:
    """The routes of one day as they go on from `now`, to the second, where people really are."""
    laid = _laid(seen.crew, [day], seen.stops, now, seen.routes, None, seen.days)
    states = {one.shift.id: _under_way(seen, one) for one in laid}
    if not any(states.values()):
        return laid
    busy = [one.shift.technician_id for one in laid if states[one.shift.id] == "travelling"]
    there = _positions(work, busy)
    return [
        as_of(one, now, states[one.shift.id], there.get(one.shift.technician_id)) for one in laid
    ]


def _under_way(seen: Book, route: Route) -> str:
    """What its technician does now: travelling, on_site or ""."""
    states = (one.state for one in seen.stops.get(route.shift.id, ()))
    return next((one for one in states if one in book_jobs.UNDER_WAY), "")


def _positions(work: Work, technicians: Collection[str]) -> dict[str, Place]:
    rows = work.session.execute(
        select(
            TechnicianPosition.technician_id, TechnicianPosition.lat, TechnicianPosition.lon
        ).where(
            TechnicianPosition.technician_id.in_(sorted(technicians)),
            TechnicianPosition.at > work.at - FRESH,
        )
    )
    return {who: Place(lat, lon) for who, lat, lon in rows}


def _plan(routes: Iterable[Route]) -> Plan:
    return Plan({route.shift.id: route for route in routes})


def _board_with(board: Board, changes: Sequence[Route], again: Collection[str]) -> Board:
    """The board with these laid anew; a shift that is over, or off, is taken out of it."""
    gone = {s for s in again if s in board.plan.routes} - {one.shift.id for one in changes}
    if gone:
        left = {s: one for s, one in board.plan.routes.items() if s not in gone}
        return Board.of(_plan([*left.values(), *changes]), board.travel)
    return board.with_route(*changes) if changes else board


def _digest(work: Work, wanted: Sequence[date]) -> tuple[Any, ...]:
    """What moves with every change of a route: no row ever goes, and versions only rise."""
    row = work.session.execute(
        select(
            func.count(RouteRow.id),
            func.sum(RouteRow.version),
            func.count(RouteRow.id).filter(RouteRow.is_locked),
        ).where(RouteRow.day.between(wanted[0], wanted[-1]))
    ).one()
    return tuple(row)


def _routes(work: Work, wanted: Sequence[date]) -> dict[str, RouteVersion]:
    """Every route's version; ids and days as text, for there are thousands of them."""
    rows = work.session.execute(
        select(
            cast(RouteRow.technician_id, String),
            cast(RouteRow.day, String),
            cast(RouteRow.id, String),
            RouteRow.version,
            RouteRow.is_locked,
        ).where(RouteRow.day.between(wanted[0], wanted[-1]))
    )
    return {
        f"{who}/{day}": RouteVersion(key, version, locked)
        for who, day, key, version, locked in rows
    }


def _stops(
    work: Work, routes: Mapping[str, RouteVersion], crew: Crew
) -> dict[str, tuple[Stop, ...]]:
    """What stands in these routes, in the order of the day."""
    found: dict[str, list[Stop]] = {shift: [] for shift in routes}
    shifts = {one.route_id: shift for shift, one in routes.items()}
    ids = sorted(key for key in shifts if key is not None)
    for some in (ids[n : n + _AT_ONCE] for n in range(0, len(ids), _AT_ONCE)):
        rows = work.session.execute(_WANTED.where(RouteStop.route_id.in_(some))).all()
        first = _needs(work, {row.id for row in rows})
        for row in rows:
            found[shifts[row.route_id]].append(_stop(row, crew, first.get(row.id, NOTHING)))
    if routes:
        _add_held(work, found)
    return {s: tuple(sorted(all_, key=lambda one: one.starts)) for s, all_ in found.items()}


_WANTED = (
    select(
        RouteStop.route_id,
        RouteStop.technician_id,
        RouteStop.starts_at.label("begins_at"),
        *(c for c in Visit.__table__.columns if c.name not in ("note", "reason")),
        VisitPlace.lat,
        VisitPlace.lon,
    )
    .join(Visit, Visit.id == RouteStop.visit_id)
    .join(VisitPlace, VisitPlace.id == Visit.place_id)
    .order_by(RouteStop.route_id, RouteStop.starts_at, RouteStop.position)
)


def _stop(row: Any, crew: Crew, first: book_jobs.First) -> Stop:
    person = crew.people.get(row.technician_id)
    home = person.start if person else Place(0.0, 0.0)
    return Stop(
        book_jobs.of_visit(row, home, first.after, first.not_before),
        seconds(row.begins_at),
        row.state,
        *(seconds(at) if at else None for at in (row.departed_at, row.arrived_at, row.finished_at)),
    )


def _needs(work: Work, visits: Collection[str]) -> Mapping[str, book_jobs.First]:
    """What has to come before these: visits that have to be done, parts that have to be there."""
    rows = work.session.execute(
        select(
            VisitNeeds.visit_id, VisitNeeds.needs_visit_id, VisitNeeds.part_id,
            VisitNeeds.expected_on,
        ).where(VisitNeeds.visit_id.in_(sorted(visits)), VisitNeeds.met_at.is_(None))
    ).all() if visits else ()  # fmt: skip
    return book_jobs.firsts(rows)


def _add_held(work: Work, found: dict[str, list[Stop]]) -> None:
    """Held windows occupy their place as long as their row says so."""
    for row in work.session.execute(
        select(SlotOffer.technician_ids, SlotOffer.day, SlotOffer.job, SlotOffer.planned).where(
            SlotOffer.state == "held"
        )
    ):
        for technician in row.technician_ids:
            if (shift := shift_id(technician, row.day)) in found:
                job = book_jobs.from_json(row.job)
                found[shift].append(Stop(job, int(row.planned["starts"])))


def _used(stops: Mapping[str, tuple[Stop, ...]], who: str, wanted: Sequence[date]) -> Counter[str]:
    """Parts that one technician is planned to use, on all days together."""
    used: Counter[str] = Counter()
    for day in wanted:
        for stop in stops.get(shift_id(who, day), ()):
            if stop.job.parts and stop.is_ahead:
                used.update(stop.job.parts)
    return used


def _emptied(
    crew: Crew,
    moved: Collection[str],
    before: Mapping[str, tuple[Stop, ...]],
    now: Mapping[str, tuple[Stop, ...]],
    wanted: Sequence[date],
) -> set[str]:
    """All shifts of technicians whose vans have other parts to spare than before."""
    people = {shift.partition("/")[0] for shift in moved}
    others = [
        who
        for who in people
        if who in crew.people and _used(before, who, wanted) != _used(now, who, wanted)
    ]
    return {shift_id(who, day) for who in others for day in wanted}


def _laid(
    crew: Crew,
    wanted: Sequence[date],
    stops: Mapping[str, tuple[Stop, ...]],
    now: int,
    routes: Mapping[str, RouteVersion],
    only: Collection[str] | None,
    over: Sequence[date] = (),
) -> list[Route]:
    """The routes of everybody who works, or of these shifts alone; vans serve all days `over`."""
    who = None if only is None else {shift.partition("/")[0] for shift in only}
    laid = []
    for person in crew.people.values():
        if who is not None and person.id not in who:
            continue
        planned = _used(stops, person.id, over or wanted) if person.stock else NO_PARTS
        for day in wanted:
            shift = shift_id(person.id, day)
            if only is None or shift in only:
                one = _route(person, day, stops.get(shift, ()), planned, now)
                if one is not None:
                    locked = routes.get(shift, NO_ROUTE).is_locked
                    laid.append(_closed(one) if locked else one)
    return laid


def _closed(route: Route) -> Route:
    """Locked by a dispatcher: nothing is moved in it, nothing is put into it."""
    return replace(route, frozen=len(route.jobs) + 1)


def _route(
    person: Person, day: date, stops: Sequence[Stop], planned: Mapping[str, int], now: int
) -> Route | None:
    """One route with what is still to be done in it, and only parts that no other day needs."""
    ahead = [stop for stop in stops if stop.is_ahead]
    here: Counter[str] = Counter()
    for stop in ahead:
        here.update(stop.job.parts)
    parts = {p: count - planned.get(p, 0) + here[p] for p, count in person.stock.items()}
    free_from, free_at = _free(stops, now)
    shift = crew_days.shift(person, day, parts, free_from, free_at)
    if shift is None or (not ahead and shift.last_end <= now):
        return None
    jobs = [
        book_jobs.under_way(stop, now) if stop.state in book_jobs.UNDER_WAY else stop.job
        for stop in sorted(ahead, key=lambda one: one.state not in book_jobs.UNDER_WAY)
    ]
    frozen = sum(stop.state in book_jobs.UNDER_WAY for stop in ahead)
    return Route(shift, tuple(jobs), frozen)


def _free(stops: Sequence[Stop], now: int) -> tuple[int, Place | None]:
    """From when and where a route goes on: now, from the last place that was reached."""
    done = [stop for stop in stops if stop.finished is not None or stop.state == "on_site"]
    last = max(done, key=lambda one: one.arrived or one.finished or 0, default=None)
    on_the_way = [s.departed for s in stops if s.state == "travelling" and s.departed]
    since = min(on_the_way) if on_the_way else now
    return min(since, now), last.job.place if last else None
