"""The part of an address that a title becomes. Pure.

Latin letters lose their marks (German ones are written out), so that an address can be typed and
read over the telephone. Every other script keeps its letters: browsers show them, and a
transliteration of Chinese or Arabic helps nobody who reads it.
"""

from __future__ import annotations

import unicodedata

LONGEST = 80
RESERVED = frozenset({"new", "search", "sections", "articles", "files", "feed", "sitemap"})

_LETTERS = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i",
    "ħ": "h", "ŧ": "t", "ŋ": "ng", "ĸ": "k", "ſ": "s", "ə": "e",
}  # fmt: skip
_GERMAN = {"ä": "ae", "ö": "oe", "ü": "ue"}
_NORDIC = {"å": "aa", "ø": "oe"}
_WRITTEN_OUT = {"de": _GERMAN, "da": _NORDIC, "nb": _NORDIC, "nn": _NORDIC, "no": _NORDIC}
_WORDS = {"&": " and ", "@": " at ", "%": " percent ", "+": " plus ", "#": " sharp "}
_ENGLISH = frozenset({"en"})


def slug(title: str, locale: str = "en", *, instead: str = "article") -> str:
    """Lower-case words joined by hyphens, 80 characters at most; `instead` where none is left."""
    base = locale.partition("-")[0]
    text = unicodedata.normalize("NFKC", title[: LONGEST * 8]).lower()
    if base in _ENGLISH:
        text = "".join(_WORDS.get(one, one) for one in text)
    letters = _LETTERS | _WRITTEN_OUT.get(base, {})
    text = "".join(letters.get(one, one) for one in unicodedata.normalize("NFC", text))
    kept = "".join(_kept(_without_marks(text)))
    words = [word for word in kept.split("-") if word]
    made = _cut(words) or instead
    return f"{made}-1" if made in RESERVED else made


def numbered(base: str, count: int) -> str:
    """The same for the second, third ... thing of that name."""
    return base if count < 2 else f"{base[: LONGEST - 8].rstrip('-')}-{count}"


def _without_marks(text: str) -> str:
    """Latin (and Greek) letters without accents; in other scripts the marks are vowels."""
    decomposed = unicodedata.normalize("NFD", text)
    out: list[str] = []
    bare = False
    for one in decomposed:
        if unicodedata.combining(one) and bare:
            continue
        bare = unicodedata.name(one, "").startswith(("LATIN ", "GREEK "))
        out.append(one)
    return unicodedata.normalize("NFC", "".join(out))


def _kept(text: str) -> list[str]:
    """Letters, digits and the marks that belong to them; all else parts words."""
    out: list[str] = []
    for one in text:
        kind = unicodedata.category(one)
        if kind[0] in "LN" or (kind[0] == "M" and out and out[-1] != "-"):
            out.append(one)
        elif kind == "Cf" or one in "'’ʼ":  # joiners, and apostrophes within a word
            continue
        elif out and out[-1] != "-":
            out.append("-")
    return out


def _cut(words: list[str]) -> str:
    """As many whole words as fit; of a single long one (or of a script without spaces) a part."""
    kept = ""
    for word in words:
        longer = f"{kept}-{word}" if kept else word
        if len(longer) > LONGEST:
            break
        kept = longer
    return kept or (words[0][:LONGEST] if words else "")
