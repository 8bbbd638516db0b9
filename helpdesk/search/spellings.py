"""Which words the articles of a shelf have, for beginnings, slips and "did you mean".

Counts change with each article, both ways, and a word that no article has any more is forgotten.
What a word may be taken for (`slips`) is kept once for all shelves, because only words that a
reader's own shelves count are ever proposed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.orm import Session

from helpdesk.search import slips
from helpdesk.search.given import NUMBER, SMALL, TEXT, Given
from helpdesk.search.vocabulary import Known

_AFTER_ALL = "\U0010ffff"
_MOST_BEGUN = 4_000

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
