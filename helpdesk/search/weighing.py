"""How well an article answers a question: BM25 over title, headings and text together.

Pure, with the weights of `ranking`; the amounts of the fields are added up before they saturate, so
a word in title and text is one word. Phrases in quotes must stand in one field side by side.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from helpdesk.search.article_words import length, stream
from helpdesk.search.ranking import (
    TITLE_LENGTH_COUNTS,
    TITLE_WEIGHT,
    Corpus,
    Scored,
    Sought,
    longer,
    rarity,
)
from helpdesk.search.tiers import BODY_LENGTH_COUNTS, HEAD_WEIGHT, Counts, Group, amount_of

RARITY_TELLS = 0.95  # a power: very rare words are often noise

_MOST_WAYS = 16
_PLACES = 9  # of a score: more would be the order in which it was added up


@dataclass(frozen=True, slots=True)
class Streams:
    """The terms of an article in order, field by field (see `article_words`)."""

    number: int
    title: str
    heads: str
    body: str


Phrase = tuple[frozenset[str], ...]
"""For each place the terms that may stand there."""


def ranked(
    corpus: Corpus,
    sought: Sequence[Sought],
    articles: Iterable[Streams],
    phrases: Sequence[Phrase] = (),
) -> list[Scored]:
    """The articles best first; those that lack a phrase or have nothing are left out."""
    weighed = [
        ([(f" {term} ", fit) for term, fit in one.terms.items()], _tells(corpus, one))
        for one in sought
    ]
    half = corpus.saturation
    ways = [_ways(phrase) for phrase in phrases]
    scored = []
    for one in articles:
        if not all(_stands_in(one, way) for way in ways):
            continue
        in_title, in_heads, in_body = _shares(corpus, one)
        title, heads, body = one.title, one.heads, one.body
        score = 0.0
        for terms, weight in weighed:
            amount = 0.0
            for term, fit in terms:
                amount += fit * (
                    in_title * title.count(term)
                    + in_heads * heads.count(term)
                    + in_body * body.count(term)
                )
            score += weight * amount * (half + 1) / (amount + half)
        if score > 0:
            scored.append(Scored(one.number, round(score, _PLACES)))
    return sorted(scored, key=lambda one: (-one.score, one.number))


def weight_of(corpus: Corpus, sought: Sought, term: str, tier: int) -> int:
    """About what an article of that tier gains by a term, in thousandths."""
    amount = sought.terms[term] * amount_of(tier)
    half = corpus.saturation
    return int(1000 * _tells(corpus, sought) * amount * (half + 1) / (amount + half))


def groups_of(
    corpus: Corpus, sought: Sequence[Sought], kept: Iterable[tuple[int, str, int, int]]
) -> list[Group]:
    """The groups (shelf, term, tier, documents) of what is sought, each with its weight."""
    meant: dict[str, list[Sought]] = {}
    for one in sought:
        for term in one.terms:
            meant.setdefault(term, []).append(one)
    return [
        Group(shelf, term, tier, documents, sum(weight_of(corpus, s, term, tier) for s in whose))
        for shelf, term, tier, documents in kept
        if (whose := meant.get(term))
    ]


def telling(
    corpus: Corpus, terms: Mapping[str, Counts], counts: Mapping[str, int], most: int
) -> list[Sought]:
    """Of an article's terms those counted ones that tell most about it, as something sought."""

    def worth(term: str) -> float:
        title, heads, body = terms[term]
        often = TITLE_WEIGHT * title + HEAD_WEIGHT * heads + body
        return math.log1p(often) * _tells(corpus, Sought({}, counts[term]))

    best = sorted(counts, key=lambda term: (-worth(term), term))[:most]
    return [Sought({term: 1.0}, counts[term]) for term in best]


def _tells(corpus: Corpus, sought: Sought) -> float:
    surely = Sought(sought.terms, sought.documents)
    return sought.counts * float(rarity(corpus, surely) ** RARITY_TELLS)


def _shares(corpus: Corpus, one: Streams) -> tuple[float, float, float]:
    """What having a word once is worth in each field, its length allowed for."""
    title = longer(length(one.title), corpus.title_length, TITLE_LENGTH_COUNTS)
    heads = longer(length(one.heads), corpus.head_length, BODY_LENGTH_COUNTS)
    body = longer(length(one.body), corpus.body_length, BODY_LENGTH_COUNTS)
    return TITLE_WEIGHT / title, HEAD_WEIGHT / heads, 1 / body


def _ways(phrase: Phrase) -> list[str]:
    """Every way to write a phrase; of very many the first."""
    ways = itertools.product(*(sorted(place) for place in phrase))
    return [stream(way) for way in itertools.islice(ways, _MOST_WAYS)]


def _stands_in(one: Streams, ways: Sequence[str]) -> bool:
    return any(way in text for way in ways for text in (one.title, one.heads, one.body))
