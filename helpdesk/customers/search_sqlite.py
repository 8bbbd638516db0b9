"""The customer search on SQLite: FTS5 over folded words, and a trigram table for spelling.

Only `search` calls this. FTS5 finds rows by number, so `customer_search_row` gives each record one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.orm import Session

from helpdesk.core.rows import needing_nothing
from helpdesk.core.sql_functions import merge_full_text
from helpdesk.core.work import Work
from helpdesk.customers.search_words import Document, Query

TABLES = ("customer_search", "customer_spelling", "customer_search_row")
MOST_NEAR = 200

_TABLES = (
    """CREATE TABLE IF NOT EXISTS customer_search_row (
        number INTEGER PRIMARY KEY, customer_id VARCHAR(36) NOT NULL UNIQUE)""",
    """CREATE VIRTUAL TABLE IF NOT EXISTS customer_search USING fts5(
        name, contact, grp, rest, tokenize = 'unicode61', prefix = '1 2 3')""",
    """CREATE VIRTUAL TABLE IF NOT EXISTS customer_spelling USING fts5(
        spoken, tokenize = 'trigram')""",
)


_MERGED = ("customer_search", "customer_spelling")
_NUMBERS = text(
    "SELECT customer_id, number FROM customer_search_row WHERE customer_id IN :ids"
).bindparams(bindparam("ids", expanding=True))
_BEST = text(
    """SELECT r.customer_id FROM (
        SELECT rowid AS number, bm25(customer_search, 10, 6, 3, 1) AS score FROM customer_search
        WHERE customer_search MATCH :wanted ORDER BY score LIMIT :limit) AS f
    JOIN customer_search_row AS r ON r.number = f.number ORDER BY f.score, f.number DESC"""
)
_NEWEST = text(
    """SELECT r.customer_id FROM (
        SELECT rowid AS number FROM customer_search
        WHERE customer_search MATCH :wanted ORDER BY rowid DESC LIMIT :limit) AS f
    JOIN customer_search_row AS r ON r.number = f.number ORDER BY f.number DESC"""
)


def create(connection: Connection) -> None:
    for statement in _TABLES:
        connection.execute(text(statement))


def write(session: Session, documents: Sequence[Document]) -> None:
    ids = [document.customer_id for document in documents]
    numbers = _numbers(session, ids)
    _clear(session, list(numbers.values()))
    fresh = [{"id": id_} for id_ in ids if id_ not in numbers]
    if fresh:
        session.execute(text("INSERT INTO customer_search_row (customer_id) VALUES (:id)"), fresh)
        numbers |= _numbers(session, [row["id"] for row in fresh])
    rows = [_row(d, numbers[d.customer_id]) for d in documents]
    session.execute(_WORDS, rows)
    session.execute(_SPELLING, rows)


def write_new(work: Work, document: Document) -> None:
    number = work.sql.execute(_NUMBER, {"id": document.customer_id}).scalar_one()
    row = _row(document, number)
    work.sql.execute(_WORDS, row)
    work.sql.execute(_SPELLING, row)


# None of these tables is known to any other statement of a transaction that makes a record.
_NUMBER = needing_nothing(
    text("INSERT INTO customer_search_row (customer_id) VALUES (:id) RETURNING number")
)
_WORDS = needing_nothing(
    text(
        "INSERT INTO customer_search (rowid, name, contact, grp, rest)"
        " VALUES (:number, :name, :contact, :grp, :rest)"
    )
)
_SPELLING = needing_nothing(
    text("INSERT INTO customer_spelling (rowid, spoken) VALUES (:number, :spoken)")
)


def _row(document: Document, number: int) -> dict[str, Any]:
    return {
        "number": number,
        "name": " ".join(document.name),
        "contact": " ".join(document.contact),
        "grp": " ".join(document.group),
        "rest": " ".join(document.rest),
        "spoken": document.spoken,
    }


def tidy(session: Session, *, first: bool) -> bool:
    parts = [merge_full_text(session, name, first=first) for name in _MERGED]
    return any(parts)


def forget(session: Session, ids: Sequence[str]) -> None:
    numbers = list(_numbers(session, ids).values())
    _clear(session, numbers)
    if numbers:
        session.execute(
            text("DELETE FROM customer_search_row WHERE number = :number"),
            [{"number": number} for number in numbers],
        )


def _numbers(session: Session, ids: Sequence[str]) -> dict[str, int]:
    rows = session.execute(_NUMBERS, {"ids": list(ids)})
    return {row.customer_id: row.number for row in rows}


def _clear(session: Session, numbers: Sequence[int]) -> None:
    rows = [{"number": number} for number in numbers]
    if rows:
        session.execute(text("DELETE FROM customer_search WHERE rowid = :number"), rows)
        session.execute(text("DELETE FROM customer_spelling WHERE rowid = :number"), rows)


def find(session: Session, asked: Query, limit: int) -> list[str]:
    every = " AND ".join(f'"{word}"*' for word in asked.words)
    wanted = f'({every}) OR "{asked.number}"*' if asked.number else every
    statement = _NEWEST if asked.is_broad else _BEST
    return list(session.execute(statement, {"wanted": wanted, "limit": limit}).scalars())


def near(session: Session, asked: Query) -> list[tuple[str, str]]:
    pieces = {word[n : n + 3] for word in asked.words for n in range(len(word) - 2)}
    if not pieces:
        return []
    rows = session.execute(
        text(
            "SELECT r.customer_id, f.spoken FROM (SELECT rowid AS number, spoken"
            " FROM customer_spelling WHERE customer_spelling MATCH :wanted"
            " ORDER BY rank LIMIT :limit) AS f"
            " JOIN customer_search_row AS r ON r.number = f.number"
        ),
        {"wanted": " OR ".join(f'"{piece}"' for piece in sorted(pieces)), "limit": MOST_NEAR},
    )
    return [(id_, spoken) for id_, spoken in rows]
