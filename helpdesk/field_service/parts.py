"""Parts: what technicians carry and use at visits. What a van holds of them is in `stock`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.customers.field_values import line
from helpdesk.field_service import setting_up
from helpdesk.field_service.models_crew import Part

FIELDS = ("sku", "name", "cost_minor", "currency", "is_active")
MOST_COST = 10**11
MOST_CHOSEN = 500
MOST_OF_ONE = 999


def page(work: Work, *, cursor: str | None = None, limit: int | None = None) -> Page[Part]:
    """By name, those no longer used too."""
    setting_up.require_look(work)
    most = clamp_limit(limit)
    columns = (Part.name.expression, Part.id.expression)
    rows = work.session.scalars(
        keyset(select(Part), columns, cursor=cursor, limit=most, descending=False)
    ).all()
    return cut(rows, most, lambda row: [row.name, row.id])


def active(work: Work) -> Sequence[Part]:
    """Those to choose from, by name."""
    wanted = select(Part).where(Part.is_active).order_by(Part.name, Part.id)
    return work.session.scalars(wanted.limit(MOST_CHOSEN)).all()


def by_id(work: Work, ids: Iterable[str]) -> Mapping[str, Part]:
    """For every actor: names of what a visit needs."""
    wanted = sorted({one for one in ids if is_id(one)})
    if not wanted:
        return {}
    return {row.id: row for row in work.session.scalars(select(Part).where(Part.id.in_(wanted)))}


def find(work: Work, sku: str) -> Part | None:
    setting_up.require_look(work)
    return work.session.scalar(select(Part).where(Part.sku == sku))


def get(work: Work, part_id: str) -> Part:
    return setting_up.get(work, Part, part_id)


def put(work: Work, *, sku: str, **values: Any) -> tuple[Part, bool]:
    """The part of this number, made or brought up to what is given; whether it is new."""
    setting_up.require_set_up(work)
    kept = line(sku, "sku", longest=60, needed=True)
    row = work.session.scalar(select(Part).where(Part.sku == kept).with_for_update())
    if row is None:
        return add(work, sku=kept, **values), True
    setting_up.apply(work, row, _checked(work, values, row), "part.changed", name=row.name)
    return row, False


def add(work: Work, **values: Any) -> Part:
    setting_up.require_set_up(work)
    blank = {"sku": "", "name": "", "cost_minor": None, "currency": "", "is_active": True}
    made = Part(id=new_id(), version=1, **_checked(work, blank | values, None))
    work.session.add(made)
    work.session.flush()
    work.audit("part.added", "part", made.id, sku=made.sku, name=made.name)
    return made


def change(work: Work, part_id: str, *, version: int | None, **values: Any) -> Part:
    setting_up.require_set_up(work)
    row = setting_up.get(work, Part, part_id, lock=True)
    setting_up.at_version(row, version)
    setting_up.apply(work, row, _checked(work, values, row), "part.changed", name=row.name)
    return row


def needed(work: Work, given: Mapping[str, Any], field: str = "parts") -> dict[str, int]:
    """Parts with how many of each; those that exist, at least one of each."""
    found = by_id(work, given)
    if set(given) - set(found):
        raise Invalid(fields={field: "There is no such part."})
    return {
        part_id: setting_up.whole(count, field, 1, MOST_OF_ONE)
        for part_id, count in sorted(given.items())
    }


def _checked(work: Work, values: Mapping[str, Any], row: Part | None) -> dict[str, Any]:
    setting_up.known(values, FIELDS)
    found = dict(values)
    if "sku" in found:
        found["sku"] = line(found["sku"], "sku", longest=60, needed=True)
        taken = select(Part.id).where(Part.sku == found["sku"])
        if (row is None or row.sku != found["sku"]) and work.session.scalar(taken) is not None:
            raise Conflict("There is a part of this number already.", code="sku_taken")
    if "name" in found:
        found["name"] = line(found["name"], "name", longest=160, needed=True)
    if found.get("cost_minor") is not None:
        setting_up.whole(found["cost_minor"], "cost_minor", 0, MOST_COST)
    if code := found.get("currency"):
        setting_up.currency(code)
    return found
