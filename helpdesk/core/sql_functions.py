"""Functions of SQL that the two databases call differently; `core.db` hands them out.

Not for what belongs to one search or one list.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Float, Text, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import GenericFunction

MERGED_PAGES = 500


class json_rows(GenericFunction[str]):
    """One JSON text of all rows, each an array of these columns; ids as text, NULL for no rows."""

    type = Text()
    inherit_cache = True
    name = "json_rows"


@compiles(json_rows)
def _json_rows(element: json_rows, compiler: Any, **options: Any) -> str:
    on_sqlite = compiler.dialect.name == "sqlite"
    inner = ", ".join(compiler.process(one, **options) for one in element.clauses)
    if on_sqlite:
        return f"json_group_array(json_array({inner}))"
    # As text, or the driver would take the JSON apart itself and slower.
    return f"CAST(json_agg(json_build_array({inner})) AS text)"


class joined(GenericFunction[str]):
    """All values of a text column in one text: `joined(column, literal_column("','"))`."""

    type = Text()
    inherit_cache = True
    name = "joined"


@compiles(joined)
def _joined(element: joined, compiler: Any, **options: Any) -> str:
    # SQLAlchemy's own would make its separator a value that is put in anew each time.
    inner = ", ".join(compiler.process(one, **options) for one in element.clauses)
    return f"{'group_concat' if compiler.dialect.name == 'sqlite' else 'string_agg'}({inner})"


class epoch_of(GenericFunction[float]):
    """Seconds since 1970 of a stored instant, where a row's datetime would cost too much."""

    type = Float()
    inherit_cache = True
    name = "epoch_of"


@compiles(epoch_of)
def _epoch_of(element: epoch_of, compiler: Any, **options: Any) -> str:
    inner = compiler.process(next(iter(element.clauses)), **options)
    if compiler.dialect.name == "sqlite":
        return f"((julianday({inner}) - 2440587.5) * 86400.0)"
    return f"CAST(EXTRACT(EPOCH FROM {inner}) AS double precision)"


def merge_full_text(session: Session, table: str, *, first: bool) -> bool:
    """Merge a piece of an FTS5 index, so that words of deleted rows leave its blocks, too.

    False once nothing is left to merge. `table` is one of our own names.
    """
    before = session.scalar(text("SELECT total_changes()")) or 0
    pages = -MERGED_PAGES if first else MERGED_PAGES
    session.execute(text(f"INSERT INTO {table} ({table}, rank) VALUES ('merge', {pages})"))  # noqa: S608  our own
    return (session.scalar(text("SELECT total_changes()")) or 0) - before >= 2
