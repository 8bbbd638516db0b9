"""From an article to the terms it is found by, and from a question about articles to its units.

Pure. Unlike other documents an article says its language (`languages`), has headings and labels
that tell more than its text, and is long. Its terms are kept in order, each between two spaces, so
that one is counted and a phrase is found without taking the text apart again.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from helpdesk.search import languages, words
from helpdesk.search.words import Unit

KEPT_BODY = 120_000
KEPT_HEADS = 8_000
KEPT_TITLE = 500
LONGEST_QUESTION = 2_000
_MOST_UNITS = 64
_QUOTED = re.compile(r"[\"“”„«»]([^\"“”„«»]+)[\"“”„«»]")
_LONGEST_PHRASE = 12


@dataclass(frozen=True, slots=True)
class Fields:
    """The terms of each field in order, and each word with its term and whether a title has it."""

    title: str
    heads: str
    body: str
    vocabulary: dict[tuple[str, str], bool]

    def terms(self) -> dict[str, tuple[int, int, int]]:
        """How often each term is in the title, in headings and in the text."""
        counted = [Counter(field.split()) for field in (self.title, self.heads, self.body)]
        title, heads, body = counted
        return {
            term: (title.get(term, 0), heads.get(term, 0), body.get(term, 0))
            for term in dict.fromkeys((*title, *heads, *body))
        }


@dataclass(frozen=True, slots=True)
class Question:
    """`phrases` are words that must stand side by side, as typed in quotes.

    `words` are all words in order, folded; `little` ones tell nothing.
    """

    units: list[Unit]
    phrases: tuple[tuple[str, ...], ...] = ()
    words: tuple[str, ...] = ()
    little: frozenset[str] = frozenset()


def fields(locale: str, title: str, heads: Iterable[str], body: str) -> Fields:
    language = languages.language_of(locale)
    vocabulary: dict[tuple[str, str], bool] = {}
    streams = []
    texts = (title[:KEPT_TITLE], "\n".join(heads)[:KEPT_HEADS], body[:KEPT_BODY])
    for place, text in enumerate(texts):
        pairs = _pairs(text, language)
        streams.append(stream(term for _, term in pairs))
        for pair in pairs:
            vocabulary[pair] = vocabulary.get(pair, False) or place == 0
    return Fields(streams[0], streams[1], streams[2], vocabulary)


def stream(terms: Iterable[str]) -> str:
    return "".join(f" {term} " for term in terms)


def length(terms: str) -> int:
    """How many terms a stream holds."""
    return terms.count("  ") + 1 if terms else 0


def _pairs(text: str, language: str) -> list[tuple[str, str]]:
    """Each word of a text and its term; what is found as a whole stands at the end."""
    found: list[tuple[str, str]] = []
    for run in words.runs_of(words.lowered(text)):
        found += _of_run(run, language)
    found += [(whole, whole) for whole in words.wholes_of(words.folded(text)) if whole]
    return found


@functools.lru_cache(maxsize=100_000)
def _of_run(run: str, language: str) -> tuple[tuple[str, str], ...]:
    if not words.is_spaced(run):
        pieces = words.pieces_of(words.folded(run))
        return tuple(
            (one, term_of(one, language) if words.is_spaced(one) else one) for one in pieces
        )
    word = words.folded(run)[: words.LONGEST_WORD]
    return ((word, term_of(run, language)),) if word else ()


def term_of(word: str, language: str) -> str:
    """What a word in small letters stands under."""
    return words.folded(languages.stem(word[: words.LONGEST_WORD], language))


def ask(text: str, spoken: Sequence[str]) -> Question:
    """What is looked for in articles of these languages; a very long text is cut."""
    text = text[:LONGEST_QUESTION]
    little = frozenset().union(*map(languages.little, spoken))
    units = words.ask(
        text.translate(_WITHOUT_QUOTES), little=little, longest=LONGEST_QUESTION, most=_MOST_UNITS
    )
    accented = {words.folded(run): run for run in words.runs_of(words.lowered(text))}
    found = []
    for unit in units:
        forms = unit.stems
        if not unit.whole:
            forms = forms_of(accented.get(unit.word, unit.word), tuple(spoken))
        found.append(Unit(unit.word, forms, unit.whole, unit.last))
    in_order = tuple(words.words_of(words.folded(text)))
    return Question(found, tuple(_phrases(text)), in_order, little)


_WITHOUT_QUOTES = dict.fromkeys(map(ord, '"“”„«»'), " ")


@functools.lru_cache(maxsize=50_000)
def forms_of(word: str, spoken: tuple[str, ...]) -> tuple[str, ...]:
    """Every term that a word may stand under, typed with its accents or without."""
    plain = words.folded(word)
    if not words.is_spaced(plain):
        return (plain,)
    forms = [term_of(one, language) for language in spoken for one in (word, plain)]
    return tuple(dict.fromkeys(forms)) or (plain,)


def _phrases(text: str) -> Iterable[tuple[str, ...]]:
    for quoted in _QUOTED.findall(text):
        phrase = words.words_of(words.folded(quoted))[:_LONGEST_PHRASE]
        if len(phrase) > 1:
            yield tuple(phrase)
