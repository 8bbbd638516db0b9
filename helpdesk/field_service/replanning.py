"""Rows of many routes rewritten at once: who drives where after a re-planning was accepted.

Each route is taken once, by the version that was planned with, before any stop of it is touched;
what moved on meanwhile raises PlanMoved and nothing was done. Order of locks: visits by id, then
routes by technician and day. Not for a single visit (`service.put_into`), nor for deciding.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select

from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.field_service import routes, service, steps
from helpdesk.field_service.events import VisitPlaced
from helpdesk.field_service.models import Route, RouteStop, SlotOffer, Visit
from helpdesk.field_service.service import StopAt

Key = tuple[str, date]


def hold(work: Work, visit_ids: Iterable[str]) -> dict[str, Visit]:
    """These visits, held in the order of their ids and freshly read."""
    rows = work.session.scalars(
        select(Visit)
        .where(Visit.id.in_(sorted(set(visit_ids))))
        .order_by(Visit.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {one.id: one for one in rows}


def rewrite(
    work: Work,
    visits: Mapping[str, Visit],
    wanted: Mapping[str, Sequence[StopAt]],
    versions: Mapping[Key, int],
) -> set[str]:
    """Let the held `visits` stand where `wanted` says, () is nowhere; answers who was moved.

    `versions` names every route that any of them leaves or comes to (0: it has no row yet). Visits
    of these routes that are not in `wanted` stay as they are.
    """
    ids = {key: routes.advance(work, *key, versions[key]) for key in sorted(versions)}
    standing = _standing(work, wanted)
    moved = set()
    for visit_id in sorted(wanted):
        before, stops = standing.get(visit_id, []), wanted[visit_id]
        if _write(work, visits[visit_id], before, stops, ids):
            moved.add(visit_id)
    return moved


def number(work: Work, keys: Collection[Key]) -> None:
    """Positions of these routes' stops in the order of their times."""
    work.session.flush()
    for technician_id, day in sorted(keys):
        rows = work.session.scalars(
            select(RouteStop)
            .join(Route, Route.id == RouteStop.route_id)
            .where(Route.technician_id == technician_id, Route.day == day)
            .order_by(RouteStop.starts_at, RouteStop.id)
        )
        for place, stop in enumerate(rows):
            stop.position = place
    work.session.flush()


def retime_held(work: Work, starts: Mapping[str, int]) -> None:
    """Held windows of these routes, by the id of their offer."""
    if not starts:
        return
    rows = select(SlotOffer).where(SlotOffer.state == "held", SlotOffer.id.in_(sorted(starts)))
    for offer in work.session.scalars(rows):
        offer.planned = {**offer.planned, "starts": starts[offer.id]}


def _standing(work: Work, wanted: Collection[str]) -> dict[str, list[RouteStop]]:
    found: dict[str, list[RouteStop]] = {}
    rows = select(RouteStop).where(RouteStop.visit_id.in_(sorted(wanted)))
    for stop in work.session.scalars(rows):
        found.setdefault(stop.visit_id, []).append(stop)
    return found


def _write(
    work: Work,
    visit: Visit,
    before: Sequence[RouteStop],
    stops: Sequence[StopAt],
    ids: Mapping[Key, str],
) -> bool:
    """One visit's stops; True when its technicians or its minute are others now."""
    if not steps.may_be_replanned(visit.state):
        raise service.no_such_step(visit, "be planned anew")
    was = {one.technician_id: one for one in before}
    had, planned = sorted(was), visit.planned_at
    for stop in stops:
        row = was.pop(stop.technician_id, None)
        if row is None:
            work.session.add(_row(visit.id, stop, ids))
        else:
            _set(row, stop, ids)
    for gone in was.values():
        work.session.delete(gone)
    visit.planned_at = stops[0].starts_at if stops else None
    visit.state = "booked" if stops else "waiting"
    who = sorted({one.technician_id for one in stops})
    if had == who and _same_minute(planned, visit.planned_at):
        return False
    visit.version += 1
    work.session.flush()
    at = visit.planned_at.isoformat() if visit.planned_at else None
    work.emit(
        VisitPlaced(technician_ids=who, before_ids=had, planned_at=at, **service.facts(visit))
    )
    return True


def _row(visit_id: str, stop: StopAt, ids: Mapping[Key, str]) -> RouteStop:
    made = RouteStop(id=new_id(), visit_id=visit_id, technician_id=stop.technician_id, position=0)
    _set(made, stop, ids)
    return made


def _set(row: RouteStop, stop: StopAt, ids: Mapping[Key, str]) -> None:
    row.route_id = ids[stop.technician_id, stop.day]
    row.starts_at, row.ends_at = stop.starts_at, stop.ends_at
    row.travel_s, row.travel_source = stop.travel_s, stop.travel_source
    row.is_lead = stop.is_lead


def _same_minute(one: datetime | None, two: datetime | None) -> bool:
    if one is None or two is None:
        return one is two
    return abs((one - two).total_seconds()) < 60
