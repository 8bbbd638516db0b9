"""One ticket as the desk shows it: what it is, who has it, what may be done, what hangs on it.

A ticket of two hundred messages is read in as many queries as one of three. Not for changing it,
nor for what was said (see `tickets_words`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.orm import aliased

from helpdesk.channels.models import UNREAD, Conversation
from helpdesk.clocks import queries as clocks
from helpdesk.complaints.models import Complaint
from helpdesk.core.errors import NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.customers.called import called
from helpdesk.customers.models import ContactPoint, Customer, Organisation
from helpdesk.field_service.models import Visit
from helpdesk.identity.models import Team, User
from helpdesk.owned.models import TicketAbout
from helpdesk.returns.models import ReturnCase
from helpdesk.routing.models import Assignment, Queue, WorkItem
from helpdesk.tickets import permissions, queries
from helpdesk.tickets.models import Ticket, TicketType
from helpdesk.web.agent import (
    complaints_view,
    owned_view,
    recording_view,
    returns_view,
    triage_view,
    visits_view,
)
from helpdesk.web.agent.complaints_view import ComplaintView
from helpdesk.web.agent.owned_view import AboutOf
from helpdesk.web.agent.recording_view import RecordingView
from helpdesk.web.agent.returns_view import ReturnView
from helpdesk.web.agent.tickets_hanging import Field, Merged, Other, Spent, Task, hanging_on
from helpdesk.web.agent.tickets_steps import Step, steps_of
from helpdesk.web.agent.tickets_unsaid import Unsaid
from helpdesk.web.agent.triage_view import Suggested
from helpdesk.web.agent.visits_view import VisitsOf
from helpdesk.web.agent.work_pane import name_or_unknown
from helpdesk.web.sla_words import CLOCKS, REASONS

SIDES = ("ticket", "customer", "history")
_SPOKEN = ("chat", "sms", "whatsapp")


@dataclass(frozen=True, slots=True)
class Chip:
    """One clock at the head of the page. `left_s` is for a clock that stands still now."""

    id: str
    name: str
    word: str
    due_at: datetime | None
    soon_s: int
    left_s: int | None
    paused: str
    late: bool
    text: str
    owner: str = ""  # of a promise
    may_end: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody else changed the same field first."""

    name: str
    label: str
    mine: Sequence[tuple[str, bool]]  # (words, differs)
    theirs: Sequence[tuple[str, bool]]
    value: str
    who: str


@dataclass(frozen=True, slots=True)
class TicketView:
    ticket: Ticket
    customer_id: str
    customer_name: str
    organisation: str
    queue: str
    assignee: str
    team: str
    type_name: str
    merged_into: int | None
    went_by: str  # the merge that took it there; empty where that is not the reader's to undo
    took_in: Sequence[Merged]
    in_hand: bool  # of the reader: it takes their slot
    held_by: str | None  # whose slot it takes
    is_mine: bool
    steps: Sequence[Step]
    clocks: Sequence[Chip]
    fields: Sequence[tuple[Field, Any, str]]  # with when the form needs it
    types: Sequence[tuple[str, str]]
    tasks: Sequence[Task]
    links: Sequence[Other]
    others: Sequence[Other]
    followers: Sequence[tuple[str, str, str]]  # id, name, why
    participants: Sequence[tuple[str, str]]
    spent: Sequence[Spent]
    spent_s: int
    follows: bool
    unsaid: Unsaid
    words: Mapping[str, Any]
    recordings: Sequence[RecordingView]
    suggested: Sequence[Suggested]  # by triage
    about: AboutOf
    back: ReturnView | None  # the return that it is
    complaint: ComplaintView | None
    visits: VisitsOf
    goes_by: str  # how a reply leaves: chat, sms, whatsapp, email
    address: str  # where to, for e-mail
    number: str  # the point of a telephone number to call or text, used first
    side: str = "ticket"
    errors: Mapping[str, str] = field(default_factory=dict)
    conflict: Conflict | None = None

    @property
    def id(self) -> str:
        return self.ticket.id

    @property
    def reference(self) -> str:
        return queries.shown_number(self.ticket)

    @property
    def is_done(self) -> bool:
        return self.ticket.state in ("resolved", "closed")

    @property
    def missing(self) -> list[tuple[str, str]]:
        """What is wrong with fields of the form, by their labels."""
        return [
            (one.label, self.errors[f"fields.{one.key}"])
            for one, _, _ in self.fields
            if f"fields.{one.key}" in self.errors
        ]

    @staticmethod
    def choices(definition: Field) -> list[tuple[str, str]]:
        """A field's choices as a select wants them."""
        return [(one, one) for one in definition.choices]


def find(work: Work, ref: str) -> Row[Any]:
    """The ticket by id or number with the names of what it points at; NotFound when unseen."""
    number = queries.read_number(ref)
    permissions.require_desk(work)
    if is_id(ref):
        row = work.session.execute(_BY_ID, {"ticket": ref}).first()
    elif number is not None and number < 2**63:
        row = work.session.execute(_BY_NUMBER, {"number": number}).first()
    else:
        row = None
    if row is None:
        raise NotFound(permissions.ABSENT)
    permissions.need_seen(work, row.Ticket)
    return row


def ticket_view(work: Work, row: Row[Any], words: Mapping[str, Any], **more: Any) -> TicketView:
    """`row` is what `find` answered, `words` the frame of `tickets_words`."""
    ticket: Ticket = row.Ticket
    me = work.actor.id
    parts = hanging_on(work, ticket)
    owned = ticket.assignee_id is not None
    return TicketView(
        ticket=ticket,
        customer_id=row.current_customer or ticket.customer_id,
        customer_name=name_or_unknown(row.customer or ""),
        organisation=row.organisation or "",
        queue=row.queue or "",
        assignee=row.assignee or "",
        team=row.team or "",
        type_name=next((n for k, n in parts["types"] if k == ticket.type), ticket.type or ""),
        merged_into=row.merged_into,
        went_by=parts["went_by"],
        took_in=parts["took_in"],
        in_hand=row.held_by == me,
        held_by=row.held_by,
        is_mine=owned and ticket.assignee_id == me,
        steps=steps_of(ticket.state, may_reopen_closed=permissions.may_reopen_closed(work.actor)),
        clocks=_chips(work, ticket.id, parts["unsaid"].owners),
        fields=_fields(ticket, row.form, parts["fields"], parts["of_types"]),
        types=parts["types"],
        tasks=parts["tasks"],
        links=parts["links"],
        others=parts["others"],
        followers=parts["followers"],
        participants=parts["participants"],
        spent=parts["spent"],
        spent_s=parts["spent_s"],
        follows=any(one[0] == me for one in parts["followers"]),
        unsaid=parts["unsaid"],
        words=words,
        recordings=recording_view.of_ticket(work, row.Ticket.id) if row.has_calls else (),
        suggested=triage_view.of_ticket(ticket, row.suggested),
        about=owned_view.of_ticket(work, ticket.id) if row.has_about else AboutOf(),
        back=returns_view.of_ticket(work, ticket.id) if row.has_return else None,
        complaint=complaints_view.of_ticket(work, ticket.id) if row.has_complaint else None,
        visits=visits_view.of_ticket(work, ticket.id) if row.has_visit else VisitsOf(),
        goes_by=row.goes_by if row.goes_by in _SPOKEN else "email",
        address=row.address or "",
        number=row.phone or "",
        **more,
    )


_assignee, _into = aliased(User), aliased(Ticket)
_HEAD = (
    select(
        Ticket,
        called().label("customer"),
        Customer.merged_into_id.label("current_customer"),
        Organisation.name.label("organisation"),
        Queue.name.label("queue"),
        _assignee.name.label("assignee"),
        Team.name.label("team"),
        TicketType.form.label("form"),
        _into.number.label("merged_into"),
        triage_view.ASKED.label("suggested"),
        select(Assignment.agent_id)
        .join(WorkItem, WorkItem.id == Assignment.work_item_id)
        .where(
            WorkItem.subject_kind == "ticket",
            WorkItem.subject_id == Ticket.id,
            Assignment.finished_at.is_(None),
            Assignment.contact_ended_at.is_(None),
        )
        .correlate(Ticket)
        .limit(1)
        .scalar_subquery()
        .label("held_by"),
        select(Conversation.channel)
        .where(
            Conversation.ticket_id == Ticket.id,
            Conversation.state != "ended",
            Conversation.channel.not_in(UNREAD),
        )
        .order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
        .correlate(Ticket)
        .limit(1)
        .scalar_subquery()
        .label("goes_by"),
        select(Conversation.id)
        .where(Conversation.ticket_id == Ticket.id, Conversation.channel.in_(("call", "callback")))
        .correlate(Ticket)
        .limit(1)
        .scalar_subquery()
        .label("has_calls"),
        *(
            select(column)
            .where(of == Ticket.id)
            .correlate(Ticket)
            .limit(1)
            .scalar_subquery()
            .label(name)
            for name, column, of in (
                ("has_about", TicketAbout.subject_id, TicketAbout.ticket_id),
                ("has_return", ReturnCase.id, ReturnCase.ticket_id),
                ("has_complaint", Complaint.id, Complaint.ticket_id),
                ("has_visit", Visit.id, Visit.ticket_id),
            )
        ),
        select(ContactPoint.value)
        .where(
            ContactPoint.customer_id == func.coalesce(Customer.merged_into_id, Customer.id),
            ContactPoint.kind == "email",
        )
        .order_by(ContactPoint.is_preferred.desc(), ContactPoint.id)
        .correlate(Customer)
        .limit(1)
        .scalar_subquery()
        .label("address"),
        select(ContactPoint.id)
        .where(
            ContactPoint.customer_id == func.coalesce(Customer.merged_into_id, Customer.id),
            ContactPoint.kind == "phone",
        )
        .order_by(ContactPoint.is_preferred.desc(), ContactPoint.id)
        .correlate(Customer)
        .limit(1)
        .scalar_subquery()
        .label("phone"),
    )
    .join(Customer, Customer.id == Ticket.customer_id)
    .outerjoin(Organisation, Organisation.id == Ticket.organisation_id)
    .outerjoin(Queue, Queue.id == Ticket.queue_id)
    .outerjoin(_assignee, _assignee.id == Ticket.assignee_id)
    .outerjoin(Team, Team.id == Ticket.team_id)
    .outerjoin(TicketType, TicketType.key == Ticket.type)
    .outerjoin(_into, _into.id == Ticket.merged_into_id)
)


_BY_ID = _HEAD.where(Ticket.id == bindparam("ticket", type_=Ticket.id.type))
_BY_NUMBER = _HEAD.where(Ticket.number == bindparam("number", type_=Ticket.number.type))


def _chips(work: Work, ticket_id: str, owners: Mapping[str, str]) -> list[Chip]:
    """What is owed, the soonest first; what is over is told on the page of the clocks."""
    chips = []
    boss, me = work.actor.is_supervisor, work.actor.id
    for one in clocks.clocks_of(work, ticket_id):
        if one.stopped_at is not None or (one.due_at is None and one.target_s is None):
            continue
        target = one.target_s or 0
        paused = REASONS.get(one.paused_by, "Paused") if one.paused_by else ""
        chips.append(
            Chip(
                id=one.id,
                name=one.name,
                word=CLOCKS.get(one.name, one.name),
                due_at=None if paused else one.due_at,
                soon_s=max(300, min(4 * 3600, target // 4)),
                left_s=one.left_s if paused else None,
                paused=paused,
                late=one.is_breached,
                text=one.text,
                owner="You" if one.owner_id == me else owners.get(one.id, "A colleague"),
                may_end=boss or one.owner_id == me,
            )
        )
    return sorted(chips, key=lambda c: (c.due_at is None, c.due_at or work.at))


def _fields(
    ticket: Ticket,
    form: Sequence[Mapping[str, str]] | None,
    known: Sequence[Field],
    of_types: Set[str],
) -> list[tuple[Field, Any, str]]:
    """The form of its type in its order; without one the fields of no type, and what it holds."""
    if not form:
        return [
            (one, ticket.fields.get(one.key), "never")
            for one in known
            if one.key not in of_types or ticket.fields.get(one.key) not in (None, "")
        ]
    by_key = {one.key: one for one in known}
    return [
        (by_key[entry["key"]], ticket.fields.get(entry["key"]), entry.get("needed", "never"))
        for entry in form
        if entry["key"] in by_key
    ]


def queue_name(work: Work, queue_id: str) -> str:
    row = work.session.get(Queue, queue_id) if is_id(queue_id) else None
    return row.name if row is not None else "another queue"
