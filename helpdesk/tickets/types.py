"""Types of tickets and their forms: which custom fields a kind of case has and when it needs them.

The fields themselves are custom fields of the subject "ticket", set up like those of customers. Not
for the rules of queues (see `queue_rules`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.customers import custom_fields
from helpdesk.customers.field_values import custom_values, line
from helpdesk.customers.models import CustomField
from helpdesk.tickets import permissions
from helpdesk.tickets.events import TicketSetupChanged
from helpdesk.tickets.models import TicketType

SUBJECT = "ticket"
NEEDED = ("never", "to_open", "to_resolve")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


def list_types(work: Work, *, active_only: bool = True) -> Sequence[TicketType]:
    statement = select(TicketType).order_by(TicketType.position, TicketType.name)
    if active_only:
        statement = statement.where(TicketType.is_active)
    return work.session.scalars(statement).all()


def find_type(work: Work, key: str) -> TicketType | None:
    """The type of that key, used or not."""
    if not _KEY.fullmatch(key):
        return None
    return work.session.scalar(select(TicketType).where(TicketType.key == key))


def fields_of(work: Work, type_key: str | None) -> list[CustomField]:
    """The fields of the type's form in its order; without a type, or a form, all there are."""
    known = custom_fields.definitions(work, SUBJECT)
    kind = find_type(work, type_key) if type_key else None
    if kind is None or not kind.form:
        return list(known)
    by_key = {field.key: field for field in known}
    return [by_key[entry["key"]] for entry in kind.form if entry["key"] in by_key]


def loose_fields(work: Work) -> list[CustomField]:
    """The fields that stand in no type's form: what a ticket without one is asked for."""
    of_types = {entry["key"] for kind in list_types(work, active_only=False) for entry in kind.form}
    return [one for one in custom_fields.definitions(work, SUBJECT) if one.key not in of_types]


def checked(
    work: Work,
    type_key: str | None,
    given: Mapping[str, Any],
    present: Mapping[str, Any],
    *,
    step: str | None = None,
) -> dict[str, Any]:
    """The ticket's values with `given` put in; Invalid for unknown ones and for what `step` needs.

    `step`: to_open or to_resolve (which needs what opening needs, too).
    """
    kind = None
    if type_key is not None:
        kind = find_type(work, type_key)
        if kind is None:
            raise Invalid(fields={"type": "There is no such type of ticket."})
    after = dict(present)
    if given:
        after = _read(work, type_key, given, present)
    if kind is not None and step is not None and (missing := _missing(work, kind, after, step)):
        raise Invalid(fields={f"fields.{key}": "Fill this in." for key in missing})
    return after


def add_type(
    work: Work,
    *,
    key: str,
    name: str,
    description: str = "",
    form: Sequence[Mapping[str, Any]] = (),
    in_portal: bool = False,
) -> TicketType:
    """A new type; `key` stays as it is made, since tickets carry it."""
    permissions.require_set_up(work)
    called = _name(work, name)
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise Invalid(fields={"key": "Use small letters, digits and _, a letter first."})
    if find_type(work, key) is not None:
        raise Conflict("There is a type with this key already.", code="key_taken")
    present = list_types(work, active_only=False)
    made = TicketType(
        id=new_id(),
        key=key,
        name=called,
        description=line(description, "description", longest=300),
        form=_form(work, form),
        position=max((one.position for one in present), default=0) + 1,
        is_active=True,
        in_portal=in_portal,
        version=1,
    )
    work.session.add(made)
    _tell(work, made, "added", after=facts_of(made))
    return made


def change_type(
    work: Work,
    type_id: str,
    *,
    version: int,
    name: str | None = None,
    description: str | None = None,
    form: Sequence[Mapping[str, Any]] | None = None,
    position: int | None = None,
    is_active: bool | None = None,
    in_portal: bool | None = None,
) -> TicketType:
    """Change what is given. A type that is not active stays on the tickets that have it."""
    found = get_type(work, type_id, lock=True)
    if found.version != version:
        raise Conflict("Somebody changed this type meanwhile. Look again and repeat.", code="stale")
    before = facts_of(found)
    if name is not None:
        found.name = _name(work, name, found.key)
    if description is not None:
        found.description = line(description, "description", longest=300)
    if form is not None:
        found.form = _form(work, form)
    if position is not None:
        found.position = max(0, min(10_000, position))
    if is_active is not None:
        found.is_active = is_active
    if in_portal is not None:
        found.in_portal = in_portal
    found.version += 1
    _tell(work, found, "changed", before=before, after=facts_of(found))
    return found


def get_type(work: Work, type_id: str, *, lock: bool = False) -> TicketType:
    """The type, for those who set tickets up; NotFound otherwise."""
    permissions.require_set_up(work)
    found = work.session.get(TicketType, type_id, with_for_update=lock) if is_id(type_id) else None
    if found is None:
        raise NotFound()
    return found


def use(work: Work, type_id: str, used: bool) -> TicketType:
    """Retire a type, or take it up again; saying it twice changes nothing."""
    found = get_type(work, type_id, lock=True)
    if found.is_active != used:
        found.is_active = used
        found.version += 1
        _tell(work, found, "restored" if used else "retired")
    return found


def reorder(work: Work, ids: Sequence[str]) -> None:
    """The types in use in their new order, those that are retired after them."""
    permissions.require_set_up(work)
    rows = work.session.scalars(
        select(TicketType).order_by(TicketType.position, TicketType.name).with_for_update()
    ).all()
    used = {row.id: row for row in rows if row.is_active}
    if len(ids) != len(used) or set(ids) != used.keys():
        raise Conflict("The list changed meanwhile. Look again and repeat.", code="stale")
    if list(ids) == list(used):
        return
    retired = [row for row in rows if not row.is_active]
    for place, row in enumerate([*map(used.__getitem__, ids), *retired], 1):
        row.position = place
    work.session.flush()
    work.emit(TicketSetupChanged(subject="type", key=""))
    work.audit("ticket_type.reordered", "ticket_type", None, order=[used[one].name for one in ids])


def shown_to_customers(work: Work) -> dict[str, list[str]]:
    """By key of the type, which fields its customers see, in the form's order."""
    rows = work.session.execute(select(TicketType.key, TicketType.form))
    return {
        key: [entry["key"] for entry in form if entry.get("shown_to_customer")]
        for key, form in rows
    }


def facts_of(kind: TicketType) -> dict[str, Any]:
    """A type as plain values, for the audit."""
    return {
        "name": kind.name,
        "description": kind.description,
        "form": kind.form,
        "in_portal": kind.in_portal,
    }


def _missing(work: Work, kind: TicketType, values: Mapping[str, Any], step: str) -> list[str]:
    """What this step needs and has not; a field that is gone from the set-up is needed by none."""
    wanted = ("to_open",) if step == "to_open" else ("to_open", "to_resolve")
    empty = [
        entry["key"]
        for entry in kind.form
        if entry.get("needed") in wanted and values.get(entry["key"]) in (None, "")
    ]
    if not empty:
        return []
    known = {field.key for field in custom_fields.definitions(work, SUBJECT)}
    return [key for key in empty if key in known]


def _read(
    work: Work, type_key: str | None, given: Mapping[str, Any], present: Mapping[str, Any]
) -> dict[str, Any]:
    try:
        return custom_values(given, fields_of(work, type_key), present)
    except Invalid as error:
        told = {f"fields.{key.removeprefix('custom.')}": v for key, v in error.fields.items()}
        raise Invalid(error.message, fields=told) from None


def _name(work: Work, text: object, own_key: str = "") -> str:
    name = line(text, "name", longest=80, needed=True)
    other = work.session.scalar(
        select(TicketType.key).where(TicketType.name == name, TicketType.key != own_key)
    )
    if other is not None:
        raise Conflict("There is a type of this name already.", code="name_taken")
    return name


def _form(work: Work, form: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    known = {field.key for field in custom_fields.definitions(work, SUBJECT)}
    kept: list[dict[str, Any]] = []
    for entry in form:
        key, needed = entry.get("key", ""), entry.get("needed", "never")
        if key not in known:
            raise Invalid(fields={"form": f"There is no ticket field called {key[:40]!r}."})
        if needed not in NEEDED:
            raise Invalid(fields={"form": f"Choose one of {', '.join(NEEDED)}."})
        if any(one["key"] == key for one in kept):
            raise Invalid(fields={"form": "Each field stands in a form once."})
        shown = bool(entry.get("shown_to_customer"))
        kept.append({"key": key, "needed": needed, "shown_to_customer": shown})
    return kept


def _tell(work: Work, found: TicketType, what: str, **details: Any) -> None:
    work.session.flush()
    work.emit(TicketSetupChanged(subject="type", key=found.key))
    told = {"key": found.key, "name": found.name, **details}
    work.audit(f"ticket_type.{what}", "ticket_type", found.id, **told)
