"""The index on PostgreSQL: a tsvector of terms that were made beforehand, under a GIN index.

Only `port` hands this out. A term in the title is kept once more with a mark before it. The terms
in order stand beside it for the ranking, since a tsvector's own ranking does not know how rare a
word is. No language setting of the server has a say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Subquery,
    case,
    cast,
    column,
    literal,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.orm import Session

from helpdesk.search.models import SearchDocument

if TYPE_CHECKING:
    from helpdesk.search.port import IndexRow, Narrowing, Wanted

LOOKED_AT = 20_000
LOOKED_AT_FILTERED = 6_000  # filters leave out who knows how many
ENOUGH = 500  # so many are expected among those looked at, or the GIN index is asked
TITLE_MARK = "^"
_TITLE_TELLS = 0.6  # of what the word itself tells
_ALONE = 5_477_310_913  # PostgreSQL's advisory lock of the search

_TABLES = (
    """CREATE TABLE IF NOT EXISTS search_index (
        number BIGINT PRIMARY KEY, terms TSVECTOR NOT NULL,
        title TEXT NOT NULL, body TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS ix_search_index_terms ON search_index USING gin (terms)",
)
_WRITE = text(
    """INSERT INTO search_index (number, terms, title, body)
    SELECT number, array_to_tsvector(string_to_array(terms, ' ')), title, body
    FROM unnest(CAST(:numbers AS bigint[]), CAST(:terms AS text[]), CAST(:titles AS text[]),
        CAST(:bodies AS text[])) AS given (number, terms, title, body)
    ON CONFLICT (number) DO UPDATE
    SET terms = excluded.terms, title = excluded.title, body = excluded.body"""
)
_ERASE = text("DELETE FROM search_index WHERE number = ANY(CAST(:numbers AS bigint[]))")
_TEXTS = text(
    """SELECT number, title, body FROM search_index
    WHERE number = ANY(CAST(:numbers AS bigint[]))"""
)
_INDEX = table("search_index", column("number", BigInteger), column("terms", TSVECTOR))


def create(connection: Connection) -> None:
    for statement in _TABLES:
        connection.execute(text(statement))


def alone(session: Session) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ALONE})


def write(session: Session, rows: Sequence[IndexRow]) -> None:
    if not rows:
        return
    session.execute(
        _WRITE,
        {
            "numbers": [number for number, _, _ in rows],
            "terms": [_lexemes(title, body) for _, title, body in rows],
            "titles": [title for _, title, _ in rows],
            "bodies": [body for _, _, body in rows],
        },
    )


def _lexemes(title: str, body: str) -> str:
    head = set(title.split())
    return " ".join([*(head | set(body.split())), *(TITLE_MARK + term for term in head)])


def erase(session: Session, numbers: Sequence[int]) -> None:
    if numbers:
        session.execute(_ERASE, {"numbers": list(numbers)})


def tidy(session: Session, *, first: bool) -> bool:
    """An erased row is gone with its words."""
    return False


def clear(session: Session) -> None:
    session.execute(text("DELETE FROM search_index"))


def texts(session: Session, numbers: Sequence[int]) -> list[IndexRow]:
    if not numbers:
        return []
    rows = session.execute(_TEXTS, {"numbers": list(numbers)})
    return [(number, title, body) for number, title, body in rows]


def best(session: Session, wanted: Sequence[Wanted], where: Narrowing, limit: int) -> list[int]:
    tells: ColumnElement[float] = literal(0.0)
    for one in wanted:
        tells += case((_has(_any(one)), one.weight), else_=0.0)
        tells += case((_has(_any(one, TITLE_MARK)), one.weight * _TITLE_TELLS), else_=0.0)
    matching = _matching(where, " | ".join(_any(one) for one in wanted))
    found = matching.add_columns(tells.label("tells")).subquery()
    return _kept(session, found, where, limit, found.c.tells.desc(), found.c.number.desc())


def newest(
    session: Session, wanted: Sequence[Wanted], where: Narrowing, limit: int, share: float
) -> list[int]:
    asked = " & ".join(f"({_any(one)})" for one in wanted)
    if share * LOOKED_AT >= ENOUGH:
        # Twice as many as should do.
        enough = min(LOOKED_AT, int(2 * limit / share))
        if where.conditions:
            enough = LOOKED_AT_FILTERED
        latest = select(_INDEX.c.number, _INDEX.c.terms).where(*_span(where))
        some = latest.order_by(_INDEX.c.number.desc()).limit(enough).subquery()
        found = select(some.c.number).where(_has(asked, some.c.terms)).subquery()
        kept = _kept(session, found, where, limit, found.c.number.desc())
        if where.conditions or len(kept) >= limit // 10:
            return kept
    newest_first = _matching(where, asked).order_by(_INDEX.c.number.desc()).limit(LOOKED_AT)
    found = newest_first.subquery()
    return _kept(session, found, where, limit, found.c.number.desc())


def _matching(where: Narrowing, asked: str) -> Select[tuple[int]]:
    return select(_INDEX.c.number).where(_has(asked), *_span(where))


def _kept(
    session: Session,
    found: Subquery,
    where: Narrowing,
    limit: int,
    *order: ColumnElement[Any],
) -> list[int]:
    statement = select(found.c.number).order_by(*order).limit(limit)
    if where.conditions:
        documents = SearchDocument.__table__
        statement = statement.join(documents, documents.c.number == found.c.number)
    return list(session.scalars(statement.where(*where.conditions)))


def _has(asked: str, terms: ColumnElement[Any] | None = None) -> ColumnElement[bool]:
    return (_INDEX.c.terms if terms is None else terms).op("@@")(cast(asked, TSQUERY))


def _span(where: Narrowing) -> list[ColumnElement[bool]]:
    found = []
    if where.first is not None:
        found.append(_INDEX.c.number >= where.first)
    if where.last is not None:
        found.append(_INDEX.c.number <= where.last)
    return found


def _any(wanted: Wanted, mark: str = "") -> str:
    return " | ".join(f"'{mark}{term}'" for term in wanted.terms)
