"""Orders as they are told: kept once for each name that their shop gives them, and only going on.

Whatever is told twice, late or out of order leaves the same row. Not for proving who tells (the
doors do) nor for whose an order is (see `owners`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from msgspec import UNSET
from sqlalchemy import delete, select

from helpdesk.core.db import insert_if_absent
from helpdesk.core.errors import Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.customers.field_values import line
from helpdesk.customers.models import Customer
from helpdesk.owned import assets, owners, permissions, progress, tracking
from helpdesk.owned.events import OrderMoved
from helpdesk.owned.keys import digits_key, search_key
from helpdesk.owned.models import OrderLine, ShopOrder
from helpdesk.owned.told import LineTold, OrderTold

LONGEST = {"number": 60, "carrier": 60}


def tell_order(
    work: Work, shop: str, told: OrderTold, *, customer: Customer | None = None
) -> ShopOrder:
    """Keep what was told of an order; `customer` where the teller may say whose it is."""
    if not permissions.works_here(work.actor):
        raise Invalid("Only our own programs tell of orders.")
    _require_times(told)
    values = _values(told)
    at = min(told.told_at or told.status_at or work.at, work.at)
    order, is_new = _hold(work, shop, told, values, at)
    is_newest = at >= order.told_at
    if is_newest and not is_new:
        for name, value in values.items():
            setattr(order, name, value)
        order.told_at = at
    if told.placed_at is not None and is_newest:
        order.placed_at = min(told.placed_at, work.at)
    if is_newest:
        _name_owner(work, order, told, customer)
    before = order.status
    _move(order, told, at)
    if told.lines is not UNSET and (is_newest or is_new):
        _put_lines(work, order, told.lines)
    order.updated_at = work.at
    order.version += 0 if is_new else 1
    work.session.flush()
    assets.from_order(work, order, lines_of(work, order.id))
    if is_new or order.status != before:
        work.emit(
            OrderMoved(
                customer_id=order.customer_id, order_id=order.id, number=order.number,
                status=order.status, before=None if is_new else before,
            )
        )  # fmt: skip
    return order


def find(work: Work, shop: str, external_id: str) -> ShopOrder | None:
    """The order as its shop names it."""
    wanted = select(ShopOrder).where(ShopOrder.shop == shop, ShopOrder.external_id == external_id)
    return work.session.scalar(wanted)


def lines_of(work: Work, order_id: str) -> Sequence[OrderLine]:
    wanted = select(OrderLine).where(OrderLine.order_id == order_id)
    return work.session.scalars(wanted.order_by(OrderLine.position, OrderLine.id)).all()


def _require_times(told: OrderTold) -> None:
    for name in ("placed_at", "status_at", "told_at", "expected_on"):
        moment = getattr(told, name)
        if isinstance(moment, date) and not 1970 <= moment.year <= 2200:
            raise Invalid(fields={name: "Choose a time between 1970 and 2200."})


def _values(told: OrderTold) -> dict[str, Any]:
    """What is told, checked, of those columns that a newer word replaces."""
    found: dict[str, Any] = {}
    for name, longest in LONGEST.items():
        text = getattr(told, name)
        if text is not UNSET:
            found[name] = line(text, name, longest=longest, needed=name == "number")
    if "number" in found:
        found["number_key"] = search_key(found["number"])
        found["number_digits"] = digits_key(found["number"])
    if told.tracking_url is not UNSET:
        found["tracking_url"] = tracking.address(told.tracking_url)
    for name in ("expected_on", "currency", "total_minor"):
        if getattr(told, name) is not UNSET:
            found[name] = getattr(told, name)
    return found


def _hold(
    work: Work, shop: str, told: OrderTold, values: dict[str, Any], at: datetime
) -> tuple[ShopOrder, bool]:
    """The order's row, held; made where it is told of for the first time."""
    number = values.get("number") or line(told.external_id, "number", longest=60)
    row = {
        "id": new_id(), "shop": shop, "external_id": told.external_id, "number": number,
        "number_key": search_key(number),
        "number_digits": digits_key(number), "status": "placed", "reached": {},
        "placed_at": min(told.placed_at or at, work.at), "carrier": "", "tracking_url": "",
        "currency": "", "said_name": "", "told_at": at, "created_at": work.at,
        "updated_at": work.at, "version": 1, **values,
    }  # fmt: skip
    made = insert_if_absent(work.session, ShopOrder, row)
    order = work.session.scalars(
        select(ShopOrder)
        .where(ShopOrder.shop == shop, ShopOrder.external_id == told.external_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    return order, made


def _name_owner(work: Work, order: ShopOrder, told: OrderTold, customer: Customer | None) -> None:
    """Once somebody's, it stays theirs: a shop's later word about whose it is moves nothing, and
    brings no name or address back that was erased.
    """
    if order.customer_id is not None:
        return
    said = owners.read(work, told.customer)
    if said or told.customer.name:
        name = line(told.customer.name, "name", longest=160)
        for column, value in owners.columns(said, name).items():
            setattr(order, column, value)
    owner = customer or owners.find(work, said)
    if owner is not None:
        order.customer_id, order.organisation_id = owner.id, owner.organisation_id


def _move(order: ShopOrder, told: OrderTold, at: datetime) -> None:
    reached = dict(order.reached)
    if "placed" not in reached:
        reached["placed"] = order.placed_at.isoformat()
    status = order.status
    if told.status is not UNSET:
        since = min(told.status_at or at, at)
        status, reached = progress.advanced(status, reached, told.status, since)
    order.status, order.reached = status, reached


def _put_lines(work: Work, order: ShopOrder, told: Sequence[LineTold]) -> None:
    """The lines as they are told now. A line that stays keeps its id: returns hang on it."""
    present = {(one.sku, one.name): one for one in lines_of(work, order.id)}
    for position, one in enumerate(told):
        name = line(one.name, "name", longest=160, needed=True)
        sku = line(one.sku, "sku", longest=60)
        serials = [line(text, "serials", longest=80) for text in one.serials]
        row = present.pop((sku, name), None)
        if row is None:
            row = OrderLine(id=new_id(), order_id=order.id, sku=sku, name=name)
            work.session.add(row)
        row.position, row.quantity = position, one.quantity
        row.unit_minor, row.serials = one.unit_minor, serials
    gone = [one.id for one in present.values()]
    if gone:
        work.session.execute(delete(OrderLine).where(OrderLine.id.in_(gone)))
    work.session.flush()
