"""The door to the search of articles that no request waits for in vain.

Each answer has a session of its own and a limit of time, so neither a slow nor a failing search
holds up or spoils what else a request does: there is always an answer, and it says when it is none.
What is being changed in the same moment is not seen.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from helpdesk.core import clock, db
from helpdesk.search.finding import Answer, Hit, Reader, Search

log = logging.getLogger("helpdesk.search")

LONGEST_S = 1.5
LONGEST_TYPING_S = 0.5
_STEPS = 5_000  # of SQLite's machine between two looks at the clock
_TIMEOUT = text("SELECT set_config('statement_timeout', :most, true)")


class TooSlow(Exception):
    """The time is over."""


def find(asked: str, reader: Reader, *, limit: int = 10, longest_s: float = LONGEST_S) -> Answer:
    """What a page of results shows."""
    return _answered(reader, longest_s, lambda search: search.find(asked, limit))


def suggest(
    asked: str, reader: Reader, *, limit: int = 6, longest_s: float = LONGEST_TYPING_S
) -> Answer:
    """While somebody types: the last word may be unfinished."""
    return _answered(reader, longest_s, lambda search: search.find(asked, limit, typing=True))


def related(article_id: str, reader: Reader, *, limit: int = 5) -> list[Hit]:
    """Articles like this one; none when they could not be found in time."""
    asked = _answered(reader, LONGEST_TYPING_S, lambda s: Answer(s.related(article_id, limit)))
    return asked.hits


def _answered(reader: Reader, longest_s: float, ask: Callable[[Search], Answer]) -> Answer:
    until = clock.monotonic() + longest_s

    def go_on() -> None:
        if clock.monotonic() > until:
            raise TooSlow

    try:
        with _limited(longest_s) as session:
            return ask(Search(session, reader, go_on))
    except Exception as error:
        slow = clock.monotonic() > until
        log.warning("no answer to a search: %s", "too slow" if slow else error, exc_info=not slow)
        return Answer(failed="slow" if slow else "broken")


@contextmanager
def _limited(longest_s: float) -> Iterator[Session]:
    """A session whose statements end when the time is over."""
    database = db.current()
    with database.read_session() as session:
        if not database.is_sqlite:
            session.execute(_TIMEOUT, {"most": str(int(longest_s * 1000))})
            yield session
            return
        raw: Any = session.connection().connection.driver_connection
        until = clock.monotonic() + longest_s
        raw.set_progress_handler(lambda: clock.monotonic() > until, _STEPS)
        try:
            yield session
        finally:
            raw.set_progress_handler(None, 0)
