"""What a ticket was like at an earlier instant: its facts now, less what changed since. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from helpdesk.rules.subjects import FIELD


def rewound(
    facts: Mapping[str, Any], changes: Sequence[Mapping[str, Sequence[Any]]]
) -> dict[str, Any]:
    """`changes` are {field: [before, after]} since then, the newest first."""
    then = dict(facts)
    for change in changes:
        for name, values in change.items():
            before = values[0] if values else None
            if name == "fields":
                _take_fields_back(then, before if isinstance(before, Mapping) else {})
            elif name in then:
                then[name] = before
    return then


def _take_fields_back(then: dict[str, Any], before: Mapping[str, Any]) -> None:
    for name in [one for one in then if one.startswith(FIELD)]:
        then.pop(name)
    then |= {FIELD + key: value for key, value in before.items()}
