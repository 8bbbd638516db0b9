"""Many rows as the values of one statement, on both databases.

A parameter for each value would cost more than what is done with it. On SQLite the rows are one
JSON text, on PostgreSQL an array for each column.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

TEXT, NUMBER, SMALL = "text", "bigint", "integer"


class Given:
    """A statement with `{rows}` in a FROM, where rows with these columns are to be read."""

    def __init__(self, statement: str, **columns: str) -> None:
        self._names = list(columns)
        picked = ", ".join(f"json_extract(value, '$[{n}]') AS {c}" for n, c in enumerate(columns))
        arrays = ", ".join(f"CAST(:given_{c} AS {kind}[])" for c, kind in columns.items())
        listed = f"(SELECT {picked} FROM json_each(:given)) AS given"  # noqa: S608  our own names
        unnested = f"unnest({arrays}) AS given ({', '.join(columns)})"
        self._ways: dict[str, TextClause] = {
            "sqlite": text(statement.format(rows=listed)),
            "postgresql": text(statement.format(rows=unnested)),
        }

    def run(self, session: Session, rows: Sequence[Sequence[Any]], **more: Any) -> Any:
        """Carry it out for these rows; without rows nothing is asked, and the answer is empty."""
        if not rows:
            return ()
        dialect = session.get_bind().dialect.name
        values: dict[str, Any] = dict(more)
        if dialect == "sqlite":
            values["given"] = orjson.dumps(rows).decode()
        else:
            for name, column in zip(self._names, zip(*rows, strict=True), strict=True):
                values[f"given_{name}"] = list(column)
        return session.execute(self._ways[dialect], values)
