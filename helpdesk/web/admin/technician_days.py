"""Absences, days that differ and the van of one technician: small forms beside the large one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response

from helpdesk.calendars.moments import on_wall
from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import begin, reading
from helpdesk.field_service import absences, crew, stock
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame, technician_form
from helpdesk.web.admin.forms import Shape, Values
from helpdesk.web.admin.technicians import page
from helpdesk.web.doors import allow

ABSENCE = Shape(texts=("kind", "from", "to", "note"))
DAY = Shape(texts=("day", "hours", "note"))
VAN = Shape(maps=("count",))
_ABSENCE_PLACES = {"starts_at": "absence_from", "ends_at": "absence_to", "kind": "absence_kind"}


@door.post("/field/technicians/<id:technician_id>/absences")
@allow("admin", "supervisor")
def add_absence(technician_id: str) -> Response:
    """Answers the page with the visits that lie in it, if any do."""
    given = forms.read(ABSENCE).values
    try:
        with begin(doors.actor()) as work:
            zone = crew.get(work, technician_id).row.zone
            starts, ends = _times(given, zone)
            _, hits = absences.add(
                work, technician_id, starts_at=starts, ends_at=ends, kind=given["kind"],
                note=given["note"],
            )  # fmt: skip
    except (Invalid, Conflict) as error:
        errors = {_ABSENCE_PLACES.get(k, k): v for k, v in _fields(error).items()}
        return _again(technician_id, error, errors=errors, absence=given)
    if not hits:
        return doors.go(f"/admin/field/technicians/{technician_id}?note=added#away")
    return _shown(technician_id, hits=hits, hits_of="this absence")


@door.post("/field/technicians/<id:technician_id>/absences/<id:absence_id>/remove")
@allow("admin", "supervisor")
def remove_absence(technician_id: str, absence_id: str) -> Response:
    """Answers the page with the way back: the same absence written down anew."""
    with begin(doors.actor()) as work:
        zone = ZoneInfo(crew.get(work, technician_id).row.zone)
        row = absences.remove(work, absence_id)
        back = [
            ("kind", row.kind), ("note", row.note),
            *((name, f"{at.astimezone(zone):%Y-%m-%dT%H:%M}")
              for name, at in (("from", row.starts_at), ("to", row.ends_at))),
        ]  # fmt: skip
        word = absences.KINDS[row.kind]
    return _shown(technician_id, removed=(f"{word} is removed.", "absences", back))


@door.post("/field/technicians/<id:technician_id>/days")
@allow("admin", "supervisor")
def set_technician_day(technician_id: str) -> Response:
    given = forms.read(DAY).values
    try:
        with begin(doors.actor()) as work:
            crew.get(work, technician_id)
            day = _day(given["day"])
            _, hits = absences.set_day(
                work, technician_id, day, hours=_pairs(given["hours"]), note=given["note"]
            )
    except (Invalid, Conflict) as error:
        return _again(technician_id, error, errors=_fields(error), day=given)
    if not hits:
        return doors.go(f"/admin/field/technicians/{technician_id}?note=saved#days")
    return _shown(technician_id, hits=hits, hits_of="the hours of that day")


@door.post("/field/technicians/<id:technician_id>/days/<day>/remove")
@allow("admin", "supervisor")
def drop_technician_day(technician_id: str, day: str) -> Response:
    """Back to the week; answers the page with the way back."""
    with begin(doors.actor()) as work:
        row = absences.drop_day(work, technician_id, _day(day))
        hours = ", ".join(f"{start}-{end}" for start, end in row.hours)
        back = [("day", row.day.isoformat()), ("hours", hours), ("note", row.note)]
    said = "That day is worked as in every week again."
    return _shown(technician_id, removed=(said, "days", back))


@door.post("/field/technicians/<id:technician_id>/van")
@allow("admin", "supervisor")
def count_van(technician_id: str) -> Response:
    """What was counted in the van; what stays as it was is not written down."""
    given = forms.read(VAN).values["count"]
    wrong: dict[str, str] = {}
    counted = {part: _number(text, wrong) for part, text in given.items()}
    try:
        if wrong:
            raise Invalid(fields=wrong)
        with begin(doors.actor()) as work:
            held = stock.of_vans(work, [crew.get(work, technician_id).id])[technician_id]
            for part, number in sorted(counted.items()):
                if number != held.get(part, 0):
                    stock.correct(work, technician_id, part, number)
    except (Invalid, Conflict) as error:
        return _again(technician_id, error, errors={"van": "Enter whole numbers."})
    return doors.go(f"/admin/field/technicians/{technician_id}?note=saved#van")


def _shown(technician_id: str, status: int = 200, **extra: Any) -> Response:
    with reading(doors.actor()) as work:
        member = crew.get(work, technician_id)
        return page(work, member, technician_form.values_of(member.row), status, **extra)


def _again(technician_id: str, error: HelpdeskError, **extra: Any) -> Response:
    told = frame.refusal(error)
    return _shown(technician_id, error.status, **{**told, **extra})


def _fields(error: HelpdeskError) -> dict[str, str]:
    return dict(error.fields) if isinstance(error, Invalid) else {}


def _times(given: Values, zone: str) -> tuple[datetime, datetime]:
    found, wrong = [], {}
    for name, place in (("from", "starts_at"), ("to", "ends_at")):
        at = on_wall(given[name], zone)
        if at is None:
            wrong[place] = "Give a day and a time."
        else:
            found.append(at)
    if wrong:
        raise Invalid(fields=wrong)
    return found[0], found[1]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(fields={"day": "Give a date."}) from None


def _pairs(text: str) -> list[list[str]]:
    """`9:00-12:30, 14:00-17:00`; empty: not at all."""
    pieces = [piece.strip() for piece in text.replace("–", "-").split(",") if piece.strip()]
    return [[half.strip() for half in piece.partition("-")[::2]] for piece in pieces]


def _number(text: str, wrong: dict[str, str]) -> int:
    bare = text.removeprefix("-")
    if not (bare.isascii() and bare.isdigit() and len(bare) < 6):
        wrong["van"] = "Enter whole numbers."
        return 0
    return int(text)
