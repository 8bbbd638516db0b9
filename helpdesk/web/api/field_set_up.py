"""The set-up of field service over the API: absences, parts, vans, kinds of visits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.work import Work
from helpdesk.field_service import absences, crew, parts, stock, types
from helpdesk.field_service.absences import Hit
from helpdesk.field_service.models_crew import Part, TechnicianAbsence, VisitType
from helpdesk.routing import queries as routing
from helpdesk.web.api.base import ADMIN, DESK, SUPERVISE, operation
from helpdesk.web.api.shapes import (
    Id,
    Key,
    Level,
    Listed,
    Nothing,
    Paged,
    View,
    given,
    listed,
    page_of_few,
    plain,
)
from helpdesk.web.bodies import Body

Seconds = Annotated[int, Meta(ge=0, le=types.LONGEST_NOTICE_S)]
Sku = Annotated[str, Meta(min_length=1, max_length=60, examples=["HP-FLT"])]
Count = Annotated[int, Meta(ge=-stock.MOST, le=stock.MOST)]
Words = Annotated[str, Meta(max_length=500)]
Named = Annotated[str, Meta(max_length=80)]


class HitView(View):
    """A planned visit that lies in an absence."""

    visit_id: str
    number: int
    starts_at: datetime
    is_promised: bool


class AbsenceView(View):
    """When somebody is away. `visits`: what was planned in it when it was written down."""

    id: str
    technician_id: str
    starts_at: datetime
    ends_at: datetime
    kind: str
    note: str
    visits: list[HitView]


class NewAbsence(Body, frozen=True):
    starts_at: datetime
    ends_at: datetime
    kind: Literal["leave", "ill", "training", "other"] = "leave"
    note: Annotated[str, Meta(max_length=200)] = ""


class PartView(View):
    id: str
    sku: str
    name: str
    cost_minor: int | None
    currency: str
    is_active: bool
    version: int


class PartPut(Body, frozen=True):
    """A new part needs a name; what is left out of a known one stays."""

    sku: Sku
    name: Annotated[str, Meta(min_length=1, max_length=160)] | UnsetType = UNSET
    cost_minor: Annotated[int, Meta(ge=0, le=parts.MOST_COST)] | UnsetType | None = UNSET
    currency: Annotated[str, Meta(max_length=3)] | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET


class StockView(View):
    """How many of a part are in a van; below zero: more was used than was booked in."""

    part_id: str
    sku: str
    name: str
    quantity: int


class StockMove(Body, frozen=True):
    """`how`: `booked_in` adds the quantity, `counted` says how many there are."""

    sku: Sku
    quantity: Count
    how: Literal["booked_in", "counted"] = "booked_in"


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of a checklist. `key` is made where it is left out, and kept for ever."""

    text: Annotated[str, Meta(min_length=1, max_length=160)]
    kind: Literal["check", "number", "text", "photo"] = "check"
    needed: bool = True
    key: Annotated[str, Meta(max_length=40)] = ""


class TypeView(View):
    """A kind of visit as it is set up. Durations in seconds."""

    id: str
    key: str
    name: str
    names: dict[str, str]
    description: str
    duration_p50_s: int
    duration_p80_s: int
    skills: dict[str, int]
    parts: dict[str, int]
    crew: int
    days: int
    checklist: list[Line]
    priority: int
    window_s: int | None
    is_bookable: bool
    needs_signature: bool
    moves_until_s: int
    is_active: bool
    version: int


class TypePut(Body, frozen=True):
    """A new kind needs a name; what is left out of a known one stays."""

    key: Key
    name: Named | UnsetType = UNSET
    names: dict[str, Named] | UnsetType = UNSET
    description: Words | UnsetType = UNSET
    duration_p50_s: Seconds | UnsetType = UNSET
    duration_p80_s: Seconds | UnsetType = UNSET
    skills: dict[Id, Level] | UnsetType = UNSET
    parts: dict[Id, Annotated[int, Meta(ge=1, le=parts.MOST_OF_ONE)]] | UnsetType = UNSET
    crew: Annotated[int, Meta(ge=1, le=types.MOST_CREW)] | UnsetType = UNSET
    days: Annotated[int, Meta(ge=1, le=types.MOST_DAYS)] | UnsetType = UNSET
    checklist: Annotated[list[Line], Meta(max_length=types.MOST_LINES)] | UnsetType = UNSET
    priority: Annotated[int, Meta(ge=1, le=4)] | UnsetType = UNSET
    window_s: Seconds | UnsetType | None = UNSET
    is_bookable: bool | UnsetType = UNSET
    needs_signature: bool | UnsetType = UNSET
    moves_until_s: Seconds | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET


@operation(
    "GET", "/technicians/<id:technician_id>/absences", who=DESK, query=Paged,
    gives=Listed[AbsenceView],
)  # fmt: skip
def list_absences(work: Work, technician_id: str, query: Paged) -> Listed[AbsenceView]:
    """List a technician's absences that are not over yet."""
    crew.get(work, technician_id)
    rows = [_absence(row, ()) for row in absences.ahead(work, [technician_id])]
    page = page_of_few(rows, query, lambda one: (one.starts_at.isoformat(), one.id))
    return listed(page, page.items)


@operation(
    "POST", "/technicians/<id:technician_id>/absences", who=SUPERVISE, body=NewAbsence,
    gives=AbsenceView, status=201,
)  # fmt: skip
def add_absence(work: Work, technician_id: str, body: NewAbsence) -> AbsenceView:
    """Write down that a technician is away; answers the planned visits in that time.

    Nothing is moved by it: plan those visits anew, or move them with their customers.
    """
    crew.get(work, technician_id)
    if body.starts_at.tzinfo is None or body.ends_at.tzinfo is None:
        raise Invalid(fields={"starts_at": "Give times with their offset from UTC."})
    made, hits = absences.add(
        work, technician_id, starts_at=body.starts_at, ends_at=body.ends_at, kind=body.kind,
        note=body.note,
    )  # fmt: skip
    return _absence(made, hits)


@operation(
    "DELETE", "/technicians/<id:technician_id>/absences/<id:absence_id>", who=SUPERVISE,
    gives=Nothing,
)  # fmt: skip
def remove_absence(work: Work, technician_id: str, absence_id: str) -> Nothing:
    """Take an absence away."""
    found = work.session.get(TechnicianAbsence, absence_id)
    if found is None or found.technician_id != technician_id:
        raise NotFound
    absences.remove(work, absence_id)
    return Nothing()


@operation("GET", "/parts", who=DESK, query=Paged, gives=Listed[PartView])
def list_parts(work: Work, query: Paged) -> Listed[PartView]:
    """List parts by name, those out of use too."""
    page = parts.page(work, cursor=query.place(), limit=query.limit)
    return listed(page, [_part(row) for row in page.items])


@operation("PUT", "/parts", who=ADMIN, body=PartPut, gives=PartView)
def put_part(work: Work, body: PartPut) -> PartView:
    """Add the part of this number, or change what is given of it."""
    return _part(parts.put(work, sku=body.sku, **given(body, "sku"))[0])


@operation(
    "GET", "/technicians/<id:technician_id>/stock", who=DESK, query=Paged, gives=Listed[StockView]
)
def list_stock(work: Work, technician_id: str, query: Paged) -> Listed[StockView]:
    """List what is in a technician's van."""
    held = stock.of_vans(work, [crew.get(work, technician_id).id])[technician_id]
    rows = [_held(row, held[row.id]) for row in parts.by_id(work, held).values()]
    page = page_of_few(rows, query, lambda one: (one.name, one.part_id))
    return listed(page, page.items)


@operation(
    "POST", "/technicians/<id:technician_id>/stock", who=SUPERVISE, body=StockMove, gives=StockView
)
def move_stock(work: Work, technician_id: str, body: StockMove) -> StockView:
    """Book parts into a van, or say how many were counted there."""
    crew.get(work, technician_id)
    row = parts.find(work, body.sku)
    if row is None:
        raise Invalid(fields={"sku": "There is no such part."})
    if body.how == "booked_in":
        return _held(row, stock.book_in(work, technician_id, row.id, body.quantity))
    stock.correct(work, technician_id, row.id, body.quantity)
    return _held(row, body.quantity)


@operation("PUT", "/visit-types", who=ADMIN, body=TypePut, gives=TypeView)
def put_visit_type(work: Work, body: TypePut) -> TypeView:
    """Add the kind of visit of this key, or change what is given of it.

    Visits that are there already keep what they were made with.
    """
    values = {name: plain(value) for name, value in given(body, "key").items()}
    if set(values.get("skills", {})) - {one.id for one in routing.skills(work)}:
        raise Invalid(fields={"skills": "There is no such skill."})
    row = types.find(work, body.key)
    if row is None:
        return _type(types.add(work, key=body.key, **values))
    return _type(types.change(work, row.id, version=None, **values))


def _absence(row: TechnicianAbsence, hits: Sequence[Hit]) -> AbsenceView:
    found = [
        HitView(
            visit_id=one.visit_id, number=one.number, starts_at=one.starts_at,
            is_promised=one.is_promised,
        )
        for one in hits
    ]  # fmt: skip
    names = [name for name in AbsenceView.__struct_fields__ if name != "visits"]
    return AbsenceView(visits=found, **{name: getattr(row, name) for name in names})


def _part(row: Part) -> PartView:
    return PartView(**{name: getattr(row, name) for name in PartView.__struct_fields__})


def _held(row: Part, quantity: int) -> StockView:
    return StockView(part_id=row.id, sku=row.sku, name=row.name, quantity=quantity)


def _type(row: VisitType) -> TypeView:
    names = [name for name in TypeView.__struct_fields__ if name != "checklist"]
    lines = [Line(**one) for one in row.checklist]
    return TypeView(checklist=lines, **{name: getattr(row, name) for name in names})
