"""Cuts a text into passages that each mean one thing, for the search by meaning. Pure.

The mean of a whole long page is near to nothing; its best passage is. So sentences are put together
up to a size, and each passage is read with the title over it.
"""

from __future__ import annotations

import re

LONGEST = 600
MOST = 40
_ENDS = re.compile(r"(?<=[.!?\n])\s+")


def of(body: str) -> list[str]:
    """The passages in order, none empty; a text without any has one that is."""
    found: list[str] = []
    now = ""
    for sentence in (part for one in _ENDS.split(body) for part in _short(one.strip())):
        if now and len(now) + 1 + len(sentence) > LONGEST:
            found.append(now)
            now = ""
        now = f"{now} {sentence}".strip()
        if len(found) == MOST:
            return found
    return [*found, now] if now or not found else found


def read_with(title: str, passage: str) -> str:
    return f"{title}\n{passage}".strip()


def _short(sentence: str) -> list[str]:
    """A sentence that is longer than a passage in pieces, between words where there are some."""
    pieces = []
    while len(sentence) > LONGEST:
        cut = sentence.rfind(" ", 0, LONGEST)
        cut = cut if cut > 0 else LONGEST
        pieces.append(sentence[:cut])
        sentence = sentence[cut:].strip()
    return [*pieces, sentence] if sentence else pieces
