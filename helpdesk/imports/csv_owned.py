"""What the columns of tables of products, orders and things mean. Pure.

A row of orders is one line of one order: rows of the same number there add their lines. Whose a row
is says an address that is proved here, or the number that the customer had in the same system. Not
for guessing columns nor for other tables (see `csv_rows`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from helpdesk.imports import records
from helpdesk.imports.records import RowProblem

Cell = Callable[[str], str]

FIELDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "products_csv": (
        ("sku", "Product number"),
        ("name", "Name"),
        ("warranty_months", "Warranty in months"),
        ("returnable_days", "Days to return it"),
    ),
    "orders_csv": (
        ("external_id", "Order number"),
        ("status", "Status"),
        ("placed_at", "Ordered on"),
        ("expected_on", "Expected on"),
        ("carrier", "Carrier"),
        ("tracking_url", "Tracking link"),
        ("currency", "Currency"),
        ("total", "Total"),
        ("sku", "Product number"),
        ("product", "Product"),
        ("quantity", "Quantity"),
        ("unit_price", "Price each"),
        ("serial", "Serial number"),
        ("email", "Customer's e-mail"),
        ("phone", "Customer's phone"),
        ("customer", "Customer's number there"),
        ("customer_name", "Customer's name"),
    ),
    "assets_csv": (
        ("external_id", "Number there"),
        ("name", "Name"),
        ("sku", "Product number"),
        ("serial", "Serial number"),
        ("purchased_on", "Bought on"),
        ("warranty_until", "Warranty until"),
        ("place", "Where it stands"),
        ("email", "Customer's e-mail"),
        ("phone", "Customer's phone"),
        ("customer", "Customer's number there"),
        ("customer_name", "Customer's name"),
    ),
}
NEEDED: Mapping[str, tuple[tuple[str, ...], str]] = {
    "products_csv": (("sku", "name"), ""),
    "orders_csv": (("external_id",), ""),
    "assets_csv": ((), "serial external_id"),
}
WORDS: Mapping[str, str] = {
    "external_id": "external_id order_number order_id order bestellnummer asset_id id number",
    "name": "name product_name title asset asset_name bezeichnung",
    "sku": "sku product_number article_number item_number product_id artikelnummer",
    "warranty_months": "warranty_months warranty garantie garantie_monate",
    "returnable_days": "returnable_days return_days returnable rueckgabetage",
    "status": "status order_status fulfillment_status state",
    "placed_at": "placed_at ordered_at order_date created_at date bestelldatum",
    "expected_on": "expected_on expected_delivery delivery_date eta lieferdatum",
    "carrier": "carrier shipping_carrier versand",
    "tracking_url": "tracking_url tracking_link tracking sendungsverfolgung",
    "currency": "currency waehrung",
    "total": "total order_total amount grand_total summe",
    "product": "product product_name item lineitem_name line_item artikel",
    "quantity": "quantity qty lineitem_quantity menge",
    "unit_price": "unit_price price lineitem_price preis",
    "serial": "serial serial_number sn seriennummer",
    "customer": "customer_id customer_number customer kundennummer",
    "customer_name": "customer_name billing_name shipping_name kunde",
    "purchased_on": "purchased_on purchase_date bought_on kaufdatum",
    "warranty_until": "warranty_until warranty_end warranty_expires garantie_bis",
    "place": "place location site address standort",
}
_STATUSES: Mapping[str, str] = {
    "new": "placed", "open": "placed", "pending": "placed", "ordered": "placed",
    "paid": "confirmed", "processing": "confirmed", "accepted": "confirmed",
    "ready": "packed", "sent": "shipped", "fulfilled": "shipped", "in_transit": "shipped",
    "complete": "delivered", "completed": "delivered", "canceled": "cancelled",
    "refunded": "returned",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProductRow:
    """`values` are those that the table has columns for."""

    sku: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OrderRow:
    """`told` are fields of an order as `helpdesk.owned.told` names them, amounts still as text."""

    external_id: str
    told: Mapping[str, Any]
    line: Mapping[str, Any]
    whose: Mapping[str, str]
    customer: str = ""


@dataclass(frozen=True, slots=True)
class AssetRow:
    external_id: str
    told: Mapping[str, Any]
    whose: Mapping[str, str]
    customer: str = ""


OwnedRow = ProductRow | OrderRow | AssetRow


def read(format: str, cell: Cell, mapping: Mapping[str, int], now: datetime) -> OwnedRow:
    """One row; RowProblem where it can't be used."""
    if format == "products_csv":
        return _product(cell, mapping, now)
    return _order(cell, mapping, now) if format == "orders_csv" else _asset(cell, mapping, now)


def _product(cell: Cell, mapping: Mapping[str, int], now: datetime) -> ProductRow:
    values: dict[str, Any] = {"name": _line(cell, "name", 160, needed=True)}
    for name in ("warranty_months", "returnable_days"):
        if name in mapping:
            values[name] = _whole(cell(name), name.replace("_", " ")) if cell(name) else None
    return ProductRow(_line(cell, "sku", 60, needed=True), values)


def _order(cell: Cell, mapping: Mapping[str, int], now: datetime) -> OrderRow:
    currency = cell("currency").upper()
    if currency and not re.fullmatch("[A-Z]{3}", currency):
        raise RowProblem(f"Its currency is not a code like EUR: {currency[:20]}")
    told: dict[str, Any] = {"currency": currency} if currency else {}
    placed = records.instant(cell("placed_at"), "day of order", now, day_first=True)
    if placed is not None:
        told["placed_at"] = placed
    if cell("status"):
        told["status"] = _status(cell("status"))
    if cell("expected_on"):
        told["expected_on"] = _day(cell("expected_on"), "expected day")
    for name, longest in (("carrier", 60), ("tracking_url", 500)):
        if cell(name):
            told[name] = _line(cell, name, longest)
    if cell("total"):
        told["total"] = cell("total")[:40]
    line: dict[str, Any] = {}
    if cell("product") or cell("sku"):
        line = {
            "name": _line(cell, "product", 160) or _line(cell, "sku", 60),
            "sku": _line(cell, "sku", 60),
            "quantity": _whole(cell("quantity"), "quantity", least=1) if cell("quantity") else 1,
            "unit_price": cell("unit_price")[:40],
            "serials": [one for one in re.split(r"[;,]\s*", _line(cell, "serial", 500)) if one],
        }
    number = records.needed(records.identity(cell("external_id")), "It has no order number.")
    return OrderRow(number, told, line, _whose(cell), records.identity(cell("customer")))


def _asset(cell: Cell, mapping: Mapping[str, int], now: datetime) -> AssetRow:
    told: dict[str, Any] = {}
    for name, longest in (("name", 160), ("sku", 60), ("serial", 80), ("place", 300)):
        if cell(name):
            told[name] = _line(cell, name, longest)
    for name, what in (("purchased_on", "day of purchase"), ("warranty_until", "warranty")):
        if cell(name):
            told[name] = _day(cell(name), what)
    external_id = records.identity(cell("external_id")) or told.get("serial", "")
    external_id = records.needed(external_id, "It has neither a number nor a serial number.")
    if not (told.get("name") or told.get("sku")):
        raise RowProblem("It says neither a name nor a product number.")
    return AssetRow(external_id, told, _whose(cell), records.identity(cell("customer")))


def _whose(cell: Cell) -> dict[str, str]:
    return {
        "email": (records.emails([cell("email")]) or ("",))[0],
        "phone": cell("phone")[:60],
        "name": _line(cell, "customer_name", 160),
    }


def _line(cell: Cell, name: str, longest: int, *, needed: bool = False) -> str:
    what = name.replace("_", " ")
    kept = records.line(cell(name), what, longest)
    return records.needed(kept, f"It has no {what}.") if needed else kept


def _status(text: str) -> str:
    word = re.sub(r"[^a-z]+", "_", text.lower()).strip("_")
    known = (
        "placed", "confirmed", "packed", "shipped", "out_for_delivery", "delivered", "cancelled",
        "returned",
    )  # fmt: skip
    found = word if word in known else _STATUSES.get(word)
    if found is None:
        raise RowProblem(f"Its status is not known here: {text[:40]}")
    return found


def _whole(text: str, what: str, *, least: int = 0) -> int:
    if not (text.isascii() and text.isdigit() and least <= int(text[:9]) and len(text) < 7):
        raise RowProblem(f"Its {what} is not a whole number: {text[:40]}")
    return int(text)


def _day(text: str, what: str) -> date:
    for shape in ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"):
        try:
            return datetime.strptime(text[:10], shape).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    raise RowProblem(f"Its {what} is not a day: {text[:40]}")
