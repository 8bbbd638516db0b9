"""Human numbers from a counter row, gapless enough to read out and unique by the row's lock."""

from __future__ import annotations

from sqlalchemy import update

from helpdesk.core.db import insert_if_absent
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
