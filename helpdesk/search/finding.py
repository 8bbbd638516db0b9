"""Finds articles: what was asked, whom to look at, exact order, what is shown.

The reader is a set of audience keys and the locales to look in, the best first; nothing else of
the collection has a say in what they see. The work is bounded however common the words are: the
postings that tell most are read first, up to a number, and the best of them are weighed exactly
(see `tiers`). Pages ask `answering`, which never fails. Not for opening an article: its own door
asks who may.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy.orm import Session

from helpdesk.search import (
    article_rows,
    article_words,
    languages,
    passages,
    postings,
    shelves,
    slips,
    spellings,
    synonyms,
    tiers,
    weighing,
)
from helpdesk.search.fusing import Close, fused
from helpdesk.search.highlighting import Marker, Piece
from helpdesk.search.nearness import Memory
from helpdesk.search.ranking import Scored, Sought
from helpdesk.search.shelves import Shelf
from helpdesk.search.understanding import Understood, understand
from helpdesk.search.vocabulary import Known
from helpdesk.search.words import lowered, runs_of

MOST_HITS = 50
TELLING = 12  # words of an article that others are related by


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is looked at: postings read, articles weighed."""

    read: int
    weighed: int


FULL = Effort(10_000, 150)
TYPING = Effort(1_500, 30)
IN_SECTION = Effort(6_000, 150)  # each that gains is looked up for its section


@dataclass(frozen=True, slots=True)
class Reader:
    """`keys`: the audiences they belong to; `locales`: where to look, best first, or none for all.

    `section_id` narrows it to a section and what lies in it.
    """

    keys: frozenset[str]
    locales: tuple[str, ...] = ()
    section_id: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """An article in the locale to show it in; while somebody types without a passage."""

    id: str
    locale: str
    title: tuple[Piece, ...]
    passage: tuple[Piece, ...]
    facts: dict[str, Any]
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """`instead` maps words that no article has to those looked for, and `meant` is the question so.

    `loosened`: nothing had the words in quotes side by side, so they were looked for apart.
    `failed`: there was no answer, for this reason ("slow" or "broken"); say so and go on without.
    """

    hits: list[Hit] = field(default_factory=list)
    instead: dict[str, str] = field(default_factory=dict)
    loosened: bool = False
    failed: str | None = None


def no_limit() -> None:
    """Nobody waits."""


class Search:
    """One reader's search; `go_on` is called between its steps and may raise to end it.

    `memory`: what knows the meaning of articles; None to go by their words alone.
    """

    def __init__(
        self,
        session: Session,
        reader: Reader,
        go_on: Callable[[], None] = no_limit,
        memory: Memory | None = None,
    ) -> None:
        self._memory = memory
        self._session = session
        self._reader = reader
        self._go_on = go_on
        self._shelves = _readable(shelves.all_of(session), reader)
        self._where = [one.id for one in self._shelves]
        self._corpus = shelves.corpus(self._shelves)

    def find(self, asked: str, limit: int = 10, *, typing: bool = False) -> Answer:
        """The best articles for words of which each is wished and none needed.

        Words in quotes must stand side by side. `typing`: the last word may be unfinished.
        """
        spoken = self._spoken()
        question = article_words.ask(asked, spoken)
        if not question.units or not self._shelves:
            return Answer()
        lexicon = _Lexicon(self._session, self._where, titles=typing)
        alternatives = synonyms.alternatives(self._session, question, spoken)
        understood = understand(question, lexicon, typing=typing, alternatives=alternatives)
        self._go_on()
        limit = max(1, min(MOST_HITS, limit))
        scored, loosened = self._ranked(understood, lexicon, self._effort(typing=typing))
        close = [] if understood.phrases else self._close(_mended(asked, understood.instead))
        scored = fused(scored, close) if close else scored
        markers = _Markers(understood.sought, runs_of(lowered(asked)), close)
        hits = self._shown(scored, markers, limit, passages=not typing)
        return Answer(hits, understood.instead, loosened)

    def related(self, article_id: str, limit: int = 5) -> list[Hit]:
        """Other articles with what tells most in this one, wherever the reader may look."""
        rows = [
            row
            for row in article_rows.of_ids(self._session, [article_id])
            if row.shelf in set(self._where)
        ]
        if not rows:
            return []
        row = min(rows, key=lambda row: (self._preference(row.locale), row.locale))
        made = article_words.Fields(row.title_terms, row.head_terms, row.body_terms, {})
        lexicon = _Lexicon(self._session, self._where, titles=False)
        counts = lexicon.counts(made.terms())
        little = languages.little(languages.language_of(row.locale))
        shared = {term: n for term, n in counts.items() if n > 1 and term not in little}
        sought = weighing.telling(self._corpus, made.terms(), shared, TELLING)
        self._go_on()
        scored, _ = self._ranked(Understood(sought), lexicon, FULL)
        numbers = {row.number for row in rows}
        others = [one for one in scored if one.number not in numbers]
        return self._shown(others, _Markers([]), max(1, min(MOST_HITS, limit)), passages=True)

    def _ranked(
        self, understood: Understood, lexicon: _Lexicon, effort: Effort
    ) -> tuple[list[Scored], bool]:
        groups = weighing.groups_of(self._corpus, understood.sought, lexicon.groups())
        chosen = tiers.worth_reading(groups, effort.read)
        section_id = self._reader.section_id
        numbers = postings.candidates(self._session, chosen, effort.weighed, section_id)
        self._go_on()
        streams = article_rows.streams(self._session, numbers)
        self._go_on()
        sought, phrases = understood.sought, understood.phrases
        scored = weighing.ranked(self._corpus, sought, streams, phrases)
        if scored or not phrases:
            return scored, False
        return weighing.ranked(self._corpus, sought, streams), True

    def _close(self, asked: str) -> list[Close]:
        """What means something like it, of what this reader may see as it stands now."""
        if self._memory is None:
            return []
        found = self._memory.close_to(self._session, asked, self._where)
        self._go_on()
        readable, section_id = set(self._where), self._reader.section_id
        now = article_rows.places(self._session, [one.number for one in found])
        return [
            one
            for one in found
            if one.number in now
            and now[one.number][0] in readable
            and (section_id is None or f"\n{section_id}\n" in now[one.number][1])
        ]

    def _effort(self, *, typing: bool) -> Effort:
        if typing:
            return TYPING
        return FULL if self._reader.section_id is None else IN_SECTION

    def _spoken(self) -> list[str]:
        return list(dict.fromkeys(languages.language_of(one.locale) for one in self._shelves))

    def _preference(self, locale: str) -> int:
        locales = self._reader.locales
        return locales.index(locale) if locale in locales else len(locales)

    def _suits(self, row: Any, found: int) -> tuple[int, bool]:
        return self._preference(row.locale), row.number != found

    def _shown(
        self, scored: Sequence[Scored], markers: _Markers, limit: int, *, passages: bool
    ) -> list[Hit]:
        """The best, each article once and in the locale that the reader prefers."""
        ids = article_rows.ids_of(self._session, [one.number for one in scored[: limit * 3]])
        best: dict[str, Scored] = {}
        for one in scored:
            if one.number in ids and len(best) < limit:
                best.setdefault(ids[one.number], one)
        shown: dict[str, Any] = {}
        readable = set(self._where)
        for kept in article_rows.of_ids(self._session, list(best)):
            if kept.shelf in readable:
                other = shown.setdefault(kept.article_id, kept)
                found = best[kept.article_id].number
                if self._suits(kept, found) < self._suits(other, found):
                    shown[kept.article_id] = kept
        return [
            Hit(
                id_,
                row.locale,
                markers.of(row.locale).marked(row.title),
                markers.passage(row) if passages else (),
                orjson.loads(row.facts),
                one.score,
            )
            for id_, one in best.items()
            if (row := shown.get(id_))
        ]


class _Markers:
    """One for each language, so that each word is looked at once."""

    def __init__(
        self, sought: Sequence[Sought], asked: Sequence[str] = (), close: Sequence[Close] = ()
    ) -> None:
        self._terms = frozenset(term for one in sought for term in one.terms)
        self._asked = asked
        self._nearest = {one.number: one.passage for one in close}
        self._known: dict[str, Marker] = {}

    def of(self, locale: str) -> Marker:
        spoken = (languages.language_of(locale),)
        if locale not in self._known:
            forms = functools.partial(article_words.forms_of, spoken=spoken)
            asked = self._asked if spoken == ("de",) else ()
            self._known[locale] = Marker(self._terms, forms, asked)
        return self._known[locale]

    def passage(self, row: Any) -> tuple[Piece, ...]:
        """Where the words stand; where none does, what means the most like the question."""
        marker = self.of(row.locale)
        shown = marker.passage(row.body)
        place = self._nearest.get(row.number)
        if place is None or any(piece.marked for piece in shown):
            return shown
        return marker.passage("".join(passages.of(row.body)[place : place + 1]) or row.body)


def _mended(asked: str, instead: Mapping[str, str]) -> str:
    return " ".join(instead.get(lowered(word), word) for word in asked.split())


def _readable(every: Iterable[Shelf], reader: Reader) -> list[Shelf]:
    return [
        one
        for one in every
        if one.documents > 0
        and not reader.keys.isdisjoint(one.audience)
        and (not reader.locales or one.locale in reader.locales)
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
        return spellings.known(self._session, self._where, words)

    def near(self, words: Sequence[str]) -> list[Known]:
        forms = {form for word in words if slips.can_slip(word) for form in slips.forms(word)}
        return spellings.near(self._session, self._where, forms)

    def begun(self, start: str, most: int) -> list[Known]:
        found: list[Known] = []
        if self._titles:
            found = spellings.begun(self._session, self._where, start, most, titles=True)
        return found or spellings.begun(self._session, self._where, start, most, titles=False)
