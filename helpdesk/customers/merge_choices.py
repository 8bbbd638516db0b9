"""Merging two records on paper: field by field, both values and which one would stay.

Pure. A default is proposed with its reason; what only a person can decide (two proved accounts)
has none and must be chosen. Not for carrying it out (see `merge`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from helpdesk.core.errors import Invalid

ACCOUNTS = "external_id"
FIELDS = {
    "name": "Name",
    "organisation_id": "Organisation",
    "owner_id": "Owner",
    "language": "Language",
    "timezone": "Time zone",
    "value_head_start_s": "Head start",
}


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """`default` is None where somebody must choose; then `reason` says why."""

    field: str
    label: str
    kept: Any
    merged: Any
    default: str | None
    reason: str
    options: tuple[str, ...] = ("kept", "merged")

    @property
    def must_choose(self) -> bool:
        return self.default is None


@dataclass(frozen=True, slots=True)
class Side:
    """What is compared of one record; `accounts` are its proved external ids."""

    fields: Mapping[str, Any]
    custom: Mapping[str, Any]
    accounts: Collection[str]


def choices_of(kept: Side, merged: Side, labels: Sequence[tuple[str, str]]) -> list[FieldChoice]:
    """Every field with both values. `labels` are (key, label) of the installation's own fields."""
    found = [
        _choice(field, label, kept.fields[field], merged.fields[field])
        for field, label in FIELDS.items()
    ]
    named = dict(labels)
    for key in sorted({*kept.custom, *merged.custom, *named}):
        values = kept.custom.get(key), merged.custom.get(key)
        found.append(_choice(f"custom.{key}", named.get(key, key), *values))
    mine, theirs = sorted(kept.accounts), sorted(merged.accounts)
    if mine and theirs and mine != theirs:
        found.append(
            FieldChoice(
                ACCOUNTS,
                "External id",
                ", ".join(mine),
                ", ".join(theirs),
                None,
                "Both have a proved external id, and they differ. Are these two people?",
                ("kept", "merged", "both"),
            )
        )
    return found


def _choice(field: str, label: str, kept: Any, merged: Any) -> FieldChoice:
    default, reason = "kept", "Both differ; the record that stays goes first."
    if kept == merged:
        reason = "Both are the same."
    elif _is_empty(merged):
        reason = "Only the record that stays has a value."
    elif _is_empty(kept):
        default, reason = "merged", "Only the other record has a value."
    return FieldChoice(field, label, kept, merged, default, reason)


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or (value == 0 and not isinstance(value, bool))


def decided(choices: Sequence[FieldChoice], given: Mapping[str, str]) -> dict[str, str]:
    """The choice for every field; Invalid for what is unknown, impossible or still open."""
    known = {choice.field: choice for choice in choices}
    wrong = {
        str(field)[:60]: "There is no such choice."
        for field, chosen in given.items()
        if field not in known or chosen not in known[field].options
    }
    if wrong:
        raise Invalid(fields=wrong)
    open_ = {c.field: c.reason for c in choices if c.must_choose and c.field not in given}
    if open_:
        raise Invalid("Choose before you merge.", fields=open_, code="choice_needed")
    return {c.field: given.get(c.field) or c.default or "" for c in choices}
