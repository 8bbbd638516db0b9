"""Changing a ticket from its page: one field at a time, its state, who has it.

Each change answers the page's parts anew. Two people who change different fields both get their
way; two who change the same one are told, and the second chooses between the two values.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

import msgspec
from flask import Response, request
from sqlalchemy import select

from helpdesk.core.errors import HelpdeskError, Invalid, NotFound
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import custom_fields
from helpdesk.identity.queries import names
from helpdesk.tickets import permissions
from helpdesk.tickets.models import Ticket, TicketChange
from helpdesk.web import doors
from helpdesk.web.agent import door, tickets_view
from helpdesk.web.agent.tickets import answer_now
from helpdesk.web.agent.tickets_history import FIELDS
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow
from helpdesk.workflows import cases_hands, cases_line

Text = Annotated[str, msgspec.Meta(max_length=10_000)]
State = Literal[
    "open",
    "waiting_on_customer",
    "waiting_on_third_party",
    "visit_booked",
    "resolved",
    "closed",
]
_FREE = ("subject", "priority", "type", "queue_id", "assignee_id", "tags", "customer_id")
_PIECE = re.compile(r"\s+|\w+|[^\w\s]")


class Change(Body, frozen=True):
    """`was` is what the reader saw; a change on another value is a conflict, unless `anyway`."""

    field: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    value: Text = ""
    was: Text = ""
    anyway: bool = False


class NextState(Body, frozen=True):
    state: State


class Hand(Body, frozen=True):
    """take: it is mine from now on. later: it stays mine and frees my slot. give_back: to line."""

    what: Literal["take", "later", "give_back"]


class Tag(Body, frozen=True):
    tag: Annotated[str, msgspec.Meta(min_length=1, max_length=50)]


@door.post("/tickets/<id:ticket_id>/change")
@allow("agent", "supervisor", "admin")
def change_ticket(ticket_id: str) -> Response:
    """One field. 409 with both values when somebody else changed the same one first."""
    body = form_body(Change)
    head, _, key = body.field.partition(".")
    if head != "fields" and body.field not in _FREE:
        raise Invalid(fields={body.field: "This can't be changed here."})

    def change(work: Work) -> None:
        held = cases_line.hold(work, ticket_id)
        now = shown_value(held.ticket, body.field)
        if now != body.was and now != body.value and not body.anyway:
            raise _Differs(_conflict(work, held.ticket, body, now))
        if head == "fields":
            wanted: dict[str, Any] = {"fields": {key: _typed(work, key, body.value)}}
        elif body.field == "tags":
            wanted = {"tags": [one for one in body.value.split(",") if one.strip()]}
        else:
            wanted = {body.field: body.value or None}
        if wanted.get("customer_id", "") is None or wanted.get("queue_id", "") is None:
            raise Invalid(fields={body.field: "Choose one."})
        cases_line.change(work, ticket_id, wanted)

    return try_change(ticket_id, change)


@door.post("/tickets/<id:ticket_id>/state")
@allow("agent", "supervisor", "admin")
def ticket_state(ticket_id: str) -> Response:
    body = form_body(NextState)
    return try_change(ticket_id, lambda work: cases_line.set_state(work, ticket_id, body.state))


@door.post("/tickets/<id:ticket_id>/hand")
@allow("agent", "supervisor", "admin")
def ticket_hand(ticket_id: str) -> Response:
    """Take it, leave it for later, or give it back to the line."""
    body = form_body(Hand)
    do = {
        "take": cases_hands.take_up,
        "later": cases_hands.leave_for_later,
        "give_back": cases_hands.give_back,
    }[body.what]
    return try_change(ticket_id, lambda work: do(work, ticket_id))


@door.post("/tickets/<id:ticket_id>/tags/<any(add, remove):what>")
@allow("agent", "supervisor", "admin")
def ticket_tag(ticket_id: str, what: str) -> Response:
    """One tag more or less; two people who tag at once don't undo each other."""
    body = form_body(Tag)

    def change(work: Work) -> None:
        present = list(cases_line.hold(work, ticket_id).ticket.tags)
        kept = [tag for tag in present if tag != body.tag]
        cases_line.change(work, ticket_id, {"tags": [*kept, body.tag] if what == "add" else kept})

    return try_change(ticket_id, change)


class _Differs(Exception):
    def __init__(self, conflict: tickets_view.Conflict) -> None:
        super().__init__("somebody else changed it")
        self.conflict = conflict


def try_change(ticket_id: str, change: Callable[[Work], object]) -> Response:
    """Do it and answer the page's parts; what can't be done is said there, and nothing is lost."""
    status, errors, conflict = 200, {}, None
    try:
        with begin(doors.actor()) as work:
            permissions.get_visible(work, ticket_id)
            change(work)
    except _Differs as differs:
        status, conflict = 409, differs.conflict
    except NotFound:
        raise
    except Invalid as error:
        status, errors = 400, error.fields or {"ticket": error.message}
    except HelpdeskError as error:
        status, errors = error.status, {"ticket": error.message}
    if not (request.headers.get("X-Part") or request.headers.get("HX-Request")):
        return doors.go(f"/desk/tickets/{ticket_id}")
    with reading(doors.actor()) as work:
        try:
            return answer_now(work, ticket_id, status=status, errors=errors, conflict=conflict)
        except NotFound:
            # It was there a moment ago: the change has put it out of the reader's reach.
            return doors.go("/desk/tickets")


def shown_value(ticket: Ticket, name: str) -> str:
    """The field's value as the page's forms carry it."""
    head, _, key = name.partition(".")
    value = ticket.fields.get(key) if head == "fields" else getattr(ticket, name)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(value) if isinstance(value, list) else str(value)


def _typed(work: Work, key: str, text: str) -> Any:
    """A custom field's text as its kind stores it; None clears it."""
    if not text:
        return None
    definition = next((d for d in custom_fields.definitions(work, "ticket") if d.key == key), None)
    kind = definition.kind if definition else "text"
    if kind == "switch":
        return text == "yes"
    if kind != "number":
        return text
    try:
        return int(text) if text.lstrip("+-").isdecimal() else float(text.replace(",", "."))
    except ValueError:
        raise Invalid(fields={f"fields.{key}": "Write a number, such as 12 or 3.5."}) from None


def _conflict(work: Work, ticket: Ticket, body: Change, now: str) -> tickets_view.Conflict:
    mine, theirs = _said(work, body.field, body.value), _said(work, body.field, now)
    left, right = difference(mine, theirs)
    head, _, key = body.field.partition(".")
    label = FIELDS.get(body.field, key or body.field)
    if head == "fields":
        known = custom_fields.definitions(work, "ticket")
        label = next((d.label for d in known if d.key == key), key)
    return tickets_view.Conflict(
        name=body.field,
        label=label,
        mine=left,
        theirs=right,
        value=body.value,
        who=_last_to_change(work, ticket.id, head if head == "fields" else body.field),
    )


def _said(work: Work, field: str, value: str) -> str:
    """A value in words, for people to compare."""
    if field == "assignee_id":
        return names(work, [value]).get(value, "Somebody") if value else "Nobody"
    if field == "queue_id":
        return tickets_view.queue_name(work, value)
    return value.replace(",", ", ") if field == "tags" else value or "(empty)"


def _last_to_change(work: Work, ticket_id: str, field: str) -> str:
    rows = work.session.execute(
        select(TicketChange.actor, TicketChange.changes)
        .where(TicketChange.ticket_id == ticket_id)
        .order_by(TicketChange.seq.desc())
        .limit(20)
    )
    label = next((row.actor for row in rows if field in row.changes), "")
    if not label.startswith("user:"):
        return "Somebody else"
    return names(work, [label[5:]]).get(label[5:], "Somebody else")


def difference(
    mine: str, theirs: str
) -> tuple[Sequence[tuple[str, bool]], Sequence[tuple[str, bool]]]:
    """Both texts in pieces, each marked where it differs from the other. Pure."""
    one, other = _PIECE.findall(mine[:2000]), _PIECE.findall(theirs[:2000])
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    for what, a, b, c, d in matcher.get_opcodes():
        if b > a:
            left.append(("".join(one[a:b]), what != "equal"))
        if d > c:
            right.append(("".join(other[c:d]), what != "equal"))
    return left, right
