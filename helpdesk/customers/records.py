"""Which record an id leads to today, and holding it while it changes.

A merge leaves the old id behind; whoever still has it is led on. Not for permissions.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, select
from sqlalchemy.orm.util import identity_key

from helpdesk.core.errors import NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.rows import touching
from helpdesk.core.work import Work
from helpdesk.customers.models import Customer


def current_ids(work: Work, ids: Iterable[str]) -> dict[str, str]:
    """Each id with the id of the record it leads to; unknown ids lead to themselves."""
    leads = {id_: id_ for id_ in ids}
    asked = {id_ for id_ in leads if not _is_held_as_itself(work, id_)}
    while asked:
        rows = work.sql.execute(_MERGED, {"ids": list(asked)})
        moved = {id_: into for id_, into in rows if into is not None}
        leads = {start: moved.get(end, end) for start, end in leads.items()}
        asked = set(moved.values())
    return leads


def _is_held_as_itself(work: Work, customer_id: str) -> bool:
    """Whether this transaction has just made the record: nobody can have merged it away."""
    key = identity_key(Customer, customer_id)
    held = work.session.identity_map.get(key)
    return held is not None and held.merged_into_id is None and held.created_at == work.at


_TABLE = Customer.__table__.c
_MERGED = touching(
    select(_TABLE.id, _TABLE.merged_into_id).where(
        _TABLE.id.in_(bindparam("ids", expanding=True)), _TABLE.merged_into_id.is_not(None)
    )
)


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
