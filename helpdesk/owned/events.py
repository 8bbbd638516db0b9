"""What happens to orders and things. Ids and short facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class OrderMoved(Event):
    """An order was told for the first time, or its status went on."""

    kind: ClassVar[str] = "order.moved"
    on_timeline: ClassVar[bool] = True
    folds: ClassVar[bool] = True

    order_id: str
    number: str
    status: str
    before: str | None = None


@dataclass(frozen=True, kw_only=True)
class OrderAttached(Event):
    """It was nobody's, and is this customer's now."""

    kind: ClassVar[str] = "order.attached"
    on_timeline: ClassVar[bool] = True

    order_id: str
    number: str


@dataclass(frozen=True, kw_only=True)
class AssetAdded(Event):
    kind: ClassVar[str] = "asset.added"
    on_timeline: ClassVar[bool] = True

    asset_id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class AssetChanged(Event):
    kind: ClassVar[str] = "asset.changed"

    asset_id: str
    version: int


@dataclass(frozen=True, kw_only=True)
class ShopHeard(Event):
    """A hook of a shop is kept and waits to be worked in."""

    kind: ClassVar[str] = "shop.heard"

    shop_message_id: str
