"""Territories: named areas by postcodes or an outline, and who keeps to them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import Response
from sqlalchemy import select

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.field_service import territories
from helpdesk.field_service.models_crew import Technician, Territory
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow

HERE = "territories"
SHAPE = Shape(texts=("name", "postcodes", "outline"), flags=("is_active",))
LABELS = {"name": "Name", "postcodes": "Postcodes", "outline": "Outline", "is_active": "In use"}


@door.get("/field/territories")
@allow("admin")
def territory_list() -> Response:
    return _list()


@door.get("/field/territories/new")
@allow("admin")
def new_territory() -> Response:
    return _page(None, _blank())


@door.post("/field/territories/new")
@allow("admin")
def add_territory() -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            territories.add(work, **_read(given.values))
    except (Invalid, Conflict) as error:
        return _page(None, given.values, error.status, given=given, **frame.refusal(error))
    return doors.go("/admin/field/territories?note=added")


@door.get("/field/territories/<id:territory_id>")
@allow("admin")
def territory(territory_id: str) -> Response:
    with reading(doors.actor()) as work:
        row = territories.get(work, territory_id)
        return _page(row, _values(row))


@door.post("/field/territories/<id:territory_id>")
@allow("admin")
def save_territory(territory_id: str) -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            values = _read(given.values)
            territories.change(work, territory_id, version=given.version, **values)
    except (Invalid, Conflict) as error:
        return _again(territory_id, given, error)
    return doors.go("/admin/field/territories?note=saved")


@door.post("/field/territories/<id:territory_id>/remove")
@allow("admin")
def remove_territory(territory_id: str) -> Response:
    """Answers the list with the way back: the same one made anew."""
    try:
        with begin(doors.actor()) as work:
            was = _values(territories.remove(work, territory_id))
    except Conflict as error:
        return _list(error.status, message=error.message)
    return _list(removed=was)


def _list(status: int = 200, **extra: Any) -> Response:
    with reading(doors.actor()) as work:
        rows = territories.list_all(work)
        return show(
            "territories.html", HERE, status, rows=rows, held=_held(work),
            **{"removed": None, **extra},
        )  # fmt: skip


def _held(work: Work) -> Counter[str]:
    wanted = select(Technician.territory_ids).where(Technician.is_active)
    return Counter(one for ids in work.session.scalars(wanted) for one in ids)


def _read(values: Values) -> dict[str, Any]:
    return {
        "name": values["name"],
        "postcodes": values["postcodes"].replace(",", " ").split(),
        "outline": territories.read_outline(values["outline"]),
        "is_active": bool(values["is_active"]),
    }


def _again(territory_id: str, given: Given, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        row = territories.get(work, territory_id)
        if error.code != "stale":
            told = frame.refusal(error)
            return _page(row, given.values, error.status, given=given, **told)
        shown, change = frame.stale(work, "territory", territory_id, given, _values(row), LABELS)
        return _page(row, shown, 409, stale=change, dirty=True)


def _page(
    row: Territory | None, form: Values, status: int = 200, *, given: Given | None = None,
    **extra: Any,
) -> Response:  # fmt: skip
    stored = _values(row) if row else _blank()
    values: dict[str, Any] = {
        "row": row, "form": form, "was": forms.as_was(given.was if given else stored),
        "version": given.version if given else row.version if row else 0,
        "dirty": given is not None,
    }  # fmt: skip
    return show("territory.html", HERE, status, **{**values, **extra})


def _blank() -> Values:
    return {**dict.fromkeys(SHAPE.texts, ""), "is_active": "1"}


def _values(row: Territory) -> Values:
    return {
        "name": row.name, "postcodes": ", ".join(row.postcodes),
        "outline": "\n".join(f"{lat:g}, {lon:g}" for lat, lon in row.outline),
        "is_active": "1" if row.is_active else "",
    }  # fmt: skip
