"""What is told of an order or a thing, by a shop's hook, a program or a table: shapes and bounds.

Fields that nobody knows are passed over here; the API refuses them at its own door. What is not
told (UNSET) stays as it was. Not for what it changes (see `service` and `assets`).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from helpdesk.owned.money import MOST_MINOR

MOST_LINES = 200
Status = Literal[
    "placed", "confirmed", "packed", "shipped", "out_for_delivery", "delivered", "cancelled",
    "returned",
]  # fmt: skip
At = Annotated[datetime, Meta(tz=True)]
External = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[!-~]+( [!-~]+)*$")]
Number = Annotated[str, Meta(min_length=1, max_length=60)]
Sku = Annotated[str, Meta(max_length=60)]
Name = Annotated[str, Meta(min_length=1, max_length=160)]
Serial = Annotated[str, Meta(min_length=1, max_length=80)]
Minor = Annotated[int, Meta(ge=-MOST_MINOR, le=MOST_MINOR)]
Quantity = Annotated[int, Meta(ge=1, le=100_000)]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$", max_length=3)]
Place = Annotated[str, Meta(max_length=300)]


class Whose(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the shop names. Only a proved address, number or account leads to a customer."""

    email: Annotated[str, Meta(max_length=254)] = ""
    phone: Annotated[str, Meta(max_length=60)] = ""
    external_id: Annotated[str, Meta(max_length=254)] = ""
    name: Annotated[str, Meta(max_length=160)] = ""


class LineTold(msgspec.Struct, frozen=True, kw_only=True):
    name: Name
    sku: Sku = ""
    quantity: Quantity = 1
    unit_minor: Minor | None = None
    serials: Annotated[list[Serial], Meta(max_length=100)] = field(default_factory=list)


class OrderTold(msgspec.Struct, frozen=True, kw_only=True):
    """`told_at` is when the shop knew this: an older word changes nothing that a newer one said."""

    external_id: External
    number: Number | UnsetType = UNSET
    status: Status | UnsetType = UNSET
    status_at: At | None = None
    told_at: At | None = None
    placed_at: At | None = None
    expected_on: date | UnsetType | None = UNSET
    carrier: Annotated[str, Meta(max_length=60)] | UnsetType = UNSET
    tracking_url: Annotated[str, Meta(max_length=500)] | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    total_minor: Minor | UnsetType | None = UNSET
    lines: Annotated[list[LineTold], Meta(max_length=MOST_LINES)] | UnsetType = UNSET
    customer: Whose = Whose()


class AssetTold(msgspec.Struct, frozen=True, kw_only=True):
    external_id: External
    name: Name | UnsetType = UNSET
    sku: Sku | UnsetType = UNSET
    serial: Annotated[str, Meta(max_length=80)] | UnsetType = UNSET
    purchased_on: date | UnsetType | None = UNSET
    warranty_until: date | UnsetType | None = UNSET
    place: Place | UnsetType = UNSET
    state: Literal["in_use", "replaced", "retired"] | UnsetType = UNSET
    customer: Whose = Whose()
