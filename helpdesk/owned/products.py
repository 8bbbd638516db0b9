"""The catalogue: what is sold, for how long we vouch for it, and until when it may come back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.customers.field_values import line
from helpdesk.owned import permissions
from helpdesk.owned.models import Product

MOST_MONTHS = 600
MOST_DAYS = 3650
FIELDS = ("sku", "name", "warranty_months", "returnable_days", "problem_type", "is_active")


def page(
    work: Work, *, cursor: str | None = None, limit: int | None = None, sku: str = ""
) -> Page[Product]:
    """By name; those that are no longer sold too, since customers have them."""
    _require_desk(work)
    most = clamp_limit(limit)
    statement = select(Product)
    if sku:
        statement = statement.where(Product.sku == sku)
    columns = (Product.name.expression, Product.id.expression)
    rows = work.session.scalars(
        keyset(statement, columns, cursor=cursor, limit=most, descending=False)
    ).all()
    return cut(rows, most, lambda row: [row.name, row.id])


def get(work: Work, product_id: str, *, lock: bool = False) -> Product:
    _require_desk(work)
    found = (
        work.session.get(Product, product_id, with_for_update=lock) if is_id(product_id) else None
    )
    if found is None:
        raise NotFound(permissions.ABSENT)
    return found


def put(work: Work, *, sku: str, **values: Any) -> tuple[Product, bool]:
    """The product of this number, made or brought up to what is given; whether it is new."""
    permissions.require_set_up(work)
    kept = line(sku, "sku", longest=60, needed=True)
    found = work.session.scalar(select(Product).where(Product.sku == kept).with_for_update())
    if found is None:
        return add(work, sku=kept, **values), True
    _apply(work, found, values)
    return found, False


def add(work: Work, *, sku: str, **values: Any) -> Product:
    permissions.require_set_up(work)
    kept = _sku(work, sku)
    checked = _checked({"name": "", "warranty_months": None, "returnable_days": None, **values})
    made = Product(
        id=new_id(), sku=kept, created_at=work.at, version=1,
        **{"problem_type": None, "is_active": True, **checked},
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    work.audit("product.added", "product", made.id, sku=made.sku, name=made.name)
    return made


def change(work: Work, product_id: str, *, version: int, **values: Any) -> Product:
    permissions.require_set_up(work)
    found = get(work, product_id, lock=True)
    if found.version != version:
        raise Conflict("Somebody changed this meanwhile. Look again and repeat.", code="stale")
    if "sku" in values and values["sku"] != found.sku:
        values["sku"] = _sku(work, values["sku"])
    _apply(work, found, values)
    return found


def _apply(work: Work, found: Product, values: dict[str, Any]) -> None:
    checked = _checked(values)
    changed = {k: [getattr(found, k), v] for k, v in checked.items() if getattr(found, k) != v}
    if not changed:
        return
    for name, value in checked.items():
        setattr(found, name, value)
    found.version += 1
    work.session.flush()
    work.audit("product.changed", "product", found.id, sku=found.sku, changes=changed)


def by_sku(work: Work, skus: Sequence[str]) -> dict[str, Product]:
    wanted = sorted({sku for sku in skus if sku})
    if not wanted:
        return {}
    return {
        row.sku: row for row in work.session.scalars(select(Product).where(Product.sku.in_(wanted)))
    }


def by_id(work: Work, ids: Sequence[str | None]) -> dict[str, Product]:
    wanted = sorted({id_ for id_ in ids if id_})
    if not wanted:
        return {}
    return {
        row.id: row for row in work.session.scalars(select(Product).where(Product.id.in_(wanted)))
    }


def _sku(work: Work, sku: str) -> str:
    kept = line(sku, "sku", longest=60, needed=True)
    if work.session.scalar(select(Product.id).where(Product.sku == kept)) is not None:
        raise Conflict("There is a product of this number already.", code="sku_taken")
    return kept


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    if unknown := set(values) - set(FIELDS):
        raise Invalid(fields={min(unknown): "There is no such field."})
    found = dict(values)
    if "name" in found:
        found["name"] = line(found["name"], "name", longest=160, needed=True)
    for name, most in (("warranty_months", MOST_MONTHS), ("returnable_days", MOST_DAYS)):
        number = found.get(name)
        if number is not None and not 0 <= number <= most:
            raise Invalid(fields={name: f"Use a whole number up to {most:,}."})
    if found.get("problem_type") == "":
        found["problem_type"] = None
    return found


def _require_desk(work: Work) -> None:
    if not permissions.works_here(work.actor):
        raise NotFound(permissions.ABSENT)
