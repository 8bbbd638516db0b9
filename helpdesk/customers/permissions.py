"""Who may see and change customer records.

Desk staff and the program see all of them, an agent limited to some queues those who have something
there or nothing anywhere. A technician sees none here (visits will bring their
own view), a customer or visitor only the own record. "Not yours" and "not there" answer alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from helpdesk.core import reach
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Forbidden, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.customers import records
from helpdesk.customers.models import Customer


def works_with_customers(actor: Actor) -> bool:
    return actor.kind == "system" or actor.on_desk


def can_see(actor: Actor, customer_id: str) -> bool:
    return works_with_customers(actor) or (
        actor.customer_id is not None and actor.customer_id == customer_id
    )


def can_set_up(actor: Actor) -> bool:
    """May change what the installation adds to customers (custom fields)."""
    return actor.kind == "system" or actor.is_admin


def can_favour(actor: Actor) -> bool:
    """May give a customer a head start in the queues."""
    return actor.kind == "system" or actor.is_supervisor


def require_desk(work: Work) -> None:
    """NotFound for everybody who does not work with customers."""
    if not works_with_customers(work.actor):
        raise NotFound


def require_set_up(work: Work) -> None:
    if not can_set_up(work.actor):
        raise Forbidden("Only an administrator can change custom fields.")


def visible(actor: Actor, statement: Select[Any], customer_id: ColumnElement[Any]) -> Select[Any]:
    """Narrow a statement of the desk to records that `actor` sees; `customer_id` is its column."""
    if not actor.is_limited:
        return statement
    return statement.where(reach.sees_customer(actor, customer_id))


def seen_among(work: Work, ids: Sequence[str]) -> list[str]:
    """Of these ids, in their order, those of records that the actor sees."""
    if not work.actor.is_limited or not ids:
        return list(ids)
    wanted = select(Customer.id).where(Customer.id.in_(list(ids)))
    statement = visible(work.actor, wanted, Customer.id.expression)
    seen = set(work.session.scalars(statement))
    return [one for one in ids if one in seen]


def hold(work: Work, customer_id: str, *, wholly: bool = False) -> Customer:
    """`records.lock` for an actor who sees the record; NotFound otherwise."""
    if work.actor.is_limited:
        get_customer(work, customer_id)
    return records.lock(work, customer_id, wholly=wholly)


def get_customer(work: Work, customer_id: str) -> Customer:
    """The record an id leads to now (merges are followed); NotFound when absent or not yours."""
    if is_id(customer_id):
        found = records.find(work, customer_id)
        known = found and (can_see(work.actor, found.id) or can_see(work.actor, customer_id))
        if found and known and seen_among(work, [found.id]):
            return found
    raise NotFound
