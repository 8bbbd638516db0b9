"""Whose an order or a thing is: by what is proved, never by what somebody merely says.

What nobody proved is named for waits with what its shop said, and finds its customer as soon as the
address is proved, or when a colleague hangs it on a record by hand.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from sqlalchemy import or_, select, update

from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.work import Work
from helpdesk.customers import permissions as customers
from helpdesk.customers import points, records
from helpdesk.customers.models import ContactPoint, Customer
from helpdesk.owned import permissions
from helpdesk.owned.events import OrderAttached
from helpdesk.owned.models import Asset, ShopOrder
from helpdesk.owned.told import Whose

ORDER = ("external", "email", "phone")
SAID = {"email": "said_email", "phone": "said_phone", "external": "said_external"}
_GIVEN = {"external": "external_id", "email": "email", "phone": "phone"}
MOST_SHOWN = 10


def read(work: Work, whose: Whose) -> dict[str, str]:
    """The addresses named, by kind and as they are kept; what is none is left out."""
    found = {}
    for kind, name in _GIVEN.items():
        text = getattr(whose, name).strip()
        if not text:
            continue
        try:
            found[kind] = points.read(work, kind, text).value
        except Invalid:
            continue
    return found


def find(work: Work, said: Mapping[str, str]) -> Customer | None:
    """Who holds one of these proved: an account before a mailbox before a number."""
    if not said:
        return None
    rows = work.session.execute(
        select(ContactPoint.kind, ContactPoint.value, ContactPoint.customer_id).where(
            ContactPoint.kind.in_(list(said)),
            ContactPoint.value.in_(list(said.values())),
            ContactPoint.verified_at.is_not(None),
        )
    )
    held = {kind: customer_id for kind, value, customer_id in rows if said[kind] == value}
    first = next((held[kind] for kind in ORDER if kind in held), None)
    return records.find(work, first) if first is not None else None


def columns(said: Mapping[str, str], name: str) -> dict[str, Any]:
    """What a row keeps of whom it was said to be of."""
    return {"said_name": name, **{SAID[kind]: said.get(kind) for kind in SAID}}


def anything_waits(work: Work) -> bool:
    """Whether anything is nobody's."""
    any_order = select(ShopOrder.id).where(ShopOrder.customer_id.is_(None)).limit(1)
    any_asset = select(Asset.id).where(Asset.customer_id.is_(None)).limit(1)
    return work.session.scalar(select(or_(any_order.exists(), any_asset.exists()))) or False


def collect(work: Work, customer: Customer, kind: str, value: str) -> int:
    """What waited for this address, now that it is the customer's; answers how many orders."""
    if kind not in SAID:
        return 0
    mine = {"customer_id": customer.id, "organisation_id": customer.organisation_id}
    orders = work.session.execute(
        update(ShopOrder)
        .where(ShopOrder.customer_id.is_(None), getattr(ShopOrder, SAID[kind]) == value)
        .values(**mine, updated_at=work.at, version=ShopOrder.version + 1)
        .returning(ShopOrder.id, ShopOrder.number)
        .execution_options(synchronize_session=False)
    ).all()
    work.session.execute(
        update(Asset)
        .where(Asset.customer_id.is_(None), getattr(Asset, SAID[kind]) == value)
        .values(**mine, updated_at=work.at, version=Asset.version + 1)
        .execution_options(synchronize_session=False)
    )
    for order_id, number in orders:
        work.emit(OrderAttached(customer_id=customer.id, order_id=order_id, number=number))
    return len(orders)


def maybe_of(work: Work, customer_id: str) -> list[ShopOrder]:
    """Orders that are nobody's and name an address which this record says without proof."""
    said = work.session.execute(
        select(ContactPoint.kind, ContactPoint.value).where(ContactPoint.customer_id == customer_id)
    )
    return maybe_among(work, [(kind, value) for kind, value in said])


def maybe_among(work: Work, points: Collection[tuple[str, str]]) -> list[ShopOrder]:
    """The same for addresses that are at hand, as (kind, value)."""
    named = [getattr(ShopOrder, SAID[kind]) == value for kind, value in points if kind in SAID]
    if not named:
        return []
    wanted = select(ShopOrder).where(ShopOrder.customer_id.is_(None), or_(*named))
    return list(work.session.scalars(wanted.order_by(ShopOrder.placed_at.desc()).limit(MOST_SHOWN)))


def attach(work: Work, order_id: str, customer_id: str) -> ShopOrder:
    """A colleague says whose it is. An agent may, where the record says the order's address."""
    customer = customers.get_customer(work, customer_id)
    if permissions.may_set_up(work.actor):
        order = permissions.get_order(work, order_id, lock=True)
    else:
        named = {one.id for one in maybe_of(work, customer.id)}
        order = work.session.get(ShopOrder, order_id, with_for_update=True) or _absent()
        if order.id not in named and order.customer_id != customer.id:
            _absent()
    if order.customer_id not in (None, customer.id):
        raise Conflict("This order belongs to a customer already.", code="has_customer")
    if order.customer_id is None:
        order.customer_id, order.organisation_id = customer.id, customer.organisation_id
        order.updated_at = work.at
        order.version += 1
        things = update(Asset).where(Asset.order_id == order.id, Asset.customer_id.is_(None))
        work.session.execute(
            things.values(customer_id=customer.id, organisation_id=customer.organisation_id)
        )
        work.emit(OrderAttached(customer_id=customer.id, order_id=order.id, number=order.number))
        work.audit("order.attached", "order", order.id, customer_id=customer.id)
    return order


def detach(work: Work, order_id: str) -> ShopOrder:
    """It was hung on the wrong record: nobody's again, with its things."""
    permissions.require_set_up(work)
    order = permissions.get_order(work, order_id, lock=True)
    before = order.customer_id
    if before is not None:
        order.customer_id = order.organisation_id = None
        order.version += 1
        things = update(Asset).where(Asset.order_id == order.id)
        work.session.execute(things.values(customer_id=None, organisation_id=None))
        work.audit("order.detached", "order", order.id, customer_id=before)
    return order


def _absent() -> NoReturn:
    raise NotFound(permissions.ABSENT)
