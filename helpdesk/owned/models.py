"""Tables of what customers bought and own, and of the shops that tell us.

Whose a row is, `customer_id` says; where nobody proved is known yet it is None, and the `said_`
columns hold whom the shop named, so that the row finds its customer once the address is proved.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, Sequence64, pk

NOBODYS = "customer_id IS NULL"


def _where(name: str, which: str, *columns: str) -> Index:
    wanted = text(which)
    return Index(name, *columns, postgresql_where=wanted, sqlite_where=wanted)


class Product(Base):
    """Something that is sold. `warranty_months` None: none is given; `returnable_days` None: it
    can't be sent back. `problem_type` is the key of the ticket type whose form asks about it.
    """

    __tablename__ = "product"
    __table_args__ = (Index("ix_product_list", "name", "id"),)

    id: Mapped[pk]
    sku: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(160))
    warranty_months: Mapped[int | None]
    returnable_days: Mapped[int | None]
    problem_type: Mapped[str | None] = mapped_column(String(40))
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class Shop(Base):
    """A program that tells us of orders by a signed hook; `secret` is sealed."""

    __tablename__ = "shop"

    id: Mapped[pk]
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    secret: Mapped[str] = mapped_column(Text)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    heard_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class ShopMessage(Base):
    """A hook of a shop as it came. `state` waiting, done, or failed with the `reason`."""

    __tablename__ = "shop_message"
    __table_args__ = (
        Index("uq_shop_message_once", "shop_id", "message_id", unique=True),
        Index("ix_shop_message_list", "shop_id", "received_at", "id"),
    )

    id: Mapped[pk]
    shop_id: Mapped[str] = mapped_column(Id, ForeignKey("shop.id"))
    message_id: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    reason: Mapped[str] = mapped_column(String(300), default="")
    order_id: Mapped[str | None] = mapped_column(Id)


class ShopOrder(Base):
    """An order as its shop told it. `shop` and `external_id` name it for the shop, `number` for
    people. `reached` holds when each status was reached; `told_at` is the shop's own time of the
    newest word. Amounts are whole minor units of `currency`.
    """

    __tablename__ = "shop_order"
    __table_args__ = (
        Index("uq_shop_order_external", "shop", "external_id", unique=True),
        Index("ix_shop_order_customer", "customer_id", "placed_at", "id"),
        _where(
            "ix_shop_order_organisation", "organisation_id IS NOT NULL",
            "organisation_id", "placed_at", "id",
        ),
        Index("ix_shop_order_list", "placed_at", "id"),
        Index("ix_shop_order_number", "number_key"),
        _where("ix_shop_order_digits", "number_digits <> ''", "number_digits"),
        _where("ix_shop_order_nobodys", NOBODYS, "placed_at", "id"),
        _where("ix_shop_order_said_email", NOBODYS, "said_email"),
        _where("ix_shop_order_said_phone", NOBODYS, "said_phone"),
        _where("ix_shop_order_said_external", NOBODYS, "said_external"),
    )  # fmt: skip

    id: Mapped[pk]
    shop: Mapped[str] = mapped_column(String(60))
    external_id: Mapped[str] = mapped_column(String(120))
    number: Mapped[str] = mapped_column(String(60))
    number_key: Mapped[str] = mapped_column(String(60))
    number_digits: Mapped[str] = mapped_column(String(20), default="")  # what callers press
    customer_id: Mapped[str | None] = mapped_column(Id)
    organisation_id: Mapped[str | None] = mapped_column(Id)
    said_name: Mapped[str] = mapped_column(String(160), default="")
    said_email: Mapped[str | None] = mapped_column(String(254))
    said_phone: Mapped[str | None] = mapped_column(String(20))
    said_external: Mapped[str | None] = mapped_column(String(254))
    status: Mapped[str] = mapped_column(String(20))
    reached: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    placed_at: Mapped[datetime]
    expected_on: Mapped[date | None]
    carrier: Mapped[str] = mapped_column(String(60), default="")
    tracking_url: Mapped[str] = mapped_column(String(500), default="")
    currency: Mapped[str] = mapped_column(String(3), default="")
    total_minor: Mapped[int | None] = mapped_column(Sequence64)
    told_at: Mapped[datetime]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class OrderLine(Base):
    __tablename__ = "shop_order_line"
    __table_args__ = (Index("ix_shop_order_line_list", "order_id", "position", "id"),)

    id: Mapped[pk]
    order_id: Mapped[str] = mapped_column(Id, ForeignKey("shop_order.id"))
    position: Mapped[int]
    sku: Mapped[str] = mapped_column(String(60), default="")
    name: Mapped[str] = mapped_column(String(160))
    quantity: Mapped[int] = mapped_column(default=1)
    unit_minor: Mapped[int | None] = mapped_column(Sequence64)
    serials: Mapped[list[str]] = mapped_column(Json, default=list)


class Asset(Base):
    """One thing that a customer has: where it stands (`place`), since when, and how long we vouch
    for it. `state` in_use, replaced (by `replaced_by_id`) or retired.
    """

    __tablename__ = "asset"
    __table_args__ = (
        Index("ix_asset_customer", "customer_id", "created_at", "id"),
        _where(
            "ix_asset_organisation", "organisation_id IS NOT NULL",
            "organisation_id", "created_at", "id",
        ),
        Index("ix_asset_list", "created_at", "id"),
        Index("ix_asset_serial", "serial_key"),
        Index("ix_asset_order", "order_id"),
        Index(
            "uq_asset_external", "origin", "external_id", unique=True,
            postgresql_where=text("external_id IS NOT NULL"),
            sqlite_where=text("external_id IS NOT NULL"),
        ),
        _where("ix_asset_nobodys", NOBODYS, "created_at", "id"),
        _where("ix_asset_said_email", NOBODYS, "said_email"),
        _where("ix_asset_said_phone", NOBODYS, "said_phone"),
        _where("ix_asset_said_external", NOBODYS, "said_external"),
    )  # fmt: skip

    id: Mapped[pk]
    customer_id: Mapped[str | None] = mapped_column(Id)
    organisation_id: Mapped[str | None] = mapped_column(Id)
    said_name: Mapped[str] = mapped_column(String(160), default="")
    said_email: Mapped[str | None] = mapped_column(String(254))
    said_phone: Mapped[str | None] = mapped_column(String(20))
    said_external: Mapped[str | None] = mapped_column(String(254))
    product_id: Mapped[str | None] = mapped_column(Id, ForeignKey("product.id"))
    name: Mapped[str] = mapped_column(String(160))
    serial: Mapped[str] = mapped_column(String(80), default="")
    serial_key: Mapped[str] = mapped_column(String(80), default="")
    order_id: Mapped[str | None] = mapped_column(Id)
    origin: Mapped[str] = mapped_column(String(60), default="")
    external_id: Mapped[str | None] = mapped_column(String(120))
    purchased_on: Mapped[date | None]
    warranty_until: Mapped[date | None]
    place: Mapped[str] = mapped_column(String(300), default="")
    state: Mapped[str] = mapped_column(String(10), default="in_use")
    replaced_by_id: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class AssetChange(Base):
    """A line of a thing's history; `changes` {field: [before, after]}."""

    __tablename__ = "asset_change"
    __table_args__ = (Index("ix_asset_change_list", "asset_id", "seq"),)

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True, autoincrement=True)
    asset_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(20))
    changes: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class TicketAbout(Base):
    """What a ticket is about: `subject` order or asset."""

    __tablename__ = "ticket_about"
    __table_args__ = (Index("ix_ticket_about_subject", "subject_id", "ticket_id"),)

    ticket_id: Mapped[str] = mapped_column(Id, primary_key=True)
    subject_id: Mapped[str] = mapped_column(Id, primary_key=True)
    subject: Mapped[str] = mapped_column(String(6))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
