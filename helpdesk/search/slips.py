"""Which words may have been meant by one that nobody wrote, found by letters left out.

Pure. Two words within two slips of each other become the same when up to two letters are left out
of each; so each word is kept under all such forms of its beginning, and a misspelt one is looked up
under its own (SymSpell, Wolf Garbe 2012). How far two words are apart is counted in `spelling`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from helpdesk.search import spelling

SHORTEST = 3
LONGEST = 30
TWO_SLIPS_FROM = 7
_SURE_FROM = 6
_SURE_OF_TWO_FROM = 9
_BEGINNING = 7


@dataclass(frozen=True, slots=True)
class Near:
    """A word that somebody wrote, `apart` slips from the one asked."""

    word: str
    apart: int
    documents: int


def can_slip(word: str) -> bool:
    """Whether a word may be meant by another: numbers and very short words are what they are."""
    return SHORTEST <= len(word) <= LONGEST and word.isalpha()


def forms(word: str) -> set[str]:
    """The word's beginning with up to two letters left out, one in a short word."""
    start = beginning(word)
    found = {start}
    for fewer in range(1, most_slips(word) + 1):
        kept = itertools.combinations(start, max(0, len(start) - fewer))
        found.update(map("".join, kept))
    return found


def beginning(word: str) -> str:
    """The form with nothing left out."""
    return word[:_BEGINNING]


def most_slips(word: str) -> int:
    return 1 if len(word) < TWO_SLIPS_FROM else 2


def nearest(word: str, written: Iterable[tuple[str, int]]) -> list[Near]:
    """Of words (and in how many documents each is) the near ones: nearest first, then commonest."""
    most = most_slips(word)
    near = []
    for other, documents in written:
        apart = spelling.distance(word, other, most)
        if 0 < apart <= most and (len(word) > SHORTEST or len(other) > len(word)):
            near.append(Near(other, apart, documents))
    return sorted(near, key=lambda n: (n.apart, _unlikely(word, n.word), -n.documents, n.word))


def likelihood(typed: str, meant: Near) -> float:
    """About how likely it is that this one was meant, from 0 to 1.

    Many a word that nobody wrote is a right one: short words are near to too many others.
    """
    length = len(typed)
    if meant.apart > 1:
        likely = 0.6 if length >= _SURE_OF_TWO_FROM else 0.4
    else:
        likely = 0.9 if length >= _SURE_FROM else 0.8 if length > SHORTEST else 0.3
    return likely * (0.8 if _unlikely(typed, meant.word) == 2 else 1.0)


def _unlikely(typed: str, meant: str) -> int:
    """Letters that changed places are the commonest slip, a wrong first letter the rarest."""
    if sorted(typed) == sorted(meant):
        return 0
    return 1 if typed[:1] == meant[:1] else 2
