"""Writing a checked change of the plan: stops, times, versions, the promise, the audit.

Not for whether it may be written (`dispatch_settling`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from helpdesk.core.work import Work
from helpdesk.field_service import days, routes, service, settings, timing
from helpdesk.field_service.crew_days import shift_id
from helpdesk.field_service.models import Route as RouteRow
from helpdesk.field_service.models import RouteStop, Visit
from helpdesk.field_service.plan import Plan
from helpdesk.field_service.service import StopAt
from helpdesk.workflows import visit_course
from helpdesk.workflows.dispatch_values import Change, Spot, Versions, instant

HOUR = 3600


def hold_others(work: Work, visit: Visit, plan: Plan) -> Sequence[RouteStop]:
    """The other stops of these rows, their visits held in one order before any route moves on."""
    ids = sorted({job.id for _, job in plan.stops()} - {visit.id})
    if not ids:
        return []
    work.session.scalars(
        select(Visit).where(Visit.id.in_(ids)).order_by(Visit.id).with_for_update()
    ).all()
    return work.session.scalars(select(RouteStop).where(RouteStop.visit_id.in_(ids))).all()


def write(change: Change, spot: Spot | None, told: Mapping[str, timing.Day]) -> None:
    work, visit = change.work, change.visit
    if spot is None:
        if change.stood is not None:
            visit_course.unplanned(work, visit)
        return
    source = change.book.board.travel.source
    stops = []
    for n, who in enumerate(spot.technician_ids):
        key = shift_id(who, spot.day)
        timed = next(one for one in told[key].stops if one.job_id == visit.id)
        stops.append(
            StopAt(
                who,
                spot.day,
                instant(work, timed.starts),
                instant(work, timed.ends),
                timed.travel_s,
                source,
                is_lead=n == 0,
            )
        )
    versions = {
        (who, spot.day): change.book.route(shift_id(who, spot.day)).version
        for who in spot.technician_ids
    }
    service.put_into(work, visit, stops, versions)


def retime(
    change: Change,
    held: Sequence[RouteStop],
    told: Mapping[str, timing.Day],
    moved_on: Collection[str],
) -> None:
    """Who had to give way begins later now; routes that only that changes move on too."""
    work, source = change.work, change.book.board.travel.source
    rows = {(one.technician_id, one.visit_id): one for one in held}
    frozen = {
        job.id
        for key in told
        for job in change.book.board.plan.routes[key].jobs[
            : change.book.board.plan.routes[key].frozen
        ]
    }
    for key in sorted(told):
        who, _, day = key.partition("/")
        differs = False
        for timed in told[key].stops:
            row = rows.get((who, timed.job_id))
            if row is None or timed.job_id in frozen:
                continue
            starts, ends = instant(work, timed.starts), instant(work, timed.ends)
            if (row.starts_at, row.ends_at) != (starts, ends):
                visit = work.session.get(Visit, timed.job_id)
                assert visit is not None
                visit.planned_at, visit.version = starts, visit.version + 1
                differs = True
            row.starts_at, row.ends_at = starts, ends
            row.travel_s, row.travel_source = timed.travel_s, source
        if differs and key not in moved_on:
            routes.advance(work, who, date.fromisoformat(day), change.book.route(key).version)
    work.session.flush()


def promise_anew(
    change: Change, spot: Spot, told: Mapping[str, timing.Day]
) -> tuple[datetime, datetime]:
    """The house's window in which it starts now, else two hours from the full hour on."""
    key = shift_id(spot.technician_ids[0], spot.day)
    at = next(one.starts for one in told[key].stops if one.job_id == change.visit.id)
    pairs = settings.get(change.work).by_weekday.get(str(spot.day.weekday()), [])
    spans = [days.span(spot.day, pair, change.zone) for pair in pairs]
    low, high = next(
        (one for one in spans if one[0] <= at < one[1]),
        (at - at % HOUR, at - at % HOUR + 2 * HOUR),
    )
    starts, ends = instant(change.work, low), instant(change.work, high)
    visit_course.promise(change.work, change.visit, starts, ends, reason="moved by dispatch")
    return starts, ends


def audit(change: Change, spot: Spot | None) -> None:
    change.work.audit(
        "visit.dispatched",
        "visit",
        change.visit.id,
        before=_spot_told(change.work, change.stood),
        after=_spot_told(change.work, spot),
    )


def _spot_told(work: Work, spot: Spot | None) -> dict[str, Any] | None:
    if spot is None:
        return None
    return {"technicians": list(spot.technician_ids), "at": instant(work, spot.at).isoformat()}


def versions(work: Work, plan: Plan) -> Versions:
    who = {route.shift.technician_id for route in plan.routes.values()}
    on = {date.fromisoformat(route.shift.day) for route in plan.routes.values()}
    rows = work.session.execute(
        select(RouteRow.technician_id, RouteRow.day, RouteRow.version).where(
            RouteRow.technician_id.in_(sorted(who)), RouteRow.day.in_(sorted(on))
        )
    )
    return {(row.technician_id, row.day): row.version for row in rows}
