"""Reads of visits for lists, routes and the board. The actor's view is asked by `permissions`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select

from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.field_service.models import Route, RouteStop, Visit
from helpdesk.field_service.models_crew import Technician, VisitType
from helpdesk.field_service.permissions import visible


@dataclass(frozen=True, slots=True)
class Stop:
    """A visit where it stands in a route."""

    stop: RouteStop
    visit: Visit


def page(
    work: Work,
    *,
    customer_id: str | None = None,
    ticket_id: str | None = None,
    states: Collection[str] = (),
    from_at: datetime | None = None,
    to_at: datetime | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page[Visit]:
    """What the actor sees, the newest first; between two times by when work is to begin."""
    most = clamp_limit(limit)
    wanted = visible(work, select(Visit))
    if customer_id is not None:
        wanted = wanted.where(Visit.customer_id == customer_id)
    if ticket_id is not None:
        wanted = wanted.where(Visit.ticket_id == ticket_id)
    if states:
        wanted = wanted.where(Visit.state.in_(sorted(states)))
    if from_at is not None or to_at is not None:
        return _planned_page(work, wanted, from_at, to_at, cursor, most)
    columns = (Visit.created_at.expression, Visit.id.expression)
    rows = work.session.scalars(keyset(wanted, columns, cursor=cursor, limit=most)).all()
    return cut(rows, most, lambda row: [row.created_at, row.id])


def _planned_page(
    work: Work,
    wanted: Select[tuple[Visit]],
    from_at: datetime | None,
    to_at: datetime | None,
    cursor: str | None,
    most: int,
) -> Page[Visit]:
    wanted = wanted.where(Visit.planned_at.is_not(None))
    if from_at is not None:
        wanted = wanted.where(Visit.planned_at >= from_at)
    if to_at is not None:
        wanted = wanted.where(Visit.planned_at < to_at)
    columns = (Visit.planned_at.expression, Visit.id.expression)
    rows = work.session.scalars(
        keyset(wanted, columns, cursor=cursor, limit=most, descending=False)
    ).all()
    return cut(rows, most, lambda row: [row.planned_at, row.id])


def route_of(work: Work, technician_id: str, day: date) -> tuple[Route | None, list[Stop]]:
    """A technician's day in order."""
    route = work.session.scalar(
        select(Route).where(Route.technician_id == technician_id, Route.day == day)
    )
    if route is None:
        return None, []
    return route, stops_of_routes(work, [route.id])


def stops_of_routes(work: Work, route_ids: Collection[str]) -> list[Stop]:
    """The stops of these routes, each route's in order of time."""
    rows = work.session.execute(
        select(RouteStop, Visit)
        .join(Visit, Visit.id == RouteStop.visit_id)
        .where(RouteStop.route_id.in_(list(route_ids)))
        .order_by(RouteStop.route_id, RouteStop.starts_at, RouteStop.id)
    ).all()
    return [Stop(stop, visit) for stop, visit in rows]


def technicians(work: Work, *, also_former: bool = False) -> Sequence[Technician]:
    wanted = select(Technician).order_by(Technician.user_id)
    if not also_former:
        wanted = wanted.where(Technician.is_active.is_(True))
    return work.session.scalars(wanted).all()


def types(work: Work, *, bookable: bool = False) -> Sequence[VisitType]:
    """Kinds in use; `bookable`: those that customers may book themselves."""
    wanted = select(VisitType).where(VisitType.is_active.is_(True))
    if bookable:
        wanted = wanted.where(VisitType.is_bookable.is_(True))
    return work.session.scalars(wanted.order_by(VisitType.position, VisitType.name)).all()


def next_of_customer(work: Work, customer_id: str) -> Visit | None:
    """What they wait for: the visit that goes on, or the soonest that is planned."""
    return work.session.scalar(
        select(Visit)
        .where(
            Visit.customer_id == customer_id,
            Visit.state.in_(("booked", "travelling", "on_site")),
        )
        .order_by(Visit.planned_at)
        .limit(1)
    )
