"""The parts of a customer's record over the API: addresses, tags, notes, figures.

Each part belongs to exactly one record; asked for under another one it is not found.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta
from sqlalchemy import select

from helpdesk.core.errors import NotFound
from helpdesk.core.paging import clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.customers import permissions, points, service
from helpdesk.customers.models import ContactPoint, Customer, CustomerNote
from helpdesk.identity import queries as people
from helpdesk.web.api import customer_figures
from helpdesk.web.api.base import DESK, operation
from helpdesk.web.api.customers import Kind, PointView, TagName, TagView, point_view
from helpdesk.web.api.shapes import Address, Listed, Paged, Text, View, listed
from helpdesk.web.bodies import Body


class NewContactPoint(Body, frozen=True):
    kind: Kind
    value: Address
    label: Annotated[str, Meta(max_length=40)] | None = None
    verified: bool = False


class NewTag(Body, frozen=True):
    name: TagName


class NewNote(Body, frozen=True):
    text: Text


class NoteView(View):
    """A note for colleagues."""

    id: str
    author_id: str
    author: str | None
    text: str
    at: datetime


@operation(
    "POST",
    "/customers/<id:customer_id>/contact-points",
    who=DESK,
    body=NewContactPoint,
    gives=PointView,
    status=201,
)
def add_contact_point(work: Work, customer_id: str, body: NewContactPoint) -> PointView:
    """Add an address to a customer.

    An address the record has already is answered as it is. `verified` says that you have made
    sure it is theirs; 409 `held_by_another` when another record holds it proved.
    """
    return point_view(
        points.add_contact_point(
            work,
            customer_id,
            kind=body.kind,
            value=body.value,
            label=body.label,
            verified=body.verified,
        )
    )


@operation("DELETE", "/customers/<id:customer_id>/contact-points/<id:point_id>", who=DESK)
def remove_contact_point(work: Work, customer_id: str, point_id: str) -> None:
    """Remove an address from a customer."""
    points.remove_contact_point(work, point_of(work, customer_id, point_id).id)


@operation(
    "POST",
    "/customers/<id:customer_id>/contact-points/<id:point_id>/verify",
    who=DESK,
    gives=PointView,
)
def verify_contact_point(work: Work, customer_id: str, point_id: str) -> PointView:
    """Take an address as proved."""
    return point_view(points.verify_contact_point(work, point_of(work, customer_id, point_id).id))


@operation(
    "POST",
    "/customers/<id:customer_id>/contact-points/<id:point_id>/prefer",
    who=DESK,
    gives=PointView,
)
def prefer_contact_point(work: Work, customer_id: str, point_id: str) -> PointView:
    """Make an address the one to use first among its kind."""
    return point_view(points.prefer_contact_point(work, point_of(work, customer_id, point_id).id))


@operation(
    "POST",
    "/customers/<id:customer_id>/tags",
    who=DESK,
    body=NewTag,
    gives=TagView,
    status=201,
)
def add_tag(work: Work, customer_id: str, body: NewTag) -> TagView:
    """Tag a customer; tags are kept in lower case."""
    tag = service.add_tag(work, customer_id, body.name)
    return TagView(id=tag.id, name=tag.name)


@operation("DELETE", "/customers/<id:customer_id>/tags/<id:tag_id>", who=DESK)
def remove_tag(work: Work, customer_id: str, tag_id: str) -> None:
    """Take a tag off a customer."""
    service.remove_tag(work, customer_id, tag_id)


@operation(
    "GET",
    "/customers/<id:customer_id>/notes",
    who=DESK,
    query=Paged,
    gives=Listed[NoteView],
)
def list_notes(work: Work, customer_id: str, query: Paged) -> Listed[NoteView]:
    """List the notes about a customer, newest first."""
    customer, limit = _customer(work, customer_id), clamp_limit(query.limit)
    wanted = select(CustomerNote).where(
        CustomerNote.customer_id == customer.id, CustomerNote.deleted_at.is_(None)
    )
    order = [CustomerNote.id.expression]
    rows = work.session.scalars(keyset(wanted, order, cursor=query.place(), limit=limit)).all()
    page = cut(rows, limit, lambda note: [note.id])
    names = people.names(work, [note.author_id for note in page.items])
    return listed(page, [_note(note, names) for note in page.items])


@operation(
    "POST",
    "/customers/<id:customer_id>/notes",
    who=DESK,
    body=NewNote,
    gives=NoteView,
    status=201,
)
def add_note(work: Work, customer_id: str, body: NewNote) -> NoteView:
    """Write a note about a customer; the customer never sees it."""
    note = service.add_note(work, customer_id, body.text)
    return _note(note, people.names(work, [note.author_id]))


@operation("DELETE", "/customers/<id:customer_id>/notes/<id:note_id>", who=DESK)
def delete_note(work: Work, customer_id: str, note_id: str) -> None:
    """Delete one's own note; supervisors anybody's."""
    customer, note = _customer(work, customer_id), work.session.get(CustomerNote, note_id)
    if note is None or note.customer_id != customer.id:
        raise NotFound
    service.delete_note(work, note_id)


@operation(
    "GET",
    "/customers/<id:customer_id>/metrics",
    who=DESK,
    gives=customer_figures.FiguresView,
)
def customer_metrics(work: Work, customer_id: str) -> customer_figures.FiguresView:
    """Get a customer's figures, each with its formula."""
    return customer_figures.figures_of(work, _customer(work, customer_id).id)


def _customer(work: Work, customer_id: str) -> Customer:
    permissions.require_desk(work)
    return permissions.get_customer(work, customer_id)


def point_of(work: Work, customer_id: str, point_id: str) -> ContactPoint:
    customer, point = _customer(work, customer_id), work.session.get(ContactPoint, point_id)
    if point is None or point.customer_id != customer.id:
        raise NotFound
    return point


def _note(note: CustomerNote, names: dict[str, str]) -> NoteView:
    return NoteView(
        id=note.id,
        author_id=note.author_id,
        author=names.get(note.author_id),
        text=note.text,
        at=note.at,
    )
