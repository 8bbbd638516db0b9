"""Finding: what was asked, what the corpus knows of it, candidates, ranking, what is shown.

The work of a search is bounded however common its words are. Words that few documents have bring
every document that has them. Where only common words were asked, the newest few hundred documents
with all of them are ranked, so an old document with nothing but common words may be left out
(`Found.is_partial` says so). Not for opening what was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from helpdesk.core.work import Work
from helpdesk.search import ranking, vocabulary, words
from helpdesk.search.highlighting import Marker, Piece
from helpdesk.search.interpreting import Asked, Interpreter
from helpdesk.search.models import SearchDocument
from helpdesk.search.own import OwnWords
from helpdesk.search.permissions import SHARED, Reader
from helpdesk.search.port import Narrowing, Port, Wanted, port
from helpdesk.search.ranking import Corpus, Scored, Sought
from helpdesk.search.service import first_number

MOST_HITS = 100
RARE = 12_000  # so many documents in all are looked up by the rarest words
CANDIDATES = 400
_NEWEST = 400
_FEW = 100
_FILTERED = 600
_OWN = 300


@dataclass(frozen=True, slots=True)
class Filters:
    """What to leave out. Empty means everything; `until` is not included."""

    kinds: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    queue_id: str | None = None
    assignee_id: str | None = None
    customer_id: str | None = None
    tag: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that was found; `alike` counts further ones of the same group."""

    kind: str
    id: str
    scope: str
    at: datetime
    title: tuple[Piece, ...]
    passage: tuple[Piece, ...]
    group_id: str | None
    customer_id: str | None
    state: str | None
    queue_id: str | None
    assignee_id: str | None
    facts: dict[str, Any]
    score: float
    alike: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """`instead` maps words that nobody wrote to those that were looked for."""

    hits: list[Hit]
    instead: dict[str, str]
    is_partial: bool = False


NOTHING = Found([], {})


def find(
    work: Work,
    text: str,
    reader: Reader,
    *,
    filters: Filters = Filters(),
    limit: int = 20,
    grouped: bool = False,
    typing: bool = False,
) -> Found:
    """The best documents that `reader` may read, for words of which each is wished and none needed.

    `grouped` shows the best of each group; `typing`: the last word may be unfinished. Raises
    Invalid when the text is too long.
    """
    units = words.ask(text)
    if not units:
        return NOTHING
    limit = max(1, min(MOST_HITS, limit))
    search = _Search(work, reader, filters, limit, grouped)
    found = [search.over(Interpreter(units, typing), own) for own in _halves(reader)]
    return found[0] if len(found) == 1 else _joined(found, limit)


def latest(work: Work, reader: Reader, *, filters: Filters = Filters(), limit: int = 20) -> Found:
    """Without words: the newest that the filters leave."""
    search = _Search(work, reader, filters, max(1, min(MOST_HITS, limit)), grouped=True)
    conditions = [*search.conditions(own=False)]
    if reader.own:
        mine = and_(*search.conditions(own=True))
        conditions = [or_(and_(*conditions), mine)]
    statement = (
        select(SearchDocument)
        .where(*conditions)
        .order_by(SearchDocument.number.desc())
        .limit(search.limit * 3)
    )
    rows = list(work.session.scalars(statement))
    scored = [Scored(row.number, 0.0) for row in rows]
    return Found(search.shown({row.number: row for row in rows}, scored, frozenset()), {})


def _halves(reader: Reader) -> list[bool]:
    """What everybody may read and what is one's own are searched apart, each by its own words."""
    return ([False] if reader.scopes else []) + ([True] if reader.own else [])


def _joined(found: Sequence[Found], limit: int) -> Found:
    hits = sorted((hit for one in found for hit in one.hits), key=lambda hit: -hit.score)
    instead: dict[str, str] = {}
    if not all(one.hits for one in found):
        found = [one for one in found if one.hits]
    for one in found:
        instead |= one.instead
    return Found(hits[:limit], instead, any(one.is_partial for one in found))


@dataclass(frozen=True, slots=True)
class _Search:
    work: Work
    reader: Reader
    filters: Filters
    limit: int
    grouped: bool

    def over(self, interpreter: Interpreter, own: bool) -> Found:
        return self._over_own(interpreter) if own else self._over_index(interpreter)

    def _over_index(self, interpreter: Interpreter) -> Found:
        session, scopes = self.work.session, self.reader.scopes
        corpus = vocabulary.corpus(session, scopes)
        asked = interpreter.meet(_Vocabulary(self.work, scopes))
        if not asked.sought:
            return NOTHING
        numbers, partial = self._candidates(corpus, asked.sought)
        scored = ranking.ranked(corpus, asked.sought, port(session).texts(session, numbers))
        return self._found(asked, scored, partial)

    def _over_own(self, interpreter: Interpreter) -> Found:
        """A customer's own: few enough to read, and counted by themselves."""
        session = self.work.session
        statement = select(SearchDocument.number).where(*self.conditions(own=True))
        newest = statement.order_by(SearchDocument.number.desc()).limit(_OWN)
        numbers = list(session.scalars(newest))
        written = select(SearchDocument.title, SearchDocument.body).where(
            SearchDocument.number.in_(numbers)
        )
        known = OwnWords([(title, body) for title, body in session.execute(written)])
        asked = interpreter.meet(known)
        if not asked.sought:
            return NOTHING
        texts = port(session).texts(session, numbers)
        scored = ranking.ranked(known.corpus, asked.sought, texts)
        return self._found(asked, scored, len(numbers) == _OWN)

    def _candidates(self, corpus: Corpus, sought: Sequence[Sought]) -> tuple[list[int], bool]:
        rare, common = _split(sought)
        where = self._where()
        index: Port = port(self.work.session)
        session = self.work.session
        found: list[int] = []
        partial = False
        if rare:
            found = index.best(session, _wanted(corpus, rare), where, CANDIDATES)
        if common and len(found) < _FEW:
            partial = True
            for wanted, share in _common(corpus, common):
                found += index.newest(session, wanted, where, _NEWEST, share)
                if len(found) >= _FEW:
                    break
            if self._narrows() and len(found) < _FEW:
                found += self._filtered(where)
        return list(dict.fromkeys(found)), partial

    def _filtered(self, where: Narrowing) -> list[int]:
        """The newest that the filters leave, whatever their words: the ranking looks at those."""
        number = SearchDocument.number
        statement = select(number).where(*where.conditions)
        if where.first is not None:
            statement = statement.where(number >= where.first)
        if where.last is not None:
            statement = statement.where(number <= where.last)
        return list(self.work.session.scalars(statement.order_by(number.desc()).limit(_FILTERED)))

    def _narrows(self) -> bool:
        f = self.filters
        return bool(f.states or f.queue_id or f.assignee_id or f.customer_id or f.tag)

    def _where(self) -> Narrowing:
        f = self.filters
        return Narrowing(
            tuple(self.conditions(own=False, spans=False)),
            None if f.since is None else first_number(f.since),
            None if f.until is None else first_number(f.until) - 1,
        )

    def conditions(self, *, own: bool, spans: bool = True) -> list[ColumnElement[bool]]:
        f, d = self.filters, SearchDocument
        found: list[ColumnElement[bool]] = []
        if own:
            found += [d.customer_id == self.reader.own, d.scope == SHARED]
        elif not self.reader.reads_all:
            found.append(d.scope.in_(sorted(self.reader.scopes)))
        if self.reader.queues is not None:
            # What belongs to no case (an article) lies in no queue.
            here = or_(d.queue_id.in_(sorted(self.reader.queues)), d.group_id.is_(None))
            found.append(or_(here, d.assignee_id == self.reader.person))
        if f.kinds:
            found.append(d.kind.in_(sorted(f.kinds)))
        if f.states:
            found.append(d.state.in_(sorted(f.states)))
        for column, value in (
            (d.queue_id, f.queue_id),
            (d.assignee_id, f.assignee_id),
            (d.customer_id, f.customer_id),
        ):
            if value is not None:
                found.append(column == value)
        if f.tag is not None:
            found.append(d.tags.contains(f"\n{f.tag}\n", autoescape=True))
        if spans and f.since is not None:
            found.append(d.number >= first_number(f.since))
        if spans and f.until is not None:
            found.append(d.number < first_number(f.until))
        return found

    def _found(self, asked: Asked, scored: list[Scored], partial: bool) -> Found:
        # Several of one group may lead the list; few groups have that many.
        top = scored[: self.limit * 4 if self.grouped else self.limit]
        wanted = select(SearchDocument).where(SearchDocument.number.in_([s.number for s in top]))
        rows = {row.number: row for row in self.work.session.scalars(wanted)}
        terms = frozenset(term for one in asked.sought for term in one.terms)
        return Found(self.shown(rows, top, terms), asked.instead, partial)

    def shown(
        self, rows: dict[int, SearchDocument], scored: Sequence[Scored], terms: frozenset[str]
    ) -> list[Hit]:
        """The rows in this order; of a group only the first, with a count of the others."""
        first: dict[str, Scored] = {}
        alike: dict[str, int] = {}
        for one in scored:
            row = rows.get(one.number)
            if row is None:
                continue
            key = (row.group_id if self.grouped else None) or f"{row.kind} {row.subject_id}"
            if first.setdefault(key, one) is not one:
                alike[key] = alike.get(key, 0) + 1
        marker = Marker(terms)
        return [
            _hit(rows[one.number], one.score, alike.get(key, 0), marker)
            for key, one in list(first.items())[: self.limit]
        ]


def _hit(row: SearchDocument, score: float, alike: int, marker: Marker) -> Hit:
    return Hit(
        row.kind,
        row.subject_id,
        row.scope,
        row.at,
        marker.marked(row.title),
        marker.passage(row.body),
        row.group_id,
        row.customer_id,
        row.state,
        row.queue_id,
        row.assignee_id,
        row.facts,
        score,
        alike,
    )


def _split(sought: Sequence[Sought]) -> tuple[list[Sought], list[Sought]]:
    """Those that are rare enough to read all who have them, and the common ones."""
    rare: list[Sought] = []
    common: list[Sought] = []
    read = 0
    for one in sorted(sought, key=lambda one: one.documents):
        read += one.documents
        (rare if read <= RARE else common).append(one)
    return rare, common


def _wanted(corpus: Corpus, sought: Sequence[Sought]) -> list[Wanted]:
    return [Wanted(tuple(one.terms), ranking.rarity(corpus, one)) for one in sought]


def _common(corpus: Corpus, common: Sequence[Sought]) -> list[tuple[list[Wanted], float]]:
    """All of the common words together, then the rarest of them alone; each with its share."""
    shares = [min(1.0, one.documents / max(1, corpus.documents)) for one in common]
    wanted = _wanted(corpus, common)
    together = 1.0
    for share in shares:
        together *= share
    tried = [(wanted, together)]
    if len(wanted) > 1:
        tried.append((wanted[:1], shares[0]))
    return tried


class _Vocabulary:
    """What the index knows of words, in the scopes that the reader may read."""

    def __init__(self, work: Work, scopes: frozenset[str]) -> None:
        self._session = work.session
        self._scopes = scopes

    def documents_with(self, terms: Sequence[str]) -> dict[str, int]:
        return vocabulary.documents_with(self._session, self._scopes, terms)

    def known(self, spelt: Sequence[str]) -> list[vocabulary.Known]:
        return vocabulary.known(self._session, self._scopes, spelt)

    def begun(self, start: str, most: int) -> list[vocabulary.Known]:
        return vocabulary.begun(self._session, self._scopes, start, most)
