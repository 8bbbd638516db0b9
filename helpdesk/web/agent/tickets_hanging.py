"""What hangs on a ticket, for its page: tasks, links, people, time, words that are not said yet.

A handful of rows of a dozen tables, read in one query however much there is. Not for the ticket
itself (see `tickets_view`), nor for what was said (`tickets_words`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, case, func, or_, select

from helpdesk.core import reach
from helpdesk.core.db import epoch_of, json_rows, table_of
from helpdesk.core.work import Work
from helpdesk.customers.models import Customer, CustomField
from helpdesk.identity.models import User
from helpdesk.tickets.links import INVERSE
from helpdesk.tickets.models import (
    ChecklistItem,
    Ticket,
    TicketFollower,
    TicketLink,
    TicketMerge,
    TicketParticipant,
    TicketType,
    TimeEntry,
)
from helpdesk.web.agent import tickets_unsaid
from helpdesk.web.agent.work_pane import name_or_unknown

OTHERS_SHOWN = 8
TIMES_SHOWN = 30
MERGES_SHOWN = 20


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
class Merged:
    """The other half of a merge that stands: what came in here, or what this one went into."""

    merge_id: str
    id: str
    number: int
    subject: str


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


def hanging_on(work: Work, ticket: Ticket) -> dict[str, Any]:
    """Everything that hangs on the ticket, by name."""
    me = work.actor.id
    given = {
        "ticket": ticket.id,
        "customer": ticket.customer_id,
        "type": ticket.type,
        "me": me,
    }
    found = work.sql.execute(_PARTS, given).one()
    read = [orjson.loads(text or "[]") for text in found[:9]]
    tasks, links, followers, participants, spent, others, types, fields, merges = read
    if work.actor.is_limited:
        links = _within_reach(work, links, at=3)
        others = _within_reach(work, others, at=1)
        merges = _within_reach(work, merges, at=2)
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
        "spent_s": int(found[9] or 0),
        "unsaid": tickets_unsaid.read(work, ticket, found[10:]),
        "others": [
            Other(id=i, number=number, subject=subject, state=state, at=_instant(at))
            for at, i, number, subject, state in sorted(others, reverse=True)
        ],
        "fields": [
            Field(key, label, kind, _json(choices))
            for _, key, label, kind, choices in sorted(fields, key=lambda f: (f[0], f[1]))
        ],
        "took_in": [
            Merged(merge, other, number, subject)
            for merge, source, other, number, subject in sorted(merges)
            if str(source) != ticket.id
        ],
        "went_by": next((m[0] for m in merges if str(m[1]) == ticket.id), ""),
        "types": [(key, name) for _, name, key, shown, _ in sorted(types, key=_place) if shown],
        "of_types": {entry["key"] for *_, form in types for entry in _json(form)},
    }


def _within_reach(work: Work, rows: list[Any], *, at: int) -> list[Any]:
    """Without tickets of queues that the reader does not see; their id stands `at` this place."""
    unseen = reach.hidden(work, [{"ticket_id": row[at]} for row in rows])
    return [row for row, is_hidden in zip(rows, unseen, strict=True) if not is_hidden]


def _json(value: Any) -> Any:
    """A list inside a row: SQLite gives it as text."""
    return orjson.loads(value) if isinstance(value, str) else value


def _place(kind: list[Any]) -> tuple[int, str]:
    return kind[0], kind[1]


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)


_TASK, _LINK, _FOLLOWER = table_of(ChecklistItem), table_of(TicketLink), table_of(TicketFollower)
_PARTICIPANT, _TIME, _TYPE = table_of(TicketParticipant), table_of(TimeEntry), table_of(TicketType)
_USER, _CUSTOMER, _TICKET = table_of(User), table_of(Customer), table_of(Ticket)
_FIELD, _MERGE = table_of(CustomField), table_of(TicketMerge)
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
_merged = (
    select(
        _MERGE.c.id,
        _MERGE.c.source_id,
        case((_MERGE.c.source_id == _this, _MERGE.c.target_id), else_=_MERGE.c.source_id).label(
            "other"
        ),
    )
    .where(
        or_(_MERGE.c.source_id == _this, _MERGE.c.target_id == _this), _MERGE.c.undone_at.is_(None)
    )
    .order_by(_MERGE.c.at.desc())
    .limit(MERGES_SHOWN)
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
    select(
        json_rows(
            _TYPE.c.position,
            _TYPE.c.name,
            _TYPE.c.key,
            _TYPE.c.is_active | (_TYPE.c.key == bindparam("type", type_=_TYPE.c.key.type)),
            _TYPE.c.form,
        )
    ).scalar_subquery(),
    select(
        json_rows(_FIELD.c.position, _FIELD.c.key, _FIELD.c.label, _FIELD.c.kind, _FIELD.c.choices)
    )
    .where(_FIELD.c.subject == "ticket")
    .scalar_subquery(),
    select(
        json_rows(
            _merged.c.id, _merged.c.source_id, _TICKET.c.id, _TICKET.c.number, _TICKET.c.subject
        )
    )
    .select_from(_merged.join(_TICKET, _TICKET.c.id == _merged.c.other))
    .scalar_subquery(),
    select(func.sum(_TIME.c.seconds))
    .where(_TIME.c.ticket_id == _this, _TIME.c.removed_at.is_(None))
    .scalar_subquery(),
    *tickets_unsaid.COLUMNS,
)
