"""Changing a customer's record: its fields, owner, organisation, tags and notes.

Every function renews the search document and emits what happened. Not for addresses (see
`points`), for finding who writes (`finding`), or for making two records one (`merge`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import delete, select, update

from helpdesk.core.db import insert_if_absent
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.events import Event
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.customers import custom_fields, field_values, permissions, points, records, search
from helpdesk.customers.events import (
    CustomerAdded,
    CustomerChanged,
    NoteAdded,
    NoteDeleted,
    OrganisationAssigned,
    OwnerChanged,
    TagAdded,
    TagRemoved,
)
from helpdesk.customers.field_values import LONGEST_NAME, line
from helpdesk.customers.models import (
    Customer,
    CustomerNote,
    CustomerTag,
    Organisation,
    Tag,
)

MOST_HEAD_START_S = 3600
MOST_TAGS = 50
OWN = frozenset({"name", "language", "timezone", "preferred_channel", "preferred_time"})
CHANNELS = ("email", "phone", "sms")
TIMES = ("morning", "afternoon", "evening")


def create_customer(
    work: Work,
    *,
    name: str = "",
    contact_points: Iterable[tuple[str, str]] = (),
    tags: Iterable[str] = (),
    source: str = "staff",
    **fields: Any,
) -> Customer:
    """A new record; `contact_points` are (kind, text), unproved. `fields`: see change_customer."""
    permissions.require_desk(work)
    values = _checked(work, {"name": name, **fields}, present={})
    customer = Customer(
        id=new_id(),
        custom={},
        value_head_start_s=0,
        created_at=work.at,
        last_contact_at=work.at,
        version=1,
    )
    for field, value in values.items():
        setattr(customer, field, value)
    given = list(contact_points)
    if not values["name"] and not given:
        raise Invalid(fields={"name": "Write a name or an address."})
    work.session.add(customer)
    work.session.flush()
    work.emit(CustomerAdded(customer_id=customer.id, source=source))
    for kind, text in given:
        points.put(work, customer, points.read(work, kind, text))
    for tag in tags:
        _put_tag(work, customer, tag)
    search.index(work, [customer.id])
    return customer


def change_customer(
    work: Work, customer_id: str, *, version: int, changes: Mapping[str, Any]
) -> Customer:
    """Change the fields named in `changes`; `custom` maps keys to values, None clears one.

    Conflict when somebody changed the record since `version`; Invalid for unknown fields.
    """
    permissions.require_desk(work)
    return _change(work, permissions.hold(work, customer_id), version, changes)


def change_own(work: Work, *, version: int, changes: Mapping[str, Any]) -> Customer:
    """What customers change about themselves (`OWN`), by the same rules."""
    if work.actor.customer_id is None or set(changes) - OWN:
        raise NotFound
    return _change(work, records.lock(work, work.actor.customer_id), version, changes)


def _change(work: Work, customer: Customer, version: int, changes: Mapping[str, Any]) -> Customer:
    if customer.version != version:
        raise Conflict("Somebody changed this customer meanwhile. Look again and repeat.")
    values = _checked(work, changes, present=customer.custom)
    if values.get("organisation_id", customer.organisation_id) != customer.organisation_id:
        # Whoever read all of the one organisation does not read all of the next by that.
        values.setdefault("sees_organisation", False)
    before = {field: getattr(customer, field) for field in values}
    changed = [field for field in values if before[field] != values[field]]
    if not changed:
        return customer
    for field in changed:
        setattr(customer, field, values[field])
    customer.version += 1
    work.session.flush()
    _tell_changes(work, customer, before, values, changed)
    search.index(work, [customer.id])
    return customer


def set_owner(work: Work, customer_id: str, owner_id: str | None) -> Customer:
    """Make `owner_id` (a user) the one who looks after this customer, or nobody."""
    return _set(work, customer_id, {"owner_id": owner_id})


def assign_organisation(work: Work, customer_id: str, organisation_id: str | None) -> Customer:
    return _set(work, customer_id, {"organisation_id": organisation_id})


def touch(work: Work, customer_id: str) -> None:
    """Note that we are in contact with this customer now."""
    touched = work.session.execute(
        update(Customer)
        .where(
            Customer.id == customer_id,
            Customer.merged_into_id.is_(None),
            Customer.last_contact_at < work.at,
        )
        .values(last_contact_at=work.at)
        .returning(Customer.id)
    ).first()
    if touched is None:
        leads_to = records.current_ids(work, [customer_id])[customer_id]
        if leads_to != customer_id:
            touch(work, leads_to)


def add_tag(work: Work, customer_id: str, name: str) -> Tag:
    """Tag the customer; names are kept in lower case and made as they are first used."""
    permissions.require_desk(work)
    customer = permissions.hold(work, customer_id)
    tag = _put_tag(work, customer, name)
    search.index(work, [customer.id])
    return tag


def remove_tag(work: Work, customer_id: str, tag_id: str) -> None:
    permissions.require_desk(work)
    customer = permissions.hold(work, customer_id)
    tag = work.session.get(Tag, tag_id) if is_id(tag_id) else None
    if tag is None:
        raise NotFound
    removed = work.session.execute(
        delete(CustomerTag)
        .where(CustomerTag.customer_id == customer.id, CustomerTag.tag_id == tag_id)
        .returning(CustomerTag.tag_id)
    ).first()
    if removed:
        work.emit(TagRemoved(customer_id=customer.id, tag_id=tag.id, tag=tag.name))
        search.index(work, [customer.id])


def add_note(work: Work, customer_id: str, text: str) -> CustomerNote:
    """A note for colleagues; the customer never sees it."""
    permissions.require_desk(work)
    customer = permissions.hold(work, customer_id)
    if not is_id(work.actor.id):
        raise Forbidden("Only a person can write a note.")
    note = CustomerNote(
        id=new_id(),
        customer_id=customer.id,
        author_id=work.actor.id,
        text=field_values.text(text, "text"),
        at=work.at,
    )
    work.session.add(note)
    work.session.flush()
    work.emit(NoteAdded(customer_id=customer.id, note_id=note.id))
    search.index(work, [customer.id])
    return note


def delete_note(work: Work, note_id: str) -> None:
    """Delete one's own note (a supervisor: anybody's); its words are gone for good."""
    permissions.require_desk(work)
    note = work.session.get(CustomerNote, note_id) if is_id(note_id) else None
    if note is None or note.deleted_at is not None:
        raise NotFound
    permissions.get_customer(work, note.customer_id)
    if note.author_id != work.actor.id and not work.actor.is_supervisor:
        raise Forbidden("You can delete your own notes. Ask a supervisor for this one.")
    note.text, note.deleted_at = "", work.at
    work.session.flush()
    work.emit(NoteDeleted(customer_id=note.customer_id, note_id=note.id))
    work.audit("customer.note_deleted", "customer", note.customer_id, note_id=note.id)
    search.index(work, [note.customer_id])


def _set(work: Work, customer_id: str, changes: Mapping[str, Any]) -> Customer:
    permissions.require_desk(work)
    customer = permissions.hold(work, customer_id)
    return change_customer(work, customer.id, version=customer.version, changes=changes)


def _put_tag(work: Work, customer: Customer, name: str) -> Tag:
    wanted = field_values.tag_name(name)
    tag = _tag_named(work, wanted)
    if tag is None:
        insert_if_absent(work.session, Tag, {"id": new_id(), "name": wanted})
        tag = _tag_named(work, wanted)
    assert tag is not None
    held = select(CustomerTag.tag_id).where(CustomerTag.customer_id == customer.id)
    if len(work.session.scalars(held.limit(MOST_TAGS)).all()) >= MOST_TAGS:
        raise Invalid(fields={"tag": f"A customer has at most {MOST_TAGS} tags."})
    row = {"customer_id": customer.id, "tag_id": tag.id}
    if insert_if_absent(work.session, CustomerTag, row):
        work.emit(TagAdded(customer_id=customer.id, tag_id=tag.id, tag=tag.name))
    return tag


def _tag_named(work: Work, name: str) -> Tag | None:
    return work.session.scalar(select(Tag).where(Tag.name == name))


def _tell_changes(
    work: Work,
    customer: Customer,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    changed: list[str],
) -> None:
    told: list[Event] = []
    if "owner_id" in changed:
        told.append(OwnerChanged(customer_id=customer.id, owner_id=customer.owner_id))
    if "organisation_id" in changed:
        told.append(
            OrganisationAssigned(customer_id=customer.id, organisation_id=customer.organisation_id)
        )
    others = [name for name in changed if name not in ("owner_id", "organisation_id", "custom")]
    if "custom" in changed:
        keys = {*before["custom"], *after["custom"]}
        others += sorted(
            f"custom.{key}" for key in keys if before["custom"].get(key) != after["custom"].get(key)
        )
    if others:
        told.append(CustomerChanged(customer_id=customer.id, changed=others))
    for event in told:
        work.emit(event)
    work.audit("customer.changed", "customer", customer.id, changed=changed)
    if "sees_organisation" in changed:
        action = "portal_opened" if customer.sees_organisation else "portal_closed"
        organisation_id = customer.organisation_id
        work.audit(
            f"organisation.{action}", "customer", customer.id, organisation_id=organisation_id
        )


def _checked(work: Work, given: Mapping[str, Any], *, present: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(str(name)[:40] for name in given if name not in _FIELDS and name != "custom")
    if unknown:
        raise Invalid(fields=dict.fromkeys(unknown, "There is no such field."))
    values = {field: _FIELDS[field](work, given[field]) for field in _FIELDS if field in given}
    if "custom" in given:
        definitions = custom_fields.definitions(work, "customer")
        values["custom"] = field_values.custom_values(given["custom"], definitions, present)
    return values


def _name(work: Work, value: Any) -> str:
    return line(value, "name", longest=LONGEST_NAME)


def _owner(work: Work, value: Any) -> str | None:
    if value in (None, ""):
        return None
    if not is_id(value):
        raise Invalid(fields={"owner_id": "Choose somebody from the list."})
    return str(value)


def _organisation(work: Work, value: Any) -> str | None:
    if value in (None, ""):
        return None
    if not is_id(value) or work.session.get(Organisation, value) is None:
        raise Invalid(fields={"organisation_id": "Choose an organisation from the list."})
    return str(value)


def _head_start(work: Work, value: Any) -> int:
    if not permissions.can_favour(work.actor):
        raise Forbidden("Only a supervisor can give a customer a head start.")
    return field_values.whole_number(value, "value_head_start_s", most=MOST_HEAD_START_S)


def _language(work: Work, value: Any) -> str | None:
    return field_values.language(value)


def _timezone(work: Work, value: Any) -> str | None:
    return field_values.timezone(value)


def _one_of(field: str, known: tuple[str, ...]) -> Callable[[Work, Any], str | None]:
    def read(work: Work, value: Any) -> str | None:
        if value in (None, ""):
            return None
        if value not in known:
            raise Invalid(fields={field: "Choose one of the list."})
        return str(value)

    return read


def _sees_organisation(work: Work, value: Any) -> bool:
    if value not in (True, False, "yes", ""):
        raise Invalid(fields={"sees_organisation": "Choose yes or no."})
    return value in (True, "yes")


_FIELDS: dict[str, Callable[[Work, Any], Any]] = {
    "name": _name,
    "organisation_id": _organisation,
    "owner_id": _owner,
    "language": _language,
    "timezone": _timezone,
    "value_head_start_s": _head_start,
    "preferred_channel": _one_of("preferred_channel", CHANNELS),
    "preferred_time": _one_of("preferred_time", TIMES),
    "sees_organisation": _sees_organisation,
}
