"""From a record to words that can be found, and from what somebody types to words looked for.

Pure, and the same for both databases: text is folded here (accents, case, width), so neither
database's idea of a language matters, and a query is only ever a list of letters and digits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from helpdesk.core.errors import Invalid
from helpdesk.customers.contact_points import national_digits

LONGEST_QUERY = 200
MOST_WORDS = 8
LONGEST_WORD = 60
MOST_WORDS_OF_A_RECORD = 3000

_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"[-+0-9()\[\]./\s\u00a0\u2010-\u2015]+")
_SHORTEST_SUFFIX = 3


@dataclass(frozen=True, slots=True)
class Document:
    """One customer's words, most telling first. `spoken` is where misspellings are looked for."""

    customer_id: str
    name: tuple[str, ...]
    contact: tuple[str, ...]
    group: tuple[str, ...]  # organisation and tags
    rest: tuple[str, ...]  # notes and the installation's own fields
    spoken: str


@dataclass(frozen=True, slots=True)
class Query:
    """Words that must all begin some word of the record, or else one number that must."""

    words: tuple[str, ...]
    number: str
    spoken: str

    @property
    def is_broad(self) -> bool:
        """So short that ranking everything found would cost more than it tells."""
        return max(map(len, (*self.words, self.number))) < 3


def folded(text: str) -> str:
    """Without accents, case and width: what people mean to be the same letters."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in parts if not unicodedata.combining(c)).casefold()


def words_of(text: str) -> list[str]:
    return [word[:LONGEST_WORD] for word in _WORD.findall(folded(text))]


def phone_words(e164: str) -> list[str]:
    """Every way somebody may start to type a number: any tail of it, abroad or at home."""
    digits = e164.lstrip("+")
    tails = [digits[start:] for start in range(len(digits) - _SHORTEST_SUFFIX + 1)]
    return list(dict.fromkeys([*tails, national_digits(e164)]))


def document(
    customer_id: str,
    *,
    name: str,
    points: Iterable[tuple[str, str]],
    organisation: str = "",
    tags: Iterable[str] = (),
    notes: Iterable[str] = (),
    custom: Iterable[object] = (),
) -> Document:
    """The words of a record; `points` are (kind, value)."""
    contact: list[str] = []
    mails: list[str] = []
    for kind, value in points:
        contact += words_of(value)
        if kind == "phone":
            contact += phone_words(value)
        if kind == "email":
            mails.append(value)
    named = words_of(name)
    mail_words = [word for mail in mails for word in words_of(mail)]
    values = [str(value) for value in custom if not isinstance(value, bool)]
    return Document(
        customer_id,
        _kept(named),
        _kept(contact),
        _kept(words_of(" ".join([organisation, *tags]))),
        _kept(words_of(" ".join([*values, *notes]))),
        " ".join([*named, *mail_words])[:400],
    )


def _kept(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for word in list(dict.fromkeys(words))[:MOST_WORDS_OF_A_RECORD] if word)


def query(text: str) -> Query | None:
    """What to look for; None when there is no letter or digit in it. Invalid when far too long."""
    if len(text) > LONGEST_QUERY:
        raise Invalid(f"Search for at most {LONGEST_QUERY} characters.", code="query_too_long")
    words = tuple(dict.fromkeys(words_of(text)))[:MOST_WORDS]
    if not words:
        return None
    digits = ""
    if _NUMBER.fullmatch(text):
        digits = "".join(words_of(text))
        # 00 is how many countries dial abroad; the record has the number without it.
        digits = (digits[2:] if digits.startswith("00") else digits)[:LONGEST_WORD]
    return Query(words, digits, " ".join(words))


def likeness(asked: str, spoken: str) -> float:
    """How well each word asked fits its best word of the record, 0 to 1; for typing errors."""
    words = spoken.split()
    if not asked or not words:
        return 0.0
    return min(max(_alike(word, other) for other in words) for word in asked.split())


def _alike(word: str, other: str) -> float:
    # Whoever is still typing has not reached the end of the word.
    begun = other[: len(word) + 1]
    return max(SequenceMatcher(None, word, text).ratio() for text in {other, begun})
