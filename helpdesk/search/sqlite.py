"""The index on SQLite: one FTS5 table of terms that were made beforehand.

Only `port` hands this out. The tokenizer does nothing but split at spaces, because words were
folded and stemmed already; so a query is a list of quoted terms and has no syntax of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection, TextClause, bindparam, column, select, text
from sqlalchemy.orm import Session

from helpdesk.core.sql_functions import merge_full_text
from helpdesk.search.models import SearchDocument

if TYPE_CHECKING:
    from helpdesk.search.port import IndexRow, Narrowing, Wanted

LOOKED_AT = 6_000  # of the newest, where filters leave out who knows how many

_TABLE = """CREATE VIRTUAL TABLE IF NOT EXISTS search_index USING fts5(
    title, body, tokenize = "ascii tokenchars '@.+-_~'")"""
_MATCHING = """SELECT rowid AS number, {place} AS place FROM search_index
    WHERE search_index MATCH :wanted AND rowid >= :first AND rowid <= :last
    ORDER BY place LIMIT :looked_at"""
_BEST = text(_MATCHING.format(place="bm25(search_index, 5, 1)"))
_NEWEST = text(
    """SELECT rowid AS number, -rowid AS place FROM search_index
    WHERE search_index MATCH :wanted AND rowid >= :first AND rowid <= :last
    ORDER BY rowid DESC LIMIT :looked_at"""
)
_TEXTS = text("SELECT rowid, title, body FROM search_index WHERE rowid IN :numbers").bindparams(
    bindparam("numbers", expanding=True)
)
_FIRST, _LAST = 0, 2**63 - 1


def create(connection: Connection) -> None:
    connection.execute(text(_TABLE))


def alone(session: Session) -> None:
    """There is one writer on SQLite anyway."""


def write(session: Session, rows: Sequence[IndexRow]) -> None:
    erase(session, [row[0] for row in rows])
    if rows:
        session.execute(
            text("INSERT INTO search_index (rowid, title, body) VALUES (:number, :title, :body)"),
            [{"number": number, "title": title, "body": body} for number, title, body in rows],
        )


def erase(session: Session, numbers: Sequence[int]) -> None:
    if numbers:
        session.execute(
            text("DELETE FROM search_index WHERE rowid = :number"),
            [{"number": number} for number in numbers],
        )


def tidy(session: Session, *, first: bool) -> bool:
    return merge_full_text(session, "search_index", first=first)


def clear(session: Session) -> None:
    session.execute(text("DROP TABLE search_index"))
    session.execute(text(_TABLE))


def texts(session: Session, numbers: Sequence[int]) -> list[IndexRow]:
    if not numbers:
        return []
    rows = session.execute(_TEXTS, {"numbers": list(numbers)})
    return [(number, title, body) for number, title, body in rows]


def best(session: Session, wanted: Sequence[Wanted], where: Narrowing, limit: int) -> list[int]:
    asked = " OR ".join(_any(one) for one in wanted)
    return _found(session, _BEST, asked, where, limit)


def newest(
    session: Session, wanted: Sequence[Wanted], where: Narrowing, limit: int, share: float
) -> list[int]:
    asked = " AND ".join(f"({_any(one)})" for one in wanted)
    return _found(session, _NEWEST, asked, where, limit)


def _found(
    session: Session, matching: TextClause, asked: str, where: Narrowing, limit: int
) -> list[int]:
    given = {
        "wanted": asked,
        "first": _FIRST if where.first is None else where.first,
        "last": _LAST if where.last is None else where.last,
        "looked_at": LOOKED_AT if where.conditions else limit,
    }
    if not where.conditions:
        return [row.number for row in session.execute(matching, given)]
    # Materialised, or the planner might ask FTS5 for each document in turn.
    found = matching.columns(column("number"), column("place")).cte("found")
    first = found.prefix_with("MATERIALIZED")
    return list(
        session.scalars(
            select(first.c.number)
            .join(SearchDocument, SearchDocument.number == first.c.number)
            .where(*where.conditions)
            .order_by(first.c.place)
            .limit(limit),
            given,
        )
    )


def _any(wanted: Wanted) -> str:
    return " OR ".join(f'"{term}"' for term in wanted.terms)
