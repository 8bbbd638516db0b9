"""One ticket as the desk shows it: what it is, who has it, what may be done, what hangs on it.

A ticket of two hundred messages is read in as many queries as one of three. Not for changing it,
nor for what was said (see `tickets_words`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.orm import aliased

from helpdesk.channels.models import Conversation
from helpdesk.clocks import queries as clocks
from helpdesk.core.db import epoch_of, json_rows, table_of
from helpdesk.core.errors import NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.customers.models import ContactPoint, Customer, CustomField, Organisation
from helpdesk.identity.models import Team, User
from helpdesk.routing.models import Assignment, Queue, WorkItem
from helpdesk.tickets import permissions, queries
from helpdesk.tickets.links import INVERSE
from helpdesk.tickets.models import (
    ChecklistItem,
    Ticket,
    TicketFollower,
    TicketLink,
    TicketParticipant,
    TicketType,
    TimeEntry,
)
from helpdesk.web.agent.tickets_steps import Step, steps_of
from helpdesk.web.agent.work_pane import name_or_unknown
from helpdesk.web.sla_words import CLOCKS, REASONS

SIDES = ("ticket", "customer", "history")
OTHERS_SHOWN = 8
TIMES_SHOWN = 30
_SPOKEN = ("chat", "call", "sms")


@dataclass(frozen=True, slots=True)
class Chip:
    """One clock at the head of the page. `left_s` is for a clock that stands still now."""

    id: str
    word: str
    due_at: datetime | None
    soon_s: int
    left_s: int | None
    paused: str
    late: bool
    text: str


@dataclass(frozen=True, slots=True)
class Other:
    """Another ticket in a line of one."""

    id: str
    number: int
    subject: str
    state: str
    relation: str = ""
    link_id: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Task:
    id: str
    text: str
    done: bool
    done_by: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field that this installation has added to tickets."""

    key: str
    label: str
    kind: str
    choices: Sequence[str]


@dataclass(frozen=True, slots=True)
class Spent:
    id: str
    who: str
    mine: bool
    at: datetime
    seconds: int
    note: str
    measured: bool


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
    words: Mapping[str, Any]
    goes_by: str  # how a reply leaves: chat, call, email
    address: str  # where to, for e-mail
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
    return row


def ticket_view(work: Work, row: Row[Any], words: Mapping[str, Any], **more: Any) -> TicketView:
    """`row` is what `find` answered, `words` the frame of `tickets_words`."""
    ticket: Ticket = row.Ticket
    me = work.actor.id
    parts = _parts(work, ticket)
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
        in_hand=row.held_by == me,
        held_by=row.held_by,
        is_mine=owned and ticket.assignee_id == me,
        steps=steps_of(ticket.state, may_reopen_closed=permissions.may_reopen_closed(work.actor)),
        clocks=_chips(work, ticket.id),
        fields=_fields(ticket, row.form, parts["fields"]),
        types=parts["types"],
        tasks=parts["tasks"],
        links=parts["links"],
        others=parts["others"],
        followers=parts["followers"],
        participants=parts["participants"],
        spent=parts["spent"],
        spent_s=parts["spent_s"],
        follows=any(one[0] == me for one in parts["followers"]),
        words=words,
        goes_by=row.goes_by if row.goes_by in _SPOKEN else "email",
        address=row.address or "",
        **more,
    )


_assignee, _into = aliased(User), aliased(Ticket)
_HEAD = (
    select(
        Ticket,
        Customer.name.label("customer"),
        Customer.merged_into_id.label("current_customer"),
        Organisation.name.label("organisation"),
        Queue.name.label("queue"),
        _assignee.name.label("assignee"),
        Team.name.label("team"),
        TicketType.form.label("form"),
        _into.number.label("merged_into"),
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
        .where(Conversation.ticket_id == Ticket.id, Conversation.state != "ended")
        .order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
        .correlate(Ticket)
        .limit(1)
        .scalar_subquery()
        .label("goes_by"),
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


def _chips(work: Work, ticket_id: str) -> list[Chip]:
    """What is owed, the soonest first; what is over is told on the page of the clocks."""
    chips = []
    for one in clocks.clocks_of(work, ticket_id):
        if one.stopped_at is not None or (one.due_at is None and one.target_s is None):
            continue
        target = one.target_s or 0
        paused = REASONS.get(one.paused_by, "Paused") if one.paused_by else ""
        chips.append(
            Chip(
                id=one.id,
                word=CLOCKS.get(one.name, one.name),
                due_at=None if paused else one.due_at,
                soon_s=max(300, min(4 * 3600, target // 4)),
                left_s=one.left_s if paused else None,
                paused=paused,
                late=one.is_breached,
                text=one.text,
            )
        )
    return sorted(chips, key=lambda c: (c.due_at is None, c.due_at or work.at))


def _fields(
    ticket: Ticket, form: Sequence[Mapping[str, str]] | None, known: Sequence[Field]
) -> list[tuple[Field, Any, str]]:
    """The form of its type in its order; without a form all there are."""
    if not form:
        return [(one, ticket.fields.get(one.key), "never") for one in known]
    by_key = {one.key: one for one in known}
    return [
        (by_key[entry["key"]], ticket.fields.get(entry["key"]), entry.get("needed", "never"))
        for entry in form
        if entry["key"] in by_key
    ]


def _parts(work: Work, ticket: Ticket) -> dict[str, Any]:
    """Everything that hangs on the ticket in one query: a handful of rows of eight tables."""
    given = {"ticket": ticket.id, "customer": ticket.customer_id}
    found = work.sql.execute(_PARTS, given).one()
    read = [orjson.loads(text or "[]") for text in found[:-1]]
    tasks, links, followers, participants, spent, others, types, fields = read
    me = work.actor.id
    return {
        "tasks": [
            Task(i, text, bool(done), by or "")
            for _, i, text, done, by in sorted(tasks, key=lambda t: (t[0], t[1]))
        ],
        "links": [
            Other(
                id=other,
                number=number,
                subject=subject,
                state=state,
                relation=kind if str(source) == ticket.id else INVERSE[kind],
                link_id=link_id,
            )
            for link_id, source, kind, other, number, subject, state in sorted(links)
        ],
        "followers": [(i, name, why) for name, i, why in sorted(followers)],
        "participants": [(i, name_or_unknown(name)) for name, i in sorted(participants)],
        "spent": [
            Spent(i, name or "", user == me, _instant(at), seconds, text, source == "measured")
            for at, i, user, name, seconds, text, source in sorted(spent, reverse=True)
        ],
        "spent_s": int(found[-1] or 0),
        "others": [
            Other(id=i, number=number, subject=subject, state=state, at=_instant(at))
            for at, i, number, subject, state in sorted(others, reverse=True)
        ],
        "fields": [
            Field(key, label, kind, orjson.loads(choices) if isinstance(choices, str) else choices)
            for _, key, label, kind, choices in sorted(fields, key=lambda f: (f[0], f[1]))
        ],
        "types": [(key, name) for _, name, key in sorted(types)],
    }


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)


_TASK, _LINK, _FOLLOWER = table_of(ChecklistItem), table_of(TicketLink), table_of(TicketFollower)
_PARTICIPANT, _TIME, _TYPE = table_of(TicketParticipant), table_of(TimeEntry), table_of(TicketType)
_USER, _CUSTOMER, _TICKET = table_of(User), table_of(Customer), table_of(Ticket)
_FIELD = table_of(CustomField)
_this = bindparam("ticket", type_=_TICKET.c.id.type)
_linked_to = (
    select(_LINK.c.id, _LINK.c.from_id, _LINK.c.kind, _LINK.c.to_id.label("other"))
    .where(_LINK.c.from_id == _this)
    .union_all(
        select(_LINK.c.id, _LINK.c.from_id, _LINK.c.kind, _LINK.c.from_id.label("other")).where(
            _LINK.c.to_id == _this
        )
    )
    .limit(100)
    .subquery()
)
_time = (
    select(_TIME)
    .where(_TIME.c.ticket_id == _this, _TIME.c.removed_at.is_(None))
    .order_by(_TIME.c.at.desc())
    .limit(TIMES_SHOWN)
    .subquery()
)
_open = (
    select(_TICKET.c.id, _TICKET.c.number, _TICKET.c.subject, _TICKET.c.state, _TICKET.c.opened_at)
    .where(
        _TICKET.c.customer_id == bindparam("customer", type_=_TICKET.c.id.type),
        _TICKET.c.id != _this,
        _TICKET.c.merged_into_id.is_(None),
        _TICKET.c.state.not_in(("resolved", "closed")),
    )
    .order_by(_TICKET.c.opened_at.desc())
    .limit(OTHERS_SHOWN)
    .subquery()
)
_PARTS = select(
    select(
        json_rows(
            _TASK.c.position, _TASK.c.id, _TASK.c.text, _TASK.c.done_at.is_not(None), _USER.c.name
        )
    )
    .select_from(_TASK.outerjoin(_USER, _USER.c.id == _TASK.c.done_by))
    .where(_TASK.c.ticket_id == _this)
    .scalar_subquery(),
    select(
        json_rows(
            _linked_to.c.id,
            _linked_to.c.from_id,
            _linked_to.c.kind,
            _TICKET.c.id,
            _TICKET.c.number,
            _TICKET.c.subject,
            _TICKET.c.state,
        )
    )
    .select_from(_linked_to.join(_TICKET, _TICKET.c.id == _linked_to.c.other))
    .scalar_subquery(),
    select(json_rows(_USER.c.name, _USER.c.id, _FOLLOWER.c.why))
    .select_from(_FOLLOWER.join(_USER, _USER.c.id == _FOLLOWER.c.user_id))
    .where(_FOLLOWER.c.ticket_id == _this)
    .scalar_subquery(),
    select(json_rows(_CUSTOMER.c.name, _CUSTOMER.c.id))
    .select_from(_PARTICIPANT.join(_CUSTOMER, _CUSTOMER.c.id == _PARTICIPANT.c.customer_id))
    .where(_PARTICIPANT.c.ticket_id == _this)
    .scalar_subquery(),
    select(
        json_rows(
            epoch_of(_time.c.at),
            _time.c.id,
            _time.c.user_id,
            _USER.c.name,
            _time.c.seconds,
            _time.c.note,
            _time.c.source,
        )
    )
    .select_from(_time.outerjoin(_USER, _USER.c.id == _time.c.user_id))
    .scalar_subquery(),
    select(
        json_rows(
            epoch_of(_open.c.opened_at),
            _open.c.id,
            _open.c.number,
            _open.c.subject,
            _open.c.state,
        )
    ).scalar_subquery(),
    select(json_rows(_TYPE.c.position, _TYPE.c.name, _TYPE.c.key))
    .where(_TYPE.c.is_active)
    .scalar_subquery(),
    select(
        json_rows(_FIELD.c.position, _FIELD.c.key, _FIELD.c.label, _FIELD.c.kind, _FIELD.c.choices)
    )
    .where(_FIELD.c.subject == "ticket")
    .scalar_subquery(),
    select(func.sum(_TIME.c.seconds))
    .where(_TIME.c.ticket_id == _this, _TIME.c.removed_at.is_(None))
    .scalar_subquery(),
)


def queue_name(work: Work, queue_id: str) -> str:
    row = work.session.get(Queue, queue_id) if is_id(queue_id) else None
    return row.name if row is not None else "another queue"
