"""What customers change about themselves: their data, and the addresses they are known by.

A new e-mail address counts once its mailbox has answered (`portal_claiming.prove`). Each change
stands on the timeline, by the customer. Not for what colleagues change (see the card).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from helpdesk.core.errors import Conflict, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.customers import points, service
from helpdesk.customers.models import ContactPoint, Customer
from helpdesk.identity import service as identity
from helpdesk.identity.models import User

SHOWN = ("email", "phone")


def own_points(work: Work, customer_id: str) -> Sequence[ContactPoint]:
    """The addresses that a customer knows of: e-mail first, then telephone."""
    rows = work.session.scalars(
        select(ContactPoint)
        .where(ContactPoint.customer_id == customer_id, ContactPoint.kind.in_(SHOWN))
        .order_by(ContactPoint.kind, ContactPoint.verified_at.is_(None), ContactPoint.id)
    )
    return rows.all()


def own_point(work: Work, customer_id: str, point_id: str) -> ContactPoint:
    """One of them; NotFound for anybody else's."""
    point = work.session.get(ContactPoint, point_id) if is_id(point_id) else None
    if point is None or point.customer_id != customer_id or point.kind not in SHOWN:
        raise NotFound()
    return point


def change(work: Work, *, version: int, changes: Mapping[str, Any]) -> Customer:
    """The customer's own data; the account they sign in with is called the same."""
    customer = service.change_own(work, version=version, changes=changes)
    facts = {
        name: getattr(customer, name) for name in ("name", "timezone") if getattr(customer, name)
    }
    if "name" in facts:
        facts["name"] = facts["name"][:120]
    if facts:
        identity.change_profile(work, work.actor.id, **facts)
    return customer


def remove_point(work: Work, customer_id: str, point_id: str) -> None:
    """Take an address off. Conflict (`needed`) for the one they sign in with, and the last."""
    point = own_point(work, customer_id, point_id)
    user = work.session.get_one(User, work.actor.id)
    others = [one for one in own_points(work, customer_id) if one.id != point.id]
    if (point.kind == "email" and point.value == user.email) or not others:
        raise Conflict("This address is needed.", code="needed")
    points.remove_own(work, point.id)
