"""Parts, and how many of each are in which van."""

from __future__ import annotations

from typing import Any

from flask import Response

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.field_service import crew, parts, stock
from helpdesk.field_service.models_crew import Part
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame, technician_form
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow

HERE = "parts"
SHAPE = Shape(texts=("sku", "name", "cost", "currency"), flags=("is_active",))
STOCK = Shape(maps=("in",))
LABELS = {"sku": "Part number", "name": "Name", "cost": "Cost", "currency": "Currency",
          "is_active": "In use"}  # fmt: skip
MOST_VANS = 12


@door.get("/field/parts")
@allow("admin", "supervisor")
def part_list() -> Response:
    with reading(doors.actor()) as work:
        page = parts.page(work, cursor=query_text("after") or None)
        vans = crew.driving(work)
        held = stock.matrix(work, [one.id for one in page.items])
        sums: dict[str, int] = {}
        for (part, _), number in held.items():
            sums[part] = sums.get(part, 0) + number
        return show(
            "parts.html", HERE, rows=page.items, next_cursor=page.next_cursor, held=held,
            vans=vans[:MOST_VANS], more_vans=max(0, len(vans) - MOST_VANS), sums=sums,
            may_add=frame.may_change(doors.reader().role or ""),
        )  # fmt: skip


@door.get("/field/parts/new")
@allow("admin")
def new_part() -> Response:
    with reading(doors.actor()) as work:
        return _page(work, None, _blank())


@door.post("/field/parts/new")
@allow("admin")
def add_part() -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            parts.add(work, **_read(given.values))
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            return _page(work, None, given.values, error.status, given=given, **_refused(error))
    return doors.go("/admin/field/parts?note=added")


@door.get("/field/parts/<id:part_id>")
@allow("admin", "supervisor")
def part(part_id: str) -> Response:
    with reading(doors.actor()) as work:
        row = parts.get(work, part_id)
        return _page(work, row, _values(row))


@door.post("/field/parts/<id:part_id>")
@allow("admin")
def save_part(part_id: str) -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            parts.change(work, part_id, version=given.version, **_read(given.values))
    except (Invalid, Conflict) as error:
        return _again(part_id, given, error)
    return doors.go("/admin/field/parts?note=saved")


@door.post("/field/parts/<id:part_id>/vans")
@allow("admin", "supervisor")
def fill_vans(part_id: str) -> Response:
    """A delivery: how many go into which van."""
    given = forms.read(STOCK).values["in"]
    wrong: dict[str, str] = {}
    filled = {van: forms.number(given, van, wrong, key="vans") for van in given}
    try:
        if wrong:
            raise Invalid(fields=wrong)
        with begin(doors.actor()) as work:
            for van, number in sorted(filled.items()):
                if number:
                    stock.book_in(work, van, part_id, number)
    except Invalid as error:
        with reading(doors.actor()) as work:
            row = parts.get(work, part_id)
            return _page(work, row, _values(row), error.status, filled=given, **_refused(error))
    return doors.go(f"/admin/field/parts/{part_id}?note=booked_in#vans")


def _read(values: Values) -> dict[str, Any]:
    wrong: dict[str, str] = {}
    currency = values["currency"].upper()
    cost = technician_form.read_amount(values["cost"], currency, "cost", wrong)
    if wrong:
        raise Invalid(fields=wrong)
    return {
        "sku": values["sku"], "name": values["name"], "cost_minor": cost,
        "currency": currency if cost is not None else "", "is_active": bool(values["is_active"]),
    }  # fmt: skip


def _refused(error: HelpdeskError) -> dict[str, Any]:
    if error.code == "sku_taken":
        return {"errors": {"sku": error.message}, "message": ""}
    told = frame.refusal(error)
    places = {"cost_minor": "cost", "quantity": "vans"}
    return told | {"errors": {places.get(k, k): v for k, v in told["errors"].items()}}


def _again(part_id: str, given: Given, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        row = parts.get(work, part_id)
        if error.code != "stale":
            return _page(work, row, given.values, error.status, given=given, **_refused(error))
        shown, change = frame.stale(work, "part", part_id, given, _values(row), LABELS)
        return _page(work, row, shown, 409, stale=change, dirty=True)


def _page(
    work: Work, row: Part | None, form: Values, status: int = 200, *, given: Given | None = None,
    **extra: Any,
) -> Response:  # fmt: skip
    stored = _values(row) if row else _blank()
    held = stock.matrix(work, [row.id]) if row else {}
    values: dict[str, Any] = {
        "row": row, "form": form, "was": forms.as_was(given.was if given else stored),
        "version": given.version if given else row.version if row else 0,
        "vans": crew.driving(work) if row else [], "held": held, "filled": {},
        "read_only": not frame.may_change(doors.reader().role or ""), "dirty": given is not None,
    }  # fmt: skip
    return show("part.html", HERE, status, **{**values, **extra})


def _blank() -> Values:
    return {**dict.fromkeys(SHAPE.texts, ""), "currency": "EUR", "is_active": "1"}


def _values(row: Part) -> Values:
    currency = row.currency or "EUR"
    return {
        "sku": row.sku, "name": row.name, "currency": currency,
        "cost": technician_form.amount_text(row.cost_minor, currency),
        "is_active": "1" if row.is_active else "",
    }  # fmt: skip
