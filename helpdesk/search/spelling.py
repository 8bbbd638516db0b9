"""What a word that nobody has written may have been meant to be.

Pure: offers spellings to look up, and says how far two words are apart. Only words that the corpus
does not know come here, so clean questions never change. One slip anywhere is mended; two in longer
words whose beginning is right.
"""

from __future__ import annotations

from collections.abc import Iterable

SHORTEST = 4
_TWO_SLIPS_FROM = 7
BEGINNING = 3
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def can_mend(word: str) -> bool:
    return len(word) >= SHORTEST and word.isalpha()


def one_slip(word: str) -> list[str]:
    """Every spelling one slip away: a letter too many, too few, wrong, or two changed places."""
    letters = _LETTERS + "".join(sorted(set(word) - set(_LETTERS)))
    parts = [(word[:n], word[n:]) for n in range(len(word) + 1)]
    found = [a + b[1:] for a, b in parts if b]
    found += [a + b[1] + b[0] + b[2:] for a, b in parts if len(b) > 1]
    found += [a + letter + b[1:] for a, b in parts if b for letter in letters]
    found += [a + letter + b for a, b in parts for letter in letters]
    return list(dict.fromkeys(w for w in found if w != word))


def beginnings(word: str) -> list[str]:
    """Where two slips are looked for; empty when the word is too short for them."""
    if len(word) < _TWO_SLIPS_FROM:
        return []
    swapped = word[1] + word[0] + word[2:]
    return list(dict.fromkeys((word[:BEGINNING], swapped[:BEGINNING])))


def distance(one: str, other: str, most: int = 2) -> int:
    """Slips between two words; neighbours that changed places are one. At most `most` + 1."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        earlier, before, row = before, row, [i] + [0] * len(other)
        for j, its in enumerate(other, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != its))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == its:
                row[j] = min(row[j], earlier[j - 2] + 1)
        if min(row) > most:
            return most + 1
    return row[-1]


def nearest(word: str, known: Iterable[tuple[str, int]], most: int = 3) -> list[str]:
    """The best of known words (with how many documents have each): nearest, then commonest."""
    near = []
    for other, documents in known:
        apart = distance(word, other)
        if apart <= (1 if len(word) < _TWO_SLIPS_FROM else 2):
            near.append((apart, other[:1] != word[:1], -documents, other))
    near.sort()
    return [other for apart, _, _, other in near[:most] if apart == near[0][0]]
