"""Who may see and change customer records.

Desk staff and the program see all of them. A technician sees none here (visits will bring their
own view), a customer or visitor only the own record. "Not yours" and "not there" answer alike.
"""

from __future__ import annotations

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


def get_customer(work: Work, customer_id: str) -> Customer:
    """The record an id leads to now (merges are followed); NotFound when absent or not yours."""
    if is_id(customer_id):
        found = records.find(work, customer_id)
        if found and (can_see(work.actor, found.id) or can_see(work.actor, customer_id)):
            return found
    raise NotFound
