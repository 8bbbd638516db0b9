"""What the demo company has sold to its portal customers: products, orders, things, one return on
its way and one complaint. Not for the letters (see `letters`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from helpdesk.core.actors import Actor
from helpdesk.customers import records
from helpdesk.demo.clientele import Client
from helpdesk.demo.history_work import DEMO, HistoryWork
from helpdesk.owned import assets, products, service
from helpdesk.owned.models import Product, ShopOrder
from helpdesk.owned.told import LineTold, OrderTold, Status
from helpdesk.workflows import complaining, returning

SHOP = "nordlicht-shop"
CATALOGUE = (
    ("WB-11", "Wallbox 11 kW", 36, 30),
    ("TH-2", "Smart thermostat", 24, 30),
    ("HP-8", "Heat pump 8 kW", 60, None),
    ("CAB-5", "Charging cable, 5 m", 24, 14),
)
PRICES = {"WB-11": 64_900, "TH-2": 7_990, "HP-8": 849_000, "CAB-5": 12_900}


def furnish(work: HistoryWork, clients: Sequence[Client]) -> None:
    """Orders in several states for the two who sign in."""
    work.act_as(DEMO)
    known = {row[0]: _product(work, *row) for row in CATALOGUE}
    greta, stefan = clients
    _order(work, greta, "N-20417", known, ("TH-2", 3, ""), days=9, status="delivered")
    _order(work, greta, "N-20688", known, ("CAB-5", 1, ""), days=2, status="shipped")
    _order(work, greta, "N-18120", known, ("WB-11", 1, "WB11-0047"), days=410, status="delivered")
    _order(work, stefan, "N-17002", known, ("HP-8", 1, "HP8-1932"), days=820, status="delivered")
    ended = work.at.date() - timedelta(days=200)
    boiler = {"name": "Gas boiler", "serial": "GB-77120", "place": "Cellar, Hafenstraße 4"}
    assets.add(work, greta.customer_id, **boiler, warranty_until=ended)
    _return(work, greta, "N-20417")
    _complain(work, stefan)
    work.act_as(DEMO)


def _product(work: HistoryWork, sku: str, name: str, months: int, days: int | None) -> Product:
    return products.add(work, sku=sku, name=name, warranty_months=months, returnable_days=days)


def _order(
    work: HistoryWork,
    client: Client,
    number: str,
    known: dict[str, Product],
    bought: tuple[str, int, str],
    *,
    days: int,
    status: str,
) -> ShopOrder:
    sku, pieces, serial = bought
    placed = (work.at - timedelta(days=days)).replace(hour=8, minute=12)
    total = PRICES[sku] * pieces
    line = LineTold(
        name=known[sku].name, sku=sku, quantity=pieces, unit_minor=PRICES[sku],
        serials=[serial] if serial else [],
    )  # fmt: skip
    order = None
    steps: tuple[Status, ...] = ("placed", "confirmed", "shipped", "delivered")
    for step, hours in zip(steps, (0, 2, 26, 50), strict=True):
        told = OrderTold(
            external_id=number, number=number, status=step, placed_at=placed,
            status_at=placed + timedelta(hours=hours), told_at=placed + timedelta(hours=hours),
            currency="EUR", total_minor=total, lines=[line], carrier="Nordpost",
            tracking_url=f"https://nordpost.example/{number}",
            expected_on=(placed + timedelta(days=4)).date(),
        )  # fmt: skip
        owner = records.find(work, client.customer_id)
        order = service.tell_order(work, SHOP, told, customer=owner)
        if step == status:
            break
    assert order is not None
    return order


def _return(work: HistoryWork, client: Client, number: str) -> None:
    order = service.find(work, SHOP, number)
    assert order is not None
    lines = returning.offered(work, order)
    work.act_as(_themselves(client))
    returning.ask(
        work, order, quantities={lines[0].line.line.id: 1}, reason="faulty", wish="replacement",
        text="One of the three does not connect any more, the other two are fine.",
    )  # fmt: skip


def _complain(work: HistoryWork, client: Client) -> None:
    work.act_as(_themselves(client))
    complaining.open_by_customer(
        work,
        customer_id=client.customer_id,
        text="Your technician was announced for the second time and did not come. I took a day "
        "off for each. I would like an appointment that holds, and the two days made good.",
    )


def _themselves(client: Client) -> Actor:
    return Actor("visitor", "portal", customer_id=client.customer_id)
