"""Re-plannings beside the board: asked for, shown as a difference, accepted or undone line by line.

And what a dispatcher says has happened: somebody is ill, a visit is called off. The plan then mends
itself (`workflows.planning_repair`).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any

import msgspec
from flask import Response, request

from helpdesk.core.errors import NotFound
from helpdesk.core.work import begin, reading
from helpdesk.field_service import absences, days, permissions, settings
from helpdesk.field_service.crew_days import seconds
from helpdesk.web import doors
from helpdesk.web.bodies import Body, json_body
from helpdesk.web.dispatch import door
from helpdesk.web.dispatch.days import asked_day
from helpdesk.web.dispatch.plan_view import panel
from helpdesk.web.doors import allow
from helpdesk.workflows import planning_runs, visit_course

Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class Optimise(Body, frozen=True):
    day: date
    budget: Annotated[int, msgspec.Meta(ge=0, le=500)] | None = None


class Decide(Body, frozen=True):
    accept: bool


class Away(Body, frozen=True):
    day: date
    kind: str = "ill"


class CallOff(Body, frozen=True):
    reason: Reason


class Nothing(Body, frozen=True):
    pass


@door.get("/plans")
@allow("agent", "supervisor", "admin")
def plans() -> Response:
    """The day's re-plannings: the newest one, or the one asked for, with its lines."""
    with reading(doors.actor()) as work:
        day = asked_day(request.args.get("day"))
        if day is None:
            raise NotFound("Say which day.")
        told = panel(work, day, request.args.get("run"))
        response = doors.fragment("dispatch/plans.html", **told)
        response.headers["X-Proposals"] = str(told["proposals"])
        return response


@door.post("/plans")
@allow("supervisor", "admin")
def optimise() -> dict[str, Any]:
    body = json_body(Optimise)
    with begin(doors.actor()) as work:
        return {"run_id": planning_runs.optimise(work, body.day, budget=body.budget).id}


@door.post("/plans/<id:run_id>/apply")
@allow("supervisor", "admin")
def apply_plan(run_id: str) -> dict[str, Any]:
    json_body(Nothing)
    with begin(doors.actor()) as work:
        planning_runs.apply(work, run_id)
        stale = sum(line.state == "stale" for line in planning_runs.lines_of(work, run_id))
        left = f" {stale} no longer fitted and stay as they were." if stale else ""
        return {"told": f"The plan is carried out.{left}"}


@door.post("/plans/<id:run_id>/drop")
@allow("supervisor", "admin")
def drop_plan(run_id: str) -> dict[str, Any]:
    json_body(Nothing)
    with begin(doors.actor()) as work:
        planning_runs.drop(work, run_id)
        return {"told": "The proposal is dropped."}


@door.post("/plans/<id:run_id>/undo")
@allow("supervisor", "admin")
def undo_plan(run_id: str) -> dict[str, Any]:
    json_body(Nothing)
    with begin(doors.actor()) as work:
        planning_runs.undo(work, run_id)
        return {"told": "The plan is as it was, as far as it could be put back."}


@door.post("/plan-changes/<id:change_id>")
@allow("supervisor", "admin")
def decide(change_id: str) -> dict[str, Any]:
    body = json_body(Decide)
    with begin(doors.actor()) as work:
        line = planning_runs.decide_line(work, change_id, body.accept)
        return {"state": line.state, "told": line.refusal}


@door.post("/technicians/<id:technician_id>/away")
@allow("supervisor", "admin")
def away(technician_id: str) -> dict[str, Any]:
    """From now on (or from the day's beginning) until its end; the plan mends itself."""
    body = json_body(Away)
    with begin(doors.actor()) as work:
        zone = settings.get(work).zone
        starts = max(days.begins(body.day, 0, zone), seconds(work.at))
        ends = days.begins(body.day + timedelta(days=1), 0, zone)
        _, hit = absences.add(
            work,
            technician_id,
            starts_at=datetime.fromtimestamp(starts, work.at.tzinfo),
            ends_at=datetime.fromtimestamp(ends, work.at.tzinfo),
            kind=body.kind,
        )
        count = "1 visit needs" if len(hit) == 1 else f"{len(hit) or 'No'} visits need"
        return {"told": f"Written down. {count} another place."}


@door.post("/visits/<id:visit_id>/call-off")
@allow("supervisor", "admin")
def call_off(visit_id: str) -> dict[str, Any]:
    body = json_body(CallOff)
    with begin(doors.actor()) as work:
        permissions.require_dispatch(work)
        visit = visit_course.cancel(work, visit_id, reason=body.reason)
        return {"told": f"V-{visit.number} is called off."}
