"""Customers over the API: listing, finding, adding, changing, and what happened with them.

Not for the parts of a record (see `customer_parts`) nor for merging (see `merging`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field
from sqlalchemy import select

from helpdesk.core.errors import Invalid
from helpdesk.core.paging import Page
from helpdesk.core.work import Work
from helpdesk.customers import permissions, points, queries, search, service, timeline
from helpdesk.customers.field_values import line
from helpdesk.customers.models import ContactPoint, Customer
from helpdesk.identity import queries as people
from helpdesk.web.api.base import DESK, DESK_AND_CUSTOMERS, operation
from helpdesk.web.api.reading_in import version_asked
from helpdesk.web.api.shapes import (
    Address,
    Id,
    Line,
    Listed,
    Paged,
    Version,
    View,
    given,
    listed,
)
from helpdesk.web.bodies import Body

TagName = Annotated[str, Meta(min_length=1, max_length=50, examples=["vip"])]
Kind = Literal["phone", "email", "chat", "external"]


class PointView(View):
    """One address of a customer. Not `verified`: somebody only said that it is theirs."""

    id: str
    kind: str
    value: str
    as_given: str
    label: str | None
    verified: bool
    preferred: bool


class TagView(View):
    id: str
    name: str


class CustomerView(View):
    """One customer. `email` and `phone` are the ones to use first."""

    id: str
    name: str
    email: str | None
    phone: str | None
    organisation_id: str | None
    owner_id: str | None
    language: str | None
    timezone: str | None
    value_head_start_s: int
    custom: dict[str, Any]
    contact_points: list[PointView]
    tags: list[TagView]
    created_at: datetime
    last_contact_at: datetime
    version: int


class OwnPointView(View):
    """An address as its customer sees it: what colleagues call it is theirs."""

    id: str
    kind: str
    value: str
    as_given: str
    verified: bool
    preferred: bool


class OwnCustomerView(View):
    """A record as its customer sees it."""

    id: str
    name: str
    language: str | None
    timezone: str | None
    contact_points: list[OwnPointView]


class CustomersAsked(Paged):
    q: Annotated[
        str, Meta(max_length=200, description="Words or a number of the record, best first.")
    ] = ""
    email: Annotated[str, Meta(max_length=254, description="Exactly this address.")] = ""
    phone: Annotated[str, Meta(max_length=60, description="Exactly this number.")] = ""
    organisation_id: Id | UnsetType = UNSET
    owner_id: Id | UnsetType = UNSET
    tag: Annotated[str, Meta(max_length=50)] = ""


class NewPoint(Body, frozen=True):
    kind: Kind
    value: Address
    label: Annotated[str, Meta(max_length=40)] | None = None


class NewCustomer(Body, frozen=True):
    """`email` and `phone` are a shorter way to write two of the `contact_points`."""

    name: Line = ""
    email: Address | None = None
    phone: Address | None = None
    contact_points: Annotated[list[NewPoint], Meta(max_length=20)] = field(default_factory=list)
    tags: Annotated[list[TagName], Meta(max_length=20)] = field(default_factory=list)
    organisation_id: Id | None = None
    owner_id: Id | None = None
    language: Annotated[str, Meta(max_length=10)] | None = None
    timezone: Annotated[str, Meta(max_length=60)] | None = None
    value_head_start_s: Annotated[int, Meta(ge=0, le=3600)] | UnsetType = UNSET
    custom: Annotated[dict[str, Any], Meta(max_length=100)] = field(default_factory=dict)


class CustomerChange(Body, frozen=True):
    """Only what is named changes; in `custom`, null clears a field."""

    version: Version | UnsetType = UNSET
    name: Line | UnsetType = UNSET
    organisation_id: Id | UnsetType | None = UNSET
    owner_id: Id | UnsetType | None = UNSET
    language: Annotated[str, Meta(max_length=10)] | UnsetType | None = UNSET
    timezone: Annotated[str, Meta(max_length=60)] | UnsetType | None = UNSET
    value_head_start_s: Annotated[int, Meta(ge=0, le=3600)] | UnsetType = UNSET
    custom: Annotated[dict[str, Any], Meta(max_length=100)] | UnsetType = UNSET


class ActorView(View):
    """Who did it: `user` (with a name), `visitor` or `system`."""

    kind: str
    id: str
    name: str | None


class EntryView(View):
    """One entry of the timeline; `facts` depend on its `kind`."""

    id: str
    kind: str
    at: datetime
    actor: ActorView
    subject_id: str | None
    facts: dict[str, Any]


class TimelineAsked(Paged):
    kind: Annotated[str, Meta(max_length=60, examples=["conversation.ended"])] = ""
    channel: Annotated[str, Meta(max_length=12, examples=["chat"])] = ""


@operation("GET", "/customers", who=DESK, query=CustomersAsked, gives=Listed[CustomerView])
def list_customers(work: Work, query: CustomersAsked) -> Listed[CustomerView]:
    """List customers, the last in contact first.

    With `q` the best matches come first, on one page.
    """
    if query.q:
        return _found(work, query)
    page = queries.list_customers(
        work,
        cursor=query.place(),
        limit=query.limit,
        organisation_id=query.organisation_id or None,
        owner_id=query.owner_id or None,
        tag=query.tag or None,
        address=_address(work, query),
    )
    return listed(page, views(work, [row.id for row in page.items]))


@operation("POST", "/customers", who=DESK, body=NewCustomer, gives=CustomerView, status=201)
def add_customer(work: Work, body: NewCustomer) -> CustomerView:
    """Add a customer.

    Addresses given here count as said, not as proved. A name or an address is needed.
    """
    addresses: list[tuple[str, str]] = [(point.kind, point.value) for point in body.contact_points]
    addresses += [(k, v) for k, v in (("email", body.email), ("phone", body.phone)) if v]
    require_owner(work, body.owner_id)
    made = service.create_customer(
        work,
        contact_points=addresses,
        source="api",
        **given(body, "contact_points", "email", "phone"),
    )
    for point in body.contact_points:
        if point.label:
            held = points.add_contact_point(work, made.id, kind=point.kind, value=point.value)
            held.label = line(point.label, "label", longest=40) or None
    return view(work, made)


@operation(
    "GET",
    "/customers/<id:customer_id>",
    who=DESK_AND_CUSTOMERS,
    gives=(CustomerView, OwnCustomerView),
)
def get_customer(work: Work, customer_id: str) -> CustomerView | OwnCustomerView:
    """Get one customer.

    The id of a record that was merged into another leads to that one. Customers see their own.
    """
    customer = permissions.get_customer(work, customer_id)
    full = view(work, customer)
    if permissions.works_with_customers(work.actor):
        return full
    return OwnCustomerView(
        id=full.id,
        name=full.name,
        language=full.language,
        timezone=full.timezone,
        contact_points=[
            OwnPointView(**{name: getattr(point, name) for name in OwnPointView.__struct_fields__})
            for point in full.contact_points
        ],
    )


@operation(
    "PATCH",
    "/customers/<id:customer_id>",
    who=DESK,
    body=CustomerChange,
    gives=CustomerView,
    versioned=True,
)
def change_customer(work: Work, customer_id: str, body: CustomerChange) -> CustomerView:
    """Change a customer's fields."""
    require_owner(work, body.owner_id or None)
    changed = service.change_customer(
        work, customer_id, version=version_asked(body.version), changes=given(body, "version")
    )
    return view(work, changed)


@operation(
    "GET",
    "/customers/<id:customer_id>/timeline",
    who=DESK,
    query=TimelineAsked,
    gives=Listed[EntryView],
)
def customer_timeline(work: Work, customer_id: str, query: TimelineAsked) -> Listed[EntryView]:
    """Read what happened with a customer on all channels, newest first."""
    page = timeline.timeline(
        work,
        customer_id,
        query.place(),
        query.limit,
        kinds=[query.kind] if query.kind else (),
        channels=[query.channel] if query.channel else (),
    )
    actors = actor_views(work, [entry.actor for entry in page.items])
    return listed(
        page,
        [
            EntryView(
                id=entry.event_id,
                kind=entry.kind,
                at=entry.at,
                actor=actor,
                subject_id=entry.subject_id,
                facts=entry.facts,
            )
            for entry, actor in zip(page.items, actors, strict=True)
        ],
    )


def view(work: Work, customer: Customer) -> CustomerView:
    return _views_of(work, [customer])[0]


def views(work: Work, ids: Sequence[str]) -> list[CustomerView]:
    """These customers in this order, in three queries however many they are."""
    rows = work.session.scalars(select(Customer).where(Customer.id.in_(ids))) if ids else ()
    by_id = {row.id: row for row in rows}
    return _views_of(work, [by_id[id_] for id_ in ids if id_ in by_id])


def point_view(point: ContactPoint) -> PointView:
    return PointView(
        id=point.id,
        kind=point.kind,
        value=point.value,
        as_given=point.as_given,
        label=point.label,
        verified=point.verified_at is not None,
        preferred=point.is_preferred,
    )


def require_owner(work: Work, owner_id: str | None) -> None:
    if owner_id is None:
        return
    person = people.find_user(work, owner_id)
    if person is None or person.role == "customer":
        raise Invalid(fields={"owner_id": "Choose somebody of the staff."})


def actor_views(work: Work, labels: Sequence[str]) -> list[ActorView]:
    """`user:ID` and the like with the names of people, in one query."""
    parts = [label.partition(":") for label in labels]
    names = people.names(work, [id_ for kind, _, id_ in parts if kind == "user"])
    return [ActorView(kind=kind, id=id_, name=names.get(id_)) for kind, _, id_ in parts]


def _found(work: Work, query: CustomersAsked) -> Listed[CustomerView]:
    if query.cursor or any((query.email, query.phone, query.tag)):
        raise Invalid("Give q alone; it answers one page.", fields={"q": "Give this alone."})
    limit = max(1, min(search.MOST_HITS, query.limit))
    hits = search.search(work, query.q, limit=limit)
    return listed(Page([], None), views(work, [hit.customer_id for hit in hits]))


def _address(work: Work, query: CustomersAsked) -> tuple[str, str] | None:
    if query.email and query.phone:
        raise Invalid(fields={"phone": "Give an e-mail address or a phone number."})
    kind, text = ("email", query.email) if query.email else ("phone", query.phone)
    if not text:
        return None
    address = points.read(work, kind, text)
    return address.kind, address.value


def _views_of(work: Work, customers: Sequence[Customer]) -> list[CustomerView]:
    ids = [customer.id for customer in customers]
    held: dict[str, list[ContactPoint]] = {id_: [] for id_ in ids}
    for point in work.session.scalars(
        select(ContactPoint)
        .where(ContactPoint.customer_id.in_(ids))
        .order_by(
            ContactPoint.is_preferred.desc(), ContactPoint.verified_at.is_(None), ContactPoint.id
        )
        if ids
        else select(ContactPoint).where(ContactPoint.id.is_(None))
    ):
        held[point.customer_id].append(point)
    tags = queries.tags_of(work, ids)
    return [
        CustomerView(
            id=customer.id,
            name=customer.name,
            email=_first(held[customer.id], "email"),
            phone=_first(held[customer.id], "phone"),
            organisation_id=customer.organisation_id,
            owner_id=customer.owner_id,
            language=customer.language,
            timezone=customer.timezone,
            value_head_start_s=customer.value_head_start_s,
            custom=customer.custom,
            contact_points=[point_view(point) for point in held[customer.id]],
            tags=[TagView(id=tag.id, name=tag.name) for tag in tags.get(customer.id, ())],
            created_at=customer.created_at,
            last_contact_at=customer.last_contact_at,
            version=customer.version,
        )
        for customer in customers
    ]


def _first(held: Sequence[ContactPoint], kind: str) -> str | None:
    return next((point.value for point in held if point.kind == kind), None)
