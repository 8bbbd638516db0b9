"""Reads for screens: orders and things of a customer, of nobody, by number, with their verdicts.

Lists page by keyset; what a page of rows needs beside them is read in a statement each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, select

from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.owned import entitlement, permissions, products
from helpdesk.owned.entitlement import Verdict
from helpdesk.owned.keys import search_key
from helpdesk.owned.models import Asset, AssetChange, OrderLine, Product, ShopOrder

MOST_FOUND = 5
MOST_CHANGES = 50


@dataclass(frozen=True, slots=True)
class OwnedThing:
    """A thing with its product and whether we vouch for it today."""

    asset: Asset
    product: Product | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class LineOf:
    """A line of an order; `verdict` None: nothing was promised of what it names."""

    line: OrderLine
    product: Product | None
    verdict: Verdict | None


def page_of_orders(
    work: Work,
    *,
    customer_id: str = "",
    number: str = "",
    nobodys: bool = False,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page[ShopOrder]:
    """Those the actor sees, the newest first."""
    wanted = permissions.visible(work.actor, select(ShopOrder), ShopOrder)
    if customer_id:
        wanted = wanted.where(ShopOrder.customer_id == customer_id)
    if number:
        wanted = wanted.where(ShopOrder.number_key == search_key(number))
    if nobodys:
        wanted = wanted.where(ShopOrder.customer_id.is_(None))
    return orders(work, wanted, cursor=cursor, limit=limit)


def orders(
    work: Work, wanted: Select[Any], *, cursor: str | None, limit: int | None
) -> Page[ShopOrder]:
    most = clamp_limit(limit)
    columns = (ShopOrder.placed_at.expression, ShopOrder.id.expression)
    rows = work.session.scalars(keyset(wanted, columns, cursor=cursor, limit=most)).all()
    return cut(rows, most, lambda row: [row.placed_at, row.id])


def page_of_assets(
    work: Work,
    *,
    customer_id: str = "",
    serial: str = "",
    cursor: str | None = None,
    limit: int | None = None,
) -> Page[Asset]:
    wanted = permissions.visible(work.actor, select(Asset), Asset)
    if customer_id:
        wanted = wanted.where(Asset.customer_id == customer_id)
    if serial:
        wanted = wanted.where(Asset.serial_key == search_key(serial))
    return assets(work, wanted, cursor=cursor, limit=limit)


def assets(
    work: Work, wanted: Select[Any], *, cursor: str | None, limit: int | None
) -> Page[Asset]:
    most = clamp_limit(limit)
    columns = (Asset.created_at.expression, Asset.id.expression)
    rows = work.session.scalars(keyset(wanted, columns, cursor=cursor, limit=most)).all()
    return cut(rows, most, lambda row: [row.created_at, row.id])


def found(work: Work, number: str) -> tuple[Sequence[ShopOrder], Sequence[Asset]]:
    """Orders of this number and things of this serial, whatever blanks and dashes were typed."""
    key = search_key(number)
    if len(key) < 3 or len(key) > 80:
        return (), ()
    by_number = select(ShopOrder).where(ShopOrder.number_key == key)
    by_serial = select(Asset).where(Asset.serial_key == key)
    return (
        work.session.scalars(
            permissions.visible(work.actor, by_number, ShopOrder)
            .order_by(ShopOrder.placed_at.desc())
            .limit(MOST_FOUND)
        ).all(),
        work.session.scalars(
            permissions.visible(work.actor, by_serial, Asset)
            .order_by(Asset.created_at.desc())
            .limit(MOST_FOUND)
        ).all(),
    )


def things(work: Work, rows: Sequence[Asset], today: date) -> list[OwnedThing]:
    known = products.by_id(work, [row.product_id for row in rows])
    return [_thing(row, known.get(row.product_id or ""), today) for row in rows]


def lines_of(work: Work, wanted: Sequence[ShopOrder], today: date) -> dict[str, list[LineOf]]:
    """The lines of these orders, by order."""
    by_id = {order.id: order for order in wanted}
    statement = select(OrderLine).where(OrderLine.order_id.in_(sorted(by_id)))
    ordered = statement.order_by(OrderLine.order_id, OrderLine.position, OrderLine.id)
    rows = work.session.scalars(ordered).all() if by_id else []
    known = products.by_sku(work, [row.sku for row in rows])
    told: dict[str, list[LineOf]] = {order.id: [] for order in wanted}
    for row in rows:
        product = known.get(row.sku)
        checked = _vouched(by_id[row.order_id], product, today)
        told[row.order_id].append(LineOf(row, product, checked))
    return told


def order_of(work: Work, asset: Asset) -> ShopOrder | None:
    """The order that a thing came with, where the actor sees it."""
    wanted = select(ShopOrder).where(ShopOrder.id == asset.order_id)
    statement = permissions.visible(work.actor, wanted, ShopOrder)
    return work.session.scalar(statement) if asset.order_id else None


def of_order(work: Work, order_id: str) -> Sequence[Asset]:
    wanted = select(Asset).where(Asset.order_id == order_id).order_by(Asset.created_at, Asset.id)
    return work.session.scalars(wanted.limit(100)).all()


def changes_of(work: Work, asset_id: str) -> Sequence[AssetChange]:
    """A thing's history, the newest first."""
    wanted = select(AssetChange).where(AssetChange.asset_id == asset_id)
    return work.session.scalars(wanted.order_by(AssetChange.seq.desc()).limit(MOST_CHANGES)).all()


def _thing(row: Asset, product: Product | None, today: date) -> OwnedThing:
    checked = entitlement.verdict(
        today,
        purchased_on=row.purchased_on,
        warranty_months=product.warranty_months if product else None,
        warranty_until=row.warranty_until,
        in_use=row.state == "in_use",
    )
    return OwnedThing(row, product, checked)


def _vouched(order: ShopOrder, product: Product | None, today: date) -> Verdict | None:
    if product is None or order.status in ("cancelled", "returned"):
        return None
    return entitlement.verdict(
        today,
        purchased_on=order.placed_at.date(),
        warranty_months=product.warranty_months,
    )
