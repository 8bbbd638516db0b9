"""Visits on the desk: the lists, one visit with its trail, its note, calling it off.

Not for finding a time (`visits_booking`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, cast

import msgspec
from flask import Response
from sqlalchemy import select

from helpdesk.core.errors import HelpdeskError
from helpdesk.core.work import Work, begin, reading
from helpdesk.field_service import listing, queries, service, settings
from helpdesk.field_service.listing import Shown
from helpdesk.identity.models import User
from helpdesk.web import doors
from helpdesk.web.agent import door, owned_view, visits_view
from helpdesk.web.agent.shell import show
from helpdesk.web.bodies import Body, form_body, query_text
from helpdesk.web.doors import allow
from helpdesk.workflows import visit_booking, visit_course

SHOWS = ("upcoming", "waiting", "past")


class Note(Body, frozen=True):
    """For the technician."""

    version: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    note: Annotated[str, msgspec.Meta(max_length=service.LONGEST_NOTE)] = ""


class CalledOff(Body, frozen=True):
    version: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    reason: Annotated[str, msgspec.Meta(max_length=300)] = ""


@door.get("/visits")
@allow("agent", "supervisor", "admin")
def visits() -> Response:
    asked = query_text("show")
    which = cast("Shown", asked if asked in SHOWS else "upcoming")
    kind, technician = query_text("type", longest=36), query_text("technician", longest=36)
    with reading(doors.actor()) as work:
        page = listing.page(
            work,
            which,
            visit_type_id=kind,
            technician_id=technician,
            cursor=query_text("cursor") or None,
        )
        return show(
            work,
            "agent/visits/list.html",
            title="Visits",
            area="visits",
            which=which,
            page=page,
            chosen={"type": kind, "technician": technician},
            names=owned_view.owner_names(work, {one.visit.customer_id for one in page.items}),
            types=[("", "Any kind"), *((one.id, one.name) for one in queries.types(work))],
            technicians=[("", "Anybody"), *_technicians(work)],
            zone=settings.get(work).zone,
            say=visits_view.Speaks,
        )


@door.get("/visits/<id:visit_id>")
@allow("agent", "supervisor", "admin")
def visit(visit_id: str) -> Response:
    with reading(doors.actor()) as work:
        return _page(work, visit_id)


@door.post("/visits/<id:visit_id>/note")
@allow("agent", "supervisor", "admin")
def note_for_technician(visit_id: str) -> Response:
    body = form_body(Note)

    def change(work: Work) -> None:
        held = visit_course.hold(work, visit_id, body.version)
        service.change(work, held, {"note": body.note.strip()})

    return _try(visit_id, change)


@door.post("/visits/<id:visit_id>/cancel")
@allow("agent", "supervisor", "admin")
def call_off_visit(visit_id: str) -> Response:
    body = form_body(CalledOff)
    return _try(
        visit_id,
        lambda work: visit_booking.cancel(work, visit_id, reason=body.reason, version=body.version),
    )


def _try(visit_id: str, change: Callable[[Work], object]) -> Response:
    """Do it and show the visit; what cannot be is said on its page."""
    try:
        with begin(doors.actor()) as work:
            change(work)
    except HelpdeskError as error:
        with reading(doors.actor()) as work:
            response = _page(work, visit_id, error.message)
            response.status_code = error.status
            return response
    return doors.go(f"/desk/visits/{visit_id}")


def _page(work: Work, visit_id: str, message: str = "") -> Response:
    view = visits_view.visit_view(work, visit_id)
    return show(
        work,
        "agent/visits/visit.html",
        title=f"{view.number(view.visit.number)} {view.line.kind.name}",
        area="visits",
        view=view,
        message=message,
    )


def _technicians(work: Work) -> list[tuple[str, str]]:
    ids = [one.user_id for one in queries.technicians(work)]
    rows = work.session.execute(
        select(User.id, User.name).where(User.id.in_(ids)).order_by(User.name)
    )
    return [(row.id, row.name) for row in rows] if ids else []
