"""How well a document answers what was asked: BM25 over title and text.

Pure. The same on both databases, because neither ranks well by itself: PostgreSQL does not know how
rare a word is, and SQLite can't weigh a title by its length. The weights were chosen on several
collections at once (see benchmarks/search.py); what differs between collections is the length of
texts, so that is what the saturation depends on: in long texts a repeated word tells more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

TITLE_WEIGHT = 5.0
TITLE_LENGTH_COUNTS = 0.6
BODY_LENGTH_COUNTS = 0.55
_SATURATION = 0.8
_SATURATION_PER_WORD = 0.012
_MOST_SATURATION = 4.0


@dataclass(frozen=True, slots=True)
class Corpus:
    """What there is to search: documents, and the words in their titles and texts."""

    documents: int
    title_words: int
    body_words: int
    head_words: int = 0

    @property
    def head_length(self) -> float:
        return max(1.0, self.head_words / max(1, self.documents))

    @property
    def saturation(self) -> float:
        """How much of a word it takes to have half of what having it can tell."""
        return min(_MOST_SATURATION, _SATURATION + _SATURATION_PER_WORD * self.body_length)

    @property
    def title_length(self) -> float:
        return max(1.0, self.title_words / max(1, self.documents))

    @property
    def body_length(self) -> float:
        return max(1.0, self.body_words / max(1, self.documents))


@dataclass(frozen=True, slots=True)
class Sought:
    """One thing looked for: the terms it may stand under, how well each fits, how many have it.

    `counts` is less than 1 for what is only guessed.
    """

    terms: dict[str, float]
    documents: int
    counts: float = 1.0


@dataclass(frozen=True, slots=True)
class Scored:
    number: int
    score: float


def rarity(corpus: Corpus, sought: Sought) -> float:
    """How much it tells that a document has this: much when few have."""
    with_it = min(sought.documents, corpus.documents)
    return sought.counts * math.log(1 + (corpus.documents - with_it + 0.5) / (with_it + 0.5))


def ranked(
    corpus: Corpus, sought: Sequence[Sought], texts: Sequence[tuple[int, str, str]]
) -> list[Scored]:
    """Documents given as (number, title terms, text terms), best first; the newer of equals first.

    Those that have nothing of what was asked are left out.
    """
    weights = [rarity(corpus, one) for one in sought]
    asked = {term: fit for one in sought for term, fit in one.terms.items()}
    saturation = corpus.saturation
    scored = []
    for number, title, body in texts:
        amounts = _amounts(corpus, asked, title, body)
        if not amounts:
            continue
        score = 0.0
        for one, weight in zip(sought, weights, strict=True):
            amount = sum(amounts.get(term, 0.0) * fit for term, fit in one.terms.items())
            score += weight * amount * (saturation + 1) / (amount + saturation)
        if score > 0:
            scored.append(Scored(number, score))
    return sorted(scored, key=lambda one: (-one.score, -one.number))


def _amounts(corpus: Corpus, asked: dict[str, float], title: str, body: str) -> dict[str, float]:
    """How much of each term the document has, its lengths allowed for."""
    head, rest = title.split(), body.split()
    head_share = TITLE_WEIGHT / longer(len(head), corpus.title_length, TITLE_LENGTH_COUNTS)
    rest_share = 1 / longer(len(rest), corpus.body_length, BODY_LENGTH_COUNTS)
    amounts: dict[str, float] = {}
    for words, share in ((head, head_share), (rest, rest_share)):
        for word in words:
            if word in asked:
                amounts[word] = amounts.get(word, 0.0) + share
    return amounts


def longer(length: int, usual: float, counts: float) -> float:
    return 1 - counts + counts * length / usual
