"""Tables of products, orders and things taken over, by the same functions that shops tell by.

So a second run changes only what is different, and an order never goes back. A trial checks and
counts, and tells nothing. Not for what the rows say (`imports.csv_owned`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from helpdesk.core.errors import HelpdeskError
from helpdesk.core.ids import new_id
from helpdesk.customers import records as customers
from helpdesk.customers.models import Customer
from helpdesk.imports.csv_owned import AssetRow, OrderRow, OwnedRow, ProductRow
from helpdesk.imports.records import RowProblem
from helpdesk.owned import assets, money, products, service, tracking
from helpdesk.owned.models import Asset, OrderLine, Product, ShopOrder
from helpdesk.owned.told import AssetTold, LineTold, OrderTold, Whose

if TYPE_CHECKING:
    from helpdesk.workflows.importing_rows import Batch

LONGEST_KEY = 60


class Storeroom:
    """The products, orders and things of one batch."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch

    def look_up(self, rows: list[OwnedRow]) -> None:
        """Whom the numbers of customers led to in earlier imports of the same origin."""
        named = {row.customer for row in rows if not isinstance(row, ProductRow)}
        wanted = {("person", one) for one in named if one}
        if self._batch.is_trial:
            wanted |= {(self._kind(row), self._name(row)) for row in rows}
        self._batch.recall_links(wanted)

    def take(self, row: OwnedRow) -> None:
        """RowProblem where it can't be used; then nothing of it is."""
        there = self._is_there(row)
        try:
            if isinstance(row, ProductRow):
                self._product(row)
            elif isinstance(row, OrderRow):
                self._order(row)
            else:
                self._asset(row)
        except HelpdeskError as error:
            fields = "; ".join(getattr(error, "fields", {}).values())
            raise RowProblem(fields or error.message) from error
        self._batch.tally.count(self._kind(row), "told" if there else "added")
        if self._batch.is_trial:
            self._batch.link(self._kind(row), self._name(row), new_id())

    def _product(self, row: ProductRow) -> None:
        if not self._batch.is_trial:
            products.put(self._batch.work, sku=row.sku, **row.values)

    def _order(self, row: OrderRow) -> None:
        told = self._order_told(row)
        if self._batch.is_trial:
            return
        work = self._batch.work
        order = service.tell_order(work, self._shop(), told, customer=self._customer(row.customer))
        if order.customer_id is None:
            self._batch.tally.count("order", "nobodys")

    def _order_told(self, row: OrderRow) -> OrderTold:
        held = self._find_order(row)
        currency = row.told.get("currency") or (held.currency if held else "")
        given = {name: value for name, value in row.told.items() if name != "total"}
        if "tracking_url" in given:
            given["tracking_url"] = tracking.address(given["tracking_url"])
        if "total" in row.told:
            given["total_minor"] = _amount(row.told["total"], currency, "total")
        if row.line:
            given["lines"] = self._lines(held, row.line, currency)
        return OrderTold(external_id=row.external_id, customer=_whose(row.whose), **given)

    def _lines(
        self, held: ShopOrder | None, line: Mapping[str, Any], currency: str
    ) -> list[LineTold]:
        """The lines that are there, and this row's: a row of the same product replaces its line."""
        price = line["unit_price"]
        told = LineTold(
            name=line["name"], sku=line["sku"], quantity=line["quantity"],
            unit_minor=_amount(price, currency, "price") if price else None,
            serials=line["serials"],
        )  # fmt: skip
        if held is None:
            return [told]
        work = self._batch.work
        before = [_told(one) for one in service.lines_of(work, held.id)]
        at = next((n for n, one in enumerate(before) if _same(one, told)), len(before))
        return [*before[:at], told, *before[at + 1 :]]

    def _asset(self, row: AssetRow) -> None:
        whose = _whose(row.whose)
        told = AssetTold(external_id=row.external_id, customer=whose, **row.told)
        if self._batch.is_trial:
            return
        customer = self._customer(row.customer)
        made = assets.tell_asset(self._batch.work, self._shop(), told, customer=customer)
        if made.customer_id is None:
            self._batch.tally.count("asset", "nobodys")

    def _customer(self, number: str) -> Customer | None:
        own_id = self._batch.linked("person", number)
        return customers.find(self._batch.work, own_id) if own_id else None

    def _is_there(self, row: OwnedRow) -> bool:
        if self._batch.is_trial and self._batch.known(self._kind(row), self._name(row)):
            return True
        session = self._batch.work.session
        if isinstance(row, ProductRow):
            found = session.scalar(select(Product.id).where(Product.sku == row.sku))
        elif isinstance(row, OrderRow):
            held = self._find_order(row)
            found = held.id if held is not None else None
        else:
            wanted = select(Asset.id).where(Asset.origin == self._shop())
            found = session.scalar(wanted.where(Asset.external_id == row.external_id))
        return found is not None

    def _find_order(self, row: OrderRow) -> ShopOrder | None:
        wanted = select(ShopOrder).where(ShopOrder.shop == self._shop())
        return self._batch.work.session.scalar(
            wanted.where(ShopOrder.external_id == row.external_id)
        )

    def _shop(self) -> str:
        return self._batch.run.origin[:LONGEST_KEY]

    @staticmethod
    def _kind(row: OwnedRow) -> str:
        return {ProductRow: "product", OrderRow: "order", AssetRow: "asset"}[type(row)]

    @staticmethod
    def _name(row: OwnedRow) -> str:
        return row.sku if isinstance(row, ProductRow) else row.external_id


def _whose(given: Mapping[str, str]) -> Whose:
    return Whose(**given)


def _told(row: OrderLine) -> LineTold:
    return LineTold(
        name=row.name, sku=row.sku, quantity=row.quantity, unit_minor=row.unit_minor,
        serials=list(row.serials),
    )  # fmt: skip


def _same(one: LineTold, other: LineTold) -> bool:
    return (one.sku, one.name) == (other.sku, other.name) or bool(one.sku and one.sku == other.sku)


def _amount(text: str, currency: str, what: str) -> int:
    if not currency:
        raise RowProblem(f"It says a {what} and no currency.")
    found = money.read(text, currency)
    if found is None:
        raise RowProblem(f"Its {what} is not an amount of {currency}: {text[:40]}")
    return found
