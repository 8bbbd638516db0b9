"""Values as they are stored: cleaned lines and texts, and the installation's own fields.

Pure. One-line values lose control characters (they end up in headers and titles); texts keep line
breaks. NUL and lone surrogates go, since the databases cannot hold them. Everything else comes
back as it was given. Not for addresses (see `contact_points`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from helpdesk.core.errors import Invalid
from helpdesk.customers import languages

LONGEST_NAME = 160
LONGEST_NOTE = 10_000
LONGEST_TAG = 50
LONGEST_VALUE = 500
LARGEST_NUMBER = 10**15

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,6})?")


class Definition(Protocol):
    """The part of a custom field's definition that a value depends on."""

    @property
    def key(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def choices(self) -> Sequence[str]: ...


def storable(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def line(text: object, field: str, *, longest: int, needed: bool = False) -> str:
    """One line, trimmed; control characters become a space."""
    if text is None:
        text = ""
    if not isinstance(text, str):
        raise Invalid(fields={field: "This must be text."})
    kept = _CONTROL.sub(" ", storable(text)).strip()
    if len(kept) > longest:
        raise Invalid(fields={field: f"Use at most {longest} characters."})
    if needed and not kept:
        raise Invalid(fields={field: "Fill this in."})
    return kept


def text(value: object, field: str, *, longest: int = LONGEST_NOTE) -> str:
    """A text of many lines, exactly as written; Invalid when there is nothing in it."""
    if not isinstance(value, str):
        raise Invalid(fields={field: "This must be text."})
    kept = storable(value)
    if not kept.strip():
        raise Invalid(fields={field: "Write something first."})
    if len(kept) > longest:
        raise Invalid(fields={field: f"Use at most {longest:,} characters."})
    return kept


def tag_name(value: object) -> str:
    """Tags are kept in lower case with single spaces, so that one tag is not two."""
    return " ".join(line(value, "tag", longest=LONGEST_TAG, needed=True).lower().split())[
        :LONGEST_TAG
    ]


def language(value: object) -> str | None:
    if value in (None, ""):
        return None
    value = languages.code_of(value) if isinstance(value, str) else value
    if not isinstance(value, str) or not _LANGUAGE.fullmatch(value):
        raise Invalid(fields={"language": "Write a language like German, or a code like pt-BR."})
    return value


def timezone(value: object) -> str | None:
    if value in (None, ""):
        return None
    try:
        if isinstance(value, str) and len(value) <= 60 and ZoneInfo(value).key == value:
            return value
    except (KeyError, ValueError, OSError):
        pass
    raise Invalid(fields={"timezone": "Write a time zone like Europe/Berlin."})


def whole_number(value: object, field: str, *, most: int) -> int:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise Invalid(fields={field: f"Use a whole number from 0 to {most}."})
    return value


def custom_values(
    given: object, definitions: Sequence[Definition], present: Mapping[str, Any]
) -> dict[str, Any]:
    """`present` with the given values checked and put in; None or an empty text clears one."""
    if not isinstance(given, Mapping):
        raise Invalid(fields={"custom": "These must be named values."})
    known = {definition.key: definition for definition in definitions}
    after, wrong = dict(present), {}
    for key, value in given.items():
        definition = known.get(key) if isinstance(key, str) else None
        if definition is None:
            wrong[f"custom.{str(key)[:40]}"] = "There is no such field."
        elif value is None or value == "":
            after.pop(definition.key, None)
        else:
            try:
                after[definition.key] = _READERS[definition.kind](value, definition)
            except _WrongError as error:
                wrong[f"custom.{definition.key}"] = str(error)
    if wrong:
        raise Invalid(fields=wrong)
    return after


class _WrongError(ValueError):
    """What is wrong with one value, in words for the form."""


def _text_value(value: object, definition: Definition) -> str:
    if not isinstance(value, str):
        raise _WrongError("This must be text.")
    kept = storable(value)
    if len(kept) > LONGEST_VALUE:
        raise _WrongError(f"Use at most {LONGEST_VALUE} characters.")
    return kept


def _number_value(value: object, definition: Definition) -> int | float:
    if isinstance(value, str) and len(value) <= 30:
        try:
            value = int(value) if re.fullmatch(r"\s*[-+]?[0-9]+\s*", value) else float(value)
        except ValueError:
            value = None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _WrongError("Write a number.")
    if abs(value) > LARGEST_NUMBER:
        raise _WrongError("This number is too large.")
    return value


def _date_value(value: object, definition: Definition) -> str:
    try:
        if isinstance(value, str) and len(value) == 10:
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise _WrongError("Write a date like 2026-12-24.")


def _choice_value(value: object, definition: Definition) -> str:
    if not isinstance(value, str) or value not in definition.choices:
        raise _WrongError("Choose one of the listed values.")
    return value


def _switch_value(value: object, definition: Definition) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _SWITCH:
        return _SWITCH[value.lower()]
    raise _WrongError("Choose yes or no.")


_SWITCH = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False,
           "off": False, "0": False}  # fmt: skip
_READERS = {
    "text": _text_value,
    "number": _number_value,
    "date": _date_value,
    "choice": _choice_value,
    "switch": _switch_value,
}
KINDS = tuple(_READERS)
