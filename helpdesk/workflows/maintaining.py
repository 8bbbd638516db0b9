"""Maintenance plans of a customer: whoever writes one sees the customer, and the product is theirs.

Not for the visits that a plan makes (`maintenance_due`).
"""

from __future__ import annotations

from typing import Any

from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.work import Work
from helpdesk.customers import permissions as customers
from helpdesk.field_service import maintenance
from helpdesk.field_service.models import Maintenance
from helpdesk.owned import permissions as owned


def add(work: Work, customer_id: str, **values: Any) -> Maintenance:
    customer = customers.get_customer(work, customer_id)
    _check_asset(work, customer.id, values.get("asset_id"))
    return maintenance.add(work, customer.id, **values)


def change(work: Work, plan_id: str, *, version: int | None, **values: Any) -> Maintenance:
    row = maintenance.get(work, plan_id)
    if values.get("asset_id") != row.asset_id:
        _check_asset(work, row.customer_id, values.get("asset_id"))
    return maintenance.change(work, plan_id, version=version, **values)


def of_customer(work: Work, customer_id: str) -> list[Maintenance]:
    """The plans of a customer whom the actor sees."""
    return list(maintenance.of_customer(work, customers.get_customer(work, customer_id).id))


def _check_asset(work: Work, customer_id: str, asset_id: str | None) -> None:
    if not asset_id:
        return
    try:
        found = owned.get_asset(work, asset_id)
    except NotFound:
        found = None
    if found is None or found.customer_id != customer_id:
        raise Invalid(fields={"asset_id": "Choose something that this customer has."})
