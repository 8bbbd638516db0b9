"""The tables of articles: how they are made, emptied, and changed by one at a time.

A *shelf* is all articles of one locale with the same audience; everything is counted by shelf, so
nobody learns from an order, a count or a suggestion what stands in an article that they may not
read. Plain SQL that both databases take and that finds the same on both. All but `search_article`
and the shelves can be made again from those; `search_vector` only where a model is installed.
"""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

TABLES = (
    "search_posting",
    "search_term",
    "search_spelling",
    "search_slip",
    "search_article",
    "search_shelf",
    "search_vector",
)
_OWN_WORDS = {
    "postgresql": {
        "bytewise": 'COLLATE "C"',
        "clustered": "",
        "numbered": "BIGINT",
        "bytes": "BYTEA",
    },
    "sqlite": {
        "bytewise": "COLLATE BINARY",
        "clustered": "WITHOUT ROWID",
        "numbered": "INTEGER",  # the row's own number, and no index beside it
        "bytes": "BLOB",
    },
}
_ALONE = 5_477_310_914  # PostgreSQL's advisory lock of articles

_CREATE = (
    """CREATE TABLE IF NOT EXISTS search_shelf (
        id INTEGER NOT NULL PRIMARY KEY, locale VARCHAR(35) NOT NULL, audience TEXT NOT NULL,
        documents BIGINT NOT NULL, title_words BIGINT NOT NULL, head_words BIGINT NOT NULL,
        body_words BIGINT NOT NULL, UNIQUE (locale, audience))""",
    """CREATE TABLE IF NOT EXISTS search_article (
        number {numbered} NOT NULL PRIMARY KEY, article_id VARCHAR(64) NOT NULL,
        locale VARCHAR(35) NOT NULL, shelf INTEGER NOT NULL, sections TEXT NOT NULL,
        title TEXT NOT NULL, facts TEXT NOT NULL, title_terms TEXT NOT NULL,
        head_terms TEXT NOT NULL, body_terms TEXT NOT NULL, heads TEXT NOT NULL,
        body TEXT NOT NULL, indexed SMALLINT NOT NULL, UNIQUE (article_id, locale))""",
    """CREATE TABLE IF NOT EXISTS search_posting (
        shelf INTEGER NOT NULL, term TEXT {bytewise} NOT NULL, tier SMALLINT NOT NULL,
        number BIGINT NOT NULL, PRIMARY KEY (shelf, term, tier, number)) {clustered}""",
    """CREATE TABLE IF NOT EXISTS search_term (
        shelf INTEGER NOT NULL, term TEXT {bytewise} NOT NULL, tier SMALLINT NOT NULL,
        documents BIGINT NOT NULL, PRIMARY KEY (shelf, term, tier)) {clustered}""",
    """CREATE TABLE IF NOT EXISTS search_spelling (
        shelf INTEGER NOT NULL, word TEXT {bytewise} NOT NULL, term TEXT {bytewise} NOT NULL,
        documents BIGINT NOT NULL, titles BIGINT NOT NULL,
        PRIMARY KEY (shelf, word, term)) {clustered}""",
    """CREATE INDEX IF NOT EXISTS ix_search_spelling_titles
        ON search_spelling (shelf, word) WHERE titles > 0""",
    """CREATE TABLE IF NOT EXISTS search_slip (
        form TEXT {bytewise} NOT NULL, word TEXT {bytewise} NOT NULL,
        PRIMARY KEY (form, word)) {clustered}""",
    """CREATE TABLE IF NOT EXISTS search_vector (
        number {numbered} NOT NULL PRIMARY KEY, model VARCHAR(80) NOT NULL,
        marks {bytes} NOT NULL, vectors {bytes} NOT NULL)""",
)


def create(connection: Connection) -> None:
    dialect = connection.dialect.name
    for statement in _CREATE:
        connection.execute(text(statement.format(**_OWN_WORDS[dialect])))


def alone(session: Session) -> None:
    """Wait until nobody else changes these tables; SQLite has one writer anyway."""
    if session.get_bind().dialect.name != "sqlite":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ALONE})


def clear(session: Session, *, derived_only: bool = False) -> None:
    """Throw out everything, or only what can be made again from `search_article`."""
    for name in TABLES[:4] if derived_only else TABLES:
        session.execute(text(f"DELETE FROM {name}"))  # noqa: S608  our own constant names


_NO_SUMS = text(
    "UPDATE search_shelf SET documents = 0, title_words = 0, head_words = 0, body_words = 0"
)
_NOT_INDEXED = text("UPDATE search_article SET indexed = 0")


def forget_sums(session: Session) -> None:
    session.execute(_NO_SUMS)
    session.execute(_NOT_INDEXED)
