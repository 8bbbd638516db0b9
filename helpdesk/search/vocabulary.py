"""Which words the corpus knows, in how many documents, and how long texts are; kept per scope.

Counted apart by scope so that nobody learns from a suggestion, or from an order of results, what
stands in texts that they may not read. Counts change with each document, both ways, and a word that
nobody has any more is forgotten. A row without a word counts its term, since a document may have
several words of one term. Plain SQL that both databases take.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import BindParameter, Connection, TextClause, bindparam, text
from sqlalchemy.orm import Session

from helpdesk.search.ranking import Corpus

TABLES = ("search_word", "search_tally")
MOST_BEGUN = 3_000

_BYTEWISE = {"postgresql": 'COLLATE "C"', "sqlite": "COLLATE BINARY"}
_AFTER_ALL = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Known:
    word: str
    term: str
    documents: int


WordCounts = Mapping[tuple[str, str, str], int]
"""(scope, word, term) to by how many documents the count changes."""


def create(connection: Connection) -> None:
    bytewise = _BYTEWISE[connection.dialect.name]
    for statement in (
        f"""CREATE TABLE IF NOT EXISTS search_word (
            scope VARCHAR(10) NOT NULL, word TEXT {bytewise} NOT NULL,
            term TEXT {bytewise} NOT NULL, documents BIGINT NOT NULL,
            PRIMARY KEY (scope, word, term))""",
        """CREATE TABLE IF NOT EXISTS search_tally (
            scope VARCHAR(10) NOT NULL PRIMARY KEY, documents BIGINT NOT NULL,
            title_words BIGINT NOT NULL, body_words BIGINT NOT NULL)""",
    ):
        connection.execute(text(statement))


# One value that holds all rows: hundreds of parameters would cost more than the counting.
_MORE = {
    "sqlite": text(
        """INSERT INTO search_word (scope, word, term, documents)
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'),
            json_extract(value, '$[2]'), json_extract(value, '$[3]')
        FROM json_each(:rows) WHERE true ON CONFLICT (scope, word, term)
        DO UPDATE SET documents = search_word.documents + excluded.documents"""
    ),
    "postgresql": text(
        """INSERT INTO search_word (scope, word, term, documents)
        SELECT r ->> 0, r ->> 1, r ->> 2, CAST(r ->> 3 AS bigint)
        FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS r ON CONFLICT (scope, word, term)
        DO UPDATE SET documents = search_word.documents + excluded.documents"""
    ),
}
_FORGET = text(
    """DELETE FROM search_word
    WHERE scope = :scope AND word = :word AND term = :term AND documents <= 0"""
)
_TALLY = text(
    """INSERT INTO search_tally (scope, documents, title_words, body_words)
    VALUES (:scope, :documents, :title, :body)
    ON CONFLICT (scope) DO UPDATE SET documents = search_tally.documents + excluded.documents,
        title_words = search_tally.title_words + excluded.title_words,
        body_words = search_tally.body_words + excluded.body_words"""
)
_CORPUS = text(
    """SELECT COALESCE(SUM(documents), 0), COALESCE(SUM(title_words), 0),
        COALESCE(SUM(body_words), 0) FROM search_tally WHERE scope IN :scopes"""
).bindparams(bindparam("scopes", expanding=True))
# Hundreds of spellings are one value too, for the same reason.
_AMONG = "(SELECT jsonb_array_elements_text(CAST(:wanted AS jsonb)))"
_TERMS = """SELECT term, SUM(documents) FROM search_word
    WHERE scope IN :scopes AND word = '' AND term IN {among} GROUP BY term"""
_WORDS = """SELECT word, term, SUM(documents) FROM search_word
    WHERE scope IN :scopes AND word IN {among} GROUP BY word, term"""
# Half of all rows have no word, the others one each. SQLite's statistics know only the average, and
# so it would read that half for one term: here it has to take the terms one by one.
_EACH_TERM = """SELECT term, SUM(documents) FROM json_each(:wanted) CROSS JOIN search_word
    WHERE scope IN :scopes AND word = '' AND term = value GROUP BY term"""


def _asking(statement: str) -> TextClause:
    scopes: BindParameter[str] = bindparam("scopes", expanding=True)
    return text(statement).bindparams(scopes)


_TERMS_OF = {
    "sqlite": _asking(_EACH_TERM),
    "postgresql": _asking(_TERMS.format(among=_AMONG)),
}
_WORDS_OF = {
    "sqlite": _asking(_WORDS.format(among="(SELECT value FROM json_each(:wanted))")),
    "postgresql": _asking(_WORDS.format(among=_AMONG)),
}
_BEGUN = text(
    """SELECT word, term, SUM(documents) AS n FROM (
        SELECT word, term, documents FROM search_word
        WHERE scope IN :scopes AND word >= :start AND word < :stop LIMIT :looked_at) AS begun
    GROUP BY word, term ORDER BY n DESC, word LIMIT :most"""
).bindparams(bindparam("scopes", expanding=True))


def change(session: Session, counts: WordCounts) -> None:
    """Add to the counts (or take away), in one order always, so that two never wait crosswise."""
    changed = sorted((key, more) for key, more in counts.items() if more)
    if not changed:
        return
    rows = [(*key, more) for key, more in changed]
    session.execute(_of(session, _MORE), {"rows": orjson.dumps(rows).decode()})
    fewer = [key for key, more in changed if more < 0]
    if fewer:
        names = ("scope", "word", "term")
        session.execute(_FORGET, [dict(zip(names, key, strict=True)) for key in fewer])


def tally(session: Session, changes: Mapping[str, tuple[int, int, int]]) -> None:
    """Add (documents, words of titles, words of texts) to each scope's sums."""
    rows = [
        {"scope": scope, "documents": documents, "title": title, "body": body}
        for scope, (documents, title, body) in sorted(changes.items())
        if documents or title or body
    ]
    if rows:
        session.execute(_TALLY, rows)


def clear(session: Session) -> None:
    for name in TABLES:
        session.execute(text(f"DELETE FROM {name}"))  # noqa: S608  our own constant names


def corpus(session: Session, scopes: Collection[str]) -> Corpus:
    found = session.execute(_CORPUS, {"scopes": sorted(scopes)}).one()
    return Corpus(int(found[0]), int(found[1]), int(found[2]))


def documents_with(
    session: Session, scopes: Collection[str], terms: Iterable[str]
) -> dict[str, int]:
    """In how many documents each term is; those that nobody has are left out."""
    wanted = sorted(set(terms))
    if not wanted:
        return {}
    rows = session.execute(_of(session, _TERMS_OF), _given(scopes, wanted))
    return {term: int(documents) for term, documents in rows if documents > 0}


def known(session: Session, scopes: Collection[str], words: Iterable[str]) -> list[Known]:
    wanted = sorted(set(words))
    if not wanted:
        return []
    rows = session.execute(_of(session, _WORDS_OF), _given(scopes, wanted))
    return [Known(word, term, int(documents)) for word, term, documents in rows]


def begun(session: Session, scopes: Collection[str], start: str, most: int) -> list[Known]:
    """The commonest words that begin so, among the first few thousand that do."""
    given = {"scopes": sorted(scopes), "start": start, "stop": start + _AFTER_ALL}
    rows = session.execute(_BEGUN, {**given, "looked_at": MOST_BEGUN, "most": most})
    return [Known(word, term, int(documents)) for word, term, documents in rows]


def _of(session: Session, ways: Mapping[str, TextClause]) -> TextClause:
    return ways[session.get_bind().dialect.name]


def _given(scopes: Collection[str], wanted: Sequence[str]) -> dict[str, object]:
    return {"scopes": sorted(scopes), "wanted": orjson.dumps(wanted).decode()}
