"""What requests and answers of the API are made of: bounded types, pages, cursors.

Bounds stand in the types, so that the checks and the OpenAPI document say the same. Not for what
one resource looks like (each module has its own).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from flask import request
from msgspec import UNSET, Meta

from helpdesk.core import secrets
from helpdesk.core.errors import Invalid
from helpdesk.core.paging import Page, clamp_limit, cut, decode_cursor

T = TypeVar("T")
V = TypeVar("V")

ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
EXAMPLE_ID = "019a0b52-7c1e-7a44-9d0b-5f4b7e6c1a20"

# `$` lets a line break pass, the length does not.
Id = Annotated[
    str,
    Meta(pattern=ID, max_length=36, examples=[EXAMPLE_ID], extra_json_schema={"format": "uuid"}),
]
Version = Annotated[int, Meta(ge=1, le=2_147_483_647, description="The version you have read.")]
Line = Annotated[str, Meta(max_length=160)]
Address = Annotated[str, Meta(min_length=1, max_length=254)]
Text = Annotated[str, Meta(min_length=1, max_length=10_000)]
Level = Annotated[int, Meta(ge=1, le=5)]
Key = Annotated[str, Meta(min_length=1, max_length=40)]


class View(msgspec.Struct, kw_only=True):
    """What an answer shows of one thing."""


class Query(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The parameters that an address may carry; others are refused."""


class Paged(Query):
    """Parameters of every list."""

    limit: Annotated[
        int, Meta(description="How many at most. More than 100 means 100, less than 1 means 1.")
    ] = 25
    cursor: Annotated[
        str, Meta(max_length=1500, description="`next_cursor` of the page before.")
    ] = ""

    def place(self) -> str | None:
        """The cursor as the services take it."""
        return unseal_cursor(self.cursor)


class Listed(msgspec.Struct, Generic[T], kw_only=True):
    """One page of a list; `next_cursor` is null at the end."""

    items: list[T]
    next_cursor: str | None


class Nothing(View):
    """An answer without content of its own."""


def listed(page: Page[Any], items: Sequence[T]) -> Listed[T]:
    return Listed(items=list(items), next_cursor=seal_cursor(page.next_cursor))


def seal_cursor(cursor: str | None) -> str | None:
    """A cursor is only good for the list it came from, and nobody can make one up."""
    return f"{cursor}.{secrets.sign(_purpose(), cursor)}" if cursor else None


def unseal_cursor(given: str) -> str | None:
    if not given:
        return None
    cursor, _, seal = given.rpartition(".")
    if not secrets.signature_fits(_purpose(), cursor, seal):
        raise Invalid("That page does not exist.", code="bad_cursor")
    return cursor


def _purpose() -> str:
    return f"cursor:{request.endpoint}"


def page_of_few(rows: Sequence[V], query: Paged, key: Callable[[V], tuple[str, str]]) -> Page[V]:
    """A page of what there are tens of, read as a whole. `key` is unique, its last part an id."""
    limit, place = clamp_limit(query.limit), query.place()
    ordered = sorted(rows, key=key)
    if place:
        last = tuple(decode_cursor(place, 2))
        ordered = [row for row in ordered if key(row) > last]
    return cut(ordered[: limit + 1], limit, key)


def given(body: msgspec.Struct, *but: str) -> dict[str, Any]:
    """The fields that the request names; `but` are for something else."""
    values = {name: getattr(body, name) for name in body.__struct_fields__ if name not in but}
    return {name: value for name, value in values.items() if value is not UNSET}


def plain(value: Any) -> Any:
    """Structs as plain JSON values, for services that take those."""
    return msgspec.to_builtins(value)
