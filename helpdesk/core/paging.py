"""Keyset pages: a cursor names the last row seen, so page 1,000 costs what page 1 costs.

Not for counting: nothing here ever asks how many rows there are.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar

import orjson
from sqlalchemy import Select, literal, tuple_
from sqlalchemy.orm import QueryableAttribute
from sqlalchemy.sql import ColumnElement

from helpdesk.core.db import UtcDateTime
from helpdesk.core.errors import Invalid
from helpdesk.core.ids import is_id

T = TypeVar("T")
Keyed: TypeAlias = ColumnElement[Any] | QueryableAttribute[Any]
MOST = 100


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `next_cursor` is None at the end."""

    items: Sequence[T]
    next_cursor: str | None


def clamp_limit(limit: int | None, default: int = 25) -> int:
    """Between 1 and 100, whatever was asked."""
    return max(1, min(MOST, default if limit is None else limit))


def encode_cursor(values: Sequence[Any]) -> str:
    plain = [v.isoformat() if isinstance(v, datetime) else v for v in values]
    return base64.urlsafe_b64encode(orjson.dumps(plain)).rstrip(b"=").decode()


def decode_cursor(cursor: str, width: int) -> list[Any]:
    """The values of a cursor; `Invalid` for anything this program did not make."""
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        values = orjson.loads(raw)
    except (ValueError, binascii.Error) as error:
        raise Invalid("That page does not exist.", code="bad_cursor") from error
    if not isinstance(values, list) or len(values) != width:
        raise Invalid("That page does not exist.", code="bad_cursor")
    return values


def keyset(
    statement: Select[Any],
    columns: Sequence[Keyed],
    *,
    cursor: str | None,
    limit: int,
    descending: bool = True,
) -> Select[Any]:
    """Order by `columns` (the last one unique), behind the cursor; asks one row too many."""
    if cursor:
        values = [
            literal(_revive(value, column), column.type)
            for value, column in zip(decode_cursor(cursor, len(columns)), columns, strict=True)
        ]
        left, right = tuple_(*columns), tuple_(*values)
        statement = statement.where(left < right if descending else left > right)
    order = [c.desc() if descending else c.asc() for c in columns]
    return statement.order_by(*order).limit(limit + 1)


def cut(rows: Sequence[T], limit: int, key: Callable[[T], Sequence[Any]]) -> Page[T]:
    """Make a page of the rows a `keyset` statement gave."""
    more = len(rows) > limit
    kept = rows[:limit]
    return Page(kept, encode_cursor(key(kept[-1])) if more else None)


def _revive(value: Any, column: Keyed) -> Any:
    wanted: Any = datetime if isinstance(column.type, UtcDateTime) else column.type.python_type
    try:
        revived = datetime.fromisoformat(value) if wanted is datetime else wanted(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise Invalid("That page does not exist.", code="bad_cursor") from error
    if not _fits(revived, column):
        raise Invalid("That page does not exist.", code="bad_cursor")
    return revived


def _fits(value: Any, column: Keyed) -> bool:
    """False for what a database would choke on."""
    if isinstance(value, datetime):
        return value.tzinfo is not None
    if isinstance(value, int):
        return abs(value) < 2**63
    if isinstance(value, str):
        return "\0" not in value and (getattr(column.type, "length", 0) != 36 or is_id(value))
    return True
