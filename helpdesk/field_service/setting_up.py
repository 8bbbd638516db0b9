"""What all parts of the set-up share: who may change it, one version, one line of audit.

Administrators set up; supervisors keep absences and stock as well, since those change by the day.
The desk may look. Who that is, `permissions` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from helpdesk.core.db import Base
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.field_service import permissions

ABSENT = "There is nothing here."
STALE = "Somebody changed this meanwhile. Look again and repeat."

Row = TypeVar("Row", bound=Base)


def require_set_up(work: Work) -> None:
    if not permissions.can_set_up(work.actor):
        raise Forbidden("Only an administrator can change this.")


def require_staff(work: Work) -> None:
    if not permissions.can_staff(work.actor):
        raise Forbidden("Only a supervisor can change this.")


def require_look(work: Work) -> None:
    if not permissions.can_see_board(work.actor):
        raise NotFound(ABSENT)


def get(work: Work, table: type[Row], row_id: str, *, lock: bool = False) -> Row:
    """The row, freshly read where it is locked; NotFound for whoever may not look."""
    require_look(work)
    found = None
    if is_id(row_id):
        found = work.session.get(
            table, row_id, with_for_update=lock or None, populate_existing=lock
        )
    if found is None:
        raise NotFound(ABSENT)
    return found


def at_version(row: Any, version: int | None) -> None:
    """Refuse whoever looked at an older state; None: it does not matter."""
    if version is not None and row.version != version:
        raise Conflict(STALE, code="stale")


def apply(work: Work, row: Any, values: Mapping[str, Any], action: str, **facts: Any) -> bool:
    """Store what differs, move the version on and write down what changed; whether anything did."""
    changed = {k: [getattr(row, k), v] for k, v in values.items() if getattr(row, k) != v}
    if not changed:
        return False
    for name in changed:
        setattr(row, name, values[name])
    row.version += 1
    work.session.flush()
    kind, subject_id = action.partition(".")[0], _id_of(row)
    work.audit(action, kind, subject_id, changes=_plain(changed), **facts)
    return True


def whole(value: Any, name: str, least: int, most: int, unit: str = "") -> int:
    """A whole number within limits; Invalid says which."""
    if type(value) is not int or not least <= value <= most:
        words = f"Use a whole number from {least:,} to {most:,}{unit}."
        raise Invalid(fields={name: words})
    return value


def known(values: Mapping[str, Any], fields: tuple[str, ...]) -> None:
    if unknown := set(values) - set(fields):
        raise Invalid(fields={min(unknown): "There is no such field."})


def levels(given: Mapping[str, Any], name: str = "skills") -> dict[str, int]:
    """Skills with their levels; a level of 0 takes one away. That they exist, the door checks."""
    kept = {key: whole(level, name, 0, 5) for key, level in given.items()}
    return {key: level for key, level in sorted(kept.items()) if level}


def currency(code: str) -> str:
    if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
        raise Invalid(fields={"currency": "Use three letters, like EUR."})
    return code


def _id_of(row: Any) -> str:
    return str(row.user_id if hasattr(row, "user_id") else row.id)


def _plain(changed: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    plain = (str, int, float, bool, type(None), dict, list)
    return {
        name: [one if isinstance(one, plain) else str(one) for one in pair]
        for name, pair in changed.items()
    }
