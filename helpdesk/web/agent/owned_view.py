"""What a customer has bought and owns, as the desk shows it: beside the card, on a ticket, alone.

Not for changing any of it (see `owned`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from helpdesk.core.work import Work
from helpdesk.customers.models import ContactPoint, Customer
from helpdesk.owned import about, money, owners, queries
from helpdesk.owned.entitlement import Verdict
from helpdesk.owned.models import AssetChange, ShopOrder
from helpdesk.owned.queries import LineOf, OwnedThing
from helpdesk.tickets import permissions as tickets
from helpdesk.tickets.models import Ticket

SHOWN = 5
TONES = {"delivered": "success", "cancelled": "quiet", "returned": "quiet"}
ICONS = {"success": "check", "quiet": "circle-off", "info": "truck"}
FIELDS = {
    "name": "Name", "serial": "Serial number", "purchased_on": "Bought",
    "warranty_until": "Warranty until", "place": "Place", "state": "State", "product_id": "Product",
}  # fmt: skip


def tone(order: ShopOrder) -> str:
    return TONES.get(order.status, "info")


def status_word(status: str) -> str:
    return status.replace("_", " ").capitalize()


def verdict_words(it: Verdict) -> str:
    until = f"{it.until:%-d %b %Y}" if it.until else ""
    return {
        "covered": f"In warranty until {until} ({days_words(it.days_left)})",
        "ended": f"Out of warranty since {until}",
        "none_given": "No warranty is given",
        "unknown": "Day of purchase unknown",
        "not_in_use": "Not in use",
    }[it.code]


def days_words(days: int) -> str:
    if days >= 60:
        return f"{days // 30} months left"
    if days == 0:
        return "the last day"
    return "1 day left" if days == 1 else f"{days} days left"


def amount(minor: int | None, currency: str) -> str:
    return money.shown(minor, currency) if minor is not None and currency else ""


def day_words(on: date | None) -> str:
    return f"{on:%-d %b %Y}" if on else ""


def change_words(one: AssetChange) -> str:
    if one.kind == "added":
        return "Added"
    told = [
        f"{FIELDS.get(name, name)}: {before or '–'} → {after or '–'}"
        for name, (before, after) in one.changes.items()
    ]
    return "; ".join(told)


class Speaks:
    """Words for templates that have a view at hand."""

    tone = staticmethod(tone)
    status = staticmethod(status_word)
    verdict = staticmethod(verdict_words)
    amount = staticmethod(amount)
    day = staticmethod(day_words)
    icons = ICONS


@dataclass(frozen=True, slots=True)
class OwnedOf(Speaks):
    """`perhaps` are nobody's orders that name an address of this record, unproved."""

    orders: Sequence[ShopOrder]
    things: Sequence[OwnedThing]
    perhaps: Sequence[ShopOrder]
    more_orders: bool = False
    more_things: bool = False

    @property
    def count(self) -> int:
        return len(self.orders) + len(self.things) + len(self.perhaps)


@dataclass(frozen=True, slots=True)
class AboutOf(Speaks):
    """What a ticket is about: orders with their lines, things with their verdicts."""

    orders: Sequence[tuple[ShopOrder, Sequence[LineOf]]] = ()
    things: Sequence[OwnedThing] = ()

    @property
    def count(self) -> int:
        return len(self.orders) + len(self.things)


def of_customer(work: Work, customer_id: str, points: Collection[ContactPoint]) -> OwnedOf:
    orders = queries.page_of_orders(work, customer_id=customer_id, limit=SHOWN)
    assets = queries.page_of_assets(work, customer_id=customer_id, limit=SHOWN)
    return OwnedOf(
        orders.items,
        queries.things(work, assets.items, work.at.date()),
        owners.maybe_among(work, [(one.kind, one.value) for one in points]),
        orders.next_cursor is not None,
        assets.next_cursor is not None,
    )


def of_ticket(work: Work, ticket_id: str) -> AboutOf:
    found = about.of_ticket(work, ticket_id)
    if not found:
        return AboutOf()
    today = work.at.date()
    lines = queries.lines_of(work, found.orders, today)
    orders = [(one, lines[one.id]) for one in found.orders]
    return AboutOf(orders, queries.things(work, found.assets, today))


def tickets_about(work: Work, subject_id: str) -> Sequence[Ticket]:
    """Those that the reader sees, the newest first."""
    ids = about.tickets_of(work, subject_id)
    if not ids:
        return ()
    wanted = tickets.visible(work.actor, select(Ticket).where(Ticket.id.in_(ids)))
    return work.session.scalars(wanted.order_by(Ticket.opened_at.desc())).all()


def owner_names(work: Work, ids: Collection[str]) -> dict[str, str]:
    """Names for a list, in one statement."""
    rows = select(Customer.id, Customer.name).where(Customer.id.in_(sorted(ids)))
    return {row.id: row.name for row in work.session.execute(rows)} if ids else {}


def owner_name(work: Work, customer_id: str | None) -> str:
    row = work.session.get(Customer, customer_id) if customer_id else None
    return row.name if row is not None else ""
