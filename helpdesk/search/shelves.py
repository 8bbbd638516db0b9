"""The shelves of articles (see `article_tables`) and the sums that a ranking needs of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from helpdesk.search.ranking import Corpus


@dataclass(frozen=True, slots=True)
class Shelf:
    id: int
    locale: str
    audience: frozenset[str]
    documents: int
    title_words: int
    head_words: int
    body_words: int


_ALL = text(
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


def all_of(session: Session) -> list[Shelf]:
    return [
        Shelf(id_, locale, frozenset(audience.split("\n")), *map(int, sums))
        for id_, locale, audience, *sums in session.execute(_ALL)
    ]


def shelf_for(session: Session, locale: str, audience: Collection[str]) -> int:
    """The shelf of these, made if there is none. Only for who is alone."""
    wanted = frozenset(audience)
    for _ in range(2):
        for one in all_of(session):
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
