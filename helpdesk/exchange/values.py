"""What an attribute of TwiML or a parameter of the REST API may be, as small checks.

Each check takes the written value and answers what is wrong with it, or nothing. Pure. Not for
rules that need more than the one value (see the grammar and the resources).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

Check = Callable[[str], str | None]

E164 = re.compile(r"\+[1-9]\d{6,14}")
_IDENTITY = r"[^\x00-\x20\x7f-\x9f<>#%\"{}|\\^\[\]`?]{1,121}"
_CLIENT = re.compile(rf"client:{_IDENTITY}(\?.*)?")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def anything(value: str) -> str | None:
    return None


def one_of(*allowed: str) -> Check:
    def check(value: str) -> str | None:
        return None if value in allowed else f"must be one of {', '.join(allowed)}"

    return check


def some_of(*allowed: str) -> Check:
    """Words with spaces between them, none twice."""

    def check(value: str) -> str | None:
        words = value.split()
        if words and len(set(words)) == len(words) and set(words) <= set(allowed):
            return None
        return f"must be words out of {', '.join(allowed)}, each once"

    return check


def whole(least: int, most: int) -> Check:
    def check(value: str) -> str | None:
        if value.isascii() and value.isdigit() and least <= int(value) <= most:
            return None
        return f"must be a whole number from {least} to {most}"

    return check


def either(*checks: Check) -> Check:
    def check(value: str) -> str | None:
        said = [check(value) for check in checks]
        return None if None in said else " or ".join(word for word in said if word)

    return check


def up_to(characters: int, least: int = 0) -> Check:
    def check(value: str) -> str | None:
        if least <= len(value) <= characters:
            return None
        return f"must have {least} to {characters} characters"

    return check


def matching(pattern: str, meaning: str) -> Check:
    compiled = re.compile(pattern)

    def check(value: str) -> str | None:
        return None if compiled.fullmatch(value) else f"must be {meaning}"

    return check


def url(value: str) -> str | None:
    """An address, absolute or to be resolved against the document that names it."""
    parts = urlsplit(value)
    if not value or re.search(r"\s", value) or parts.scheme not in {"", "http", "https"}:
        return "must be an http or https address, absolute or relative"
    return None


def absolute_url(value: str) -> str | None:
    parts = urlsplit(value)
    if parts.scheme in {"http", "https"} and parts.hostname and not re.search(r"\s", value):
        return None
    return "must be an absolute http or https address"


def language(value: str) -> str | None:
    return None if _LANGUAGE.fullmatch(value) else "must be a language tag such as en-GB"


def is_number(value: str) -> bool:
    return E164.fullmatch(value) is not None


def is_client(value: str) -> bool:
    return _CLIENT.fullmatch(value) is not None


IDENTITY = matching(_IDENTITY, "1 to 121 characters without spaces, delimiters and brackets")
FLAG = one_of("true", "false")
METHOD = one_of("GET", "POST")
EMPTY = one_of("")
