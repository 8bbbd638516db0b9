"""Changes of several tables in one round trip, where the database can make them so.

For statements composed once that answer nothing and touch a table each: PostgreSQL gets them as one
statement, SQLite, which has no round trips, one after the other. Not for two changes of one table:
inside one statement neither would see the other.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, Connection, Select, Update, literal_column, select
from sqlalchemy.sql import visitors

from helpdesk.core.rows import touching


class Together:
    """Updates made at once; each takes the values that it names from those given."""

    def __init__(self, *changes: Update) -> None:
        if len({change.table for change in changes}) != len(changes):
            raise ValueError("two changes of one table cannot be made together")
        self._changes = [(touching(change), _names(change)) for change in changes]
        parts = (change.cte(f"change_{place}") for place, change in enumerate(changes))
        self._as_one: Select[Any] = touching(select(literal_column("1")).add_cte(*parts))

    def make(self, connection: Connection, **values: Any) -> None:
        if connection.dialect.name != "sqlite":
            connection.execute(self._as_one, values)
            return
        for change, names in self._changes:
            connection.execute(change, {name: values[name] for name in names})


def _names(change: Update) -> tuple[str, ...]:
    found = (one for one in visitors.iterate(change) if isinstance(one, BindParameter))
    return tuple(dict.fromkeys(one.key for one in found if one.required))
