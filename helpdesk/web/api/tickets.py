"""Tickets over the API: opening, listing, reading and changing them.

Agents do here what they do on the desk, by the same functions. Customers see and open their own,
without what only colleagues should know. Not for words (see `ticket_words`) nor for what hangs on a
ticket (see `ticket_parts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field

from helpdesk.channels import attachments
from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.paging import Page
from helpdesk.core.work import Work
from helpdesk.customers import permissions as customer_rights
from helpdesk.customers import records
from helpdesk.identity import queries as people
from helpdesk.routing import service as routing
from helpdesk.tickets import permissions, queries, types
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.queries import Wanted
from helpdesk.web.api.base import DESK, DESK_AND_CUSTOMERS, operation
from helpdesk.web.api.reading_in import version_given
from helpdesk.web.api.shapes import Address, Id, Line, Listed, Paged, Version, View, given, listed
from helpdesk.web.bodies import Body
from helpdesk.workflows import cases, cases_customers, cases_line, cases_reading

State = Literal[
    "new",
    "open",
    "waiting_on_customer",
    "waiting_on_third_party",
    "visit_booked",
    "resolved",
    "closed",
]
Priority = Literal["low", "normal", "high", "urgent"]
Subject = Annotated[str, Meta(min_length=1, max_length=200)]
Words = Annotated[str, Meta(min_length=1, max_length=10_000)]
TagName = Annotated[str, Meta(min_length=1, max_length=50, examples=["invoice"])]
Tags = Annotated[list[TagName], Meta(max_length=30)]
QueueName = Annotated[
    str, Meta(min_length=1, max_length=80, description="Its short name, id or name.")
]
TypeKey = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,39}$", max_length=40)]
Fields = Annotated[dict[str, Any], Meta(max_length=100)]


class TicketView(View):
    """A case to be resolved. `reference` is what people read out.

    `waiting_since` is when the customer began to wait for an answer, null while nothing is open.
    """

    id: str
    number: int
    reference: str
    subject: str
    state: State
    priority: Priority
    type: str | None
    queue_id: str
    team_id: str | None
    assignee_id: str | None
    customer_id: str
    organisation_id: str | None
    channel: str
    tags: list[str]
    fields: dict[str, Any]
    opened_at: datetime
    first_replied_at: datetime | None
    waiting_since: datetime | None
    resolved_at: datetime | None
    first_resolved_at: datetime | None
    closed_at: datetime | None
    reopened_count: int
    merged_into_id: str | None
    updated_at: datetime
    version: int


class OwnTicketView(View):
    """A ticket as its customer sees it; `agent` is the public name of who has it, `fields` those
    that its type shows to customers.
    """

    id: str
    number: int
    reference: str
    subject: str
    state: State
    agent: str | None
    fields: dict[str, Any]
    opened_at: datetime
    resolved_at: datetime | None
    updated_at: datetime


class TicketsAsked(Paged):
    state: State | UnsetType = UNSET
    queue: Annotated[str, Meta(max_length=80, description="Short name, id or name.")] = ""
    assignee: Annotated[
        str, Meta(max_length=36, description="Somebody's id, `me` or `nobody`.")
    ] = ""
    customer_id: Id | UnsetType = UNSET
    tag: Annotated[str, Meta(max_length=50)] = ""
    priority: Priority | UnsetType = UNSET
    number: Annotated[
        str, Meta(max_length=24, description="One ticket by its number, `T-10432` or `10432`.")
    ] = ""


class CustomerGiven(Body, frozen=True):
    """An `id`, or what is known of the person: a record is found by it or made."""

    id: Id | None = None
    email: Address | None = None
    phone: Address | None = None
    name: Line | None = None


class NewTicket(Body, frozen=True):
    """`body` are the customer's words. Customers themselves leave `customer` out.

    `attachments` are ids of files that you have uploaded and not sent yet.
    """

    subject: Subject
    body: Words
    customer: CustomerGiven | None = None
    queue: QueueName | None = None
    priority: Priority = "normal"
    type: TypeKey | None = None
    tags: Tags = field(default_factory=list)
    fields: Fields = field(default_factory=dict)
    attachments: Annotated[list[Id], Meta(max_length=attachments.MOST_PER_MESSAGE)] = field(
        default_factory=list
    )


class TicketChange(Body, frozen=True):
    """Only what is named changes; in `fields`, null clears a value.

    With `version` (or If-Match) the change is refused with 409 `stale` when it is not the present.
    """

    version: Version | UnsetType = UNSET
    subject: Subject | UnsetType = UNSET
    state: State | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    type: TypeKey | UnsetType | None = UNSET
    queue: QueueName | UnsetType = UNSET
    team_id: Id | UnsetType | None = UNSET
    assignee_id: Id | UnsetType | None = UNSET
    tags: Tags | UnsetType = UNSET
    fields: Fields | UnsetType = UNSET


@operation(
    "GET",
    "/tickets",
    who=DESK_AND_CUSTOMERS,
    query=TicketsAsked,
    gives=(Listed[TicketView], Listed[OwnTicketView]),
)
def list_tickets(work: Work, query: TicketsAsked) -> Listed[TicketView] | Listed[OwnTicketView]:
    """List tickets, the newest first. Customers see their own."""
    page = _by_number(work, query.number) if query.number else _page(work, query)
    if permissions.works_with_tickets(work.actor):
        return listed(page, [view(row) for row in page.items])
    return listed(page, _own_views(work, page.items))


@operation(
    "POST",
    "/tickets",
    who=DESK_AND_CUSTOMERS,
    body=NewTicket,
    gives=(TicketView, OwnTicketView),
    status=201,
)
def open_ticket(work: Work, body: NewTicket) -> TicketView | OwnTicketView:
    """Open a ticket with its customer's first words and put it in line.

    Without `queue` it goes to the first active one. An address that was never proved leads to a
    record only where nobody proved another; otherwise a new record is made.
    """
    by_desk = permissions.works_with_tickets(work.actor)
    beyond = body.tags or body.fields or body.type or body.attachments
    if not by_desk and (beyond or body.priority != "normal"):
        raise Invalid(fields={"body": "Customers give a subject, a body and a queue."})
    if body.queue is not None and routing.find_queue(work, body.queue) is None:
        raise Invalid(fields={"queue": "There is no such queue."})
    customer_id, is_new = _customer(work, body.customer)
    opened = cases.open_case(
        work,
        customer_id=customer_id,
        subject=body.subject,
        body=body.body,
        channel="form",
        queue=body.queue,
        priority=body.priority,
        type=body.type,
        tags=body.tags,
        fields=body.fields,
        attachments=attachments.loose(work, body.attachments, uploaded_by=f"agent:{work.actor.id}"),
        is_new_customer=is_new,
    )
    return view(opened.ticket) if by_desk else _own_views(work, [opened.ticket])[0]


@operation(
    "GET",
    "/tickets/<id:ticket_id>",
    who=DESK_AND_CUSTOMERS,
    gives=(TicketView, OwnTicketView),
)
def get_ticket(work: Work, ticket_id: str) -> TicketView | OwnTicketView:
    """Get one ticket."""
    row = permissions.get_visible(work, ticket_id)
    if permissions.works_with_tickets(work.actor):
        return view(row)
    return _own_views(work, [row])[0]


@operation(
    "PATCH",
    "/tickets/<id:ticket_id>",
    who=DESK,
    body=TicketChange,
    gives=TicketView,
    versioned=True,
)
def change_ticket(work: Work, ticket_id: str, body: TicketChange) -> TicketView:
    """Change a ticket: its fields, its state, who has it, the queue it waits in.

    409 `no_such_step` when its state can't become the one asked for.
    """
    permissions.get_visible(work, ticket_id)
    wanted = given(body, "version", "queue")
    if body.queue is not UNSET:
        wanted["queue_id"] = body.queue
    changed = cases_line.change(work, ticket_id, wanted, version=version_given(body.version))
    work.session.flush()
    return view(changed)


@operation("POST", "/tickets/<id:ticket_id>/pull", who=DESK, gives=TicketView)
def pull_ticket(work: Work, ticket_id: str) -> TicketView:
    """Take a ticket for yourself, whether it was offered to you or not."""
    permissions.get_visible(work, ticket_id)
    taken = cases_line.pull(work, ticket_id)
    work.session.flush()
    return view(taken)


def view(row: Ticket) -> TicketView:
    kept = {name: getattr(row, name) for name in _NAMES}
    return TicketView(reference=queries.shown_number(row), **kept)


_NAMES = tuple(name for name in TicketView.__struct_fields__ if name != "reference")


def _own_views(work: Work, rows: Sequence[Ticket]) -> list[OwnTicketView]:
    names = people.public_names(work, [row.assignee_id for row in rows if row.assignee_id])
    shown = types.shown_to_customers(work) if any(row.type and row.fields for row in rows) else {}
    return [_own_view(row, names, shown.get(row.type or "", ())) for row in rows]


def _own_view(row: Ticket, names: dict[str, str], shown: Sequence[str]) -> OwnTicketView:
    return OwnTicketView(
        id=row.id,
        number=row.number,
        reference=queries.shown_number(row),
        subject=row.subject,
        state=row.state,  # type: ignore[arg-type]
        agent=names.get(row.assignee_id) if row.assignee_id else None,
        fields={key: row.fields[key] for key in shown if key in row.fields},
        opened_at=row.opened_at,
        resolved_at=row.resolved_at,
        updated_at=row.updated_at,
    )


def _page(work: Work, query: TicketsAsked) -> Page[Ticket]:
    queue_id = None
    if query.queue:
        queue_id = cases_reading.queue_named(work, query.queue)
        if queue_id is None:
            return Page([], None)
    customer_id = query.customer_id or None
    if customer_id is not None:
        customer_id = records.current_ids(work, [customer_id])[customer_id]
    wanted = Wanted(
        states=[query.state] if query.state else None,
        queue_id=queue_id,
        assignee_id=_assignee(work, query.assignee),
        customer_id=customer_id,
        tag=" ".join(query.tag.lower().split()) or None,
        priority=query.priority or None,
    )
    return queries.page_of_tickets(work, wanted, cursor=query.place(), limit=query.limit)


def _assignee(work: Work, text: str) -> str | None:
    if text in ("", "me", "nobody"):
        return {"": None, "me": work.actor.id, "nobody": ""}[text]
    if not is_id(text):
        raise Invalid(fields={"assignee": "Give an id, `me` or `nobody`."})
    return text


def _by_number(work: Work, text: str) -> Page[Ticket]:
    number = queries.read_number(text)
    found = queries.find_by_number(work, number) if number is not None else None
    if found is None:
        return Page([], None)
    try:
        return Page([permissions.get_visible(work, found.id)], None)
    except NotFound:
        return Page([], None)


def _customer(work: Work, named: CustomerGiven | None) -> tuple[str, bool]:
    """Whose ticket it is, and whether the record was made for it."""
    if not permissions.works_with_tickets(work.actor):
        if named is not None:
            raise Invalid(fields={"customer": "You open tickets for yourself only."})
        if work.actor.customer_id is None:
            raise Invalid(fields={"customer": "Your account belongs to no customer yet."})
        return work.actor.customer_id, False
    if named is None:
        raise Invalid(fields={"customer": "This is needed."})
    if named.id is not None:
        if named.email or named.phone or named.name:
            raise Invalid(fields={"customer": "Give an id alone, or an address and a name."})
        return customer_rights.get_customer(work, named.id).id, False
    customer, is_new = cases_customers.record_for(
        work, name=named.name, email=named.email, phone=named.phone
    )
    return customer.id, is_new
