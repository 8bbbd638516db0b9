"""The other desk's own fields, fitted to ours: found by key or label, read by kind. Pure.

Other desks write values in their own ways (tags for choices, times for dates, lists for several),
so a value is tried as it most likely was meant. What does not fit is left out and counted, or is
the problem of its row where somebody chose the column by hand (see `workflows.importing_fields`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from helpdesk.customers.field_values import Definition

Field = TypeVar("Field", bound=Definition)

MOST = 200
_DAY_FIRST = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})")
_PREFIX = re.compile(r"^(cf_|custom_field_)")


def named(raw: Any) -> dict[str, Any]:
    """{name: value} of a mapping, or of a list of {id, value}; what says nothing is left out."""
    pairs: Iterable[tuple[Any, Any]] = ()
    if isinstance(raw, Mapping):
        pairs = raw.items()
    elif isinstance(raw, list):
        pairs = [
            (one.get("id") or one.get("name"), one.get("value"))
            for one in raw[:MOST]
            if isinstance(one, Mapping)
        ]
    found = {str(name)[:120]: value for name, value in pairs if name and not _is_empty(value)}
    return dict(list(found.items())[:MOST])


def plain(text: str) -> str:
    return re.sub(r"[\W_]+", "_", text.strip().casefold()).strip("_")


def by_name(definitions: Sequence[Field]) -> dict[str, Field]:
    """Our fields by what another desk may call them: their labels and, before those, their keys."""
    found = {plain(one.label): one for one in reversed(definitions)}
    return found | {plain(one.key): one for one in definitions}


def find(name: str, known: Mapping[str, Field]) -> Field | None:
    """The field of ours that is called so there, of `by_name`."""
    return known.get(_PREFIX.sub("", plain(name)))


def fitted(value: Any, definition: Definition) -> Any:
    """The value as a field of this kind most likely means it; it is still to be checked."""
    if isinstance(value, list):
        value = ", ".join(str(one) for one in value if isinstance(one, (str, int, float)))
    if isinstance(value, str):
        value = value.strip()
    if definition.kind == "text":
        return value if isinstance(value, str) else str(value) if _is_number(value) else value
    if definition.kind == "choice":
        meant = plain(str(value))
        return next((one for one in definition.choices if plain(one) == meant), value)
    if definition.kind == "date" and isinstance(value, str):
        day = _DAY_FIRST.fullmatch(value)
        return f"{day[3]}-{int(day[2]):02}-{int(day[1]):02}" if day else value[:10]
    if definition.kind == "switch" and not isinstance(value, (bool, str)):
        return str(value)
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {}) or isinstance(value, Mapping)
