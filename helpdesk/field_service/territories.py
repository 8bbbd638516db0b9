"""Territories: named areas by postcodes or an outline, that technicians keep to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.customers.field_values import line
from helpdesk.field_service import setting_up
from helpdesk.field_service.areas import (
    checked_outline,
    is_inside,
    read_outline,
    read_postcodes,
)
from helpdesk.field_service.models_crew import Technician, Territory

__all__ = ["add", "change", "get", "is_inside", "list_all", "of_place", "read_outline", "remove"]

MOST = 200
FIELDS = ("name", "postcodes", "outline", "is_active")


def list_all(work: Work, *, active: bool = False) -> Sequence[Territory]:
    """By name; there are a few dozen at most."""
    setting_up.require_look(work)
    wanted = select(Territory).order_by(Territory.name)
    return work.session.scalars(wanted.where(Territory.is_active) if active else wanted).all()


def of_place(
    areas: Sequence[Territory], postcode: str, lat: float | None, lon: float | None
) -> Territory | None:
    """The first of the areas that holds the place; None where no area does."""
    return next((one for one in areas if is_inside(one, postcode, lat, lon)), None)


def get(work: Work, territory_id: str) -> Territory:
    return setting_up.get(work, Territory, territory_id)


def add(work: Work, **values: Any) -> Territory:
    setting_up.require_set_up(work)
    if len(list_all(work)) >= MOST:
        raise Invalid(f"There are {MOST} territories already.")
    found = {"postcodes": [], "outline": [], "is_active": True, **values}
    checked = _checked(work, {"name": "", **found}, None)
    made = Territory(id=new_id(), version=1, **checked)
    work.session.add(made)
    work.session.flush()
    work.audit("territory.added", "territory", made.id, name=made.name)
    return made


def change(work: Work, territory_id: str, *, version: int | None, **values: Any) -> Territory:
    setting_up.require_set_up(work)
    row = setting_up.get(work, Territory, territory_id, lock=True)
    setting_up.at_version(row, version)
    checked = _checked(work, values, row)
    setting_up.apply(work, row, checked, "territory.changed", name=row.name)
    return row


def remove(work: Work, territory_id: str) -> Territory:
    """Take away a territory that nobody keeps to."""
    setting_up.require_set_up(work)
    row = setting_up.get(work, Territory, territory_id, lock=True)
    held = work.session.scalars(select(Technician.territory_ids)).all()
    count = sum(territory_id in ids for ids in held)
    if count:
        who = "One technician keeps" if count == 1 else f"{count} technicians keep"
        raise Conflict(f"{who} to this territory. Take it off them first.", code="in_use")
    work.session.delete(row)
    work.audit("territory.removed", "territory", row.id, name=row.name)
    return row


def _checked(work: Work, values: dict[str, Any], row: Territory | None) -> dict[str, Any]:
    setting_up.known(values, FIELDS)
    found = dict(values)
    if "name" in found:
        found["name"] = line(found["name"], "name", longest=80, needed=True)
        taken = select(Territory.id).where(Territory.name == found["name"])
        if (row is None or row.name != found["name"]) and work.session.scalar(taken):
            raise Conflict("There is a territory of this name already.", code="name_taken")
    if "postcodes" in found:
        found["postcodes"] = read_postcodes(found["postcodes"])
    if "outline" in found:
        found["outline"] = checked_outline(found["outline"])
    both = {name: found.get(name, getattr(row, name, [])) for name in ("postcodes", "outline")}
    if not any(both.values()):
        raise Invalid(fields={"postcodes": "Give beginnings of postcodes, or an outline."})
    return found
