"""Rows of visits and of the routes that they stand in; each change told.

Whoever changes a visit holds it first (`hold`), and what changes who drives where moves the
versions of all routes that it touches on by a compare-and-set: two who have planned with one state
of a route can't both win. Order of locks: ticket, visit, routes by id. Not for finding a time
(`slots`), nor for what a step means for a ticket and its clocks (`workflows.visit_course`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select, update

from helpdesk.core.counters import next_for_column
from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.field_service import permissions, routes, steps
from helpdesk.field_service.events import (
    VisitArrived,
    VisitCancelled,
    VisitChanged,
    VisitDeparted,
    VisitFinished,
    VisitMade,
    VisitNoAccess,
    VisitPlaced,
)
from helpdesk.field_service.models import FIRST_NUMBER, RouteStop, Visit, VisitNeeds
from helpdesk.field_service.models_crew import VisitType

LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class StopAt:
    """A place in a technician's day: when work begins and ends, and the drive before it."""

    technician_id: str
    day: date
    starts_at: datetime
    ends_at: datetime
    travel_s: int = 0
    travel_source: str = ""
    is_lead: bool = True


def make(
    work: Work,
    kind: VisitType,
    *,
    customer_id: str,
    place_id: str,
    source: str,
    ticket_id: str | None = None,
    asset_id: str | None = None,
    note: str = "",
    priority: int | None = None,
    due_at: datetime | None = None,
    earliest_at: datetime | None = None,
    duration: tuple[int, int] | None = None,
    **more: Any,
) -> Visit:
    """A visit that waits. `duration`: p50 and p80 in seconds, else those of its type; `more` may
    name the series, maintenance plan or visit that it follows.
    """
    if source not in steps.SOURCES:
        raise Invalid(fields={"source": f"Choose one of {', '.join(steps.SOURCES)}."})
    p50, p80 = duration or (kind.duration_p50_s, kind.duration_p80_s)
    made = Visit(
        id=new_id(),
        number=next_for_column(work, "visit", "number", first=FIRST_NUMBER),
        ticket_id=ticket_id,
        customer_id=customer_id,
        visit_type_id=kind.id,
        place_id=place_id,
        asset_id=asset_id,
        state="waiting",
        source=source,
        note=note[:LONGEST_NOTE],
        priority=kind.priority if priority is None else priority,
        due_at=due_at,
        earliest_at=earliest_at,
        duration_s=p50,
        duration_p80_s=max(p50, p80),
        crew=kind.crew,
        skills=dict(kind.skills),
        parts=dict(kind.parts),
        created_at=work.at,
        created_by=work.actor.label,
        moves=0,
        outcome="",
        reason="",
        version=1,
        **more,
    )
    work.session.add(made)
    work.session.flush()
    work.emit(VisitMade(source=source, **facts(made)))
    return made


def hold(work: Work, visit_id: str, version: int | None = None) -> Visit:
    """The visit, held and freshly read; NotFound when the actor may not see it."""
    permissions.get_visible(work, visit_id)
    found = work.session.scalars(
        select(Visit)
        .where(Visit.id == visit_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if version is not None and found.version != version:
        raise Conflict("Somebody changed this meanwhile. Look again and repeat.", code="stale")
    return found


def put_into(
    work: Work, visit: Visit, stops: Sequence[StopAt], versions: Mapping[tuple[str, date], int]
) -> None:
    """Place a held visit in these routes and in no other.

    `versions` {(technician, day): version} are those that the caller has planned with, of each
    route that the visit comes to stand in (0: no row yet); what it leaves moves on too. Conflict
    (`plan_moved`) when one of them is another by now.
    """
    if not steps.may_be_replanned(visit.state):
        raise no_such_step(visit, "be planned anew")
    if len({one.technician_id for one in stops}) != max(1, visit.crew):
        raise Conflict("This visit needs another number of technicians.", code="crew")
    if len({one.starts_at for one in stops}) != 1:
        raise Conflict("A crew begins together.", code="crew")
    before = _out_of_routes(work, visit, keeping=[(s.technician_id, s.day) for s in stops])
    for stop in sorted(stops, key=lambda one: (one.technician_id, one.day)):
        route = routes.advance(
            work, stop.technician_id, stop.day, versions.get((stop.technician_id, stop.day), 0)
        )
        work.session.add(
            RouteStop(
                id=new_id(),
                route_id=route,
                technician_id=stop.technician_id,
                visit_id=visit.id,
                position=0,
                starts_at=stop.starts_at,
                ends_at=stop.ends_at,
                travel_s=stop.travel_s,
                travel_source=stop.travel_source,
                is_lead=stop.is_lead,
            )
        )
    visit.planned_at, visit.state = stops[0].starts_at, "booked"
    _changed(work, visit)
    work.emit(
        VisitPlaced(
            technician_ids=sorted({one.technician_id for one in stops}),
            before_ids=sorted(before),
            planned_at=stops[0].starts_at.isoformat(),
            **facts(visit),
        )
    )


def take_out(work: Work, visit: Visit) -> None:
    """Out of every route; it waits again."""
    if not steps.may_be_replanned(visit.state):
        raise no_such_step(visit, "be taken out of the plan")
    before = _out_of_routes(work, visit)
    visit.planned_at, visit.state = None, "waiting"
    _changed(work, visit)
    work.emit(
        VisitPlaced(technician_ids=[], before_ids=sorted(before), planned_at=None, **facts(visit))
    )


def depart(
    work: Work,
    visit: Visit,
    technician_id: str,
    *,
    at: datetime,
    eta: datetime | None = None,
    eta_source: str = "",
) -> None:
    _step(work, visit, "travelling", "be driven to")
    visit.departed_at = at
    _changed(work, visit)
    work.emit(
        VisitDeparted(
            technician_id=technician_id,
            eta=eta.isoformat() if eta else None,
            eta_source=eta_source,
            **facts(visit),
        )
    )


def turn_back(work: Work, visit: Visit) -> None:
    """On the way no more; it is booked as before (an undo, or something came between)."""
    _step(work, visit, "booked", "be put back")
    visit.departed_at = None
    _changed(work, visit)
    work.emit(VisitChanged(fields=["departed_at"], **facts(visit)))


def arrive(work: Work, visit: Visit, technician_id: str, *, at: datetime) -> None:
    _step(work, visit, "on_site", "be arrived at")
    visit.arrived_at = at
    _changed(work, visit)
    late = None
    if visit.window_ends_at is not None:
        late = max(0, int((at - visit.window_ends_at).total_seconds()))
    work.emit(
        VisitArrived(
            technician_id=technician_id, travel_s=travelled(visit), late_s=late, **facts(visit)
        )
    )


def finish(
    work: Work, visit: Visit, technician_id: str, *, at: datetime, outcome: str, note: str = ""
) -> None:
    if outcome not in steps.OUTCOMES:
        raise Invalid(fields={"outcome": "Say whether it is solved or needs another visit."})
    _step(work, visit, "done", "be finished")
    visit.finished_at, visit.outcome = at, outcome
    _over(work, visit)
    work.emit(
        VisitFinished(
            technician_id=technician_id,
            outcome=outcome,
            travel_s=travelled(visit) or 0,
            on_site_s=_between(visit.arrived_at, at),
            note=note[:200],
            **facts(visit),
        )
    )


def no_access(
    work: Work, visit: Visit, technician_id: str, *, at: datetime, note: str = ""
) -> None:
    """Nobody opened; a new visit may follow."""
    _step(work, visit, "no_access", "be given up")
    visit.finished_at, visit.outcome, visit.reason = at, "no_access", note[:300]
    _over(work, visit)
    work.emit(
        VisitNoAccess(
            technician_id=technician_id,
            waited_s=_between(visit.arrived_at, at),
            note=note[:200],
            **facts(visit),
        )
    )


def cancel(work: Work, visit: Visit, *, reason: str, by_customer: bool = False) -> None:
    if not steps.may_follow(visit.state, "cancelled"):
        raise no_such_step(visit, "be cancelled")
    _out_of_routes(work, visit)
    visit.state, visit.cancelled_at = "cancelled", work.at
    visit.planned_at = None
    visit.reason = " ".join(reason.split())[:300]
    _changed(work, visit)
    work.emit(
        VisitCancelled(
            by=work.actor.label, by_customer=by_customer, reason=visit.reason, **facts(visit)
        )
    )
    work.audit("visit.cancelled", "visit", visit.id, reason=visit.reason)


def change(work: Work, visit: Visit, given: Mapping[str, Any]) -> None:
    """Columns of a held visit that dispatchers set (note, priority, durations, locks, due)."""
    before = {name: getattr(visit, name) for name in given}
    changed = [name for name, value in given.items() if before[name] != value]
    if not changed:
        return
    for name in changed:
        setattr(visit, name, given[name])
    _changed(work, visit)
    for stop in stops_of(work, visit.id):
        routes.touch(work, stop.route_id)
    work.emit(VisitChanged(fields=sorted(changed), **facts(visit)))
    work.audit(
        "visit.changed",
        "visit",
        visit.id,
        before={name: str(before[name]) for name in changed},
        after={name: str(given[name]) for name in changed},
    )


def need(
    work: Work,
    visit: Visit,
    *,
    visit_id: str | None = None,
    part_id: str | None = None,
    quantity: int = 1,
    expected_on: date | None = None,
) -> VisitNeeds:
    """Something has to come first: another visit, or a part that is ordered."""
    steps.need_day(expected_on)
    made = VisitNeeds(
        id=new_id(),
        visit_id=visit.id,
        needs_visit_id=visit_id,
        part_id=part_id,
        quantity=quantity,
        expected_on=expected_on,
        met_at=None,
    )
    work.session.add(made)
    work.session.flush()
    return made


def stops_of(work: Work, visit_id: str) -> Sequence[RouteStop]:
    """Its places in routes, the leader's first."""
    return work.session.scalars(
        select(RouteStop)
        .where(RouteStop.visit_id == visit_id)
        .order_by(RouteStop.is_lead.desc(), RouteStop.technician_id)
    ).all()


def facts(visit: Visit) -> dict[str, Any]:
    """What every event of a visit says."""
    window = None
    if visit.window_starts_at is not None and visit.window_ends_at is not None:
        window = [visit.window_starts_at.isoformat(), visit.window_ends_at.isoformat()]
    return {
        "customer_id": visit.customer_id, "visit_id": visit.id, "ticket_id": visit.ticket_id,
        "number": visit.number, "visit_type_id": visit.visit_type_id, "window": window,
    }  # fmt: skip


def travelled(visit: Visit) -> int | None:
    """Seconds of the drive to it, where somebody said when they left."""
    if visit.departed_at is None or visit.arrived_at is None:
        return None
    return _between(visit.departed_at, visit.arrived_at)


def no_such_step(visit: Visit, what: str) -> Conflict:
    return Conflict(
        f"This visit is {steps.WORDS[visit.state]} and can't {what}.", code="no_such_step"
    )


def _step(work: Work, visit: Visit, state: str, what: str) -> None:
    if not steps.may_follow(visit.state, state):
        raise no_such_step(visit, what)
    visit.state = state
    for stop in stops_of(work, visit.id):
        routes.touch(work, stop.route_id)


def _over(work: Work, visit: Visit) -> None:
    """What waited for it may go on now, and the route says how long it really took."""
    work.session.execute(
        update(VisitNeeds)
        .where(VisitNeeds.needs_visit_id == visit.id, VisitNeeds.met_at.is_(None))
        .values(met_at=work.at)
    )
    if visit.arrived_at is not None and visit.finished_at is not None:
        work.session.execute(
            update(RouteStop)
            .where(RouteStop.visit_id == visit.id)
            .values(starts_at=visit.arrived_at, ends_at=max(visit.arrived_at, visit.finished_at))
        )
    _changed(work, visit)


def _out_of_routes(work: Work, visit: Visit, keeping: Sequence[tuple[str, date]] = ()) -> set[str]:
    """Delete its stops; routes not in `keeping` move on here. Answers whose they were."""
    gone = stops_of(work, visit.id)
    if not gone:
        return set()
    leaving = routes.ids_without(work, [one.route_id for one in gone], keeping)
    for route_id in sorted(leaving):
        routes.touch(work, route_id)
    work.session.execute(delete(RouteStop).where(RouteStop.visit_id == visit.id))
    for one in gone:
        work.session.expunge(one)
    return {one.technician_id for one in gone}


def _changed(work: Work, visit: Visit) -> None:
    visit.version += 1
    work.session.flush()


def _between(start: datetime | None, stop: datetime) -> int:
    return max(0, int((stop - start).total_seconds())) if start is not None else 0
