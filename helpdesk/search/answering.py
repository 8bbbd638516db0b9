"""The door to the search of articles that no request waits for in vain.

Each answer has a limit of time and stands apart within its asker's transaction, so neither a slow
nor a failing search holds up or spoils what else a request does: there is always an answer, and it
says when it is none. It takes no connection of its own: its asker holds one, and many who each
waited for a second one would wait for each other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from helpdesk.core import clock
from helpdesk.search.finding import Answer, Hit, Reader, Search
from helpdesk.search.nearness import MEMORY

log = logging.getLogger("helpdesk.search")

LONGEST_S = 1.5
LONGEST_TYPING_S = 0.5
_STEPS = 5_000  # of SQLite's machine between two looks at the clock
_TIMEOUT = text("SELECT set_config('statement_timeout', :most, true)")


class TooSlow(Exception):
    """The time is over."""


def find(
    session: Session,
    asked: str,
    reader: Reader,
    *,
    limit: int = 10,
    longest_s: float = LONGEST_S,
    by_meaning: bool = False,
) -> Answer:
    """What a page of results shows; `by_meaning` finds also what has none of the words."""
    return _answered(
        session, reader, longest_s, lambda search: search.find(asked, limit), by_meaning
    )


def suggest(
    session: Session,
    asked: str,
    reader: Reader,
    *,
    limit: int = 6,
    longest_s: float = LONGEST_TYPING_S,
    by_meaning: bool = False,
) -> Answer:
    """While somebody types: the last word may be unfinished."""
    return _answered(
        session,
        reader,
        longest_s,
        lambda search: search.find(asked, limit, typing=True),
        by_meaning,
    )


def related(session: Session, article_id: str, reader: Reader, *, limit: int = 5) -> list[Hit]:
    """Articles like this one; none when they could not be found in time."""
    asked = _answered(
        session, reader, LONGEST_TYPING_S, lambda search: Answer(search.related(article_id, limit))
    )
    return asked.hits


def _answered(
    session: Session,
    reader: Reader,
    longest_s: float,
    ask: Callable[[Search], Answer],
    by_meaning: bool = False,
) -> Answer:
    until = clock.monotonic() + longest_s

    def go_on() -> None:
        if clock.monotonic() > until:
            raise TooSlow

    try:
        with _limited(session, longest_s):
            return ask(Search(session, reader, go_on, MEMORY if by_meaning else None))
    except Exception as error:
        slow = clock.monotonic() > until
        log.warning("no answer to a search: %s", "too slow" if slow else error, exc_info=not slow)
        return Answer(failed="slow" if slow else "broken")


@contextmanager
def _limited(session: Session, longest_s: float) -> Iterator[None]:
    """Statements in it end when the time is over; the transaction goes on after them as before."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        apart = connection.begin_nested()
        try:
            connection.execute(_TIMEOUT, {"most": str(int(longest_s * 1000))})
            yield
        finally:
            apart.rollback()  # the limit of before counts again, too
        return
    raw: Any = connection.connection.driver_connection
    until = clock.monotonic() + longest_s
    raw.set_progress_handler(lambda: clock.monotonic() > until, _STEPS)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)
