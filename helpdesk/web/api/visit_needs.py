"""What visits wait for, over the API: parts that are ordered, other visits, and parts that came."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work
from helpdesk.field_service import needs
from helpdesk.field_service.models import VisitNeeds
from helpdesk.web.api.base import DESK, operation
from helpdesk.web.api.shapes import Id, Listed, Paged, View, listed, page_of_few
from helpdesk.web.bodies import Body

Quantity = Annotated[int, Meta(ge=1, le=needs.MOST_QUANTITY)]


class NeedView(View):
    """One thing that has to come first: a part or another visit. `met_at`: it has come, or is done.

    A part is in the van on the morning after `expected_on`; without that day nobody knows, and the
    visit can't be planned.
    """

    id: str
    visit_id: str
    needs_visit_id: str | None
    part_id: str | None
    quantity: int
    expected_on: date | None
    met_at: datetime | None


class NewNeed(Body, frozen=True):
    """Either a part or another visit."""

    needs_visit_id: Id | None = None
    part_id: Id | None = None
    quantity: Quantity = 1
    expected_on: date | None = None


class NeedChange(Body, frozen=True):
    """`expected_on` null: nobody knows when it comes. `met` true: it has come."""

    expected_on: date | UnsetType | None = UNSET
    met: bool = False


class Arrival(Body, frozen=True):
    """So many have come."""

    quantity: Quantity


class Arrived(View):
    """Visits whose wait for this part is over, the most urgent first."""

    visit_ids: list[str]


@operation("GET", "/visits/<id:visit_id>/needs", who=DESK, query=Paged, gives=Listed[NeedView])
def list_needs(work: Work, visit_id: str, query: Paged) -> Listed[NeedView]:
    """List what a visit waits for, and what it waited for."""
    rows = [_view(one) for one in needs.of_visit(work, visit_id)]
    page = page_of_few(rows, query, lambda one: (one.id, one.id))
    return listed(page, page.items)


@operation(
    "POST", "/visits/<id:visit_id>/needs", who=DESK, body=NewNeed, gives=NeedView, status=201
)
def add_need(work: Work, visit_id: str, body: NewNeed) -> NeedView:
    """Let a visit wait for a part or for another visit.

    It is planned only after that: 400 for a circle, 409 `no_such_step` once somebody is on the way.
    """
    made = needs.add(
        work,
        visit_id,
        needs_visit_id=body.needs_visit_id,
        part_id=body.part_id,
        quantity=body.quantity,
        expected_on=body.expected_on,
    )
    return _view(made)


@operation(
    "PATCH", "/visits/<id:visit_id>/needs/<id:need_id>", who=DESK, body=NeedChange, gives=NeedView
)
def change_need(work: Work, visit_id: str, need_id: str, body: NeedChange) -> NeedView:
    """Say that it comes on another day, or that it has come."""
    _of(work, visit_id, need_id)
    if body.expected_on is not UNSET:
        needs.expect(work, need_id, body.expected_on)
    if body.met:
        needs.met(work, need_id)
    return _view(_of(work, visit_id, need_id))


@operation("DELETE", "/visits/<id:visit_id>/needs/<id:need_id>", who=DESK)
def remove_need(work: Work, visit_id: str, need_id: str) -> None:
    """It is not needed after all."""
    _of(work, visit_id, need_id)
    needs.remove(work, need_id)


@operation("POST", "/parts/<id:part_id>/arrivals", who=DESK, body=Arrival, gives=Arrived)
def part_arrived(work: Work, part_id: str, body: Arrival) -> Arrived:
    """Say that parts have come; they are given to the visits that wait, while they last."""
    given = needs.part_arrived(work, part_id, body.quantity)
    return Arrived(visit_ids=[one.visit_id for one in given])


def _of(work: Work, visit_id: str, need_id: str) -> VisitNeeds:
    found = next((one for one in needs.of_visit(work, visit_id) if one.id == need_id), None)
    if found is None:
        raise NotFound(needs.ABSENT)
    return found


def _view(row: VisitNeeds) -> NeedView:
    return NeedView(
        id=row.id,
        visit_id=row.visit_id,
        needs_visit_id=row.needs_visit_id,
        part_id=row.part_id,
        quantity=row.quantity,
        expected_on=row.expected_on,
        met_at=row.met_at,
    )
