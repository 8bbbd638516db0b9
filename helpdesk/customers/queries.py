"""What screens read about customers, each in a fixed number of queries however many rows there are.

Not for changing anything, nor for what other packages know about a customer (conversations,
visits): the page puts those beside the card.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from helpdesk.core.errors import NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.customers import custom_fields, organisations, permissions, timeline
from helpdesk.customers.contact_points import shown_phone
from helpdesk.customers.models import (
    ContactPoint,
    Customer,
    CustomerNote,
    CustomerTag,
    CustomField,
    DuplicateSuggestion,
    Merge,
    Organisation,
    Tag,
    TimelineEntry,
)

NOTES_ON_CARD = 20
ENTRIES_ON_CARD = 20


@dataclass(frozen=True, slots=True)
class ListedCustomer:
    id: str
    name: str
    organisation_id: str | None
    organisation: str
    owner_id: str | None
    email: str
    phone: str
    tags: tuple[str, ...]
    last_contact_at: datetime


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two records that may be one person. `evidence` is in plain words, `score` 0 to 100."""

    id: str
    one: tuple[str, str]  # id, name
    other: tuple[str, str]
    score: int
    evidence: list[str]
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Past:
    """A merge that can still be undone."""

    id: str
    merged_id: str
    merged_name: str
    at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class Card:
    """Everything the customer record itself says. `fields` pairs definitions with values."""

    customer: Customer
    organisation: Organisation | None
    suggested_organisation: Organisation | None
    points: Sequence[ContactPoint]
    tags: Sequence[Tag]
    notes: Sequence[CustomerNote]
    fields: Sequence[tuple[CustomField, Any]]
    timeline: Page[TimelineEntry]
    suggestions: Sequence[Suggestion]
    merges: Sequence[Past]
    led_from: str | None = None  # the id asked for, where a merge led here
    shown: dict[str, str] = field(default_factory=dict)  # point id -> value with its usual spaces


def list_customers(
    work: Work,
    *,
    cursor: str | None = None,
    limit: int | None = None,
    organisation_id: str | None = None,
    owner_id: str | None = None,
    tag: str | None = None,
    address: tuple[str, str] | None = None,
) -> Page[ListedCustomer]:
    """The last in contact first. `address` is (kind, value) of a contact point, normalised."""
    permissions.require_desk(work)
    limit = clamp_limit(limit)
    statement: Any = (
        select(Customer, Organisation.name)
        .outerjoin(Organisation, Organisation.id == Customer.organisation_id)
        .where(Customer.merged_into_id.is_(None))
    )
    statement = permissions.visible(work.actor, statement, Customer.id.expression)
    for column, wanted in (
        (Customer.organisation_id, organisation_id),
        (Customer.owner_id, owner_id),
    ):
        if wanted is not None:
            if not is_id(wanted):
                raise NotFound
            statement = statement.where(column == wanted)
    if address is not None:
        holders = select(ContactPoint.customer_id).where(
            ContactPoint.kind == address[0], ContactPoint.value == address[1]
        )
        statement = statement.where(Customer.id.in_(holders))
    if tag is not None:
        tagged = select(CustomerTag.customer_id).join(Tag, Tag.id == CustomerTag.tag_id)
        statement = statement.where(Customer.id.in_(tagged.where(Tag.name == tag.strip().lower())))
    order = (Customer.last_contact_at.expression, Customer.id.expression)
    page_of = keyset(statement, order, cursor=cursor, limit=limit)
    rows: Sequence[Any] = work.session.execute(page_of).all()
    page = cut(rows, limit, lambda row: (row[0].last_contact_at, row[0].id))
    ids = [customer.id for customer, _ in page.items]
    points, tags = _addresses(work, ids), tags_of(work, ids)
    return Page(
        [
            ListedCustomer(
                customer.id,
                customer.name,
                customer.organisation_id,
                organisation or "",
                customer.owner_id,
                points.get((customer.id, "email"), ""),
                points.get((customer.id, "phone"), ""),
                tuple(tag.name for tag in tags.get(customer.id, ())),
                customer.last_contact_at,
            )
            for customer, organisation in page.items
        ],
        page.next_cursor,
    )


def card(work: Work, customer_id: str) -> Card:
    """The desk's right pane and the head of the customer's page."""
    permissions.require_desk(work)
    customer = permissions.get_customer(work, customer_id)
    points = work.session.scalars(
        select(ContactPoint)
        .where(ContactPoint.customer_id == customer.id)
        .order_by(ContactPoint.is_preferred.desc(), ContactPoint.kind, ContactPoint.id)
    ).all()
    mails = [
        p.value for p in sorted(points, key=lambda p: p.verified_at is None) if p.kind == "email"
    ]
    organisation = suggested = None
    if customer.organisation_id is not None:
        organisation = work.session.get(Organisation, customer.organisation_id)
    else:
        suggested = organisations.of_addresses(work, mails)
    definitions = custom_fields.definitions(work, "customer")
    return Card(
        customer,
        organisation,
        suggested,
        points,
        tags_of(work, [customer.id]).get(customer.id, []),
        notes(work, customer.id),
        [(definition, customer.custom.get(definition.key)) for definition in definitions],
        timeline.entries_of(work, customer.id, limit=ENTRIES_ON_CARD, folded=True),
        _suggestions(work, customer.id, None, 10).items,
        _merges(work, customer.id),
        customer_id if customer_id != customer.id else None,
        {p.id: shown_phone(p.value) if p.kind == "phone" else p.as_given for p in points},
    )


def notes(work: Work, customer_id: str, *, most: int = NOTES_ON_CARD) -> Sequence[CustomerNote]:
    """The newest notes, for colleagues only."""
    permissions.require_desk(work)
    return work.session.scalars(
        select(CustomerNote)
        .where(CustomerNote.customer_id == customer_id, CustomerNote.deleted_at.is_(None))
        .order_by(CustomerNote.id.desc())
        .limit(most)
    ).all()


def suggestions(
    work: Work, *, cursor: str | None = None, limit: int | None = None
) -> Page[Suggestion]:
    """Pairs that may be one person, the surest first."""
    permissions.require_desk(work)
    return _suggestions(work, None, cursor, clamp_limit(limit))


def list_organisations(
    work: Work, *, starts_with: str = "", cursor: str | None = None, limit: int | None = None
) -> Page[Organisation]:
    permissions.require_desk(work)
    limit = clamp_limit(limit)
    statement = select(Organisation)
    if starts_with:
        statement = statement.where(
            Organisation.name.istartswith(starts_with[:80], autoescape=True)
        )
    order = (Organisation.name.expression, Organisation.id.expression)
    page = keyset(statement, order, cursor=cursor, limit=limit, descending=False)
    return cut(work.session.scalars(page).all(), limit, lambda row: (row.name, row.id))


def organisations_by_name(work: Work, names: Iterable[str]) -> dict[str, str]:
    """By lower-case name the id, of those that there are."""
    permissions.require_desk(work)
    wanted = {name.strip().lower() for name in names}
    rows = work.session.execute(
        select(Organisation.id, Organisation.name).where(
            func.lower(Organisation.name).in_(sorted(wanted))
        )
    )
    return {row.name.lower(): row.id for row in rows}


def organisation_names(work: Work, ids: Iterable[str]) -> dict[str, str]:
    """By id the name."""
    permissions.require_desk(work)
    rows = work.session.execute(
        select(Organisation.id, Organisation.name).where(Organisation.id.in_(sorted(set(ids))))
    )
    return {row.id: row.name for row in rows}


@dataclass(frozen=True, slots=True)
class OrganisationPage:
    organisation: Organisation
    fields: Sequence[tuple[CustomField, Any]]
    customers: Page[ListedCustomer]


def organisation_page(
    work: Work, organisation_id: str, *, cursor: str | None = None, limit: int | None = None
) -> OrganisationPage:
    """The organisation, its own fields and its people."""
    permissions.require_desk(work)
    found = work.session.get(Organisation, organisation_id) if is_id(organisation_id) else None
    if found is None:
        raise NotFound
    fields = custom_fields.definitions(work, "organisation")
    people = list_customers(work, cursor=cursor, limit=limit, organisation_id=organisation_id)
    return OrganisationPage(found, [(f, found.custom.get(f.key)) for f in fields], people)


def tags_starting(work: Work, text: str, *, most: int = 20) -> list[str]:
    """Names of tags to offer while somebody types."""
    permissions.require_desk(work)
    statement = select(Tag.name).where(
        Tag.name.startswith(text.strip().lower()[:50], autoescape=True)
    )
    return list(work.session.scalars(statement.order_by(Tag.name).limit(most)))


def tags_of(work: Work, customer_ids: Sequence[str]) -> dict[str, list[Tag]]:
    found: dict[str, list[Tag]] = defaultdict(list)
    if customer_ids:
        rows = work.session.execute(
            select(CustomerTag.customer_id, Tag)
            .join(Tag, Tag.id == CustomerTag.tag_id)
            .where(CustomerTag.customer_id.in_(customer_ids))
            .order_by(Tag.name)
        )
        for customer_id, tag in rows:
            found[customer_id].append(tag)
    return found


def _addresses(work: Work, ids: Sequence[str]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    if ids:
        rows = work.session.execute(
            select(ContactPoint.customer_id, ContactPoint.kind, ContactPoint.value)
            .where(ContactPoint.customer_id.in_(ids), ContactPoint.kind.in_(("email", "phone")))
            .order_by(
                ContactPoint.is_preferred.desc(),
                ContactPoint.verified_at.is_(None),
                ContactPoint.id,
            )
        )
        for owner, kind, value in rows:
            found.setdefault((owner, kind), value)
    return found


def _suggestions(
    work: Work, customer_id: str | None, cursor: str | None, limit: int
) -> Page[Suggestion]:
    table, one, other = DuplicateSuggestion, aliased(Customer), aliased(Customer)
    statement: Any = (
        select(table, one.name, other.name)
        .join(one, and_(one.id == table.first_id, one.merged_into_id.is_(None)))
        .join(other, and_(other.id == table.second_id, other.merged_into_id.is_(None)))
        .where(table.dismissed_at.is_(None))
    )
    for side in (table.first_id, table.second_id):
        statement = permissions.visible(work.actor, statement, side.expression)
    if customer_id is not None:
        mine = or_(table.first_id == customer_id, table.second_id == customer_id)
        statement = statement.where(mine)
    order = (table.score.expression, table.id.expression)
    page_of = keyset(statement, order, cursor=cursor, limit=limit)
    rows: Sequence[Any] = work.session.execute(page_of).all()
    page = cut(rows, limit, lambda row: (row[0].score, row[0].id))
    return Page(
        [
            Suggestion(s.id, (s.first_id, n), (s.second_id, m), s.score, s.evidence, s.found_at)
            for s, n, m in page.items
        ],
        page.next_cursor,
    )


def _merges(work: Work, customer_id: str) -> list[Past]:
    rows = work.session.execute(
        select(Merge.id, Merge.merged_id, Customer.name, Merge.at, Merge.actor)
        .join(Customer, Customer.id == Merge.merged_id)
        .where(Merge.kept_id == customer_id, Merge.undone_at.is_(None))
        .order_by(Merge.at.desc(), Merge.id.desc())
        .limit(20)
    )
    return [Past(*row) for row in rows]
