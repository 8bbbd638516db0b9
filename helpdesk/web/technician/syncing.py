"""What the phone sends: commands with receipts, pieces of pictures, where it is while driving."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from flask import Response, jsonify, request
from msgspec import Meta

from helpdesk.core.errors import Invalid
from helpdesk.core.ids import is_id
from helpdesk.core.work import begin
from helpdesk.field_service import drives
from helpdesk.field_service.commands import Told
from helpdesk.web import doors
from helpdesk.web.bodies import Body, json_body
from helpdesk.web.doors import allow
from helpdesk.web.technician import door
from helpdesk.workflows import technician_sync, visit_files

FIRST_YEAR, LAST_YEAR = 1900, 2200  # a phone's clock may stand anywhere; sums of it must not burst
_OFFSET = re.compile(r"\d{1,12}", re.ASCII)
CommandId = Annotated[str, Meta(min_length=36, max_length=36)]


class Command(Body, frozen=True, rename={"pass_": "pass"}):
    """`base` is the visit's version on the phone, `pass` the mark that came with the visit."""

    id: CommandId
    kind: Annotated[str, Meta(min_length=1, max_length=20)]
    visit_id: CommandId
    said_at: datetime
    body: dict[str, Any]
    base: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    pass_: Annotated[str, Meta(max_length=100)] = ""


class Batch(Body, frozen=True):
    commands: Annotated[list[Command], Meta(min_length=1, max_length=technician_sync.MOST)]
    sent_at: datetime | None = None


class Position(Body, frozen=True):
    visit_id: CommandId
    lat: Annotated[float, Meta(ge=-90, le=90)]
    lon: Annotated[float, Meta(ge=-180, le=180)]
    accuracy_m: Annotated[int, Meta(ge=0, le=100_000)] | None = None


@door.post("/sync")
@allow("technician")
def sync() -> Response:
    """A receipt for each command, in order; 404 where no visit of the batch is theirs (E11)."""
    batch = json_body(Batch)
    told = [_told(one) for one in batch.commands]
    receipts = technician_sync.take_in(doors.actor(), told, _utc(batch.sent_at))
    answer = jsonify({"receipts": receipts})
    if all(one.get("code") == "not_found" for one in receipts):
        answer.status_code = 404
    return answer


@door.get("/files/<id:file_id>")
@allow("technician")
def file_state(file_id: str) -> dict[str, Any]:
    """How many bytes of it are here: where the phone goes on."""
    return visit_files.state(doors.actor(), file_id)


@door.put("/files/<id:file_id>")
@allow("technician")
def file_piece(file_id: str) -> dict[str, Any]:
    """The bytes from `offset` on, without a content type; 409 where others are awaited."""
    given = request.args.get("offset", "")
    if not _OFFSET.fullmatch(given) or request.mimetype:
        raise Invalid("Send the bytes as they are, with ?offset=.", code="bad_piece")
    return visit_files.take_piece(doors.actor(), file_id, int(given), request.get_data())


@door.post("/position")
@allow("technician")
def position() -> dict[str, Any]:
    """Where they are, rounded, and only while they drive to that visit."""
    given = json_body(Position)
    with begin(doors.actor()) as work:
        drives.tell_position(work, given.visit_id, given.lat, given.lon, given.accuracy_m)
    return {}


def _told(one: Command) -> Told:
    if not is_id(one.id):
        raise Invalid(fields={"id": "Use an id in the form of a UUID."})
    said_at = _utc(one.said_at)
    assert said_at is not None
    return Told(one.id, one.kind, one.visit_id, one.body, said_at, one.base, one.pass_)


def _utc(at: datetime | None) -> datetime | None:
    """A time without a zone would be read as whatever this machine has."""
    if at is None:
        return None
    if at.tzinfo is None:
        raise Invalid("Times name their zone, like 2026-12-01T09:30:00Z.", code="no_zone")
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise Invalid(
            "The phone's clock is centuries off. Set it, then send again.", code="no_time"
        )
    return at.astimezone(UTC)
