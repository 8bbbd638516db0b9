"""Values of the other desk's own fields become values of ours, checked like any.

In a table somebody chose the column, so a value that does not fit is the problem of its row. In an
export it is left out and counted: one odd value must not cost a whole ticket.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.customers import custom_fields
from helpdesk.customers.field_values import custom_values
from helpdesk.customers.models import CustomField
from helpdesk.imports import own_fields
from helpdesk.imports.records import RowProblem


@dataclass(frozen=True, slots=True)
class Fitted:
    """Values by our keys, and how many were added, don't fit or are unknown here."""

    values: dict[str, Any] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)


class OwnFields:
    """The fields of this installation, read once for a batch."""

    def __init__(self, work: Work, *, strict: bool, count_unknown: bool) -> None:
        self._work, self._strict, self._count_unknown = work, strict, count_unknown
        self._known: dict[str, dict[str, CustomField]] = {}

    def fitted(self, subject: str, given: Mapping[str, Any], names: Mapping[str, str]) -> Fitted:
        """What of `given` has a field here. `names` are labels of fields known by an id there."""
        found = Fitted()
        for name, value in given.items():
            definition = own_fields.find(names.get(name) or name, self._fields_of(subject))
            if definition is not None:
                found.counts[self._put(found.values, definition, value)] += 1
            elif self._count_unknown:
                found.counts["unknown"] += 1
        return found

    def _put(self, values: dict[str, Any], definition: CustomField, value: Any) -> str:
        one = {definition.key: own_fields.fitted(value, definition)}
        try:
            values |= custom_values(one, [definition], {})
        except Invalid as error:
            if self._strict:
                why = next(iter(error.fields.values()), error.message)
                raise RowProblem(f"Its {definition.label} can't be used: {why}") from error
            return "unfit"
        return "added"

    def _fields_of(self, subject: str) -> dict[str, CustomField]:
        if subject not in self._known:
            known = custom_fields.definitions(self._work, subject)
            self._known[subject] = own_fields.by_name(known)
        return self._known[subject]
