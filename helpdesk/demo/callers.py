"""Who may pick up the demo's pretended telephone: a few customers on record, a stranger, and
whoever is being rung.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from helpdesk.core.work import Work
from helpdesk.customers.contact_points import shown_phone
from helpdesk.customers.models import ContactPoint, Customer

SHOWN = 3
STRANGER = ("Somebody unknown", "+4915228817386")  # of a range kept for films


def callers(work: Work, regulars: list[str]) -> list[dict[str, str]]:
    """Names, numbers, and by what a caller proves who they are; the stranger last."""
    rows = work.session.execute(
        select(Customer.id, Customer.name, Customer.custom, ContactPoint.value)
        .join(ContactPoint, ContactPoint.customer_id == Customer.id)
        .where(Customer.id.in_(regulars), ContactPoint.kind == "phone")
        .order_by(ContactPoint.id)
    ).all()
    found: dict[str, dict[str, str]] = {}
    for customer_id, name, custom, number in rows:
        found.setdefault(customer_id, _caller(name, number, custom))
    known = [found[one] for one in regulars if one in found]
    return [*known[:SHOWN], _caller(*STRANGER, {})]


def whose(work: Work, number: str) -> dict[str, str] | None:
    """The telephone with that number, where it stands on somebody's record."""
    row = work.session.execute(
        select(Customer.name, Customer.custom)
        .join(ContactPoint, ContactPoint.customer_id == Customer.id)
        .where(ContactPoint.kind == "phone", ContactPoint.value == number)
        .order_by(ContactPoint.id)
        .limit(1)
    ).first()
    return _caller(row.name or STRANGER[0], number, row.custom) if row is not None else None


def _caller(name: str, number: str, custom: dict[str, Any]) -> dict[str, str]:
    return {
        "name": name,
        "number": number,
        "shown": shown_phone(number),
        "customer_number": str(custom.get("customer_number", "")),
    }
