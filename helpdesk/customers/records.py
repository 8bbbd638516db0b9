"""Which record an id leads to today, and holding it while it changes.

A merge leaves the old id behind; whoever still has it is led on. Not for permissions.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from helpdesk.core.errors import NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.customers.models import Customer


def current_ids(work: Work, ids: Iterable[str]) -> dict[str, str]:
    """Each id with the id of the record it leads to; unknown ids lead to themselves."""
    leads = {id_: id_ for id_ in ids}
    asked = set(leads)
    while asked:
        rows = work.session.execute(
            select(Customer.id, Customer.merged_into_id).where(
                Customer.id.in_(asked), Customer.merged_into_id.is_not(None)
            )
        )
        moved = {id_: into for id_, into in rows if into is not None}
        leads = {start: moved.get(end, end) for start, end in leads.items()}
        asked = set(moved.values())
    return leads


def find(work: Work, customer_id: str) -> Customer | None:
    """The customer an id leads to, or None."""
    customer = work.session.get(Customer, customer_id)
    while customer is not None and customer.merged_into_id is not None:
        customer = work.session.get(Customer, customer.merged_into_id)
    return customer


def lock(work: Work, customer_id: str, *, wholly: bool = False) -> Customer:
    """The customer an id leads to, held until the end of the transaction and freshly read.

    `wholly` also keeps others from hanging new rows on it (for merges). NotFound when absent.
    """
    wanted: str | None = customer_id if is_id(customer_id) else None
    while wanted is not None:
        customer = work.session.scalar(
            select(Customer)
            .where(Customer.id == wanted)
            .with_for_update(key_share=not wholly)
            .execution_options(populate_existing=True)
        )
        if customer is None:
            break
        if customer.merged_into_id is None:
            return customer
        wanted = customer.merged_into_id
    raise NotFound
