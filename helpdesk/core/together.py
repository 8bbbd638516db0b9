"""Changes of several tables in one round trip, where the database can make them so.

For statements composed once that answer nothing and touch a table each: PostgreSQL gets them as one
statement, SQLite, which has no round trips, one after the other. Not for two changes of one table:
inside one statement neither would see the other.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Update, literal_column, select

from helpdesk.core.ready import Ready


class Together:
    """Updates made at once; each takes the values that it names from those given."""

    def __init__(self, *changes: Update) -> None:
        if len({change.table for change in changes}) != len(changes):
            raise ValueError("two changes of one table cannot be made together")
        self._changes = [Ready(change) for change in changes]
        parts = (change.cte(f"change_{place}") for place, change in enumerate(changes))
        self._as_one = Ready(select(literal_column("1")).add_cte(*parts))

    def make(self, connection: Connection, **values: Any) -> None:
        if connection.dialect.name != "sqlite":
            self._as_one.run(connection, values)
            return
        for change in self._changes:
            change.run(connection, values)
