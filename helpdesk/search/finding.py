"""Finds articles: what was asked, whom to look at, exact order, what is shown.

The reader is a set of audience keys and the locales to look in, the best first; nothing else of
the collection has a say in what they see. The work is bounded however common the words are: the
postings that tell most are read first, up to a number, and the best of them are weighed exactly
(see `tiers`). Not for opening an article: its own door asks who may.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from helpdesk.core.work import Work
from helpdesk.search import article_words, languages, postings, slips, tiers, weighing
from helpdesk.search.highlighting import Marker, Piece
from helpdesk.search.postings import Shelf
from helpdesk.search.ranking import Scored
from helpdesk.search.understanding import Understood, understand
from helpdesk.search.vocabulary import Known
from helpdesk.search.weighing import Streams

MOST_HITS = 50
READ = 10_000  # postings
WEIGHED = 200  # articles
READ_TYPING = 3_000
WEIGHED_TYPING = 60


@dataclass(frozen=True, slots=True)
class Hit:
    """An article in the locale to show it in."""

    id: str
    locale: str
    title: tuple[Piece, ...]
    passage: tuple[Piece, ...]
    facts: dict[str, Any]
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """`instead` maps words that no article has to those that were looked for."""

    hits: list[Hit] = field(default_factory=list)
    instead: dict[str, str] = field(default_factory=dict)


def find(
    work: Work,
    asked: str,
    *,
    keys: Collection[str],
    locales: Sequence[str] = (),
    section_id: str | None = None,
    limit: int = 10,
    typing: bool = False,
) -> Answer:
    """The best articles for words of which each is wished and none needed.

    `keys` are the reader's audience keys; `locales` those to look in, the preferred first, or none
    for all. Words in quotes must stand side by side. `typing`: the last word may be unfinished.
    """
    search = _Search(work.session, keys, locales, section_id)
    return search.answer(asked, max(1, min(MOST_HITS, limit)), typing=typing)


class _Search:
    def __init__(
        self,
        session: Session,
        keys: Collection[str],
        locales: Sequence[str],
        section_id: str | None,
    ) -> None:
        self._session = session
        self._shelves = _readable(postings.shelves(session), frozenset(keys), locales)
        self._locales = list(locales)
        self._section_id = section_id

    def answer(self, asked: str, limit: int, *, typing: bool) -> Answer:
        question = article_words.ask(asked, self._spoken())
        if not question.units or not self._shelves:
            return Answer()
        lexicon = _Lexicon(self._session, [one.id for one in self._shelves], titles=typing)
        understood = understand(question, lexicon, typing=typing)
        corpus = postings.corpus(self._shelves)
        groups = weighing.groups_of(corpus, understood.sought, lexicon.groups())
        chosen = tiers.worth_reading(groups, READ_TYPING if typing else READ)
        numbers = postings.candidates(self._session, chosen, WEIGHED_TYPING if typing else WEIGHED)
        scored = weighing.ranked(
            corpus, understood.sought, _streams(self._session, numbers), understood.phrases
        )
        return Answer(self._shown(scored[:limit], understood), understood.instead)

    def _spoken(self) -> list[str]:
        return list(dict.fromkeys(languages.language_of(one.locale) for one in self._shelves))

    def _shown(self, scored: Sequence[Scored], understood: Understood) -> list[Hit]:
        if not scored:
            return []
        rows = {
            row.number: row
            for row in self._session.execute(_SHOWN, {"numbers": [s.number for s in scored]})
        }
        terms = frozenset(term for one in understood.sought for term in one.terms)
        marker = Marker(terms)
        return [
            Hit(
                row.article_id,
                row.locale,
                marker.marked(row.title),
                marker.passage(row.body),
                orjson.loads(row.facts),
                one.score,
            )
            for one in scored
            if (row := rows.get(one.number))
        ]


_STREAMS = text(
    """SELECT number, title_terms, head_terms, body_terms FROM search_article
    WHERE number IN :numbers"""
).bindparams(bindparam("numbers", expanding=True))
_SHOWN = text(
    """SELECT number, article_id, locale, title, body, facts FROM search_article
    WHERE number IN :numbers"""
).bindparams(bindparam("numbers", expanding=True))


def _streams(session: Session, numbers: Sequence[int]) -> list[Streams]:
    if not numbers:
        return []
    return [Streams(*row) for row in session.execute(_STREAMS, {"numbers": list(numbers)})]


def _readable(
    shelves: Iterable[Shelf], keys: frozenset[str], locales: Sequence[str]
) -> list[Shelf]:
    return [
        one
        for one in shelves
        if one.documents > 0
        and not keys.isdisjoint(one.audience)
        and (not locales or one.locale in locales)
    ]


class _Lexicon:
    """What the shelves that the reader may read know of words."""

    def __init__(self, session: Session, where: Sequence[int], *, titles: bool) -> None:
        self._session = session
        self._where = where
        self._titles = titles
        self._groups: list[tuple[int, str, int, int]] = []

    def groups(self) -> list[tuple[int, str, int, int]]:
        """(shelf, term, tier, documents) of all terms that were counted."""
        return self._groups

    def counts(self, terms: Iterable[str]) -> Mapping[str, int]:
        found = postings.groups(self._session, self._where, terms)
        self._groups += found
        counts: dict[str, int] = {}
        for _, term, _, documents in found:
            counts[term] = counts.get(term, 0) + documents
        return counts

    def known(self, words: Iterable[str]) -> list[Known]:
        return postings.known(self._session, self._where, words)

    def near(self, words: Sequence[str]) -> list[Known]:
        forms = {form for word in words for form in slips.forms(word)}
        return postings.near(self._session, self._where, forms)

    def begun(self, start: str, most: int) -> list[Known]:
        found: list[Known] = []
        if self._titles:
            found = postings.begun(self._session, self._where, start, most, titles=True)
        return found or postings.begun(self._session, self._where, start, most, titles=False)
