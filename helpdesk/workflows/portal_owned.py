"""What a customer has bought and owns, as the portal shows it: theirs, and what a matter is about.

The contact of an organisation also reads what its people have, whoever sees all of a household what
its others have; neither changes any of it. Everything else is not there. Not for whose an order is
(`owned.owners`) nor for returns (`portal_returns`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, exists, or_, select

from helpdesk.calendars import queries as calendars
from helpdesk.core.errors import NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.paging import Page
from helpdesk.core.work import Work
from helpdesk.customers import households, records
from helpdesk.owned import about, queries
from helpdesk.owned.models import Asset, ShopOrder
from helpdesk.owned.queries import LineOf, OwnedThing
from helpdesk.tickets import types
from helpdesk.workflows import customer_days, portal_visits
from helpdesk.workflows.portal_reach import ABSENT, Matter, Reach

Whose = Literal["own", "organisation", "household"]
PAGE = 20


@dataclass(frozen=True, slots=True)
class Subject:
    """What a new matter is about: an order, a thing, or neither."""

    order: ShopOrder | None = None
    asset: Asset | None = None

    def __bool__(self) -> bool:
        return self.order is not None or self.asset is not None


@dataclass(frozen=True, slots=True)
class OrderOf:
    """One order with its lines. `whose`: own, organisation or household."""

    order: ShopOrder
    lines: list[LineOf]
    whose: Whose

    @property
    def is_own(self) -> bool:
        return self.whose == "own"


def has_anything(work: Work, customer_id: str, organisation_id: str | None) -> tuple[bool, bool]:
    """Whether there are orders or things to show, and whether there are visits, had or bookable;
    `organisation_id` for its contact.
    """
    ids = (customer_id, *households.others(work, customer_id))
    any_order = exists().where(_whose(ShopOrder, ids, organisation_id))
    any_thing = exists().where(_whose(Asset, ids, organisation_id))
    owns, visited = work.session.execute(
        select(or_(any_order, any_thing), portal_visits.any_of(customer_id))
    ).one()
    return bool(owns), bool(visited)


def orders(
    work: Work, reach: Reach, *, whose: Whose = "own", cursor: str | None = None
) -> Page[ShopOrder]:
    """NotFound for lists that the reader has not."""
    wanted = select(ShopOrder).where(_listed(ShopOrder, reach, whose))
    return queries.orders(work, wanted, cursor=cursor, limit=PAGE)


def things(
    work: Work, reach: Reach, *, whose: Whose = "own", cursor: str | None = None
) -> tuple[list[OwnedThing], str | None]:
    """Things with their warranty, the newest first, and the cursor to those after them."""
    wanted = select(Asset).where(_listed(Asset, reach, whose))
    page = queries.assets(work, wanted, cursor=cursor, limit=PAGE)
    return queries.things(work, page.items, _today(work, reach)), page.next_cursor


def order(work: Work, reach: Reach, order_id: str, *, own: bool = False) -> OrderOf:
    """NotFound where it is not theirs to see; `own`: nor to act on."""
    found: ShopOrder = _get(work, ShopOrder, reach, order_id, own)
    lines = queries.lines_of(work, [found], _today(work, reach))[found.id]
    return OrderOf(found, lines, whose_is(reach, found))


def thing(work: Work, reach: Reach, asset_id: str, *, own: bool = False) -> OwnedThing:
    found: Asset = _get(work, Asset, reach, asset_id, own)
    return queries.things(work, [found], _today(work, reach))[0]


def bought_in(work: Work, reach: Reach, asset: Asset) -> ShopOrder | None:
    """The order that a thing came with, where the reader sees it."""
    found = work.session.get(ShopOrder, asset.order_id) if asset.order_id else None
    return found if found is not None and _sees(reach, found) else None


def subject(work: Work, reach: Reach, order_id: str, asset_id: str) -> Subject:
    """What a request names; NotFound for what is another's, as for what is not there."""
    return Subject(
        order(work, reach, order_id, own=True).order if order_id else None,
        thing(work, reach, asset_id, own=True).asset if asset_id else None,
    )


def form_for(work: Work, it: Subject) -> str:
    """The key of the kind of matter whose form asks about this product; "" for no kind of its
    own, or one that customers can't choose.
    """
    found = None
    if it.asset is not None:
        found = queries.things(work, [it.asset], work.at.date())[0].product
    elif it.order is not None:
        lines = queries.lines_of(work, [it.order], work.at.date())[it.order.id]
        found = lines[0].product if len(lines) == 1 else None
    wanted = found.problem_type if found is not None else None
    kinds = types.list_types(work) if wanted else []
    return next((one.key for one in kinds if one.key == wanted and one.in_portal), "")


def hang(work: Work, ticket_id: str, it: Subject) -> None:
    """Say what the new matter is about."""
    if it.order is not None:
        about.hang(work, ticket_id, "order", it.order.id)
    if it.asset is not None:
        about.hang(work, ticket_id, "asset", it.asset.id)


def of_matter(work: Work, reach: Reach, matter: Matter) -> about.About:
    """What a matter is about, as far as the reader may see that itself."""
    found = about.of_ticket(work, matter.stands.id)
    if not found:
        return found
    return about.About(
        [one for one in found.orders if _sees(reach, one)],
        [one for one in found.assets if _sees(reach, one)],
    )


def whose_is(reach: Reach, row: ShopOrder | Asset) -> Whose:
    """In which list a row stands that the reader sees."""
    if row.customer_id == reach.customer_id:
        return "own"
    return "household" if row.customer_id in reach.household else "organisation"


def _today(work: Work, reach: Reach) -> date:
    """The reader's day: a warranty that ends with it still holds in their evening."""
    customer = records.find(work, reach.customer_id)
    return customer_days.day_of(
        work.at, customer_days.zone_of(customer, calendars.house_hours(work))
    )


def _sees(reach: Reach, row: ShopOrder | Asset) -> bool:
    if row.customer_id == reach.customer_id or row.customer_id in reach.household:
        return True
    return reach.organisation_id is not None and row.organisation_id == reach.organisation_id


def _get(work: Work, table: Any, reach: Reach, row_id: str, own: bool) -> Any:
    found = work.session.get(table, row_id) if is_id(row_id) else None
    if found is None or not _sees(reach, found):
        raise NotFound(ABSENT)
    if own and found.customer_id != reach.customer_id:
        raise NotFound(ABSENT)
    return found


def _listed(table: Any, reach: Reach, whose: Whose) -> ColumnElement[bool]:
    if whose == "own":
        return _column(table.customer_id == reach.customer_id)
    if whose == "household" and reach.household:
        return _column(table.customer_id.in_(reach.household))
    if whose == "organisation" and reach.organisation_id is not None:
        return _column(table.organisation_id == reach.organisation_id)
    raise NotFound(ABSENT)


def _whose(
    table: Any, customer_ids: Sequence[str], organisation_id: str | None
) -> ColumnElement[bool]:
    own = _column(table.customer_id.in_(customer_ids))
    if organisation_id is None:
        return own
    return or_(own, table.organisation_id == organisation_id)


def _column(condition: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = condition
    return found
