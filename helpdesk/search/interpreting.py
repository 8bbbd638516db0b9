"""From what was typed to what is looked for: words known, words begun, words misspelt.

Asks a vocabulary and decides. A word that somebody wrote is taken as it is; only where nobody did,
longer words that begin so are taken, and failing those the nearest spelling. Not for ranking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from helpdesk.search import spelling
from helpdesk.search.ranking import Sought
from helpdesk.search.vocabulary import Known
from helpdesk.search.words import Unit

_MOST_BEGUN = 12
_SHORTEST_BEGINNING = 2
_BEGUN_FITS = 0.6
_MENDED_COUNTS = 0.5  # a guess should not outweigh what was surely meant
_LOOKED_AT = 3_000


class Vocabulary(Protocol):
    def documents_with(self, terms: Sequence[str]) -> dict[str, int]: ...
    def known(self, spelt: Sequence[str]) -> list[Known]: ...
    def begun(self, start: str, most: int) -> list[Known]: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """`instead` maps misspelt words to the ones looked for."""

    sought: list[Sought]
    instead: dict[str, str]


@dataclass(frozen=True, slots=True)
class Interpreter:
    """`typing`: the last word may be unfinished, so longer ones count too."""

    units: list[Unit]
    typing: bool

    def meet(self, vocabulary: Vocabulary) -> Asked:
        counts = vocabulary.documents_with([stem for unit in self.units for stem in unit.stems])
        sought: list[Sought] = []
        instead: dict[str, str] = {}
        for unit in self.units:
            exact = {stem: 1.0 for stem in unit.stems if stem in counts}
            documents = sum(counts[stem] for stem in exact)
            begun: list[Known] = []
            if self._may_be_begun(unit, bool(exact)):
                begun = vocabulary.begun(unit.word, _MOST_BEGUN)
            for one in begun:
                if one.term not in exact:
                    exact[one.term] = _BEGUN_FITS
                    documents += one.documents
            counts_for = 1.0
            if not exact and spelling.can_mend(unit.word):
                counts_for = _MENDED_COUNTS
                for one in _mended(vocabulary, unit.word):
                    exact[one.term] = 1.0
                    documents += one.documents
                    instead.setdefault(unit.word, one.word)
            if exact:
                sought.append(Sought(exact, documents, counts_for))
        return Asked(_without_repeats(sought), instead)

    def _may_be_begun(self, unit: Unit, exact: bool) -> bool:
        if len(unit.word) < _SHORTEST_BEGINNING:
            return self.typing and unit.last and not exact
        return not exact or (self.typing and unit.last)


def _without_repeats(sought: list[Sought]) -> list[Sought]:
    """A reference is looked for as a whole and by its parts; the same terms count once."""
    seen: set[frozenset[str]] = set()
    kept = []
    for one in sought:
        terms = frozenset(one.terms)
        if terms not in seen:
            seen.add(terms)
            kept.append(one)
    return kept


def _mended(vocabulary: Vocabulary, word: str) -> list[Known]:
    """Words of the nearest spelling that somebody wrote."""
    found = vocabulary.known(spelling.one_slip(word))
    if not found:
        for start in spelling.beginnings(word):
            found += vocabulary.begun(start, _LOOKED_AT)
    best = spelling.nearest(word, [(one.word, one.documents) for one in found])
    return [one for spelt in best for one in found if one.word == spelt]
