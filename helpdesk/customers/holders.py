"""Every table whose rows belong to a customer, and moving those rows from one record to another.

Customers cannot import the packages above them; the wiring names their tables here. Not for rows
that need more than a new customer id (contact points and tags, see `merge`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Table, func, select, update

from helpdesk.core.db import Base
from helpdesk.core.work import Work

Row = str | int
_CHUNK = 500

# Ours; `customer.merged_into_id` keeps old ids one step away from the record they lead to.
_holders: dict[tuple[str, str], None] = {
    ("timeline_entry", "customer_id"): None,
    ("customer_note", "customer_id"): None,
    ("household_member", "customer_id"): None,
    ("customer", "merged_into_id"): None,
}


def register_holder(table: str, column: str = "customer_id") -> None:
    """Say that `column` of `table` names the customer a row belongs to; the key is one column."""
    _holders[table, column] = None


def holders() -> list[str]:
    """All that is registered, as `table.column`."""
    return [f"{table}.{column}" for table, column in _holders]


def move(work: Work, name: str, source: str, target: str) -> list[Row]:
    """Hang all rows of `source` on `target`; answers their keys."""
    table, key, column = _parts(name)
    moved = work.session.execute(
        update(table).where(column == source).values({column.name: target}).returning(key)
    )
    return sorted(moved.scalars())


def move_back(
    work: Work, name: str, rows: Iterable[Row], source: str, target: str
) -> tuple[int, int]:
    """Hang these rows of `source` back on `target`: how many moved, how many were gone."""
    table, key, column = _parts(name)
    wanted, moved = list(rows), 0
    for start in range(0, len(wanted), _CHUNK):
        part = wanted[start : start + _CHUNK]
        result = work.session.execute(
            update(table)
            .where(key.in_(part), column == source)
            .values({column.name: target})
            .returning(key)
        )
        moved += len(result.scalars().all())
    return moved, len(wanted) - moved


def count(work: Work, name: str, customer_id: str) -> int:
    table, _, column = _parts(name)
    rows = select(func.count()).select_from(table).where(column == customer_id)
    return work.session.scalar(rows) or 0


def _parts(name: str) -> tuple[Table, ColumnElement[Any], Any]:
    table_name, column = name.split(".")
    table = Base.metadata.tables[table_name]
    (key,) = table.primary_key.columns
    return table, key, table.c[column]
