"""What a request of the API brought: parameters, body, version. Strict, and said field by field.

Not for what the values mean; services refuse that.
"""

from __future__ import annotations

import functools
import re
from typing import Any, TypeVar

import msgspec
from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from helpdesk.core.errors import Invalid
from helpdesk.core.paging import MOST
from helpdesk.web import bodies
from helpdesk.web.api.shapes import Query
from helpdesk.web.bodies import Body, json_body

Q = TypeVar("Q", bound=Query)

_WHOLE = re.compile(r"[+-]?[0-9]{1,300}(\.0{1,30})?([eE]\+?[0-9]{1,3})?")
_VERSION = re.compile(r'"?([0-9]{1,9})"?')


def read_query(shape: type[Q]) -> Q:
    """The address's parameters; Invalid for unknown, repeated or impossible ones."""
    known = shape.__struct_encode_fields__
    values: dict[str, Any] = {}
    for name, texts in request.args.lists():
        if name not in known:
            raise Invalid(
                "The address holds a parameter that is not known here.",
                fields={name[:80]: "Unknown."},
                code="unknown_parameter",
            )
        if len(texts) > 1:
            raise Invalid(fields={name: "Give this once."}, code="repeated_parameter")
        values[name] = _limit(texts[0]) if name == "limit" else texts[0]
    for name in _instants(shape) & values.keys():
        if "T" not in values[name].upper():  # a number would be read as seconds since 1970
            raise Invalid(fields={name: "Write a time as 2026-03-02T09:00:00Z."})
    try:
        return msgspec.convert(values, shape, strict=False)
    except msgspec.ValidationError as error:
        raise bodies.invalid(str(error)) from error


@functools.cache
def _instants(shape: type[Query]) -> frozenset[str]:
    fields = msgspec.structs.fields(shape)
    return frozenset(one.encode_name for one in fields if "datetime" in repr(one.type))


def _limit(text: str) -> int:
    """Any whole number, however large: what is too much is cut, not refused."""
    if not _WHOLE.fullmatch(text):
        raise Invalid(fields={"limit": "This must be a whole number."})
    if text.startswith("-"):
        return 1
    return round(min(float(text), MOST))


def has_body() -> bool:
    return bool(request.get_data(cache=True))


def read_body(shape: type[Body]) -> Body:
    """The JSON body as `shape`; another type is refused with 415."""
    if has_body() and request.mimetype != "application/json":
        raise UnsupportedMediaType()
    if not has_body():
        raise Invalid("Send a JSON object.", code="bad_json")
    return json_body(shape)


def version_asked(in_body: Any) -> int:
    """The version a change was made from: `version` in the body, or the header If-Match."""
    header = request.headers.get("If-Match")
    if header is None:
        if in_body is msgspec.UNSET:
            raise Invalid(
                "Say which version you have read: `version` or the header If-Match.",
                fields={"version": "This is needed."},
                code="version_needed",
            )
        return int(in_body)
    found = _VERSION.fullmatch(header.strip())
    if not found or (in_body is not msgspec.UNSET and in_body != int(found[1])):
        raise Invalid(
            "If-Match must be the version you have read, as in the ETag.", code="bad_if_match"
        )
    return int(found[1])


def version_given(in_body: Any) -> int | None:
    """The same where a change may also be made without having read anything."""
    if in_body is msgspec.UNSET and request.headers.get("If-Match") is None:
        return None
    return version_asked(in_body)
