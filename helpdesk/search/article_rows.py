"""What is kept of each article: its texts as they are shown, and their terms in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, TextClause, bindparam, text
from sqlalchemy.orm import Session

from helpdesk.search.weighing import Streams

COLUMNS = (
    "number",
    "article_id",
    "locale",
    "shelf",
    "sections",
    "title",
    "facts",
    "title_terms",
    "head_terms",
    "body_terms",
    "heads",
    "body",
    "indexed",
)
_LISTED = ", ".join(COLUMNS)
_BOUND = ", ".join(f":{name}" for name in COLUMNS)
_RENEWED = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
# Put together of our own constant names.
_WRITE = text(
    f"INSERT INTO search_article ({_LISTED}) VALUES ({_BOUND})"  # noqa: S608
    f" ON CONFLICT (number) DO UPDATE SET {_RENEWED}"
)
_ARTICLE = f"SELECT {_LISTED} FROM search_article "  # noqa: S608
_NUMBERED = "SELECT {} FROM search_article WHERE number IN :numbers"


def _expanding(statement: str, name: str) -> TextClause:
    return text(statement).bindparams(bindparam(name, expanding=True))


_OF_IDS = _expanding(_ARTICLE + "WHERE article_id IN :ids", "ids")
_IDS = _expanding(_NUMBERED.format("number, article_id"), "numbers")
_STREAMS = _expanding(_NUMBERED.format("number, title_terms, head_terms, body_terms"), "numbers")
_PLACES = _expanding(_NUMBERED.format("number, shelf, sections"), "numbers")
_DELETE = _expanding("DELETE FROM search_article WHERE number IN :numbers", "numbers")
_DELETE_VECTORS = _expanding("DELETE FROM search_vector WHERE number IN :numbers", "numbers")


def of_ids(session: Session, ids: Sequence[str]) -> list[Row[Any]]:
    """What is kept of these articles, in every locale."""
    if not ids:
        return []
    return list(session.execute(_OF_IDS, {"ids": list(ids)}))


def ids_of(session: Session, numbers: Sequence[int]) -> dict[int, str]:
    if not numbers:
        return {}
    rows = session.execute(_IDS, {"numbers": list(numbers)})
    return {row.number: row.article_id for row in rows}


def streams(session: Session, numbers: Sequence[int]) -> list[Streams]:
    if not numbers:
        return []
    return [Streams(*row) for row in session.execute(_STREAMS, {"numbers": list(numbers)})]


def places(session: Session, numbers: Sequence[int]) -> dict[int, tuple[int, str]]:
    """On which shelf and in which sections these stand now."""
    if not numbers:
        return {}
    rows = session.execute(_PLACES, {"numbers": list(numbers)})
    return {row.number: (row.shelf, row.sections) for row in rows}


def write(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Put these in the place of former ones with the same numbers."""
    if rows:
        session.execute(_WRITE, list(rows))


def erase(session: Session, numbers: Sequence[int]) -> None:
    if numbers:
        session.execute(_DELETE, {"numbers": list(numbers)})
        session.execute(_DELETE_VECTORS, {"numbers": list(numbers)})


def taken(session: Session, numbers: Sequence[int]) -> set[int]:
    """Which of these numbers an article has."""
    return set(ids_of(session, numbers))
