"""Shows where the words asked for stand in a text, as pieces for the screen to mark and escape.

Pure, and never markup: whoever shows the pieces escapes them. Not for finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass

from helpdesk.search.stemming import stems
from helpdesk.search.words import (
    MARKS,
    RUN,
    UNSPACED,
    folded,
    is_spaced,
    lowered,
    wholes_of,
    words_of,
)

SHOWN = 220
_LED_IN = 50
_LOOKED_AT = 10_000
_LIKE = 5  # letters of a stem that its forms share
_NEAR = 24
_WIDER = re.compile(rf"[\w{MARKS}.+@:/#()-]+")
_MAY_BE_WHOLE = re.compile(r"[@~\d]")
_UMLAUT = re.compile(r"[äöü]")
_WHO_DOES = re.compile(r"[äöü].*er[ns]?\Z")
_DOES = re.compile(r"(?:e?n|e?t|t?est|te[nt]?|end)\Z")


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    marked: bool


def _either_language(part: str) -> Iterable[str]:
    plain = folded(part)
    return (plain, *stems(plain, None))


class Marker:
    """Knows the terms of one search, and remembers of each word whether it is meant.

    `forms`: what a word in small letters may stand under. `asked`: the words of the question in
    small letters, in German, where two words of one stem may be none of each other's forms.
    """

    def __init__(
        self,
        terms: Set[str],
        forms: Callable[[str], Iterable[str]] = _either_language,
        asked: Iterable[str] = (),
    ) -> None:
        self._terms = terms
        self._forms = forms
        self._asked = [(word, frozenset(forms(word))) for word in asked]
        self._has_wholes = any(_MAY_BE_WHOLE.search(term) for term in terms)
        self._likely = _beginning(terms)
        self._meant: dict[str, bool] = {}

    def marked(self, text: str) -> tuple[Piece, ...]:
        """The whole text in pieces."""
        return _cut(text, self._places(text))

    def passage(self, text: str, shown: int = SHOWN) -> tuple[Piece, ...]:
        """The part of the text with the most of what was asked, about `shown` characters long."""
        if len(text) > _LOOKED_AT:
            text = self._best_part(text)
        text = " ".join(text.split())
        places = self._places(text)
        start = _densest(places, shown, text)
        if start > 0:
            start = text.find(" ", max(0, start - 1), start + _LED_IN) + 1 or start
        end = min(len(text), start + shown)
        if end < len(text):
            end = max(text.rfind(" ", start, end), start + shown // 2)
        inside = [(a - start, min(b, end) - start) for a, b in places if start <= a < end]
        pieces = _cut(text[start:end], inside)
        before = (Piece("… ", False),) if start > 0 else ()
        after = (Piece(" …", False),) if end < len(text) else ()
        return (*before, *pieces, *after)

    def _best_part(self, text: str) -> str:
        """Of a long text the part with the most different beginnings of what is meant."""
        starts = {term[:_LIKE] for term in self._terms}
        best, most = 0, 0
        for at in range(0, len(text), _LOOKED_AT // 2):
            part = folded(text[at : at + _LOOKED_AT])
            count = sum(start in part for start in starts)
            if count > most:
                best, most = at, count
        return text[best : best + _LOOKED_AT]

    def _places(self, text: str) -> list[tuple[int, int]]:
        if not self._terms:
            return []
        if not self._has_wholes:
            return self._runs(self._likely, text, 0)
        found = []
        for match in _WIDER.finditer(text):
            whole = match.group()
            if _MAY_BE_WHOLE.search(whole) and self._is_whole(whole):
                found.append(match.span())
                continue
            found += self._runs(RUN, whole, match.start())
        return found

    def _runs(self, runs: re.Pattern[str], text: str, start: int) -> list[tuple[int, int]]:
        found = []
        for run in runs.finditer(text):
            if not is_spaced(run.group()):
                found += self._pieces(start + run.start(), run.group())
            elif self._is_meant(run.group()):
                found.append((start + run.start(), start + run.end()))
        return found

    def _pieces(self, start: int, run: str) -> list[tuple[int, int]]:
        """Where a script without spaces has what is meant; what touches is one place."""
        found: list[tuple[int, int]] = []
        for n in range(len(run)):
            for size in (2, 3):
                if folded(run[n : n + size]) in self._terms and n + size <= len(run):
                    if found and found[-1][1] >= start + n:
                        found[-1] = (found[-1][0], start + n + size)
                    else:
                        found.append((start + n, start + n + size))
        return found

    def _is_whole(self, text: str) -> bool:
        return any(form in self._terms for form in wholes_of(folded(text)))

    def _is_meant(self, word: str) -> bool:
        meant = self._meant.get(word)
        if meant is None:
            meant = any(map(self._is_form, words_of(lowered(word))))
            self._meant[word] = meant
        return meant

    def _is_form(self, word: str) -> bool:
        forms = frozenset(self._forms(word))
        if forms.isdisjoint(self._terms):
            return False
        alike = [asked for asked, theirs in self._asked if not forms.isdisjoint(theirs)]
        return not alike or not all(_are_apart(word, asked) for asked in alike)


def _are_apart(one: str, other: str) -> bool:
    """In German: Zähler and zahlen lose the same endings, but who counts does not pay."""
    for who, does in ((one, other), (other, one)):
        if _WHO_DOES.search(who) and _DOES.search(does) and not _UMLAUT.search(does):
            return True
    return False


def _beginning(terms: Set[str]) -> re.Pattern[str]:
    """Runs that may be meant: they begin like a term, or with a letter that may be folded to it.

    Most words of a text do not, and are passed over without a look at their stems.
    """
    starts = "|".join(sorted({re.escape(term[: 3 if len(term) > _LIKE else 2]) for term in terms}))
    rest = rf"[^\W_]*(?:[{MARKS}]+[^\W_]*)*"
    return re.compile(
        rf"(?<![^\W_])(?:{starts}|[^\W_]?[^\W_\x00-\x7f]){rest}|(?:{UNSPACED.pattern})",
        re.IGNORECASE,
    )


def _densest(places: list[tuple[int, int]], shown: int, text: str) -> int:
    """Where the part begins that has the most different words marked."""
    if not places or len(text) <= shown:
        return 0
    best, most = 0, 0
    for n, (start, _) in enumerate(places):
        words = set()
        for a, b in places[n : n + _NEAR]:
            if a < start + shown - _LED_IN:
                words.add(text[a:b].lower())
        if len(words) > most:
            best, most = start, len(words)
    return max(0, min(best - _LED_IN, len(text) - shown))


def _cut(text: str, places: list[tuple[int, int]]) -> tuple[Piece, ...]:
    pieces, at = [], 0
    for start, end in places:
        if start > at:
            pieces.append(Piece(text[at:start], False))
        if end > start:
            pieces.append(Piece(text[start:end], True))
        at = max(at, end)
    if at < len(text):
        pieces.append(Piece(text[at:], False))
    return tuple(pieces)
