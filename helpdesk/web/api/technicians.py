"""Technicians, kinds of visits and a day's route over the API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated

from msgspec import Meta
from sqlalchemy import select

from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.field_service import crew_days, days, permissions, queries
from helpdesk.field_service.models import RouteStop, Visit, VisitPlace
from helpdesk.field_service.models_crew import Technician, VisitType
from helpdesk.identity.models import User
from helpdesk.web.api.base import DESK, STAFF, operation
from helpdesk.web.api.shapes import Listed, Paged, Query, View, listed, page_of_few
from helpdesk.web.api.visits import EVERYBODY, VisitView, visit_views

ABSENT = "This technician does not exist."


class TechnicianView(View):
    """Somebody who drives. `skills` {skill id: level}; no territories: they go everywhere."""

    id: str
    name: str
    zone: str
    start_name: str
    start_lat: float
    start_lon: float
    skills: dict[str, int]
    territory_ids: list[str]
    version: int


class VisitTypeView(View):
    """A kind of visit. Durations in seconds; `names` are what customers read, by language."""

    id: str
    key: str
    name: str
    names: dict[str, str]
    duration_p50_s: int
    duration_p80_s: int
    crew: int
    is_bookable: bool
    moves_until_s: int


class BreakView(View):
    """A pause that begins between the two."""

    earliest_at: datetime
    latest_at: datetime
    duration_s: int


class WorkDayView(View):
    starts_at: datetime
    ends_at: datetime
    breaks: list[BreakView]


class StopPlaceView(View):
    """Where it is, and how one gets in."""

    address: str
    postcode: str
    lat: float | None
    lon: float | None
    access: str


class StopView(View):
    """One stop. `visit` and `place` are null where you may not see them."""

    position: int
    starts_at: datetime
    ends_at: datetime
    travel_s: int
    travel_source: str
    is_lead: bool
    visit: VisitView | None
    place: StopPlaceView | None


class RouteView(View):
    """A technician's day, null when off; `version` 0 while nothing was ever planned on it."""

    technician_id: str
    date: str
    version: int
    is_locked: bool
    day: WorkDayView | None
    stops: list[StopView]


class RouteAsked(Query):
    date: Annotated[
        str, Meta(max_length=10, description="By the technician's wall; today without it.")
    ] = ""


@operation("GET", "/technicians", who=DESK, query=Paged, gives=Listed[TechnicianView])
def list_technicians(work: Work, query: Paged) -> Listed[TechnicianView]:
    """List technicians by name."""
    rows = [
        TechnicianView(
            id=row.user_id, name=name,
            **{n: getattr(row, n) for n in TechnicianView.__struct_fields__ if n not in _OWN},
        )
        for row, name in work.session.execute(
            select(Technician, User.name)
            .join(User, User.id == Technician.user_id)
            .where(Technician.is_active)
        )
    ]  # fmt: skip
    page = page_of_few(rows, query, lambda one: (one.name, one.id))
    return listed(page, page.items)


_OWN = ("id", "name")


@operation(
    "GET", "/technicians/<id:technician_id>/route", who=STAFF, query=RouteAsked, gives=RouteView
)
def get_route(work: Work, technician_id: str, query: RouteAsked) -> RouteView:
    """A technician's day in order; a technician sees the own one alone."""
    row = _technician(work, technician_id)
    day = _day(work, row, query.date)
    route, stops = queries.route_of(work, row.user_id, day)
    return RouteView(
        technician_id=row.user_id,
        date=day.isoformat(),
        version=route.version if route is not None else 0,
        is_locked=route is not None and route.is_locked,
        day=_work_day(work, row, day),
        stops=_stops(work, [(one.stop, one.visit) for one in stops]),
    )


@operation("GET", "/visit-types", who=EVERYBODY, query=Paged, gives=Listed[VisitTypeView])
def list_visit_types(work: Work, query: Paged) -> Listed[VisitTypeView]:
    """List kinds of visits; customers see those that they may book."""
    kinds = queries.types(work, bookable=work.actor.role == "customer")
    rows = [_kind(kind) for kind in kinds]
    page = page_of_few(rows, query, lambda one: (one.name, one.id))
    return listed(page, page.items)


def _kind(row: VisitType) -> VisitTypeView:
    return VisitTypeView(**{n: getattr(row, n) for n in VisitTypeView.__struct_fields__})


def _technician(work: Work, technician_id: str) -> Technician:
    found = None
    if permissions.is_own_route(work.actor, technician_id) and is_id(technician_id):
        found = work.session.get(Technician, technician_id)
    if found is None:
        raise NotFound(ABSENT)
    return found


def _day(work: Work, row: Technician, text: str) -> date:
    if not text:
        return days.day_of(int(work.at.timestamp()), row.zone)
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise Invalid(fields={"date": "Write it like 2026-12-24."}) from None
    if not 2000 < found.year < 3000:
        raise Invalid(fields={"date": "Write it like 2026-12-24."})
    return found


def _work_day(work: Work, row: Technician, day: date) -> WorkDayView | None:
    found = crew_days.person(work, row, day).day(day)
    if found is None:
        return None
    return WorkDayView(
        starts_at=_at(found.starts),
        ends_at=_at(found.ends),
        breaks=[
            BreakView(
                earliest_at=_at(one.earliest), latest_at=_at(one.latest), duration_s=one.duration_s
            )
            for one in found.breaks
        ],
    )


def _stops(work: Work, rows: Sequence[tuple[RouteStop, Visit]]) -> list[StopView]:
    seen = set(
        work.session.scalars(
            permissions.visible(
                work, select(Visit.id).where(Visit.id.in_([visit.id for _, visit in rows]))
            )
        )
    )
    shown = visit_views(work, [visit for _, visit in rows if visit.id in seen])
    visits = {one.id: one for one in shown}
    ids = sorted({one.place_id for one in shown})
    places = {
        place.id: place
        for place in work.session.scalars(select(VisitPlace).where(VisitPlace.id.in_(ids)))
    }
    return [
        StopView(
            position=number,
            starts_at=stop.starts_at,
            ends_at=stop.ends_at,
            travel_s=stop.travel_s,
            travel_source=stop.travel_source,
            is_lead=stop.is_lead,
            visit=visits.get(visit.id),
            place=_place(places[visit.place_id]) if visit.id in visits else None,
        )
        for number, (stop, visit) in enumerate(rows)
    ]


def _place(row: VisitPlace) -> StopPlaceView:
    return StopPlaceView(**{n: getattr(row, n) for n in StopPlaceView.__struct_fields__})


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
