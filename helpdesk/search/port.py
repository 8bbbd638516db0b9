"""What the search needs of a database, and which of the two ways this installation takes.

Both ways keep the same terms (`words`), propose candidates within a bound and leave the ranking to
`ranking`. Not for the words themselves: those and their counts are in `vocabulary`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from sqlalchemy import ColumnElement, Connection, text
from sqlalchemy.orm import Session

from helpdesk.search import article_tables, postgresql, sqlite, vocabulary

IndexRow = tuple[int, str, str]
"""A document's number, the terms of its title and of its text, each separated by spaces."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Where to look: conditions over `SearchDocument`, and the numbers that a time span leaves."""

    conditions: tuple[ColumnElement[bool], ...] = ()
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Terms that stand for one thing looked for, and how much it tells to have one of them."""

    terms: tuple[str, ...]
    weight: float


class Port(Protocol):
    def create(self, connection: Connection) -> None:
        """The tables of this kind; harmless when they exist."""

    def alone(self, session: Session) -> None:
        """Wait until nobody else changes the index in this moment."""

    def write(self, session: Session, rows: Sequence[IndexRow]) -> None:
        """Put these rows in the place of former ones with the same numbers."""

    def erase(self, session: Session, numbers: Sequence[int]) -> None: ...

    def tidy(self, session: Session, *, first: bool) -> bool:
        """Let go of what erased rows left behind, a piece at a time; False at the end."""

    def clear(self, session: Session) -> None:
        """Throw out every row."""

    def texts(self, session: Session, numbers: Sequence[int]) -> list[IndexRow]: ...

    def best(
        self, session: Session, wanted: Sequence[Wanted], where: Narrowing, limit: int
    ) -> list[int]:
        """Documents with any of these, those with the most telling ones first.

        Reads everything that has one, so only for what few have.
        """

    def newest(
        self, session: Session, wanted: Sequence[Wanted], where: Narrowing, limit: int, share: float
    ) -> list[int]:
        """The newest documents with all of these; `share` of all are expected to have them.

        Looks at a bounded number however many there are.
        """


def port(session: Session) -> Port:
    return _of(session.get_bind().dialect.name)


def create(connection: Connection) -> None:
    """The search tables of whatever database this is; the first migration calls it."""
    vocabulary.create(connection)
    article_tables.create(connection)
    _of(connection.dialect.name).create(connection)


def drop(connection: Connection) -> None:
    """Take the tables away again; they can always be rebuilt."""
    for name in ("search_index", *vocabulary.TABLES, *article_tables.TABLES):
        connection.execute(text(f"DROP TABLE IF EXISTS {name}"))  # our own constant names


def _of(dialect: str) -> Port:
    module: Any = sqlite if dialect == "sqlite" else postgresql
    return cast(Port, module)
