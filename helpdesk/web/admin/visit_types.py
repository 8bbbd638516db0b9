"""Kinds of visits: the list in its order, and one with its checklist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.field_service import parts, types
from helpdesk.field_service.models_crew import VisitType
from helpdesk.routing import queries as routing
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin import visit_type_form as form_of
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow
from helpdesk.web.presenting import duration

HERE = "visit-types"
ORDER = Shape(texts=("ids", "moved"))


@dataclass(frozen=True, slots=True)
class Line:
    """A kind in the list; `up` and `down` are the whole order after a step, empty at the ends."""

    row: VisitType
    facts: str
    skills: Sequence[str]
    up: str
    down: str


@door.get("/field/visit-types")
@allow("admin")
def visit_type_list() -> Response:
    with reading(doors.actor()) as work:
        rows = types.list_all(work)
        return show(
            "visit_types.html", HERE, lines=_lines(work, [one for one in rows if one.is_active]),
            resting=[one for one in rows if not one.is_active], moved=query_text("moved"),
        )  # fmt: skip


@door.post("/field/visit-types/order")
@allow("admin")
def order_visit_types() -> Response:
    given = forms.read(ORDER).values
    with begin(doors.actor()) as work:
        types.put_in_order(work, [one for one in given["ids"].split(",") if one])
    return doors.go(doors.with_query("/admin/field/visit-types", moved=given["moved"][:36]))


@door.get("/field/visit-types/new")
@allow("admin")
def new_visit_type() -> Response:
    with reading(doors.actor()) as work:
        return _page(work, None, form_of.blank())


@door.post("/field/visit-types/new")
@allow("admin")
def add_visit_type() -> Response:
    given = forms.read(form_of.SHAPE)
    if given.do:
        return _redrawn(None, given)
    try:
        with begin(doors.actor()) as work:
            facts = form_of.facts_of(given.values)
            key = given.values["key"] or forms.key_of(given.values["name"])
            types.add(work, key=key, **facts)
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            return _page(work, None, given.values, error.status, given=given, **_refused(error))
    return doors.go("/admin/field/visit-types?note=added")


@door.get("/field/visit-types/<id:type_id>")
@allow("admin")
def visit_type(type_id: str) -> Response:
    with reading(doors.actor()) as work:
        row = types.get(work, type_id)
        return _page(work, row, form_of.values_of(row))


@door.post("/field/visit-types/<id:type_id>")
@allow("admin")
def save_visit_type(type_id: str) -> Response:
    given = forms.read(form_of.SHAPE)
    if given.do:
        return _redrawn(type_id, given)
    try:
        with begin(doors.actor()) as work:
            facts = form_of.facts_of(given.values)
            types.change(work, type_id, version=given.version, **facts)
    except (Invalid, Conflict) as error:
        return _again(type_id, given, error)
    return doors.go("/admin/field/visit-types?note=saved")


def _lines(work: Work, rows: Sequence[VisitType]) -> list[Line]:
    names = {one.id: one.name for one in routing.skills(work)}
    ids = [row.id for row in rows]
    return [
        Line(
            row, _words(row),
            sorted(f"{names[s]} {n}" for s, n in row.skills.items() if s in names),
            forms.swapped(ids, place, place - 1), forms.swapped(ids, place, place + 1),
        )
        for place, row in enumerate(rows)
    ]  # fmt: skip


def _words(row: VisitType) -> str:
    """`1 h to 1 h 30 · 2 technicians · 4 lines to go through`."""
    said = [f"{duration(row.duration_p50_s)} to {duration(row.duration_p80_s)}"]
    if row.crew > 1:
        said.append(f"{row.crew} technicians")
    if row.days > 1:
        said.append(f"{row.days} days")
    if row.checklist:
        said.append(f"{len(row.checklist)} to go through")
    if not row.is_bookable:
        said.append("not booked by customers")
    return " · ".join(said)


def _refused(error: HelpdeskError) -> dict[str, Any]:
    told = frame.refusal(error)
    return told | {"errors": form_of.placed(told["errors"])}


def _redrawn(type_id: str | None, given: Given) -> Response:
    values = forms.rearranged(given.values, given.do, form_of.BLANKS)
    with reading(doors.actor()) as work:
        row = types.get(work, type_id) if type_id else None
        return _page(work, row, values, given=given)


def _again(type_id: str, given: Given, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        row = types.get(work, type_id)
        if error.code != "stale":
            return _page(work, row, given.values, error.status, given=given, **_refused(error))
        now = form_of.values_of(row)
        shown, change = frame.stale(work, "visit_type", type_id, given, now, form_of.LABELS)
        return _page(work, row, shown, 409, stale=change, dirty=True)


def _page(
    work: Work, row: VisitType | None, form: Values, status: int = 200, *,
    given: Given | None = None, **extra: Any,
) -> Response:  # fmt: skip
    values: dict[str, Any] = {
        "row": row, "form": form, "skills": routing.skills(work),
        "was": forms.as_was(given.was if given else form),
        "version": given.version if given else row.version if row else 0,
        "parts": [("", "Choose a part"), *_choices(work, row)],
        "kinds": list(types.KINDS.items()), "locales": list(types.LOCALES.items()),
        "priorities": [(str(n), word) for n, word in types.PRIORITIES.items()],
        "dirty": given is not None,
    }  # fmt: skip
    return show("visit_type.html", HERE, status, **{**values, **extra})


def _choices(work: Work, row: VisitType | None) -> list[tuple[str, str]]:
    """Parts in use, and those that this kind has all the same."""
    found = {one.id: one.name for one in parts.active(work)}
    found |= {one.id: one.name for one in parts.by_id(work, row.parts if row else {}).values()}
    return sorted(found.items(), key=lambda one: one[1])
