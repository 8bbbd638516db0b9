"""Things that customers have: added, told of again, changed by hand, each change with its history.

Serials that stand on an order's line become things of that order's customer by themselves. Not for
whether we vouch for one (see `entitlement`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from msgspec import UNSET
from sqlalchemy import select

from helpdesk.core.db import insert_if_absent
from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.customers import permissions as customers
from helpdesk.customers.field_values import line
from helpdesk.customers.models import Customer
from helpdesk.owned import owners, permissions
from helpdesk.owned.events import AssetAdded, AssetChanged
from helpdesk.owned.keys import search_key
from helpdesk.owned.models import Asset, AssetChange, OrderLine, Product, ShopOrder
from helpdesk.owned.told import AssetTold

STATES = ("in_use", "replaced", "retired")
LONGEST = {"name": 160, "serial": 80, "place": 300}
FIELDS = ("name", "serial", "purchased_on", "warranty_until", "place", "state", "product_id")
BY_ORDER = "order"
OWN = "desk"


def tell_asset(
    work: Work, origin: str, told: AssetTold, *, customer: Customer | None = None
) -> Asset:
    """Keep what was told of a thing; the same name of the same origin is the same thing."""
    if not permissions.works_here(work.actor):
        raise Invalid("Only our own programs tell of things.")
    product = product_of(work, told.sku if told.sku is not UNSET else "")
    values = {
        name: getattr(told, name)
        for name in FIELDS
        if name != "product_id" and getattr(told, name) is not UNSET
    }
    if product is not None:
        values["product_id"] = product.id
    asset = _find_told(work, origin, told.external_id)
    said = owners.read(work, told.customer)
    owner = customer or owners.find(work, said)
    if asset is None:
        name = values.pop("name", None) or (product.name if product else "")
        named = owners.columns(said, line(told.customer.name, "name", longest=160))
        made = _new(
            work, owner, name=name, origin=origin, external_id=told.external_id,
            **named, **_checked(work, values),
        )  # fmt: skip
        if made is not None:
            return made
        asset = _find_told(work, origin, told.external_id)
        assert asset is not None
    if asset.customer_id is None and owner is not None:
        asset.customer_id, asset.organisation_id = owner.id, owner.organisation_id
    _change(work, asset, _checked(work, values), "told")
    return asset


def add(work: Work, customer_id: str, **values: Any) -> Asset:
    """A colleague writes down what a customer has."""
    customer = customers.get_customer(work, customer_id)
    name = values.pop("name", "")
    if not name and values.get("product_id"):
        product = work.session.get(Product, values["product_id"])
        name = product.name if product is not None else ""
    made = _new(work, customer, name=name, origin=OWN, **_checked(work, values))
    assert made is not None
    work.audit("asset.added", "asset", made.id, name=made.name, customer_id=customer.id)
    return made


def change(work: Work, asset_id: str, *, version: int, changes: Mapping[str, Any]) -> Asset:
    asset = permissions.get_asset(work, asset_id, lock=True)
    if asset.version != version:
        raise Conflict("Somebody changed this meanwhile. Look again and repeat.", code="stale")
    if unknown := set(changes) - set(FIELDS):
        raise Invalid(fields={min(unknown): "This can't be changed."})
    before = {name: _plain(getattr(asset, name)) for name in changes}
    if _change(work, asset, _checked(work, changes), "changed"):
        after = {name: _plain(getattr(asset, name)) for name in changes}
        work.audit("asset.changed", "asset", asset.id, before=before, after=after)
    return asset


def from_order(work: Work, order: ShopOrder, lines: Sequence[OrderLine]) -> None:
    """Serials on the lines are things; those of an order that came to nothing are not in use."""
    wanted = {serial: one for one in lines for serial in one.serials if search_key(serial)}
    if not wanted:
        return
    known = work.session.scalars(select(Asset).where(Asset.order_id == order.id)).all()
    by_key = {one.serial_key: one for one in known}
    over = order.status in ("cancelled", "returned")
    bought = order.placed_at.date()
    owner = work.session.get(Customer, order.customer_id) if order.customer_id else None
    for serial, one in wanted.items():
        held = by_key.get(search_key(serial))
        product = product_of(work, one.sku)
        if held is not None:
            if over and held.state == "in_use":
                _change(work, held, {"state": "retired"}, "told")
            if owner is not None and held.customer_id is None:
                held.customer_id, held.organisation_id = owner.id, owner.organisation_id
            continue
        said = {name: getattr(order, name) for name in ("said_name", *owners.SAID.values())}
        _new(
            work, owner, name=one.name, origin=f"{BY_ORDER}:{order.shop}"[:60],
            external_id=f"{order.id}:{search_key(serial)}"[:120], serial=serial,
            product_id=product.id if product else None, order_id=order.id, purchased_on=bought,
            state="retired" if over else "in_use", **said,
        )  # fmt: skip


def product_of(work: Work, sku: str) -> Product | None:
    return work.session.scalar(select(Product).where(Product.sku == sku)) if sku else None


def _find_told(work: Work, origin: str, external_id: str) -> Asset | None:
    return work.session.scalar(
        select(Asset)
        .where(Asset.origin == origin, Asset.external_id == external_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _new(
    work: Work, owner: Customer | None, *, name: str, origin: str, **values: Any
) -> Asset | None:
    """None where the same was told at the same moment."""
    row = {
        "id": new_id(), "name": line(name, "name", longest=160, needed=True), "origin": origin,
        "customer_id": owner.id if owner else None,
        "organisation_id": owner.organisation_id if owner else None,
        "serial": "", "place": "", "state": "in_use", "said_name": "", "created_at": work.at,
        "updated_at": work.at, "version": 1, **values,
    }  # fmt: skip
    row["serial_key"] = search_key(str(row["serial"]))
    if not insert_if_absent(work.session, Asset, row):
        return None
    made = work.session.get_one(Asset, row["id"])
    _note(work, made, "added", {})
    work.emit(AssetAdded(customer_id=made.customer_id, asset_id=made.id, name=made.name))
    return made


def _change(work: Work, asset: Asset, values: Mapping[str, Any], kind: str) -> bool:
    changed = {
        name: [_plain(getattr(asset, name)), _plain(value)]
        for name, value in values.items()
        if getattr(asset, name) != value
    }
    if not changed:
        return False
    for name in changed:
        setattr(asset, name, values[name])
    asset.serial_key = search_key(asset.serial)
    asset.updated_at = work.at
    asset.version += 1
    work.session.flush()
    _note(work, asset, kind, changed)
    work.emit(AssetChanged(customer_id=asset.customer_id, asset_id=asset.id, version=asset.version))
    return True


def _checked(work: Work, values: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(values)
    for name, longest in LONGEST.items():
        if name in found:
            found[name] = line(found[name], name, longest=longest, needed=name == "name")
    if found.get("state", "in_use") not in STATES:
        raise Invalid(fields={"state": "Choose how it stands."})
    for name in ("purchased_on", "warranty_until"):
        day = found.get(name)
        if day is not None and not date(1950, 1, 1) <= day <= date(2200, 1, 1):
            raise Invalid(fields={name: "Choose a day between 1950 and 2200."})
    product_id = found.get("product_id")
    if product_id and work.session.get(Product, product_id) is None:
        raise Invalid(fields={"product_id": "There is no such product."})
    return found


def _note(work: Work, asset: Asset, kind: str, changes: Mapping[str, Any]) -> None:
    work.insert_later(
        AssetChange,
        asset_id=asset.id, at=work.at, actor=work.actor.label, kind=kind, changes=dict(changes),
    )  # fmt: skip


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
