"""Human numbers: from a counter row, or from the sequence behind a column where many count at once.

A counter row is gapless and makes those who count wait for each other's commit. A sequence leaves
a gap where a transaction gave up, and nobody waits.
"""

from __future__ import annotations

from sqlalchemy import update

from helpdesk.core.db import insert_if_absent, next_of_identity
from helpdesk.core.tables import Counter
from helpdesk.core.work import Work


def next_number(work: Work, name: str, *, first: int = 10_001) -> int:
    """The next number of `name`; the counter starts at `first`."""
    step = (
        update(Counter)
        .where(Counter.name == name)
        .values(value=Counter.value + 1)
        .returning(Counter.value)
    )
    value = work.session.scalar(step)
    if value is None:
        insert_if_absent(work.session, Counter, {"name": name, "value": first - 1})
        value = work.session.scalar(step)
    assert value is not None
    return value


def next_for_column(work: Work, table: str, column: str, *, first: int) -> int:
    """The next value of an `Identity` column that starts at `first`; a counter row on SQLite.

    SQLite has one writer at a time anyway, so there the row adds no wait.
    """
    value = next_of_identity(work.session, table, column)
    return next_number(work, f"{table}.{column}", first=first) if value is None else value
