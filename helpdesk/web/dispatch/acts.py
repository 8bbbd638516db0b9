"""What a dispatcher does on the board: each act answers the rows that differ now.

Taking back needs what was before; the page keeps it, signed, so that it can bring nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import msgspec
import orjson
from flask import Response

from helpdesk.core import secrets
from helpdesk.core.errors import Conflict
from helpdesk.core.work import Work, begin
from helpdesk.field_service import permissions
from helpdesk.web import doors
from helpdesk.web.bodies import Body, json_body
from helpdesk.web.dispatch import door
from helpdesk.web.dispatch.days import packed, shown_days, told
from helpdesk.web.doors import allow
from helpdesk.workflows import dispatch_day, dispatch_warning, dispatching
from helpdesk.workflows.dispatching import Before, Done, Spot

_PURPOSE = "dispatch.undo"
Id = Annotated[str, msgspec.Meta(min_length=36, max_length=36)]
Second = Annotated[int, msgspec.Meta(ge=0, le=1 << 33)]
Minutes = Annotated[int, msgspec.Meta(ge=5, le=720)]
Versions = Annotated[list[tuple[Id, date, int]], msgspec.Meta(max_length=60)]
Words = Annotated[str, msgspec.Meta(max_length=2000)]


class Place(Body, frozen=True):
    technician_ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=6)]
    day: date
    at: Second
    versions: Versions = msgspec.field(default_factory=list)
    promise: Literal["keep", "move"] = "keep"


class Unplan(Body, frozen=True):
    versions: Versions = msgspec.field(default_factory=list)


class Undo(Body, frozen=True):
    undo: Annotated[str, msgspec.Meta(max_length=20_000)]


class Lock(Body, frozen=True):
    technician_id: Id | None = None
    from_at: Second | None = None
    to_at: Second | None = None


class LockDay(Body, frozen=True):
    technician_id: Id
    day: date
    locked: bool


class Details(Body, frozen=True):
    duration_min: Minutes
    note: Words = ""
    version: int | None = None


class Split(Body, frozen=True):
    keep_id: Id


class Warn(Body, frozen=True):
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=600)]
    by: Literal["mail", "sms"]


class Nothing(Body, frozen=True):
    pass


@door.post("/visits/<id:visit_id>/place")
@allow("supervisor", "admin")
def place(visit_id: str) -> Response:
    body = json_body(Place)
    spot = Spot(tuple(body.technician_ids), body.day, body.at)
    with begin(doors.actor()) as work:
        done = dispatching.place(
            work, visit_id, spot, versions=_versions(body.versions), promise=body.promise
        )
        if done.window is not None:
            dispatch_warning.moved(work, visit_id)
        return _answer(work, done)


@door.post("/visits/<id:visit_id>/unplan")
@allow("supervisor", "admin")
def unplan(visit_id: str) -> Response:
    body = json_body(Unplan)
    with begin(doors.actor()) as work:
        return _answer(work, dispatching.unplan(work, visit_id, versions=_versions(body.versions)))


@door.post("/undo")
@allow("supervisor", "admin")
def undo() -> Response:
    before = _opened(json_body(Undo).undo)
    with begin(doors.actor()) as work:
        return _answer(work, dispatching.undo(work, before), is_undo=True)


@door.post("/visits/<id:visit_id>/lock")
@allow("supervisor", "admin")
def lock(visit_id: str) -> Response:
    body = json_body(Lock)
    with begin(doors.actor()) as work:
        done = dispatching.lock(
            work,
            visit_id,
            technician_id=body.technician_id,
            from_at=_instant(body.from_at),
            to_at=_instant(body.to_at),
        )
        return _answer(work, done)


@door.post("/visits/<id:visit_id>/unlock")
@allow("supervisor", "admin")
def unlock(visit_id: str) -> Response:
    json_body(Nothing)
    with begin(doors.actor()) as work:
        return _answer(work, dispatching.lock(work, visit_id))


@door.post("/routes/lock")
@allow("supervisor", "admin")
def lock_day() -> Response:
    body = json_body(LockDay)
    with begin(doors.actor()) as work:
        done = dispatching.lock_day(work, body.technician_id, body.day, body.locked)
        return _answer(work, done)


@door.post("/visits/<id:visit_id>/details")
@allow("supervisor", "admin")
def details(visit_id: str) -> Response:
    body = json_body(Details)
    with begin(doors.actor()) as work:
        done = dispatching.change(
            work,
            visit_id,
            duration_s=body.duration_min * 60,
            note=body.note,
            version=body.version,
        )
        return _answer(work, done)


@door.post("/visits/<id:visit_id>/split")
@allow("supervisor", "admin")
def split(visit_id: str) -> Response:
    body = json_body(Split)
    with begin(doors.actor()) as work:
        return _answer(work, dispatching.split(work, visit_id, body.keep_id))


@door.post("/visits/<id:visit_id>/warn")
@allow("supervisor", "admin")
def warn(visit_id: str) -> dict[str, Any]:
    body = json_body(Warn)
    with begin(doors.actor()) as work:
        return {"told": dispatch_warning.warn(work, visit_id, body.text, body.by)}


def _answer(work: Work, done: Done, *, is_undo: bool = False) -> Response:
    """The rows that differ, and what takes it back. Which days: those that the page shows."""
    work.session.flush()
    shown = shown_days(work)
    who = set(done.technician_ids)
    found = dispatching.faults(work, shown.days, who)
    before = done.before
    return packed(
        {
            **dispatch_day.board(work, shown, who),
            "may_change": permissions.can_dispatch(work.actor),
            "faults": [told(one) for one in found],
            "before": _sealed(before) if before and not is_undo else None,
        }
    )


def _versions(given: Sequence[tuple[str, date, int]]) -> Mapping[tuple[str, date], int]:
    return {(who, day): version for who, day, version in given}


def _instant(at: int | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)


def _sealed(before: Before) -> str:
    spot = before.spot
    text = orjson.dumps(
        {
            "visit": before.visit_id,
            "spot": [list(spot.technician_ids), spot.day.isoformat(), spot.at] if spot else None,
            "starts": dict(before.starts),
            "window": before.window,
            "versions": [[who, day.isoformat(), n] for (who, day), n in before.versions.items()],
        }
    ).decode()
    return f"{secrets.sign(_PURPOSE, text)}.{text}"


def _opened(sealed: str) -> Before:
    signature, _, text = sealed.partition(".")
    if not secrets.signature_fits(_PURPOSE, text, signature):
        raise Conflict("This can't be taken back any more. Look again and move it by hand.")
    kept = orjson.loads(text)
    spot = kept["spot"]
    return Before(
        kept["visit"],
        Spot(tuple(spot[0]), date.fromisoformat(spot[1]), spot[2]) if spot else None,
        kept["starts"],
        tuple(kept["window"]) if kept["window"] else None,
        {(who, date.fromisoformat(day)): n for who, day, n in kept["versions"]},
    )
