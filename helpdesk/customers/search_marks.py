"""Why a record was found: which of its fields have the words typed, and where in them.

Pure, and never markup: whoever shows the pieces escapes them. Not for finding (see `search`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from helpdesk.customers.contact_points import national_digits
from helpdesk.customers.search_words import Query, words_of

LONGEST = 120
_LED_IN = 40
_RUN = re.compile(r"[^\W_]+")
_Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a record under the name that people know it by."""

    label: str
    text: str
    is_phone: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    label: str
    pieces: tuple[Piece, ...]


def marked(text: str, asked: Query) -> tuple[Piece, ...]:
    """The whole text in pieces, the beginnings of words that were typed marked."""
    return _cut(text, _places(text, asked.words)[0])


def reasons(
    asked: Query, shown: str, fields: Iterable[Field]
) -> tuple[tuple[Reason, ...], frozenset[str]]:
    """The fewest fields that explain the find, in the order given, and the words still unexplained.

    `shown` is the name, which is seen anyway and so explains without being told.
    """
    given = list(fields)
    if asked.number:
        found = [_number_in(field, asked.number) for field in given if field.is_phone]
        told = next((reason for reason in found if reason), None)
        if told is not None:
            return (told,), frozenset()
    left = set(asked.words) - _places(shown, asked.words)[1]
    told_of: list[Reason] = []
    for field in given:
        if not left:
            break
        spans, met = _in_field(field, sorted(left))
        if met:
            told_of.append(Reason(field.label, _passage(field.text, spans)))
            left -= met
    return tuple(told_of), frozenset(left)


def _in_field(field: Field, words: Sequence[str]) -> tuple[list[_Span], set[str]]:
    spans, met = _places(field.text, words)
    if field.is_phone:
        for word in words:
            span = _digits_at(field.text, word)
            if span is not None:
                spans, met = [*spans, span], met | {word}
    return sorted(spans), met


def _places(text: str, words: Sequence[str]) -> tuple[list[_Span], set[str]]:
    """Where words begin with one of those asked, and which of those were met."""
    spans, met = [], set()
    for run in _RUN.finditer(text):
        parts = words_of(run.group())
        begun = [word for word in words if any(part.startswith(word) for part in parts)]
        if not begun:
            continue
        met.update(begun)
        # Letters that fold into several have no place of their own: then the word is marked whole.
        is_even = len("".join(parts)) == len(run.group())
        length = max(map(len, begun)) if is_even else len(run.group())
        spans.append((run.start(), run.start() + length))
    return spans, met


def _number_in(field: Field, number: str) -> Reason | None:
    span = _digits_at(field.text, number)
    return Reason(field.label, _cut(field.text, [span])) if span else None


def _digits_at(e164: str, digits: str) -> _Span | None:
    """Where the digits stand in a number, also as its own country dials them."""
    if not digits.isdecimal():
        return None
    at = e164.find(digits)
    if at >= 0:
        return at, at + len(digits)
    home = digits.lstrip("0")
    if not home or not national_digits(e164).startswith(digits):
        return None
    at = e164.find(home)
    return (at, at + len(home)) if at >= 0 else None


def _passage(text: str, spans: list[_Span]) -> tuple[Piece, ...]:
    """The text, or of a long one the part around what was found first."""
    if len(text) <= LONGEST or not spans:
        return _cut(text, spans)
    start = max(0, min(spans[0][0] - _LED_IN, len(text) - LONGEST))
    start = text.find(" ", start, spans[0][0]) + 1 or start if start else 0
    end = min(len(text), start + LONGEST)
    inside = [(a - start, min(b, end) - start) for a, b in spans if start <= a < end]
    before = (Piece("… ", False),) if start else ()
    after = (Piece(" …", False),) if end < len(text) else ()
    return (*before, *_cut(text[start:end], inside), *after)


def _cut(text: str, spans: list[_Span]) -> tuple[Piece, ...]:
    edges = sorted({0, len(text), *(edge for span in spans for edge in span)})
    return tuple(
        Piece(text[a:b], any(start <= a and b <= end for start, end in spans))
        for a, b in pairwise(edges)
    )
