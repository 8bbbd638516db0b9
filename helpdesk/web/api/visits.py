"""Visits over the API: booked from a window, listed, moved, called off, carried out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field
from sqlalchemy import select

from helpdesk.core.errors import Conflict, Forbidden, Invalid
from helpdesk.core.work import Work
from helpdesk.field_service import permissions, queries, service
from helpdesk.field_service.models import RouteStop, Visit
from helpdesk.field_service.models_crew import VisitType
from helpdesk.field_service.told_times import LONGEST_AWAY
from helpdesk.web.api.base import DESK_AND_CUSTOMERS, STAFF, operation
from helpdesk.web.api.shapes import Id, Listed, Paged, View, listed
from helpdesk.web.bodies import Body
from helpdesk.workflows import visit_booking, visit_course

EVERYBODY = (*STAFF, "customer")
FIELD = ("technician", "supervisor", "admin")
State = Literal[
    "waiting", "booked", "travelling", "on_site", "done", "no_access", "cancelled"
]  # fmt: skip
Instant = Annotated[datetime, Meta(tz=True)]
Note = Annotated[str, Meta(max_length=2000)]
Reason = Annotated[str, Meta(max_length=300)]


class VisitView(View):
    """An appointment in the field. The window is what its customer was promised; `planned_at` is
    when work is to begin, which may still move within it. `changes_until`: so long its customer
    may move or cancel it.
    """

    id: str
    number: str
    customer_id: str
    ticket_id: str | None
    visit_type_id: str
    visit_type: str
    place_id: str
    asset_id: str | None
    state: State
    source: str
    priority: int
    window_starts_at: datetime | None
    window_ends_at: datetime | None
    planned_at: datetime | None
    changes_until: datetime | None
    technician_ids: list[str]
    duration_s: int
    crew: int
    note: str
    created_at: datetime
    departed_at: datetime | None
    arrived_at: datetime | None
    finished_at: datetime | None
    cancelled_at: datetime | None
    outcome: str
    reason: str
    moves: int
    version: int


class VisitsAsked(Paged):
    customer_id: Id | UnsetType = UNSET
    ticket_id: Id | UnsetType = UNSET
    state: State | UnsetType = UNSET
    from_: Annotated[Instant, Meta(description="Planned from then on.")] | UnsetType = field(
        name="from", default=UNSET
    )
    to: Annotated[Instant, Meta(description="Planned before.")] | UnsetType = UNSET


class NewVisit(Body, frozen=True):
    """The window that was chosen. Without a ticket one is opened. `note` is for the technician."""

    slot_id: Id
    ticket_id: Id | None = None
    note: Note = ""


class MoveBody(Body, frozen=True):
    """A window that was offered for this visit."""

    slot_id: Id
    reason: Reason = ""


class CancelBody(Body, frozen=True):
    reason: Reason = ""


class StepBody(Body, frozen=True):
    """`at`: when it was, if not now, at most a week ago. `technician_id`: whose step it is, if not
    your own.
    """

    at: Instant | None = None
    technician_id: Id | None = None


class FinishBody(StepBody, frozen=True):
    """`solved` resolves the ticket where nothing stands against it."""

    outcome: Literal["solved", "follow_up"] = "solved"
    note: Note = ""


class NoAccessBody(StepBody, frozen=True):
    note: Note = ""


@operation("GET", "/visits", who=EVERYBODY, query=VisitsAsked, gives=Listed[VisitView])
def list_visits(work: Work, query: VisitsAsked) -> Listed[VisitView]:
    """List the visits that you see, the newest first.

    With `from` or `to` those that are planned then, the soonest first.
    """
    page = queries.page(
        work,
        customer_id=query.customer_id or None,
        ticket_id=query.ticket_id or None,
        states=(query.state,) if query.state else (),
        from_at=query.from_ or None,
        to_at=query.to or None,
        cursor=query.place(),
        limit=query.limit,
    )
    return listed(page, visit_views(work, page.items))


@operation("POST", "/visits", who=DESK_AND_CUSTOMERS, body=NewVisit, gives=VisitView, status=201)
def book_visit(work: Work, body: NewVisit) -> VisitView:
    """Book a window that was offered.

    It is promised once however many ask: 409 `slot_gone` when it was taken meanwhile; ask for
    windows again then. The same slot twice is the same visit.
    """
    made = visit_booking.accept(work, body.slot_id, ticket_id=body.ticket_id, note=body.note)
    return _view(work, made)


@operation("GET", "/visits/<id:visit_id>", who=EVERYBODY, gives=VisitView)
def get_visit(work: Work, visit_id: str) -> VisitView:
    """Get one visit."""
    return _view(work, permissions.get_visible(work, visit_id))


@operation(
    "POST", "/visits/<id:visit_id>/move", who=DESK_AND_CUSTOMERS, body=MoveBody, gives=VisitView
)
def move_visit(work: Work, visit_id: str, body: MoveBody) -> VisitView:
    """Promise another window; ask for it by `POST /visits/slots {visit_id}`.

    409 `too_late` for a customer after the cut-off.
    """
    permissions.get_visible(work, visit_id)
    return _view(work, visit_booking.move(work, visit_id, body.slot_id, reason=body.reason))


@operation(
    "POST",
    "/visits/<id:visit_id>/cancel",
    who=DESK_AND_CUSTOMERS,
    body=CancelBody,
    body_needed=False,
    gives=VisitView,
)
def cancel_visit(work: Work, visit_id: str, body: CancelBody) -> VisitView:
    """Call a visit off; twice changes nothing. 409 `too_late` for a customer after the cut-off."""
    return _view(work, visit_booking.cancel(work, visit_id, reason=body.reason))


@operation(
    "POST",
    "/visits/<id:visit_id>/depart",
    who=FIELD,
    body=StepBody,
    body_needed=False,
    gives=VisitView,
)
def depart_for_visit(work: Work, visit_id: str, body: StepBody) -> VisitView:
    """The technician is on the way."""
    who = _technician(work, visit_id, body.technician_id)
    return _view(work, visit_course.depart(work, visit_id, who, at=_past(work, body.at)))


@operation(
    "POST",
    "/visits/<id:visit_id>/arrive",
    who=FIELD,
    body=StepBody,
    body_needed=False,
    gives=VisitView,
)
def arrive_at_visit(work: Work, visit_id: str, body: StepBody) -> VisitView:
    """The technician is on site: the promise is kept, or was broken."""
    who = _technician(work, visit_id, body.technician_id)
    return _view(work, visit_course.arrive(work, visit_id, who, at=_past(work, body.at)))


@operation(
    "POST",
    "/visits/<id:visit_id>/finish",
    who=FIELD,
    body=FinishBody,
    body_needed=False,
    gives=VisitView,
)
def finish_visit(work: Work, visit_id: str, body: FinishBody) -> VisitView:
    """The work is done, or needs another visit."""
    who = _technician(work, visit_id, body.technician_id)
    done = visit_course.finish(
        work, visit_id, who, outcome=body.outcome, note=body.note, at=_past(work, body.at)
    )
    return _view(work, done)


@operation(
    "POST",
    "/visits/<id:visit_id>/no-access",
    who=FIELD,
    body=NoAccessBody,
    body_needed=False,
    gives=VisitView,
)
def no_access_at_visit(work: Work, visit_id: str, body: NoAccessBody) -> VisitView:
    """Nobody opened."""
    who = _technician(work, visit_id, body.technician_id)
    over = visit_course.no_access(work, visit_id, who, note=body.note, at=_past(work, body.at))
    return _view(work, over)


def visit_views(work: Work, rows: Sequence[Visit]) -> list[VisitView]:
    """A page of visits: two more queries however long it is."""
    who: dict[str, list[str]] = defaultdict(list)
    if rows:
        for visit_id, technician in work.session.execute(
            select(RouteStop.visit_id, RouteStop.technician_id)
            .where(RouteStop.visit_id.in_([row.id for row in rows]))
            .order_by(RouteStop.is_lead.desc(), RouteStop.technician_id)
        ):
            who[visit_id].append(technician)
    ids = sorted({row.visit_type_id for row in rows})
    found = work.session.scalars(select(VisitType).where(VisitType.id.in_(ids))) if ids else ()
    kinds = {kind.id: kind for kind in found}
    return [_shown(work, row, kinds[row.visit_type_id], who[row.id]) for row in rows]


def _shown(work: Work, row: Visit, kind: VisitType, who: list[str]) -> VisitView:
    own = ("number", "visit_type", "technician_ids", "changes_until", "note", "reason")
    names = [name for name in VisitView.__struct_fields__ if name not in own]
    ours = work.actor.is_staff or work.actor.kind == "system"
    return VisitView(
        **{name: getattr(row, name) for name in names},
        number=f"V-{row.number}",
        visit_type=kind.key,
        technician_ids=who if ours else [],
        changes_until=visit_booking.cut_off(row, kind),
        note=row.note if ours else "",
        reason=row.reason if ours else "",
    )


def _view(work: Work, visit: Visit) -> VisitView:
    work.session.flush()
    return visit_views(work, [visit])[0]


def _technician(work: Work, visit_id: str, named: str | None) -> str:
    """Whose step it is: the technician's own, or the one whom a dispatcher names."""
    permissions.get_visible(work, visit_id)
    theirs = [stop.technician_id for stop in service.stops_of(work, visit_id)]
    if work.actor.role == "technician":
        if named not in (None, work.actor.id):
            raise Forbidden("This is another technician's step.")
        return work.actor.id
    if named is not None and named not in theirs:
        raise Invalid(fields={"technician_id": "This technician does not go there."})
    if not theirs:
        raise Conflict("Nobody is planned for this visit.", code="not_planned")
    return named or theirs[0]


def _past(work: Work, at: datetime | None) -> datetime | None:
    if at is not None and at > work.at:
        raise Invalid(fields={"at": "This lies ahead."})
    if at is not None and at < work.at - LONGEST_AWAY:
        raise Invalid(fields={"at": "This is longer than a week ago."})
    return at
