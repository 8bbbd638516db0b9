"""What a request brought, checked against a declared shape.

Every field is named in a `Body`; anything else is refused, so that nobody can set a field the
author did not think of. Not for rules about meaning: services raise `Invalid` for those.
"""

from __future__ import annotations

import re
import types
import typing
from typing import Any, TypeVar

import msgspec
from flask import request

from helpdesk.core.errors import Invalid

Shape = TypeVar("Shape", bound="Body")

# An escaped NUL; a text that shows a backslash before u0000 is none.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_AT = re.compile(r" - at `\$\.?([^`]*)`$")
_MISSING = re.compile(r"missing required field `([^`]+)`")
_UNKNOWN = re.compile(r"contains unknown field `([^`]+)`")
_LENGTH = re.compile(r"of length (<=|>=) (\d+)")
_NUMBER = re.compile(r"`(?:int|float)` (<=|>=) (\d+)")


class Body(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A request's shape: `class X(Body, frozen=True)`; limits by `Annotated[str, Meta(...)]`."""


def json_body(shape: type[Shape]) -> Shape:
    """The JSON body as `shape`; Invalid for another type, broken JSON, wrong or unknown fields."""
    if request.mimetype != "application/json":
        raise Invalid("Send the body as application/json.", code="not_json")
    raw = request.get_data(cache=True)
    if _NUL.search(raw):
        raise Invalid("Text must not hold the character NUL.", code="bad_text")
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.ValidationError as error:
        raise invalid(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid("The body is not valid JSON.", code="bad_json") from error


def form_body(shape: type[Shape], *, but: str = "") -> Shape:
    """The form's fields as `shape`: words become numbers and flags, an absent box is its default.

    Fields whose names begin with `but` are left to the caller (an installation's own fields).
    An empty field counts as absent where the shape has a default; a field declared as a list takes
    every value of its name. Text comes without the blanks around it, but for fields named password.
    """
    hints = typing.get_type_hints(shape)
    needed = {f.encode_name for f in msgspec.structs.fields(shape) if f.required}
    values: dict[str, Any] = {}
    for name, given in request.form.lists():
        if name == "_csrf" or (but and name.startswith(but)):
            continue
        if _is_list(hints.get(name)):
            values[name] = [text for text in given if text != ""]
            continue
        text = given[-1] if "password" in name else given[-1].strip().replace("\r\n", "\n")
        if text != "" or name in needed:
            values[name] = text
    try:
        return msgspec.convert(values, shape, strict=False)
    except msgspec.ValidationError as error:
        raise invalid(str(error)) from error


def numbers_of(prefix: str) -> dict[str, int]:
    """Fields with such a name, without it: up to five digits, anything else counts 0."""
    return {
        name.removeprefix(prefix): int(text) if text.isascii() and text.isdigit() else 0
        for name, text in request.form.items()
        if name.startswith(prefix) and len(text) < 6
    }


def query_text(name: str, *, longest: int = 200) -> str:
    """One value of the query, cut to a sensible length; empty when absent."""
    return request.args.get(name, "").strip()[:longest]


def _is_list(hint: Any) -> bool:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return any(_is_list(part) for part in typing.get_args(hint))
    return typing.get_origin(hint) in (list, tuple, set, frozenset)


def invalid(told: str) -> Invalid:
    """msgspec's sentence in words for the person who filled in the form."""
    where = _AT.search(told)
    path = where.group(1) if where else ""
    if found := _UNKNOWN.search(told):
        name = found.group(1)[:80]
        return Invalid("The body holds a field that is not known here.", fields={name: "Unknown."})
    if found := _MISSING.search(told):
        name = f"{path}.{found.group(1)}" if path else found.group(1)
        return Invalid(fields={name: "This is needed."})
    if found := _LENGTH.search(told):
        too_long = found.group(1) == "<="
        sentence = f"Use at {'most' if too_long else 'least'} {found.group(2)} characters."
        if not too_long and found.group(2) == "1":
            sentence = "This is needed."
    elif found := _NUMBER.search(told):
        sentence = f"Use {found.group(2)} or {'less' if found.group(1) == '<=' else 'more'}."
    else:
        sentence = "This can't be used here."
    return Invalid(fields={path: sentence} if path else {})
