"""From the units of a question to what is sought: known words, slips mended, words begun, synonyms.

Pure; asks a lexicon of what the reader may read. A word that somebody wrote is taken as it is and
never mended. One that nobody wrote is taken for a slip, else for a beginning, else for two words
run together; what is only guessed counts for less.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from helpdesk.search import slips
from helpdesk.search.article_words import Question
from helpdesk.search.ranking import Sought
from helpdesk.search.slips import Near
from helpdesk.search.vocabulary import Known
from helpdesk.search.weighing import Phrase
from helpdesk.search.words import Unit

MOST_SOUGHT = 24
_MOST_BEGUN = 12
_SHORTEST_BEGINNING = 2
_BEGUN_FITS = 0.6
_MOST_MEANT = 3
_ALSO_MEANT_FITS = 0.5
_PARTED_COUNTS = 0.3
_SYNONYM_FITS = 0.8
_SYNONYM_COUNTS = 0.5
_SHORTEST_PART = 3


class Lexicon(Protocol):
    def counts(self, terms: Iterable[str]) -> Mapping[str, int]:
        """In how many articles each of these is; those that none has are left out."""

    def known(self, words: Iterable[str]) -> list[Known]: ...

    def near(self, words: Sequence[str]) -> list[Known]:
        """Known words that may be meant by any of these."""

    def begun(self, start: str, most: int) -> list[Known]: ...


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way to say `words` of the question: for each word of it the terms it stands under."""

    words: tuple[str, ...]
    terms: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Understood:
    """`instead` maps words that nobody wrote to what was looked for in their place."""

    sought: list[Sought] = field(default_factory=list)
    instead: dict[str, str] = field(default_factory=dict)
    phrases: list[Phrase] = field(default_factory=list)


def understand(
    question: Question,
    lexicon: Lexicon,
    *,
    typing: bool = False,
    alternatives: Sequence[Alternative] = (),
) -> Understood:
    """`typing`: the last word may be unfinished, so longer ones count too."""
    it = _Understanding(question, lexicon)
    it.look_up(alternatives)
    if typing:
        it.complete()
    it.mend()
    otherwise = it.said_otherwise(alternatives)
    found = [*it.sought(), *otherwise]
    telling = sorted(_without_repeats(found), key=lambda one: one.documents)[:MOST_SOUGHT]
    return Understood(telling, it.instead, it.phrases())


class _Understanding:
    def __init__(self, question: Question, lexicon: Lexicon) -> None:
        self._question = question
        self._lexicon = lexicon
        self._counts: dict[str, int] = {}
        self._written: dict[str, list[Known]] = {}
        self._meant: dict[str, dict[str, float]] = {}
        self._guessed: dict[str, tuple[int, float]] = {}
        self._more: list[Sought] = []
        self.instead: dict[str, str] = {}

    def look_up(self, alternatives: Sequence[Alternative]) -> None:
        units = self._question.units
        spelt = {unit.word for unit in units if not unit.whole}
        spelt |= {word for phrase in self._question.phrases for word in phrase}
        for one in self._lexicon.known(sorted(spelt)):
            self._written.setdefault(one.word, []).append(one)
        forms = {form for unit in units for form in unit.stems}
        forms |= {form for one in alternatives for word in one.terms for form in word}
        self._count(forms | {one.term for ones in self._written.values() for one in ones})
        for unit in units:
            terms = [*unit.stems, *(one.term for one in self._written.get(unit.word, ()))]
            self._meant[unit.word] = {term: 1.0 for term in terms if term in self._counts}

    def complete(self) -> None:
        """The word that is being typed also stands for longer ones."""
        for unit in self._question.units:
            if unit.last:
                self._begin(unit)

    def mend(self) -> None:
        unknown = [unit for unit in self._question.units if not self._meant[unit.word]]
        doubtful = [unit.word for unit in unknown if not unit.whole and slips.can_slip(unit.word)]
        stems = [stem for unit in unknown if unit.word in doubtful for stem in unit.stems]
        written = self._lexicon.near(doubtful + stems) if doubtful else []
        for unit in unknown:
            near = self._near(unit, written) if unit.word in doubtful else []
            if near and near[0].apart == 1:
                self._take(unit, near, written)
                continue
            self._begin(unit)
            if not self._meant[unit.word] and near:
                self._take(unit, near, written)
            elif not self._meant[unit.word] and unit.word in doubtful:
                self._part(unit)

    def sought(self) -> list[Sought]:
        found = list(self._more)
        for unit in self._question.units:
            terms = self._meant[unit.word]
            if unit.word in self._guessed:
                found.append(Sought(terms, *self._guessed[unit.word]))
            elif terms:
                found.append(self._sought(terms, 1.0))
        return found

    def said_otherwise(self, alternatives: Sequence[Alternative]) -> list[Sought]:
        """Synonyms: of one word for one word they join it, else their words are sought beside."""
        found = []
        for one in alternatives:
            known = [
                dict.fromkeys((term for term in terms if term in self._counts), _SYNONYM_FITS)
                for terms in one.terms
            ]
            if len(one.words) == len(known) == 1 and self._meant.get(one.words[0]):
                self._meant[one.words[0]] = known[0] | self._meant[one.words[0]]
            else:
                found += [self._sought(terms, _SYNONYM_COUNTS) for terms in known if terms]
        return found

    def phrases(self) -> list[Phrase]:
        return [
            tuple(frozenset(self._places(word)) for word in phrase)
            for phrase in self._question.phrases
        ]

    def _places(self, word: str) -> set[str]:
        return {one.term for one in self._written.get(word, ())} | set(self._meant.get(word, ()))

    def _begin(self, unit: Unit) -> None:
        shortest = _SHORTEST_BEGINNING if unit.word.isascii() else 1
        if len(unit.word) < shortest:
            return
        begun = self._lexicon.begun(unit.word, _MOST_BEGUN)
        self._count({one.term for one in begun})
        terms = self._meant[unit.word]
        for one in begun:
            if one.term in self._counts:
                terms.setdefault(one.term, _BEGUN_FITS)

    def _near(self, unit: Unit, written: Sequence[Known]) -> list[Near]:
        """Words that may be meant, or else words like what is left of it without its ending."""
        documents = [(one.word, one.documents) for one in written]
        near: list[Near] = []
        for form in (unit.word, *unit.stems):
            near = near or slips.nearest(form, documents) if slips.can_slip(form) else near
        telling = [one for one in near if one.word not in self._question.little]
        return telling or near

    def _take(self, unit: Unit, near: Sequence[Near], written: Sequence[Known]) -> None:
        """Look for the nearest words, most for the likeliest."""
        best = [one for one in near if one.apart == near[0].apart][:_MOST_MEANT]
        terms_of: dict[str, list[str]] = {}
        for known in written:
            terms_of.setdefault(known.word, []).append(known.term)
        self._count({term for one in best for term in terms_of[one.word]})
        for place, one in enumerate(best):
            for term in terms_of[one.word]:
                if term in self._counts:
                    fits = 1.0 if place == 0 else _ALSO_MEANT_FITS
                    self._meant[unit.word].setdefault(term, fits)
        sure = slips.likelihood(unit.word, best[0])
        documents = sum(self._counts.get(term, 0) for term in terms_of[best[0].word])
        self._guessed[unit.word] = (documents, sure)
        self.instead[unit.word] = best[0].word

    def _part(self, unit: Unit) -> None:
        """Two words that were run together."""
        word = unit.word
        cuts = range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1)
        known: dict[str, list[Known]] = {}
        for one in self._lexicon.known({part for n in cuts for part in (word[:n], word[n:])}):
            known.setdefault(one.word, []).append(one)
        whole = [
            (min(_documents(known[word[:n]]), _documents(known[word[n:]])), n)
            for n in cuts
            if word[:n] in known and word[n:] in known
            if not self._question.little & {word[:n], word[n:]}
        ]
        if not whole:
            return
        _, cut = max(whole)
        parts = (word[:cut], word[cut:])
        self._count({one.term for part in parts for one in known[part]})
        for part in parts:
            self._more.append(self._sought({one.term: 1.0 for one in known[part]}, _PARTED_COUNTS))
        self.instead[word] = " ".join(parts)

    def _sought(self, terms: dict[str, float], counts: float) -> Sought:
        return Sought(terms, sum(self._counts.get(term, 0) for term in terms), counts)

    def _count(self, terms: set[str]) -> None:
        fresh = sorted(terms - self._counts.keys())
        if fresh:
            self._counts |= self._lexicon.counts(fresh)


def _documents(known: Iterable[Known]) -> int:
    return sum(one.documents for one in known)


def _without_repeats(sought: Iterable[Sought]) -> list[Sought]:
    """Two words of one stem are sought once."""
    seen: set[frozenset[str]] = set()
    kept = []
    for one in sought:
        terms = frozenset(one.terms)
        if terms not in seen:
            seen.add(terms)
            kept.append(one)
    return kept
