"""What the board's page asks for: the days in one answer, what is not planned, what is wrong."""

from __future__ import annotations

import gzip
from collections.abc import Collection
from datetime import date
from typing import Any

import orjson
from flask import Response, request

from helpdesk.core.errors import Invalid
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work, reading
from helpdesk.field_service import permissions
from helpdesk.web import doors
from helpdesk.web.bodies import query_text
from helpdesk.web.dispatch import door
from helpdesk.web.doors import allow
from helpdesk.workflows import dispatch_day, dispatch_visits, dispatching

MOST_ROWS = 50
SMALL = 1_000  # bytes that are not worth packing


@door.get("/day")
@allow("agent", "supervisor", "admin")
def day() -> Response:
    """The days shown; with `technicians` the rows of those alone."""
    with reading(doors.actor()) as work:
        told = dispatch_day.board(work, shown_days(work), _only())
        return packed({**told, "may_change": permissions.can_dispatch(work.actor)})


@door.get("/waiting")
@allow("agent", "supervisor", "admin")
def waiting() -> Response:
    kind = query_text("type")
    with reading(doors.actor()) as work:
        items, following = dispatch_visits.waiting(
            work,
            kind=kind if is_id(kind) else None,
            words=query_text("q", longest=80),
            cursor=request.args.get("after") or None,
        )
        return packed({"items": items, "next": following})


@door.get("/faults")
@allow("agent", "supervisor", "admin")
def faults() -> Response:
    """What the plan checker says of the days shown. Apart, so that the board stands before it."""
    with reading(doors.actor()) as work:
        found = dispatch_day.seen_of(work, dispatching.faults(work, shown_days(work).days))
        return packed({"faults": [told(one) for one in found]})


def told(one: Any) -> dict[str, str]:
    return {"visit_id": one.visit_id, "technician_id": one.technician_id, "text": one.text}


def shown_days(work: Work) -> dispatch_day.Window:
    count = request.args.get("days", "1")
    return dispatch_day.window(
        work, asked_day(request.args.get("day")), int(count) if count in ("1", "2", "3") else 1
    )


def asked_day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise Invalid("Write the day as 2026-12-31.", fields={"day": "No such day."}) from error
    if not 2000 <= found.year <= 2100:
        raise Invalid("Choose a day nearer to today.", fields={"day": "Too far away."})
    return found


def _only() -> Collection[str] | None:
    given = request.args.get("technicians")
    if given is None:
        return None
    return [one for one in given.split(",")[:MOST_ROWS] if is_id(one)]


def packed(told: Any) -> Response:
    """JSON, compressed where the browser takes it: names and keys repeat a thousand times."""
    body = orjson.dumps(told)
    response = Response(mimetype="application/json")
    if len(body) > SMALL and "gzip" in request.accept_encodings:
        body = gzip.compress(body, 5, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.set_data(body)
    return response
