"""From a text to the words it can be found by, and from what somebody types to words looked for.

Pure, and the same for both databases: folding, stemming and the taking apart of numbers happen
here, so no server's idea of a language has a say and a query is only ever a list of plain words.
Numbers, addresses and references are kept whole beside their parts, so that they are found exactly
and by their beginning.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Set
from dataclasses import dataclass

from helpdesk.core.errors import Invalid
from helpdesk.search.stemming import LITTLE, language_of, stem, stems

LONGEST_QUERY = 400
MOST_ASKED = 24
LONGEST_WORD = 40
MOST_WORDS = 4_000
KEPT_TEXT = 24_000

_WORD = re.compile(r"[^\W_]+")
# Vowel signs and the like belong to the letter before them, though Python counts them as no letter.
MARKS = "".join(
    letter
    for letter in map(chr, range(0x300, 0xFE30))
    if unicodedata.category(letter) in ("Mn", "Mc")
)
RUN = re.compile(rf"[^\W_]+(?:[{MARKS}]+[^\W_]*)*")
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
# Letters that do not fall apart into a plain one and its mark, though people type the plain one.
_PLAIN = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "ŧ": "t"}
)
_VOICED = "\u3099\u309a"  # tell two Japanese letters apart as a dot does i and l
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_MAIL_BEGUN = re.compile(r"[\w.+-]+@[\w.-]*")
_REFERENCE = re.compile(r"[^\W_]+(?:[-_/.#:][^\W_]+)+")
_PHONE = re.compile(r"\+?\(?\d[\d\s().\-/\u00a0\u2010-\u2015]{5,30}\d")
_PHONE_TAIL = 8
# Scripts that write without spaces: every two neighbours are a word, every three where the
# letters are few.
_DENSE = (
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003fffd"
)
_SPARSE = "\u0e00-\u0eff\u0f40-\u0fbc\u1000-\u109f\u1780-\u17dd"
UNSPACED = re.compile(f"[{_DENSE}]+|[{_SPARSE}]+")
_SPARSE_LETTER = re.compile(f"[{_SPARSE}]")


@dataclass(frozen=True, slots=True)
class Indexed:
    """What the index keeps of one document: terms in order, and its words with their terms."""

    title: tuple[str, ...]
    body: tuple[str, ...]
    vocabulary: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing looked for. `whole` is a number or an address; `word` is as it was typed."""

    word: str
    stems: tuple[str, ...]
    whole: bool = False
    last: bool = False


def folded(text: str) -> str:
    """Without accents, case and width: what people mean to be the same letters."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN)).translate(_UNSEEN)
    bare = "".join(c for c in parts if not unicodedata.combining(c) or c in _VOICED)
    return unicodedata.normalize("NFC", bare.casefold())


def lowered(text: str) -> str:
    """With its accents, for what cuts endings by the rules of a language."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).casefold().translate(_UNSEEN)


def words_of(text: str) -> list[str]:
    """Plain words of a folded text, in order."""
    found: list[str] = []
    for word in runs_of(text):
        if is_spaced(word):
            found.append(word[:LONGEST_WORD])
        else:
            found += pieces_of(word)
    return found


def runs_of(text: str) -> list[str]:
    """Letters and digits that stand together, whatever their script."""
    found: list[str] = (_WORD if text.isascii() else RUN).findall(text)
    return found


def is_spaced(word: str) -> bool:
    """Whether it is of a script that puts spaces between words."""
    return word.isascii() or not UNSPACED.search(word)


def pieces_of(word: str) -> Iterator[str]:
    at = 0
    for run in UNSPACED.finditer(word):
        if run.start() > at:
            yield word[at : run.start()][:LONGEST_WORD]
        letters = run.group()
        size = gram_of(letters)
        yield from (letters[n : n + size] for n in range(max(1, len(letters) - size + 1)))
        at = run.end()
    if at < len(word):
        yield word[at:][:LONGEST_WORD]


def gram_of(letters: str) -> int:
    """How many neighbours make a word in a script without spaces."""
    return 3 if _SPARSE_LETTER.match(letters) else 2


def wholes_of(text: str) -> list[str]:
    """Mail addresses, references (T-10432, 2024/17) and telephone numbers of a folded text."""
    found = [mail[:LONGEST_WORD] for mail in _MAIL.findall(text)] if "@" in text else []
    for reference in _REFERENCE.findall(text):
        if any(c.isdigit() for c in reference):
            found.append("".join(_WORD.findall(reference))[:LONGEST_WORD])
    for number in _PHONE.findall(text):
        found += _phone(number)
    return found


def _phone(number: str) -> list[str]:
    """The digits without what dials abroad, and their end, which is the same at home and abroad."""
    digits = "".join(c for c in number if c.isdigit()).lstrip("0")[:LONGEST_WORD]
    if len(digits) < _PHONE_TAIL - 1:
        return [digits]
    return [digits, f"~{digits[-_PHONE_TAIL:]}"]


def index(title: str, body: str) -> Indexed:
    """The terms of a document. `title` weighs more; what a reference needs is added to both."""
    head, rest = folded(title), folded(body[:KEPT_TEXT])
    head_words, rest_words = words_of(head), words_of(rest)[:MOST_WORDS]
    language = language_of([*head_words, *rest_words])
    head_words += wholes_of(head)
    rest_words += wholes_of(rest)
    stemmed = {word: stem(word, language) for word in {*head_words, *rest_words} if word}
    return Indexed(
        tuple(stemmed[word] for word in head_words if word),
        tuple(stemmed[word] for word in rest_words if word),
        frozenset(stemmed.items()),
    )


def ask(
    text: str, *, little: Set[str] = LITTLE, longest: int = LONGEST_QUERY, most: int = MOST_ASKED
) -> list[Unit]:
    """What is looked for, in the order typed; empty when there is no letter or digit in it.

    `little` words count only where there are no others. Raises Invalid when far too long.
    """
    if len(text) > longest:
        raise Invalid(f"Search for at most {longest} characters.", code="query_too_long")
    rest = folded(text)
    units: list[Unit] = []
    for pattern in (_MAIL, _MAIL_BEGUN, _PHONE, _REFERENCE):
        for match in list(pattern.finditer(rest)):
            units += _whole(pattern, match.group())
            if units and units[-1].whole and pattern is not _REFERENCE:
                rest = rest[: match.start()] + " " * len(match.group()) + rest[match.end() :]
    # The single letter of T-10432 is in half of all texts and tells nothing beside the whole.
    words = [word for word in words_of(rest) if len(word) > 1 or not units]
    language = language_of(words)
    telling = [word for word in words if word not in little] or ([] if units else words)
    last = words[-1] if words and text[-1:].strip() else None
    for word in dict.fromkeys(telling):
        units.append(Unit(word, tuple(stems(word, language)), last=word == last))
    return units[:most]


def _whole(pattern: re.Pattern[str], found: str) -> list[Unit]:
    if pattern is _PHONE:
        forms = _phone(found)
        return [Unit(forms[0], tuple(forms), whole=True)] if forms[0] else []
    if pattern is _REFERENCE:
        if not any(c.isdigit() for c in found):
            return []
        found = "".join(_WORD.findall(found))
    found = found[:LONGEST_WORD]
    return [Unit(found, (found,), whole=True)]
