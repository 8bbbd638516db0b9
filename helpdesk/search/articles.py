"""Puts articles into the search and takes them out: the scope `articles` of the one index.

Called in whatever transaction publishes, changes or withdraws an article; it is found as soon as
that commits. An article costs a few milliseconds and writers wait for each other, so many at once
belong in `put_all`. Who may read one is said by audience keys (`public`, `signed_in`, `internal`,
`segment:gold`, whatever the caller agrees on with who searches): a reader needs one of them.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Row

from helpdesk.core.work import Work
from helpdesk.search import (
    article_rows,
    article_tables,
    article_words,
    postings,
    shelves,
    slips,
    spellings,
)
from helpdesk.search.article_words import Fields
from helpdesk.search.permissions import PUBLIC
from helpdesk.search.postings import Posting
from helpdesk.search.tiers import tier_of

AT_ONCE = 200
_NUMBER_BYTES = 6

Key = tuple[str, str]
"""An article's id and a locale."""


@dataclass(frozen=True, slots=True)
class Article:
    """One article in one locale. `headings` and `labels` tell more than the text they stand in.

    `body` is plain text without internal notes; `section_ids` are its section and those above it.
    `facts` come back with what is found (slug, rating, ...) and are no words of the article.
    """

    id: str
    locale: str
    title: str
    body: str = ""
    headings: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    audience: frozenset[str] = frozenset({PUBLIC})
    section_ids: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


def put(work: Work, article: Article) -> None:
    """Put it in the place of what was found of this article in this locale."""
    put_all(work, [article])


def put_all(work: Work, articles: Iterable[Article]) -> None:
    """Put many; where the same is given twice, the last counts."""
    latest = list({(one.id, one.locale): one for one in articles}.values())
    for start in range(0, len(latest), AT_ONCE):
        _put(work, latest[start : start + AT_ONCE])


def drop(work: Work, article_id: str, locale: str | None = None) -> None:
    """It is not found any more, in this locale or in any; harmless when it never was."""
    article_tables.alone(work.session)
    kept = _kept(work, [article_id])
    gone = [row for key, row in kept.items() if locale is None or key[1] == locale]
    change = _Change()
    for row in gone:
        change.take_out(row)
    change.book(work)
    article_rows.erase(work.session, [row.number for row in gone])


def clear(work: Work) -> None:
    """Empty the scope; whoever does so puts all articles again."""
    article_tables.alone(work.session)
    article_tables.clear(work.session)


# Built anew from the texts that are kept ----------------------------------------------------------


def forget_words(work: Work) -> None:
    """Throw out what was made of the texts: whoever rebuilds puts every article again."""
    article_tables.alone(work.session)
    article_tables.clear(work.session, derived_only=True)
    article_tables.forget_sums(work.session)


# -----------------------------------------------------------------------------------------------

_TEXTS = ("locale", "shelf", "title", "heads", "body")


def _put(work: Work, articles: Sequence[Article]) -> None:
    article_tables.alone(work.session)
    kept = _kept(work, sorted({one.id for one in articles}))
    numbers = _new_numbers(work, [k for one in articles if (k := (one.id, one.locale)) not in kept])
    places: dict[tuple[str, frozenset[str]], int] = {}
    change = _Change()
    rows = []
    for one in articles:
        place = (one.locale, one.audience)
        if place not in places:
            places[place] = shelves.shelf_for(work.session, *place)
        before = kept.get((one.id, one.locale))
        values = _values(one, places[place])
        values["number"] = before.number if before else numbers[(one.id, one.locale)]
        if before is not None and before.indexed and _reads_same(before, values):
            values |= {
                name: getattr(before, name) for name in article_rows.COLUMNS if name not in values
            }
        else:
            if before is not None and before.indexed:
                change.take_out(before)
            values |= change.put_in(values)
        rows.append(values)
    change.book(work)
    article_rows.write(work.session, rows)


def _kept(work: Work, ids: Sequence[str]) -> dict[Key, Row[Any]]:
    rows = article_rows.of_ids(work.session, ids)
    return {(row.article_id, row.locale): row for row in rows}


def _new_numbers(work: Work, keys: Sequence[Key]) -> dict[Key, int]:
    """A number for each, made of the key, so that equals stand in one order everywhere."""
    given = {key: _number_of(key) for key in keys}
    taken = article_rows.taken(work.session, list(given.values()))
    for key, number in given.items():
        while number in taken or (
            number != given[key] and article_rows.taken(work.session, [number])
        ):
            number += 1
        taken.add(number)
        given[key] = number
    return given


def _number_of(key: Key) -> int:
    mark = hashlib.blake2b("\n".join(key).encode("utf-8", "replace"), digest_size=_NUMBER_BYTES)
    return int.from_bytes(mark.digest(), "big")


def _values(article: Article, shelf: int) -> dict[str, Any]:
    heads = "\n".join((*article.headings, *article.labels))
    return {
        "article_id": article.id,
        "locale": article.locale,
        "shelf": shelf,
        "sections": "".join(f"\n{one}" for one in article.section_ids) + "\n",
        "title": _storable(article.title)[: article_words.KEPT_TITLE],
        "heads": _storable(heads)[: article_words.KEPT_HEADS],
        "body": _storable(article.body)[: article_words.KEPT_BODY],
        "facts": orjson.dumps(article.facts).decode(),
    }


def _storable(text: str) -> str:
    """PostgreSQL keeps no NUL, and no database half a character."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()


def _reads_same(row: Row[Any], values: dict[str, Any]) -> bool:
    return all(getattr(row, name) == values[name] for name in _TEXTS)


class _Change:
    """What a batch changes, summed up so that each row is written once."""

    def __init__(self) -> None:
        self._posted: set[Posting] = set()
        self._taken: set[Posting] = set()
        self._words: Counter[tuple[int, str, str]] = Counter()
        self._titles: Counter[tuple[int, str, str]] = Counter()
        self._sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])

    def put_in(self, values: dict[str, Any]) -> dict[str, Any]:
        """Count the words of an article; answers the columns that hold them."""
        made = _fields(values["locale"], values["title"], values["heads"], values["body"])
        self._posted |= _postings(values["shelf"], values["number"], made)
        self._count(values["shelf"], made, 1)
        return {
            "title_terms": made.title,
            "head_terms": made.heads,
            "body_terms": made.body,
            "indexed": 1,
        }

    def take_out(self, row: Row[Any]) -> None:
        made = _fields(row.locale, row.title, row.heads, row.body)
        # As they were posted, should other rules have made them.
        kept = Fields(row.title_terms, row.head_terms, row.body_terms, made.vocabulary)
        self._taken |= _postings(row.shelf, row.number, kept)
        self._count(row.shelf, kept, -1)

    def book(self, work: Work) -> None:
        session = work.session
        gone, new = self._taken - self._posted, self._posted - self._taken
        postings.take_away(session, list(gone))
        postings.post(session, list(new))
        terms: Counter[tuple[int, str, int]] = Counter(posting[:3] for posting in new)
        terms.subtract(Counter(posting[:3] for posting in gone))
        postings.count_terms(session, terms)
        words = {key: (more, self._titles[key]) for key, more in self._words.items()}
        spellings.count_words(session, words)
        fresh = {key[1] for key, more in self._words.items() if more > 0}
        spellings.add_slips(session, (word for word in fresh if slips.can_slip(word)))
        shelves.tally(session, self._sums)

    def _count(self, shelf: int, made: Fields, more: int) -> None:
        for (word, term), in_title in made.vocabulary.items():
            self._words[(shelf, word, term)] += more
            self._titles[(shelf, word, term)] += more * in_title
        sums = self._sums[shelf]
        sums[0] += more
        for place, terms in enumerate((made.title, made.heads, made.body), 1):
            sums[place] += more * article_words.length(terms)


def _fields(locale: str, title: str, heads: str, body: str) -> Fields:
    return article_words.fields(locale, title, [heads], body)


def _postings(shelf: int, number: int, made: Fields) -> set[Posting]:
    lengths = (
        article_words.length(made.title),
        article_words.length(made.heads),
        article_words.length(made.body),
    )
    return {
        (shelf, term, tier_of(counts, lengths), number) for term, counts in made.terms().items()
    }
