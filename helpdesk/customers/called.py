"""What a customer is called where only one line is shown: the name, else the number or address they
came by. Whoever texts or rings without a name is still told from the next one.

Not for letters and greetings, which use the name alone: nobody is addressed by a number.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.orm import aliased

from helpdesk.core.work import Work
from helpdesk.customers.contact_points import shown_phone
from helpdesk.customers.models import ContactPoint, Customer

UNKNOWN = "Unknown visitor"
_NUMBER = re.compile(r"\+\d{6,15}")


def called(who: Any = Customer) -> ColumnElement[str]:
    """A column of a query over customers (`who`: the model, an alias of it, or its columns)."""
    point = aliased(ContactPoint)
    address = (
        select(point.value)
        .where(point.customer_id == who.id, point.kind.in_(("phone", "email")))
        .order_by(point.kind.desc(), point.is_preferred.desc(), point.id)
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(func.nullif(who.name, ""), address, "")


def called_now(work: Work, customer: Customer | None) -> str:
    """The same for one that is at hand; asks the database only where there is no name."""
    if customer is None or customer.name:
        return customer.name if customer else ""
    return called_by(work, customer.id)


def called_by(work: Work, customer_id: str) -> str:
    """The same by the customer's id alone; empty for nobody."""
    return shown(work.session.scalar(_CALLED, {"customer": customer_id}) or "")


_CALLED = select(called()).where(Customer.id == bindparam("customer", type_=Customer.id.type))


def shown(name: str) -> str:
    """What `called` found, as people read it; empty when nothing is known."""
    return shown_phone(name) if _NUMBER.fullmatch(name) else name
