"""Visits in the portal: what is to come, the technician on the way, what was done, calling it off.

Not for finding a time (`visits_booking`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

import msgspec
from flask import Response, make_response

from helpdesk.core.errors import Conflict, HelpdeskError, NotFound
from helpdesk.core.work import Work, begin, reading
from helpdesk.field_service import permissions
from helpdesk.web import doors
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow
from helpdesk.web.portal import door, frame, visits_map
from helpdesk.web.portal.frame import Here
from helpdesk.web.portal.speech import Say
from helpdesk.workflows import (
    portal_reach,
    portal_visits,
    visit_booking,
    visit_links,
    visit_reminding,
)
from helpdesk.workflows.portal_visits import VisitOf

SOURCES = {"plan": "plan", "forecast": "forecast"}
TONES = {
    "waiting": ("warning", "hourglass"), "booked": ("info", "calendar-clock"),
    "travelling": ("info", "truck"), "on_site": ("info", "wrench"),
    "done": ("success", "circle-check"), "no_access": ("warning", "circle-off"),
    "cancelled": ("quiet", "calendar-x"),
}  # fmt: skip


class CalledOff(Body, frozen=True):
    reason: Annotated[str, msgspec.Meta(max_length=300)] = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A visit in the reader's words. `eta` with `source`: where the time comes from."""

    id: str
    number: str
    name: str
    state: str
    word: str
    tone: str
    icon: str
    sentence: str
    window: str
    eta: str = ""
    source: str = ""
    is_live: bool = False


@door.get("/visits")
@allow("customer")
def visits() -> Response:
    with reading(doors.actor()) as work:
        at, reach = frame.mine(work), portal_reach.of(work)
        found = portal_visits.of_customer(work, reach)
        return frame.show(
            "visits.html",
            at,
            area="visits",
            ahead=[shown(at.say, one) for one in found if one.line.is_open],
            past=[_over(at.say, one) for one in found if not one.line.is_open],
            may_book=bool(portal_visits.bookable(work)),
        )


@door.get("/visits/<id:visit_id>")
@allow("customer")
def visit(visit_id: str) -> Response:
    with reading(doors.actor()) as work:
        return page(work, frame.mine(work), visit_id)


@door.get("/visits/<id:visit_id>/now")
@allow("customer")
def visit_now(visit_id: str) -> Response:
    """Only how it stands, for a page that looks again."""
    with reading(doors.actor()) as work:
        at = frame.mine(work)
        return doors.fragment("portal/_visit_now.html", **_values(at, portal_visits.get(
            work, visit_id
        )))  # fmt: skip


@door.get("/visits/<id:visit_id>/visit.ics")
@allow("customer")
def visit_calendar(visit_id: str) -> Response:
    """The entry for their own calendar, as it stands now."""
    with reading(doors.actor()) as work:
        visit = permissions.get_visible(work, visit_id)
        promise = visit_links.newest(work, visit)
        if promise is None:
            raise NotFound()
        text = visit_reminding.calendar_of(work, visit, promise)
    response = make_response(text)
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="visit.ics"'
    return response


@door.get("/visits/<id:visit_id>/cancel")
@allow("customer")
def ask_to_cancel(visit_id: str) -> Response:
    with reading(doors.actor()) as work:
        at = frame.mine(work)
        found = portal_visits.get(work, visit_id)
        if not found.may_change:
            return doors.go(f"/portal/visits/{visit_id}")
        return frame.show("visit_cancel.html", at, area="visits", **_values(at, found))


@door.post("/visits/<id:visit_id>/cancel")
@allow("customer")
def cancel_visit(visit_id: str) -> Response:
    form = form_body(CalledOff)
    try:
        with begin(doors.actor()) as work:
            visit_booking.cancel(work, visit_id, reason=form.reason)
    except Conflict as error:
        with reading(doors.actor()) as work:
            return page(work, frame.mine(work), visit_id, error)
    return doors.go(f"/portal/visits/{visit_id}?note=visit_cancelled")


def page(work: Work, at: Here, visit_id: str, error: HelpdeskError | None = None) -> Response:
    found = portal_visits.get(work, visit_id)
    message = "" if error is None else at.say("visit.too_late")
    return frame.show(
        "visit.html",
        at,
        error.status if error is not None else 200,
        area="visits",
        message=message,
        **_values(at, found),
    )


def shown(say: Say, it: VisitOf) -> Shown:
    """How it stands, in words."""
    say, visit = say.at_place(it.zone), it.visit
    tone, icon = TONES[visit.state]
    window = say.span(*it.line.window) if it.line.window else ""
    eta, source = _eta(say, it)
    return Shown(
        id=visit.id,
        number=say("visit.number", number=f"V-{visit.number}"),
        name=portal_visits.name_of(it.line.kind, say.language),
        state=visit.state,
        word=say(f"visit.state.{visit.state}"),
        tone="danger" if it.is_missed else tone,
        icon="circle-alert" if it.is_missed else icon,
        sentence=_sentence(say, it, window),
        window=window,
        eta=eta,
        source=source,
        is_live=visit.state in ("travelling", "on_site"),
    )


def _values(at: Here, it: VisitOf) -> dict[str, Any]:
    say = at.say.at_place(it.zone)
    where = it.coming.where
    told = ""
    if where is not None:
        key = "visit.where_near" if where.km < 1 else "visit.where"
        told = say(key, km=round(where.km), at=say.clock(where.at))
    return {
        "it": it,
        "shown": shown(at.say, it),
        "place": it.line.place,
        "calendar": f"/portal/visits/{it.visit.id}/visit.ics" if it.line.window else "",
        "until": say("visit.until", until=say.when(it.until)) if it.until else "",
        "where": told,
        "map": visits_map.drawn(where) if where is not None else None,
    }


def _sentence(say: Say, it: VisitOf, window: str) -> str:
    visit, name = it.visit, it.coming.name
    if it.is_missed:
        return say("visit.missed", window=window)
    key = f"visit.now.{visit.state}"
    at = say.when(visit.finished_at or visit.arrived_at) if visit.arrived_at else ""
    if visit.state == "waiting" and window:
        return say("visit.now.waiting_planned")
    if visit.state == "booked":
        key += "_planned" if not window else "_name" if name else ""
    elif visit.state in ("travelling", "on_site") and not name:
        key += "_nobody"
    elif visit.state == "done" and visit.outcome == "follow_up":
        key += "_follow_up"
    elif visit.state == "no_access":
        at = say.when(visit.finished_at) if visit.finished_at else ""
    if visit.state == "on_site" and visit.arrived_at is not None:
        at = say.clock(visit.arrived_at)
    return say(key, name=name, window=window, at=at)


def _eta(say: Say, it: VisitOf) -> tuple[str, str]:
    """Told while somebody drives, and on the day itself where the plan shows a delay."""
    coming, window = it.coming, it.line.window
    if coming.eta is None or it.visit.state != "travelling":
        return "", ""
    late = window is not None and coming.eta > window[1]
    told = say("visit.eta_late" if late else "visit.eta", at=say.clock(coming.eta))
    return told, say(f"visit.eta_from.{SOURCES.get(coming.source, 'drive')}")


def _over(say: Say, it: VisitOf) -> Shown:
    """One that is over, in a list: its day is enough."""
    visit = it.visit
    when = visit.finished_at or visit.cancelled_at or visit.created_at
    return replace(shown(say, it), sentence=say.at_place(it.zone).day(when), eta="", source="")
