"""Which language a text is in by its locale, and how that language's words lose their endings.

Pure. The rules are Snowball's; they are told apart by letters with their accents on, so cutting
comes before folding. A language without rules keeps its words whole: they are still found by their
beginning and despite slips. `stemming` does this for texts whose language nobody has said.
"""

from __future__ import annotations

import functools
import re
import threading
from typing import Any

import snowballstemmer

from helpdesk.search.stemming import ENGLISH_LITTLE, GERMAN_LITTLE

_RULES = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "eo": "esperanto",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fa": "persian",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}
_LITTLE = {
    "de": " ".join(GERMAN_LITTLE),
    "en": " ".join(ENGLISH_LITTLE),
    "es": """a al con como cual cuando de del donde el en es esta este esto la las lo los me mi no o
        para pero por porque que quiero se si sin son su sus tengo un una y ya yo""",
    "fr": """a au aux avec ce ces cet cette comment d dans de des du elle en est et il ils j je l la
        le les leur ma mais me mes mon n ne nous on ou par pas pour pourquoi puis qu quand que quel
        quelle qui s sa sans se ses son sont sur un une vos votre vous y""",
    "it": """a ai al alla che chi ci come con cosa d da dal del della di dove e ed gli i il in io l
        la le lo ma mi mio nel nella non o per perche piu quando se si sono su un una uno""",
    "nl": """aan als bij dat de die dit een en er het hoe ik in is je kan kunnen mag met mijn naar
        niet of om op te tot uit van voor waar waarom wanneer wat we wie wij ze zijn zo""",
    "pt": """a ao as com como da das de do dos e em eu na nas no nos nao o onde os ou para pela pelo
        por porque qual quando que se sem seu sua um uma""",
    "sv": """att av den det de du en ett for fran har hur i inte jag kan man med min mitt nar
        och om pa sa som till ut vad var varfor vi ar""",
}
_LITTLE_SETS = {language: frozenset(words.split()) for language, words in _LITTLE.items()}
_SHORTEST = 3
_OUR = re.compile(r"(?<=[a-z]{3})our(?=(?:s|ed|ing|ite|ites|able|al|ful)?$)")
_OTHERWISE = {
    "catalogue": "catalog",
    "centre": "center",
    "cheque": "check",
    "defence": "defense",
    "dialogue": "dialog",
    "fibre": "fiber",
    "grey": "gray",
    "licence": "license",
    "litre": "liter",
    "metre": "meter",
    "offence": "offense",
    "practise": "practice",
    "programme": "program",
    "theatre": "theater",
}
_own = threading.local()


def language_of(locale: str) -> str:
    """`pt` of `pt-BR`; what is no locale is a language without rules."""
    return locale.replace("_", "-").partition("-")[0].lower()


def little(language: str) -> frozenset[str]:
    """Folded words that tell nothing beside others."""
    return _LITTLE_SETS.get(language, frozenset())


@functools.lru_cache(maxsize=200_000)
def stem(word: str, language: str) -> str:
    """Of a word in small letters with its accents; numbers and short words stay as they are."""
    rules = _RULES.get(language)
    if rules is None or len(word) < _SHORTEST or any(map(str.isdigit, word)):
        return word
    stemmed: str = _stemmer(rules).stemWord(_one_spelling(word) if language == "en" else word)
    return stemmed or word


def _one_spelling(word: str) -> str:
    """Of words written otherwise on each side of the Atlantic."""
    word = _OUR.sub("or", word)
    stem_, ending = (word[:-1], "s") if word.endswith("s") else (word, "")
    return _OTHERWISE.get(stem_, stem_) + ending


def _stemmer(rules: str) -> Any:
    """One of this thread's own: a stemmer holds the word that it is at."""
    known = _own.__dict__.setdefault("stemmers", {})
    if rules not in known:
        known[rules] = snowballstemmer.stemmer(rules)
    return known[rules]
