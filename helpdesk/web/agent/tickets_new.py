"""A new ticket made at the desk: for a caller, for a letter, or of a conversation that is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from flask import Response, request

from helpdesk.channels import queries as channels
from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import custom_fields, permissions
from helpdesk.customers.models import Customer, CustomField
from helpdesk.routing.queries import queues
from helpdesk.tickets import types
from helpdesk.tickets.models import TicketType
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.agent.shell import show
from helpdesk.web.agent.work_pane import name_or_unknown
from helpdesk.web.bodies import Body, form_body, query_text
from helpdesk.web.doors import allow
from helpdesk.workflows import cases, cases_customers, cases_line

CAME_BY = [("call", "Phone"), ("email", "E-mail"), ("form", "Something else")]
_KEPT = ("subject", "body", "queue", "priority", "came_by", "name", "email", "phone", "mine")


class NewTicket(Body, frozen=True):
    """`customer_id`, or what is known of the person. Custom fields come as `fields.KEY`."""

    subject: Annotated[str, msgspec.Meta(max_length=200)] = ""
    body: Annotated[str, msgspec.Meta(max_length=10_000)] = ""
    queue: Annotated[str, msgspec.Meta(max_length=80)] = ""
    priority: Literal["low", "normal", "high", "urgent"] = "normal"
    type: Annotated[str, msgspec.Meta(max_length=40)] = ""
    came_by: Literal["call", "email", "form"] = "call"
    customer_id: Annotated[str, msgspec.Meta(max_length=36)] = ""
    conversation_id: Annotated[str, msgspec.Meta(max_length=36)] = ""
    name: Annotated[str, msgspec.Meta(max_length=160)] = ""
    email: Annotated[str, msgspec.Meta(max_length=254)] = ""
    phone: Annotated[str, msgspec.Meta(max_length=60)] = ""
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """`fields` of the chosen type with whether they are needed now."""

    values: Mapping[str, str]
    customer: Customer | None
    conversation_id: str
    conversation_channel: str
    queues: list[tuple[str, str]]
    types: list[TicketType]
    type: str
    fields: list[tuple[CustomField, bool]]

    @property
    def type_choices(self) -> list[tuple[str, str]]:
        return [(one.key, one.name) for one in self.types]

    @staticmethod
    def choices(definition: CustomField) -> list[tuple[str, str]]:
        return [(one, one) for one in definition.choices]


@door.get("/tickets/new")
@allow("agent", "supervisor", "admin")
def new_ticket() -> Response:
    values = {name: query_text(name, longest=10_000) for name in _KEPT}
    values |= {k: v[:500] for k, v in request.args.items() if k.startswith("fields.")}
    with reading(doors.actor()) as work:
        return _draw(
            work, values, query_text("customer_id"), query_text("conversation_id"),
            query_text("type"), {},
        )  # fmt: skip


@door.post("/tickets/new")
@allow("agent", "supervisor", "admin")
def add_ticket() -> Response:
    given = {k: v for k, v in request.form.items() if k.startswith("fields.")}
    body = form_body(NewTicket, but="fields.")
    try:
        with begin(doors.actor()) as work:
            path = f"/desk/tickets/{_open(work, body, given)}"
    except (Invalid, Conflict) as error:
        wrong = getattr(error, "fields", {}) or {"subject": error.message}
        values = {name: str(getattr(body, name)) for name in _KEPT if name != "mine"}
        values["mine"] = "1" if body.mine else ""
        with reading(doors.actor()) as work:
            response = _draw(
                work, values | given, body.customer_id, body.conversation_id, body.type, wrong
            )
            response.status_code = error.status
            return response
    return doors.go(path)


def _open(work: Work, body: NewTicket, given: Mapping[str, str]) -> str:
    if not body.subject.strip():
        raise Invalid(fields={"subject": "Say in a few words what it is about."})
    joined = body.conversation_id or None
    if joined is not None:
        conversation = channels.get_visible(work, joined)
        customer_id, is_new = conversation.customer_id, False
        channel = conversation.channel
    else:
        channel = body.came_by
        if not body.body.strip():
            raise Invalid(fields={"body": "Write down what the customer said."})
        if body.customer_id:
            customer_id, is_new = permissions.get_customer(work, body.customer_id).id, False
        else:
            found, is_new = cases_customers.record_for(
                work, name=body.name, email=body.email or None, phone=body.phone or None
            )
            customer_id = found.id
    opened = cases.open_case(
        work,
        customer_id=customer_id,
        subject=body.subject,
        body=body.body,
        channel=channel,
        queue=body.queue or None,
        priority=body.priority,
        type=body.type or None,
        fields=_values(work, given),
        conversation_id=joined,
        author=f"agent:{work.actor.id}" if joined else "visitor",
        is_new_customer=is_new,
        preferred=[work.actor.id] if body.mine else None,
    )
    work.session.flush()
    if body.mine and opened.ticket.assignee_id != work.actor.id:
        cases_line.pull(work, opened.ticket.id)
    return opened.ticket.id


def _values(work: Work, given: Mapping[str, str]) -> dict[str, Any]:
    kinds = {d.key: d.kind for d in custom_fields.definitions(work, types.SUBJECT)}
    values: dict[str, Any] = {}
    for name, text in given.items():
        key = name.removeprefix("fields.")
        if text.strip():
            values[key] = _typed(kinds.get(key, "text"), name, text.strip())
    return values


def _typed(kind: str, name: str, text: str) -> Any:
    if kind == "switch":
        return text == "yes"
    if kind != "number":
        return text
    try:
        return int(text) if text.lstrip("+-").isdecimal() else float(text.replace(",", "."))
    except ValueError:
        raise Invalid(fields={name: "Write a number, such as 12 or 3.5."}) from None


def _draw(
    work: Work,
    values: Mapping[str, str],
    customer_id: str,
    conversation_id: str,
    type_key: str,
    errors: Mapping[str, str],
) -> Response:
    conversation = channels.get_visible(work, conversation_id) if is_id(conversation_id) else None
    if conversation is not None:
        customer_id = conversation.customer_id
        values = {
            **values,
            "subject": values.get("subject") or conversation.reason,
            "queue": values.get("queue") or conversation.queue_id or "",
        }
    customer = permissions.get_customer(work, customer_id) if is_id(customer_id) else None
    known = list(types.list_types(work))
    chosen = next((one for one in known if one.key == type_key), None)
    needed = {e["key"]: e.get("needed") == "to_open" for e in chosen.form} if chosen else {}
    has_form = chosen is not None and chosen.form
    shown = types.fields_of(work, type_key) if has_form else types.loose_fields(work)
    return show(
        work,
        "agent/tickets/new.html",
        title="New ticket",
        area="tickets",
        form=Form(
            values={**dict.fromkeys(_KEPT, ""), **values},
            customer=customer,
            conversation_id=conversation.id if conversation else "",
            conversation_channel=conversation.channel if conversation else "",
            queues=[(q.id, q.name) for q in queues(work, active_only=True)],
            types=known,
            type=chosen.key if chosen else "",
            fields=[(one, needed.get(one.key, False)) for one in shown],
        ),
        customer_name=name_or_unknown(customer.name) if customer else "",
        came_by=CAME_BY,
        errors=errors,
    )
