"""Who may see and change what customers own.

The desk sees what belongs to customers it sees; what is nobody's yet, administrators. Customers see
theirs through the portal alone (`workflows.portal_owned`). "Not yours" and "not there" answer
alike.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from helpdesk.core import reach
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Forbidden, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.owned.models import Asset, ShopOrder

ABSENT = "There is nothing here."
Owned = type[ShopOrder] | type[Asset]


def works_here(actor: Actor) -> bool:
    return actor.kind == "system" or actor.on_desk


def may_set_up(actor: Actor) -> bool:
    """Products, shops, and orders that are nobody's."""
    return actor.kind == "system" or actor.is_admin


def require_set_up(work: Work) -> None:
    if not may_set_up(work.actor):
        raise Forbidden("Only an administrator can change this.")


def visible(actor: Actor, statement: Select[Any], table: Owned) -> Select[Any]:
    """Narrow a statement over orders or things to what the actor sees."""
    if not works_here(actor):
        return statement.where(table.id.is_(None))
    if not may_set_up(actor):
        statement = statement.where(table.customer_id.is_not(None))
    if actor.is_limited:
        statement = statement.where(reach.sees_customer(actor, table.customer_id.expression))
    return statement


def get_order(work: Work, order_id: str, *, lock: bool = False) -> ShopOrder:
    """The order, freshly read; NotFound where the actor sees none."""
    found: ShopOrder = _get(work, ShopOrder, order_id, lock)
    return found


def get_asset(work: Work, asset_id: str, *, lock: bool = False) -> Asset:
    found: Asset = _get(work, Asset, asset_id, lock)
    return found


def _get(work: Work, table: Any, row_id: str, lock: bool) -> Any:
    found = None
    if is_id(row_id):
        wanted = visible(work.actor, select(table).where(table.id == row_id), table)
        if lock:
            wanted = wanted.with_for_update().execution_options(populate_existing=True)
        found = work.session.scalar(wanted)
    if found is None:
        raise NotFound(ABSENT)
    return found
