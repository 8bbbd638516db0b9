"""What a webhook shows of the thing an event is about: what the API shows, less what is internal.

No notes, no custom fields, no answers of forms, no names of colleagues but the public one; of
returns and complaints codes and times, never what was written. Values
are read when the event is handed on, so they may be newer than the event itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select, tuple_

from helpdesk.channels.models import Conversation, Message
from helpdesk.complaints.models import Complaint
from helpdesk.core.work import Emitted, Work
from helpdesk.customers.models import ContactPoint, Customer, Organisation
from helpdesk.field_service.models import Visit
from helpdesk.identity import queries as people
from helpdesk.owned.models import ShopOrder
from helpdesk.returns.models import ReturnCase
from helpdesk.tickets.models import Ticket
from helpdesk.webhooks.kinds import BY_NAME

Shown = dict[str, Any]
Reader = Callable[[Work, Sequence[Emitted]], dict[str, Shown | None]]

CONVERSATION = (
    "id", "channel", "state", "customer_id", "queue_id", "agent_id", "ticket_id", "reason",
    "opened_at", "answered_at", "ended_at", "ended_by", "version",
)  # fmt: skip
TICKET = (
    "id", "number", "subject", "state", "priority", "type", "queue_id", "team_id", "assignee_id",
    "customer_id", "organisation_id", "channel", "tags", "opened_at", "first_replied_at",
    "waiting_since", "resolved_at", "closed_at", "reopened_count", "updated_at", "version",
)  # fmt: skip
CUSTOMER = ("id", "name", "organisation_id", "language", "timezone", "created_at", "version")
ORGANISATION = ("id", "name", "domains", "version")
ORDER = (
    "id",
    "shop",
    "external_id",
    "number",
    "customer_id",
    "organisation_id",
    "status",
    "placed_at",
    "expected_on",
    "carrier",
    "tracking_url",
    "currency",
    "total_minor",
    "told_at",
    "version",
)
RETURN = (
    "id",
    "ticket_id",
    "customer_id",
    "order_id",
    "order_number",
    "reason",
    "wish",
    "goodwill",
    "state",
    "since",
    "due_at",
    "opened_at",
    "ended_at",
    "version",
)
COMPLAINT = (
    "id", "ticket_id", "customer_id", "about_ticket_id", "source", "opened_at", "acknowledge_by",
    "acknowledged_at", "answer_by", "answered_at", "next_due_at", "outcome", "escalated_at",
    "escalated_to", "withdrawn_at", "version",
)  # fmt: skip
VISIT = (
    "id", "number", "ticket_id", "customer_id", "visit_type_id", "place_id", "asset_id", "state",
    "source", "priority", "due_at", "duration_s", "crew", "window_starts_at", "window_ends_at",
    "planned_at", "created_at", "departed_at", "arrived_at", "finished_at", "cancelled_at",
    "outcome", "moves", "version",
)  # fmt: skip
FILE = ("name", "type", "size")


def resources(work: Work, emitted: Sequence[Emitted]) -> dict[str, Shown | None]:
    """By event id, what to show; a few queries however many events there are."""
    by_subject: dict[str, list[Emitted]] = {}
    for one in emitted:
        by_subject.setdefault(BY_NAME[one.event.kind].subject, []).append(one)
    found: dict[str, Shown | None] = {}
    for subject, theirs in by_subject.items():
        found |= READERS[subject](work, theirs)
    return found


def _tickets(work: Work, emitted: Sequence[Emitted]) -> dict[str, Shown | None]:
    rows = _by_id(work, Ticket, [_fact(one, "ticket_id") for one in emitted])
    return {one.id: _ticket(rows.get(_fact(one, "ticket_id"))) for one in emitted}


def _customers(work: Work, emitted: Sequence[Emitted]) -> dict[str, Shown | None]:
    ids = [one.event.customer_id or "" for one in emitted]
    rows = _by_id(work, Customer, ids)
    addresses: dict[tuple[str, str], str] = {}
    for point in work.session.scalars(
        select(ContactPoint)
        .where(ContactPoint.customer_id.in_(list(rows)), ContactPoint.kind.in_(("email", "phone")))
        .order_by(ContactPoint.is_preferred.desc(), ContactPoint.id)
    ):
        addresses.setdefault((point.customer_id, point.kind), point.value)
    found: dict[str, Shown | None] = {}
    for one in emitted:
        customer_id = one.event.customer_id or ""
        shown = _shown(rows.get(customer_id), CUSTOMER)
        if shown is not None:
            shown |= {kind: addresses.get((customer_id, kind)) for kind in ("email", "phone")}
        found[one.id] = shown
    return found


def _named(table: Any, fact: str, names: Sequence[str]) -> Reader:
    """A reader of what an event names by id, shown with these columns alone."""

    def read(work: Work, emitted: Sequence[Emitted]) -> dict[str, Shown | None]:
        rows = _by_id(work, table, [_fact(one, fact) for one in emitted])
        return {one.id: _shown(rows.get(_fact(one, fact)), names) for one in emitted}

    return read


def _messages(work: Work, emitted: Sequence[Emitted]) -> dict[str, Shown | None]:
    """Public messages only, whatever the event says of itself."""
    wanted = {one.id: (_fact(one, "conversation_id"), _fact(one, "seq")) for one in emitted}
    rows = {
        (row.conversation_id, row.seq): row
        for row in work.session.scalars(
            select(Message).where(
                tuple_(Message.conversation_id, Message.seq).in_(list(wanted.values())),
                Message.public,
            )
        )
    }
    authors = [row.author[6:] for row in rows.values() if row.author.startswith("agent:")]
    names = people.public_names(work, authors)
    return {event_id: _message(rows.get(at), names) for event_id, at in wanted.items()}


def _ticket_messages(work: Work, emitted: Sequence[Emitted]) -> dict[str, Shown | None]:
    tickets, messages = _tickets(work, emitted), _messages(work, emitted)
    return {
        one.id: {"ticket": tickets[one.id], "message": messages[one.id]}
        if messages[one.id] is not None
        else None
        for one in emitted
    }


READERS: Mapping[str, Reader] = {
    "ticket": _tickets,
    "ticket_message": _ticket_messages,
    "conversation": _named(Conversation, "conversation_id", CONVERSATION),
    "message": _messages,
    "customer": _customers,
    "organisation": _named(Organisation, "organisation_id", ORGANISATION),
    "order": _named(ShopOrder, "order_id", ORDER),
    "return": _named(ReturnCase, "return_id", RETURN),
    "complaint": _named(Complaint, "complaint_id", COMPLAINT),
    "visit": _named(Visit, "visit_id", VISIT),
}


def _ticket(row: Ticket | None) -> Shown | None:
    shown = _shown(row, TICKET)
    if shown is not None:
        shown["label"] = f"T-{shown['number']}"
    return shown


def _message(row: Message | None, names: Mapping[str, str]) -> Shown | None:
    if row is None:
        return None
    kind, _, author_id = row.author.partition(":")
    return {
        "conversation_id": row.conversation_id,
        "seq": row.seq,
        "from": kind,
        "agent": names.get(author_id),
        "text": row.text,
        "at": row.at,
        "attachments": [{name: file.get(name) for name in FILE} for file in row.attachments],
    }


def _shown(row: Any, names: Sequence[str]) -> Shown | None:
    return None if row is None else {name: getattr(row, name) for name in names}


def _fact(one: Emitted, name: str) -> Any:
    return getattr(one.event, name, None)


def _by_id(work: Work, table: Any, ids: Sequence[Any]) -> dict[str, Any]:
    wanted = {id_ for id_ in ids if id_}
    if not wanted:
        return {}
    return {row.id: row for row in work.session.scalars(select(table).where(table.id.in_(wanted)))}
