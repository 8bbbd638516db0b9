"""Reads what records say, so that the search can tell why it found them.

Four queries for the hits that their names don't explain, and one for notes only where nothing else
does. Only
`search` calls this.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import select

from helpdesk.core.work import Work
from helpdesk.customers import search_marks
from helpdesk.customers.models import (
    ContactPoint,
    Customer,
    CustomerNote,
    CustomerTag,
    CustomField,
    Organisation,
    Tag,
)
from helpdesk.customers.search_marks import Field, Reason
from helpdesk.customers.search_words import Query

_NOTES_LOOKED_AT = 500
_KINDS = {"phone": "Phone", "email": "E-mail", "chat": "Chat visitor", "external": "External id"}


def reasons(work: Work, asked: Query, names: Mapping[str, str]) -> dict[str, tuple[Reason, ...]]:
    """Per record (id: name) the fields that have the words typed; none where the name has all."""
    ids = [
        id_
        for id_, name in names.items()
        if asked.number or search_marks.reasons(asked, name, ())[1]
    ]
    if not ids:
        return {}
    fields = _fields(work, ids)
    found, unexplained = {}, []
    for id_ in ids:
        found[id_], left = search_marks.reasons(asked, names[id_], fields[id_])
        if left:
            unexplained.append(id_)
    for id_, notes in _notes(work, unexplained).items():
        found[id_], _ = search_marks.reasons(asked, names[id_], [*fields[id_], *notes])
    return found


def _fields(work: Work, ids: Sequence[str]) -> dict[str, list[Field]]:
    session = work.session
    fields: dict[str, list[Field]] = defaultdict(list)
    points = select(ContactPoint.customer_id, ContactPoint.kind, ContactPoint.value)
    for owner, kind, value in session.execute(
        points.where(ContactPoint.customer_id.in_(ids)).order_by(ContactPoint.id)
    ):
        fields[owner].append(Field(_KINDS.get(kind, kind), value, kind == "phone"))
    labels = dict(
        session.execute(
            select(CustomField.key, CustomField.label).where(CustomField.subject == "customer")
        ).all()
    )
    tags = select(CustomerTag.customer_id, Tag.name).join(Tag, Tag.id == CustomerTag.tag_id)
    tagged = session.execute(tags.where(CustomerTag.customer_id.in_(ids)).order_by(Tag.name)).all()
    for id_, custom, organisation in session.execute(
        select(Customer.id, Customer.custom, Organisation.name)
        .outerjoin(Organisation, Organisation.id == Customer.organisation_id)
        .where(Customer.id.in_(ids))
    ):
        if organisation:
            fields[id_].append(Field("Organisation", organisation))
        fields[id_] += [
            Field(labels.get(key, key), str(value))
            for key, value in custom.items()
            if value is not None and not isinstance(value, bool)
        ]
    for owner, name in tagged:
        fields[owner].append(Field("Tag", name))
    return fields


def _notes(work: Work, ids: Sequence[str]) -> Mapping[str, list[Field]]:
    notes: dict[str, list[Field]] = defaultdict(list)
    if ids:
        rows = work.session.execute(
            select(CustomerNote.customer_id, CustomerNote.text)
            .where(CustomerNote.customer_id.in_(ids), CustomerNote.deleted_at.is_(None))
            .order_by(CustomerNote.id.desc())
            .limit(_NOTES_LOOKED_AT)
        )
        for owner, words in rows:
            notes[owner].append(Field("Note", " ".join(words.split())))
    return notes
