"""Maintenance plans over the API: made, changed, paused, one date left out, taken away."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from helpdesk.core.work import Work
from helpdesk.field_service import maintenance
from helpdesk.field_service.models import Maintenance
from helpdesk.web.api.base import DESK, SUPERVISE, operation
from helpdesk.web.api.reading_in import version_asked
from helpdesk.web.api.shapes import Id, Listed, Nothing, Paged, Version, View, given, listed
from helpdesk.web.bodies import Body
from helpdesk.workflows import maintaining

Rule = Annotated[
    str,
    Meta(
        min_length=1, max_length=300, examples=["FREQ=YEARLY"],
        description="An RRULE of RFC 5545 over whole days.",
    ),
]  # fmt: skip
LeadDays = Annotated[int, Meta(ge=0, le=maintenance.MOST_LEAD_DAYS)]
Note = Annotated[str, Meta(max_length=maintenance.LONGEST_NOTE)]
SHOWN_DATES = 5


class PlanView(View):
    """A visit that comes again and again. `dates`: the next five; `next_on` null: no more."""

    id: str
    customer_id: str
    place_id: str
    asset_id: str | None
    visit_type_id: str
    rule: str
    starts_on: date
    next_on: date | None
    dates: list[date]
    lead_days: int
    note: str
    is_active: bool
    created_at: datetime
    version: int


class PlansAsked(Paged):
    customer_id: Annotated[str, Meta(max_length=36)] = ""


class NewPlan(Body, frozen=True):
    """`lead_days` before a date its ticket is opened and the visit waits to be booked."""

    customer_id: Id
    place_id: Id
    visit_type_id: Id
    rule: Rule
    starts_on: date
    asset_id: Id | None = None
    lead_days: LeadDays = 28
    note: Note = ""


class PlanChange(Body, frozen=True):
    """Fields that are left out stay. `is_active` false pauses; dates that pass are left out."""

    place_id: Id | UnsetType = UNSET
    visit_type_id: Id | UnsetType = UNSET
    rule: Rule | UnsetType = UNSET
    starts_on: date | UnsetType = UNSET
    asset_id: Id | UnsetType | None = UNSET
    lead_days: LeadDays | UnsetType = UNSET
    note: Note | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    version: Version | UnsetType = UNSET


class DateSkipped(Body, frozen=True):
    """The date that `next_on` said; another one changes nothing."""

    on: date


@operation("GET", "/maintenance-plans", who=DESK, query=PlansAsked, gives=Listed[PlanView])
def list_maintenance_plans(work: Work, query: PlansAsked) -> Listed[PlanView]:
    """List plans that make visits, the next date first."""
    page = maintenance.page(
        work, cursor=query.place(), limit=query.limit, customer_id=query.customer_id
    )
    return listed(page, [_view(row) for row in page.items])


@operation("POST", "/maintenance-plans", who=SUPERVISE, body=NewPlan, gives=PlanView, status=201)
def add_maintenance_plan(work: Work, body: NewPlan) -> PlanView:
    """Plan recurring visits at one of a customer's places."""
    return _view(maintaining.add(work, body.customer_id, **given(body, "customer_id")))


@operation("GET", "/maintenance-plans/<id:plan_id>", who=DESK, gives=PlanView)
def get_maintenance_plan(work: Work, plan_id: str) -> PlanView:
    """Get one plan with its next dates."""
    return _view(maintenance.get(work, plan_id))


@operation(
    "PATCH", "/maintenance-plans/<id:plan_id>", who=SUPERVISE, body=PlanChange, gives=PlanView,
    versioned=True,
)  # fmt: skip
def change_maintenance_plan(work: Work, plan_id: str, body: PlanChange) -> PlanView:
    """Change, pause or resume a plan; visits that it made stay as they are."""
    version = version_asked(body.version)
    return _view(maintaining.change(work, plan_id, version=version, **given(body, "version")))


@operation(
    "POST", "/maintenance-plans/<id:plan_id>/skip", who=SUPERVISE, body=DateSkipped, gives=PlanView
)
def skip_maintenance_date(work: Work, plan_id: str, body: DateSkipped) -> PlanView:
    """Leave the next date out."""
    return _view(maintenance.skip(work, plan_id, body.on))


@operation("DELETE", "/maintenance-plans/<id:plan_id>", who=SUPERVISE, gives=Nothing)
def remove_maintenance_plan(work: Work, plan_id: str) -> Nothing:
    """Take a plan away; the visits that it made stay."""
    maintenance.remove(work, plan_id)
    return Nothing()


def _view(row: Maintenance) -> PlanView:
    names = [name for name in PlanView.__struct_fields__ if name != "dates"]
    dates = list(maintenance.preview(row, SHOWN_DATES)) if row.is_active else []
    return PlanView(dates=dates, **{name: getattr(row, name) for name in names})
