"""Names of languages for the codes that records keep: people read and type `German`, not `de`.

And which of the languages that there are texts in is somebody's. Not for the texts.
"""

from __future__ import annotations

from collections.abc import Container

NAMES = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "bs": "Bosnian", "ca": "Catalan",
    "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English", "es": "Spanish",
    "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French", "ga": "Irish",
    "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian",
    "is": "Icelandic", "it": "Italian", "ja": "Japanese", "ko": "Korean", "ku": "Kurdish",
    "lb": "Luxembourgish", "lt": "Lithuanian", "lv": "Latvian", "mk": "Macedonian",
    "ms": "Malay", "mt": "Maltese", "nb": "Norwegian Bokmål", "nl": "Dutch",
    "nn": "Norwegian Nynorsk", "no": "Norwegian", "pa": "Punjabi", "pl": "Polish",
    "ps": "Pashto", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "so": "Somali",
    "sq": "Albanian", "sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil",
    "th": "Thai", "ti": "Tigrinya", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu",
    "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
_CODES = {name.casefold(): code for code, name in NAMES.items()}


def name_of(code: str) -> str:
    """`German`, or `Portuguese (BR)`; a code that has no name here stands as it is."""
    main, _, more = code.partition("-")
    name = NAMES.get(main.lower())
    if name is None:
        return code
    return f"{name} ({more})" if more else name


def code_of(text: str) -> str:
    """The code of a name as `name_of` writes it; anything else as it was typed."""
    name, _, more = text.strip().partition("(")
    code = _CODES.get(name.strip().casefold())
    if code is None:
        return text
    more = more.rstrip(") ")
    return f"{code}-{more}" if more else code


def spoken(wanted: str | None, among: Container[str]) -> str:
    """`de` of `de_AT` where there are texts in it, else English."""
    main = (wanted or "").strip().lower().replace("_", "-").partition("-")[0]
    return main if main in among else "en"
