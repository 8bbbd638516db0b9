"""The tables of articles: a posting for each term of each article, and what is counted of them.

A *shelf* is all articles of one locale with the same audience; everything is counted by shelf, so
nobody learns from an order, a count or a suggestion what stands in an article that they may not
read. Plain SQL that both databases take and that finds the same on both. The tables can be made
again from the articles' own; who may write them is for `articles`, who reads for `finding`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from helpdesk.search import slips
from helpdesk.search.given import NUMBER, SMALL, TEXT, Given
from helpdesk.search.ranking import Corpus
from helpdesk.search.tiers import Group
from helpdesk.search.vocabulary import Known

TABLES = (
    "search_posting",
    "search_term",
    "search_spelling",
    "search_slip",
    "search_article",
    "search_shelf",
)
_BYTEWISE = {"postgresql": 'COLLATE "C"', "sqlite": "COLLATE BINARY"}
_CLUSTERED = {"postgresql": "", "sqlite": "WITHOUT ROWID"}
_AFTER_ALL = "\U0010ffff"
_MOST_BEGUN = 4_000
_ALONE = 5_477_310_914  # PostgreSQL's advisory lock of articles

_CREATE = (
    """CREATE TABLE IF NOT EXISTS search_shelf (
        id INTEGER NOT NULL PRIMARY KEY, locale VARCHAR(35) NOT NULL, audience TEXT NOT NULL,
        documents BIGINT NOT NULL, title_words BIGINT NOT NULL, head_words BIGINT NOT NULL,
        body_words BIGINT NOT NULL, UNIQUE (locale, audience))""",
    """CREATE TABLE IF NOT EXISTS search_article (
        number BIGINT NOT NULL PRIMARY KEY, article_id VARCHAR(64) NOT NULL,
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
)


@dataclass(frozen=True, slots=True)
class Shelf:
    id: int
    locale: str
    audience: frozenset[str]
    documents: int
    title_words: int
    head_words: int
    body_words: int


def create(connection: Connection) -> None:
    dialect = connection.dialect.name
    for statement in _CREATE:
        filled = statement.format(bytewise=_BYTEWISE[dialect], clustered=_CLUSTERED[dialect])
        connection.execute(text(filled))


def alone(session: Session) -> None:
    """Wait until nobody else changes these tables; SQLite has one writer anyway."""
    if session.get_bind().dialect.name != "sqlite":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ALONE})


def clear(session: Session, *, derived_only: bool = False) -> None:
    """Throw out everything, or only what can be made again from `search_article`."""
    for name in TABLES[:4] if derived_only else TABLES:
        session.execute(text(f"DELETE FROM {name}"))  # noqa: S608  our own constant names


# Shelves ---------------------------------------------------------------------------------------

_SHELVES = text(
    """SELECT id, locale, audience, documents, title_words, head_words, body_words
    FROM search_shelf ORDER BY id"""
)
_NEW_SHELF = text(
    """INSERT INTO search_shelf
        (id, locale, audience, documents, title_words, head_words, body_words)
    SELECT COALESCE(MAX(id), 0) + 1, :locale, :audience, 0, 0, 0, 0 FROM search_shelf"""
)
_TALLY = text(
    """UPDATE search_shelf SET documents = documents + :documents,
        title_words = title_words + :title, head_words = head_words + :heads,
        body_words = body_words + :body WHERE id = :shelf"""
)


_NO_SUMS = text(
    "UPDATE search_shelf SET documents = 0, title_words = 0, head_words = 0, body_words = 0"
)
_NOT_INDEXED = text("UPDATE search_article SET indexed = 0")


def shelves(session: Session) -> list[Shelf]:
    return [
        Shelf(id_, locale, frozenset(audience.split("\n")), *map(int, sums))
        for id_, locale, audience, *sums in session.execute(_SHELVES)
    ]


def shelf_for(session: Session, locale: str, audience: Collection[str]) -> int:
    """The shelf of these, made if there is none. Only for who is alone."""
    wanted = frozenset(audience)
    for _ in range(2):
        for one in shelves(session):
            if one.locale == locale and one.audience == wanted:
                return one.id
        session.execute(_NEW_SHELF, {"locale": locale, "audience": "\n".join(sorted(wanted))})
    raise AssertionError("a new shelf is not there")


def tally(session: Session, changes: Mapping[int, Sequence[int]]) -> None:
    """Add (documents, words of titles, of headings, of texts) to the sums of each shelf."""
    names = ("documents", "title", "heads", "body")
    rows = [
        {"shelf": shelf, **dict(zip(names, sums, strict=True))}
        for shelf, sums in sorted(changes.items())
        if any(sums)
    ]
    if rows:
        session.execute(_TALLY, rows)


def corpus(those: Iterable[Shelf]) -> Corpus:
    found = list(those)
    return Corpus(
        sum(one.documents for one in found),
        sum(one.title_words for one in found),
        sum(one.body_words for one in found),
        sum(one.head_words for one in found),
    )


def forget_sums(session: Session) -> None:
    session.execute(_NO_SUMS)
    session.execute(_NOT_INDEXED)


# Postings --------------------------------------------------------------------------------------

Posting = tuple[int, str, int, int]
"""Shelf, term, tier, number of the article."""

_POST = Given(
    """INSERT INTO search_posting (shelf, term, tier, number)
    SELECT shelf, term, tier, number FROM {rows}""",
    shelf=SMALL,
    term=TEXT,
    tier=SMALL,
    number=NUMBER,
)
_UNPOST = {
    "sqlite": Given(
        """DELETE FROM search_posting WHERE (shelf, term, tier, number) IN
            (SELECT shelf, term, tier, number FROM {rows})""",
        shelf=SMALL,
        term=TEXT,
        tier=SMALL,
        number=NUMBER,
    ),
    "postgresql": Given(
        """DELETE FROM search_posting USING {rows}
        WHERE search_posting.shelf = given.shelf AND search_posting.term = given.term
            AND search_posting.tier = given.tier AND search_posting.number = given.number""",
        shelf=SMALL,
        term=TEXT,
        tier=SMALL,
        number=NUMBER,
    ),
}
_COUNT_TERMS = Given(
    """INSERT INTO search_term (shelf, term, tier, documents)
    SELECT shelf, term, tier, documents FROM {rows} WHERE true
    ON CONFLICT (shelf, term, tier)
    DO UPDATE SET documents = search_term.documents + excluded.documents""",
    shelf=SMALL,
    term=TEXT,
    tier=SMALL,
    documents=NUMBER,
)
_FORGET_TERMS = Given(
    """DELETE FROM search_term WHERE documents <= 0 AND (shelf, term, tier) IN
        (SELECT shelf, term, tier FROM {rows})""",
    shelf=SMALL,
    term=TEXT,
    tier=SMALL,
)
_GROUPS = Given(
    """SELECT kept.shelf, kept.term, kept.tier, kept.documents FROM {rows}
    JOIN search_term AS kept ON kept.shelf = given.shelf AND kept.term = given.term""",
    shelf=SMALL,
    term=TEXT,
)
# Each group is looked up by itself, however many rows a planner may expect.
_CANDIDATES = {
    "sqlite": Given(
        """SELECT kept.number, SUM(given.weight) AS gain FROM {rows}
        CROSS JOIN search_posting AS kept ON kept.shelf = given.shelf
            AND kept.term = given.term AND kept.tier = given.tier
        GROUP BY kept.number ORDER BY gain DESC, kept.number LIMIT :most""",
        shelf=SMALL,
        term=TEXT,
        tier=SMALL,
        weight=NUMBER,
    ),
    "postgresql": Given(
        """SELECT kept.number, SUM(given.weight) AS gain FROM {rows}
        CROSS JOIN LATERAL (SELECT number FROM search_posting
            WHERE shelf = given.shelf AND term = given.term AND tier = given.tier
            OFFSET 0) AS kept
        GROUP BY kept.number ORDER BY gain DESC, kept.number LIMIT :most""",
        shelf=SMALL,
        term=TEXT,
        tier=SMALL,
        weight=NUMBER,
    ),
}


def post(session: Session, rows: Sequence[Posting]) -> None:
    _POST.run(session, sorted(rows))


def take_away(session: Session, rows: Sequence[Posting]) -> None:
    _UNPOST[session.get_bind().dialect.name].run(session, sorted(rows))


def count_terms(session: Session, changes: Mapping[tuple[int, str, int], int]) -> None:
    """Add to how many articles have a term so well; what nobody has any more is forgotten."""
    changed = sorted((key, more) for key, more in changes.items() if more)
    _COUNT_TERMS.run(session, [(*key, more) for key, more in changed])
    _FORGET_TERMS.run(session, [key for key, more in changed if more < 0])


def groups(
    session: Session, where: Sequence[int], terms: Iterable[str]
) -> list[tuple[int, str, int, int]]:
    """(shelf, term, tier, documents) of these terms on these shelves."""
    asked = [(shelf, term) for term in sorted(set(terms)) for shelf in where]
    return [tuple(row) for row in _GROUPS.run(session, asked)]


def candidates(session: Session, chosen: Sequence[Group], most: int) -> list[int]:
    """The articles that gain most by these groups."""
    rows = [(g.shelf, g.term, g.tier, g.weight) for g in chosen]
    found = _CANDIDATES[session.get_bind().dialect.name].run(session, rows, most=most)
    return [number for number, _ in found]


# Words -----------------------------------------------------------------------------------------

_COUNT_WORDS = Given(
    """INSERT INTO search_spelling (shelf, word, term, documents, titles)
    SELECT shelf, word, term, documents, titles FROM {rows} WHERE true
    ON CONFLICT (shelf, word, term)
    DO UPDATE SET documents = search_spelling.documents + excluded.documents,
        titles = search_spelling.titles + excluded.titles""",
    shelf=SMALL,
    word=TEXT,
    term=TEXT,
    documents=NUMBER,
    titles=NUMBER,
)
_FORGET_WORDS = Given(
    """DELETE FROM search_spelling WHERE documents <= 0 AND (shelf, word, term) IN
        (SELECT shelf, word, term FROM {rows})""",
    shelf=SMALL,
    word=TEXT,
    term=TEXT,
)
_HAVE_SLIPS = Given(
    """SELECT given.word FROM {rows}
    JOIN search_slip AS kept ON kept.form = given.form AND kept.word = given.word""",
    form=TEXT,
    word=TEXT,
)
_ADD_SLIPS = Given(
    """INSERT INTO search_slip (form, word) SELECT form, word FROM {rows} WHERE true
    ON CONFLICT DO NOTHING""",
    form=TEXT,
    word=TEXT,
)
_KNOWN = Given(
    """SELECT kept.word, kept.term, SUM(kept.documents) FROM {rows}
    JOIN search_spelling AS kept ON kept.shelf = given.shelf AND kept.word = given.word
    GROUP BY kept.word, kept.term""",
    shelf=SMALL,
    word=TEXT,
)
_NEAR = Given(
    """SELECT meant.word, meant.term, SUM(meant.documents) FROM
        (SELECT DISTINCT given.shelf AS shelf, kept.word AS word FROM {rows}
            JOIN search_slip AS kept ON kept.form = given.form) AS near
    JOIN search_spelling AS meant ON meant.shelf = near.shelf AND meant.word = near.word
    GROUP BY meant.word, meant.term""",
    shelf=SMALL,
    form=TEXT,
)
_BEGUN = """SELECT word, term, SUM(amount) AS n FROM (
        SELECT kept.word, kept.term, kept.{counted} AS amount FROM {{rows}}
        JOIN search_spelling AS kept ON kept.shelf = given.shelf
            AND kept.word >= :start AND kept.word < :stop {only} LIMIT :looked_at) AS begun
    GROUP BY word, term ORDER BY n DESC, word LIMIT :most"""
_BEGUN_WORDS = Given(_BEGUN.format(counted="documents", only=""), shelf=SMALL)
_BEGUN_TITLES = Given(_BEGUN.format(counted="titles", only="AND kept.titles > 0"), shelf=SMALL)

WordChanges = Mapping[tuple[int, str, str], tuple[int, int]]
"""(shelf, word, term) to by how many articles and titles the counts change."""


def count_words(session: Session, changes: WordChanges) -> None:
    changed = sorted((key, more) for key, more in changes.items() if any(more))
    _COUNT_WORDS.run(session, [(*key, *more) for key, more in changed])
    _FORGET_WORDS.run(session, [key for key, more in changed if more[0] < 0])


def add_slips(session: Session, words: Iterable[str]) -> None:
    """Keep what these may be taken for; one that nobody writes any more may stay.

    For only words that are counted are ever meant.
    """
    asked = [(slips.beginning(word), word) for word in sorted(set(words))]
    there = {word for (word,) in _HAVE_SLIPS.run(session, asked)}
    fresh = [word for _, word in asked if word not in there]
    _ADD_SLIPS.run(session, [(form, word) for word in fresh for form in sorted(slips.forms(word))])


def known(session: Session, where: Sequence[int], words: Iterable[str]) -> list[Known]:
    asked = [(shelf, word) for word in sorted(set(words)) for shelf in where]
    return [Known(word, term, int(n)) for word, term, n in _KNOWN.run(session, asked)]


def near(session: Session, where: Sequence[int], forms: Iterable[str]) -> list[Known]:
    """Words that have one of these forms when letters are left out."""
    asked = [(shelf, form) for form in sorted(set(forms)) for shelf in where]
    return [Known(word, term, int(n)) for word, term, n in _NEAR.run(session, asked)]


def begun(
    session: Session, where: Sequence[int], start: str, most: int, *, titles: bool
) -> list[Known]:
    """The commonest words that begin so, in titles or anywhere, among the first few thousand."""
    given = {"start": start, "stop": start + _AFTER_ALL, "looked_at": _MOST_BEGUN, "most": most}
    way = _BEGUN_TITLES if titles else _BEGUN_WORDS
    found = way.run(session, [(shelf,) for shelf in where], **given)
    return [Known(word, term, int(n)) for word, term, n in found]
