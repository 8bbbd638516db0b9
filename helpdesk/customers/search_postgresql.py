"""The customer search on PostgreSQL: one tsvector of folded words, and pg_trgm where it can be had.

Only `search` calls this. The vector is written as it is meant, so no language setting of the
server has a say.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Column, Connection, MetaData, Table, Text, text
from sqlalchemy.orm import Session

from helpdesk.core.db import Id
from helpdesk.core.work import Work
from helpdesk.customers.search_words import Document, Query

TABLES = ("customer_search",)
MOST_NEAR = 200
MOST_RANKED = 2_000

_TABLES = (
    """CREATE TABLE IF NOT EXISTS customer_search (
        customer_id UUID PRIMARY KEY, document TSVECTOR NOT NULL, spoken TEXT NOT NULL)""",
    """CREATE INDEX IF NOT EXISTS ix_customer_search_document
        ON customer_search USING gin (document)""",
)
_SPOKEN = """CREATE INDEX IF NOT EXISTS ix_customer_search_spoken
    ON customer_search USING gin (spoken gin_trgm_ops)"""


_FOUND = """WITH q AS (SELECT CAST(:wanted AS tsquery) AS wanted)
    SELECT CAST(f.customer_id AS text) FROM q, LATERAL (
        SELECT customer_id, document FROM customer_search
        WHERE document @@ q.wanted LIMIT :ranked) AS f ORDER BY """
_BEST = text(_FOUND + "ts_rank(f.document, q.wanted) DESC, f.customer_id DESC LIMIT :limit")
_NEWEST = text(_FOUND + "f.customer_id DESC LIMIT :limit")
_NEAR = text(
    """SELECT CAST(customer_id AS text) AS customer_id, spoken FROM customer_search
    WHERE spoken %> ANY(CAST(:words AS text[]))
    ORDER BY word_similarity(:asked, spoken) DESC LIMIT :limit"""
)


_WRITE = text(
    """INSERT INTO customer_search (customer_id, document, spoken)
    VALUES (CAST(:id AS uuid), CAST(:document AS tsvector), :spoken)
    ON CONFLICT (customer_id) DO UPDATE
    SET document = excluded.document, spoken = excluded.spoken"""
)


def create(connection: Connection) -> None:
    for statement in _TABLES:
        connection.execute(text(statement))
    offered = text("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
    allowed = text("SELECT has_database_privilege(current_database(), 'CREATE')")
    there = text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
    if connection.scalar(there) or (connection.scalar(offered) and connection.scalar(allowed)):
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
        connection.execute(text(_SPOKEN))


_NEW = Table(
    "customer_search",
    MetaData(),
    Column("customer_id", Id, primary_key=True),
    Column("document", Text),
    Column("spoken", Text),
)


def write_new(work: Work, document: Document) -> None:
    work.insert(
        _NEW,
        customer_id=document.customer_id,
        document=_weighted(document),
        spoken=document.spoken,
    )


def write(session: Session, documents: Sequence[Document]) -> None:
    session.connection().execute(
        _WRITE,
        [
            {"id": d.customer_id, "document": _weighted(d), "spoken": d.spoken}
            for d in sorted(documents, key=lambda d: d.customer_id)
        ],
    )


def tidy(session: Session, *, first: bool) -> bool:
    """An erased row is gone with its words."""
    return False


def forget(session: Session, ids: Sequence[str]) -> None:
    session.execute(
        text("DELETE FROM customer_search WHERE customer_id = ANY(CAST(:ids AS uuid[]))"),
        {"ids": list(ids)},
    )


def find(session: Session, asked: Query, limit: int) -> list[str]:
    every = " & ".join(f"'{word}':*" for word in asked.words)
    wanted = f"({every}) | '{asked.number}':*" if asked.number else every
    statement = _NEWEST if asked.is_broad else _BEST
    given = {"wanted": wanted, "limit": limit, "ranked": MOST_RANKED}
    return list(session.execute(statement, given).scalars())


def near(session: Session, asked: Query) -> list[tuple[str, str]]:
    if not session.scalar(text("SELECT to_regproc('word_similarity') IS NOT NULL")):
        return []
    session.execute(text("SELECT set_config('pg_trgm.word_similarity_threshold', '0.35', true)"))
    given = {"words": list(asked.words), "asked": asked.spoken, "limit": MOST_NEAR}
    return [(row.customer_id, row.spoken) for row in session.execute(_NEAR, given)]


def _weighted(document: Document) -> str:
    """A tsvector literal; words are letters and digits only, so quoting them is enough."""
    weights: dict[str, str] = {}
    groups = (
        (document.name, "A"),
        (document.contact, "B"),
        (document.group, "C"),
        (document.rest, "D"),
    )
    for words, weight in groups:
        for word in words:
            weights.setdefault(word, weight)
    return " ".join(
        f"'{word}':{place}{weight}" for place, (word, weight) in enumerate(weights.items(), 1)
    )
