"""A text as what it can be told by: words, neighbours, pairs and pieces of words. Pure.

The same for learning and for judging. Everything is bounded, so that one endless mail costs no more
than a page. Not for the weights of features (`vectors`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

LONGEST_TEXT = 4_000
MOST_WORDS = 400
PAIRS_WITHIN = 8
SHORTEST_PIECE, LONGEST_PIECE = 2, 5
WORD, PAIR, PIECE = "w", "p", "c"
"""The first letter of a feature: a word or neighbours, two near each other, part of a word."""

_WORD = re.compile(r"\w+")


def text_of(subject: str, body: str) -> str:
    """What is judged of a ticket: its subject and the customer's first words."""
    body = body.strip()
    return body if body.startswith(subject.rstrip("…")) else f"{subject}\n{body}"


def words_of(text: str) -> list[str]:
    """The words in order, without capitals and accents."""
    spread = unicodedata.normalize("NFKD", text[:LONGEST_TEXT].lower())
    plain = "".join(one for one in spread if not unicodedata.combining(one))
    return _WORD.findall(plain)[:MOST_WORDS]


def features_of(text: str) -> list[list[str]]:
    """Three lists of features, a block each: words, pieces, pairs. Features may repeat."""
    words = words_of(text)
    return [
        [*(WORD + one for one in words), *(f"{WORD}{a} {b}" for a, b in pairwise(words))],
        [PIECE + piece for word in words for piece in _pieces(word)],
        [*_pairs(words)],
    ]


def _pieces(word: str) -> Iterator[str]:
    """Parts of a word with its borders marked; a short word is its own only piece of a length."""
    marked = f" {word} "
    for length in range(SHORTEST_PIECE, LONGEST_PIECE + 1):
        if len(marked) <= length:
            yield marked
            return
        for start in range(len(marked) - length + 1):
            yield marked[start : start + length]


def _pairs(words: list[str]) -> set[str]:
    """Each two words that stand near each other, whichever comes first."""
    found = set()
    for place, one in enumerate(words):
        for other in words[place + 1 : place + 1 + PAIRS_WITHIN]:
            if one != other:
                first, second = sorted((one, other))
                found.add(f"{PAIR}{first} {second}")
    return found


def shown(feature: str) -> str:
    """A feature as people read it; empty for one that means nothing to them."""
    kind, words = feature[:1], feature[1:]
    return "" if kind == PIECE else words
