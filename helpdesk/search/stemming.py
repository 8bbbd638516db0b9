"""Cuts words down to what their forms have in common, in English and in German.

Pure. English by the published rules of Porter (1980); German only by its commonest endings, on
letters already without umlauts. A word that is not plain letters stays as it is. Which language
a text is in is told by its little words; a few words alone may be of either.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

Language = str  # "en" or "de"

_ENGLISH = """
    a about am an and any are as at be been but by can could did do does doing for from had has
    have he her his how i if in into is it its just me my not of on or our she should so some than
    that the their them then there these they this to was we were what when where which while who
    why will with would you your"""
_GERMAN = """
    aber als am an auch auf aus bei bin bis bitte das dass dem den der des die dies diese dieser
    doch durch ein eine einem einen einer eines er es fur habe haben hat hatte ich ihr ihre im in
    ist ja kann kein keine mein meine meinem meinen meiner mich mir mit nach nicht noch nun nur ob
    oder ohne sehr sich sie sind so uber um und uns unser unsere vom von vor wann war warum was
    weil wenn wer werden wie wir wird wo zu zum zur"""
ENGLISH_LITTLE = frozenset(_ENGLISH.split())
GERMAN_LITTLE = frozenset(_GERMAN.split())
LITTLE = ENGLISH_LITTLE | GERMAN_LITTLE
_ONLY_ENGLISH = ENGLISH_LITTLE - GERMAN_LITTLE
_ONLY_GERMAN = GERMAN_LITTLE - ENGLISH_LITTLE

_LONG_ENOUGH = 3


def language_of(words: Iterable[str]) -> Language | None:
    """The language whose little words are more among these; None when nothing tells."""
    english = german = 0
    for word in words:
        english += word in _ONLY_ENGLISH
        german += word in _ONLY_GERMAN
    if english == german:
        return None
    return "en" if english > german else "de"


def stem(word: str, language: Language | None) -> str:
    """The stem in that language; a text that does not tell is taken for English."""
    if len(word) < _LONG_ENOUGH or not (word.isascii() and word.isalpha()):
        return word
    return german(word) if language == "de" else english(word)


def stems(word: str, language: Language | None) -> list[str]:
    """Every stem a word asked for may stand under; both languages when nothing tells."""
    if language is not None:
        return [stem(word, language)]
    return list(dict.fromkeys((stem(word, "en"), stem(word, "de"))))


# German ---------------------------------------------------------------------------------------

_GERMAN_ENDINGS = ("ungen", "innen", "lichen", "ern", "en", "er", "em", "es", "e", "n", "s", "t")
_GERMAN_KEEPS = {"ungen": "ung", "innen": "in", "lichen": "lich"}
_GERMAN_SHORTEST = 4


@functools.lru_cache(maxsize=50_000)
def german(word: str) -> str:
    for ending in _GERMAN_ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _GERMAN_SHORTEST:
            return word[: -len(ending)] + _GERMAN_KEEPS.get(ending, "")
    return word


# English --------------------------------------------------------------------------------------

_VOWELS = "aeiou"
_RUNS = re.compile("v+c+")

# Each step is a table: an ending, and what stands in its place when enough word is left of it.
_DOUBLE_ENDINGS = {
    "ational": "ate",
    "tional": "tion",
    "enci": "ence",
    "anci": "ance",
    "izer": "ize",
    "bli": "ble",
    "alli": "al",
    "entli": "ent",
    "eli": "e",
    "ousli": "ous",
    "ization": "ize",
    "ation": "ate",
    "ator": "ate",
    "alism": "al",
    "iveness": "ive",
    "fulness": "ful",
    "ousness": "ous",
    "aliti": "al",
    "iviti": "ive",
    "biliti": "ble",
    "logi": "log",
}
_SINGLE_ENDINGS = {
    "icate": "ic",
    "ative": "",
    "alize": "al",
    "iciti": "ic",
    "ical": "ic",
    "ful": "",
    "ness": "",
}
_LAST = "ement ance ence able ible ment ant ent ism ate iti ous ive ize ion al er ic ou"
_LAST_ENDINGS = tuple(_LAST.split())


@functools.lru_cache(maxsize=200_000)
def english(word: str) -> str:
    word = _without_plural(word)
    word = _without_tense(word)
    if word.endswith("y") and _has_vowel(word[:-1]):
        word = word[:-1] + "i"
    word = _replaced(word, _DOUBLE_ENDINGS)
    word = _replaced(word, _SINGLE_ENDINGS)
    word = _without_last_ending(word)
    return _without_silent_letters(word)


def _without_plural(word: str) -> str:
    if word.endswith(("sses", "ies")):
        return word[:-2]
    if word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def _without_tense(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    for ending in ("ed", "ing"):
        left = word.removesuffix(ending)
        if left != word and _has_vowel(left):
            return _mended(left)
    return word


def _mended(word: str) -> str:
    """What is left after -ed or -ing, with the letter that the ending had swallowed or doubled."""
    if word.endswith(("at", "bl", "iz")):
        return word + "e"
    if _ends_double(word) and word[-1] not in "lsz":
        return word[:-1]
    if _measure(word) == 1 and _ends_short(word):
        return word + "e"
    return word


def _replaced(word: str, table: dict[str, str]) -> str:
    for size in range(min(7, len(word) - 1), 2, -1):
        ending = word[-size:]
        if ending in table:
            left = word[:-size]
            return left + table[ending] if _measure(left) > 0 else word
    return word


def _without_last_ending(word: str) -> str:
    for ending in _LAST_ENDINGS:
        if word.endswith(ending):
            left = word[: -len(ending)]
            fits = _measure(left) > 1 and (ending != "ion" or left.endswith(("s", "t")))
            return left if fits else word
    return word


def _without_silent_letters(word: str) -> str:
    if word.endswith("e"):
        left = word[:-1]
        measure = _measure(left)
        if measure > 1 or (measure == 1 and not _ends_short(left)):
            word = left
    if word.endswith("ll") and _measure(word) > 1:
        word = word[:-1]
    return word


def _shape(word: str) -> str:
    """`c` for each consonant, `v` for each vowel; y is a vowel after a consonant."""
    shape = ""
    for letter in word:
        vowel = letter in _VOWELS or (letter == "y" and shape[-1:] == "c")
        shape += "v" if vowel else "c"
    return shape


def _measure(word: str) -> int:
    return len(_RUNS.findall(_shape(word)))


def _has_vowel(word: str) -> bool:
    return "v" in _shape(word)


def _ends_double(word: str) -> bool:
    return len(word) > 1 and word[-1] == word[-2] and _shape(word)[-1] == "c"


def _ends_short(word: str) -> bool:
    return _shape(word)[-3:] == "cvc" and word[-1] not in "wxy"
