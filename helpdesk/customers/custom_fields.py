"""Fields that an installation adds to customers, organisations and tickets.

A field's kind and key stay as they were made, since values hang on them. Not for checking values
(see `field_values`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import func, select

from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.customers import permissions
from helpdesk.customers.events import CustomFieldsChanged
from helpdesk.customers.field_values import KINDS, line
from helpdesk.customers.models import CustomField

SUBJECTS = ("customer", "organisation", "ticket")
MOST = 60
MOST_CHOICES = 100

_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


def definitions(work: Work, subject: str) -> Sequence[CustomField]:
    """The fields of customers or organisations, in the order of the form."""
    return work.session.scalars(
        select(CustomField)
        .where(CustomField.subject == subject)
        .order_by(CustomField.position, CustomField.key)
    ).all()


def add_custom_field(
    work: Work,
    *,
    subject: str,
    key: str,
    label: str,
    kind: str,
    choices: Sequence[str] = (),
) -> CustomField:
    permissions.require_set_up(work)
    if subject not in SUBJECTS:
        raise Invalid(fields={"subject": "Choose customer, organisation or ticket."})
    if kind not in KINDS:
        raise Invalid(fields={"kind": f"Choose one of {', '.join(KINDS)}."})
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise Invalid(fields={"key": "Use small letters, digits and _, a letter first."})
    present = definitions(work, subject)
    if len(present) >= MOST:
        raise Invalid(fields={"key": f"There can be at most {MOST} fields."})
    if key in {field.key for field in present}:
        raise Conflict("There is a field with this key already.", code="key_taken")
    last = work.session.scalar(
        select(func.max(CustomField.position)).where(CustomField.subject == subject)
    )
    field = CustomField(
        id=new_id(),
        subject=subject,
        key=key,
        label=line(label, "label", longest=80, needed=True),
        kind=kind,
        choices=_choices(kind, choices),
        position=(last or 0) + 1,
        version=1,
    )
    work.session.add(field)
    _tell(work, field, "custom_field.added")
    return field


def change_custom_field(
    work: Work,
    field_id: str,
    *,
    version: int,
    label: str | None = None,
    choices: Sequence[str] | None = None,
    position: int | None = None,
) -> CustomField:
    """Change what is given. Values that are no longer among the choices stay until edited."""
    field = _get(work, field_id, version)
    if label is not None:
        field.label = line(label, "label", longest=80, needed=True)
    if choices is not None:
        field.choices = _choices(field.kind, choices)
    if position is not None:
        field.position = max(0, min(10_000, position))
    field.version += 1
    _tell(work, field, "custom_field.changed")
    return field


def remove_custom_field(work: Work, field_id: str, *, version: int) -> None:
    """Take the field off the forms; values stay in the records, unseen."""
    field = _get(work, field_id, version)
    work.session.delete(field)
    _tell(work, field, "custom_field.removed")


def _get(work: Work, field_id: str, version: int) -> CustomField:
    permissions.require_set_up(work)
    field = (
        work.session.get(CustomField, field_id, with_for_update=True) if is_id(field_id) else None
    )
    if field is None:
        raise NotFound
    if field.version != version:
        raise Conflict("Somebody changed this field meanwhile. Look again and repeat.")
    return field


def _choices(kind: str, choices: Sequence[str]) -> list[str]:
    if kind != "choice":
        return []
    kept = [line(choice, "choices", longest=80, needed=True) for choice in choices]
    if not 1 <= len(kept) <= MOST_CHOICES or len(set(kept)) != len(kept):
        raise Invalid(fields={"choices": f"List 1 to {MOST_CHOICES} different choices."})
    return kept


def _tell(work: Work, field: CustomField, action: str) -> None:
    work.session.flush()
    work.emit(CustomFieldsChanged(field_id=field.id, subject=field.subject))
    work.audit(action, "custom_field", field.id, subject=field.subject, key=field.key)
