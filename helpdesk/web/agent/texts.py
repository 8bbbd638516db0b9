"""Texts on the desk: templates for a conversation, and texting a customer first."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import msgspec
from flask import Response, request

from helpdesk.channels import queries
from helpdesk.channels.service import Repeated
from helpdesk.consents.purposes import SERVICE
from helpdesk.core.errors import Conflict, Forbidden, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers.contact_points import shown_phone
from helpdesk.customers.models import ContactPoint
from helpdesk.texts import opt_outs, templates, threads
from helpdesk.texts.models import TextTemplate
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.agent.card_view import CardView, card_view
from helpdesk.web.agent.shell import show
from helpdesk.web.bodies import Body, json_body
from helpdesk.web.doors import allow
from helpdesk.workflows import consenting, texts_out, texts_starting
from helpdesk.workflows.texts_starting import Wanted

Value = Annotated[str, msgspec.Meta(max_length=templates.LONGEST_VALUE)]


class Template(Body, frozen=True):
    template_id: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    values: Annotated[dict[str, Value], msgspec.Meta(max_length=templates.MOST_VARIABLES)] = (
        msgspec.field(default_factory=dict)
    )
    client_msg_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None = None


@door.get("/conversations/<id:conversation_id>/templates")
@allow("agent", "supervisor", "admin")
def text_templates(conversation_id: str) -> dict[str, Any]:
    """What can be sent in this conversation without words of one's own."""
    with reading(doors.actor()) as work:
        found = queries.get_visible(work, conversation_id)
        rows = templates.usable(work, found.channel)
    return {"items": [_shown(row) for row in rows]}


def _shown(row: TextTemplate) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "language": row.language,
        "body": row.body,
        "variables": templates.variables(row.body),
    }


@door.post("/conversations/<id:conversation_id>/template")
@allow("agent", "supervisor", "admin")
def send_text_template(conversation_id: str) -> dict[str, Any]:
    body = json_body(Template)
    try:
        with begin(doors.actor()) as work:
            posted = texts_out.send_template(
                work, conversation_id, body.template_id, body.values,
                client_msg_id=body.client_msg_id,
            )  # fmt: skip
    except Repeated as again:
        posted = again.posted
    return {"seq": posted.seq}


@door.get("/customers/<id:customer_id>/text")
@allow("agent", "supervisor", "admin")
def new_text(customer_id: str) -> Response:
    with reading(doors.actor()) as work:
        return _page(work, customer_id, _given(customer_id, request.args))


@door.post("/customers/<id:customer_id>/text")
@allow("agent", "supervisor", "admin")
def send_new_text(customer_id: str) -> Response:
    """The first text; a warning of the night is answered with a reason. Leads to the conversation.

    `choose` only draws the form anew, with the places of another template.
    """
    wanted = _given(customer_id, request.form)
    if request.form.get("choose"):
        with reading(doors.actor()) as work:
            return _page(work, customer_id, wanted)
    try:
        with begin(doors.actor()) as work:
            conversation_id = texts_starting.start(work, wanted)
    except (Invalid, Conflict, Forbidden) as error:
        with reading(doors.actor()) as work:
            return _page(work, customer_id, wanted, error)
    return doors.go(f"/desk/conversations/{conversation_id}")


def _given(customer_id: str, fields: Any) -> Wanted:
    def text(name: str, longest: int = 40) -> str:
        return str(fields.get(name, "")).replace("\0", "")[:longest]

    channel = text("channel")
    numbers = [str(n + 1) for n in range(templates.MOST_VARIABLES)]
    return Wanted(
        customer_id=customer_id,
        point_id=text("to"),
        number_id=text("from"),
        channel=channel if channel in threads.CHANNELS else "sms",
        text=text("text", 10_000),
        template_id=text("template"),
        values={n: text(f"v{n}", templates.LONGEST_VALUE) for n in numbers if f"v{n}" in fields},
        reason=text("reason", 300),
        purpose=text("purpose") or SERVICE,
    )


def _page(
    work: Work, customer_id: str, wanted: Wanted, error: HelpdeskError | None = None
) -> Response:
    view = card_view(work, customer_id)
    phones = [point for point in view.card.points if point.kind == "phone"]
    numbers = texts_starting.our_numbers(work)
    usable = templates.usable(work, wanted.channel)
    template = next((row for row in usable if row.id == wanted.template_id), None)
    if wanted.channel == "whatsapp" and template is None and usable and error is None:
        template = usable[0]  # nothing but a template goes to somebody who has not written
    if template is not None:
        wanted = replace(wanted, template_id=template.id)
    fields = dict(error.fields) if isinstance(error, Invalid) else {}
    response = show(
        work,
        "agent/text_new.html",
        title=f"Text {view.name}",
        area="customers",
        customer=view,
        wanted=wanted,
        phones=_choices(work, view, phones),
        numbers=[(n.id, f"{n.name} ({shown_phone(n.number)})") for n in numbers],
        channels=[(code, threads.WORDS[code]) for code in threads.CHANNELS],
        templates=[(row.id, f"{row.name} ({row.language})") for row in usable],
        chosen=template,
        places=templates.variables(template.body) if template else [],
        errors=fields,
        message="" if fields or error is None else error.message,
        purposes=consenting.choices(work, wanted.channel, customer_id),
        at_night=(error is not None and error.code == "quiet_hours") or bool(wanted.reason),
    )
    if error is not None:
        response.status_code = error.status
    return response


def _choices(work: Work, view: CardView, phones: list[ContactPoint]) -> list[tuple[str, str]]:
    """The customer's numbers, and which of them want no texts."""
    stopped = opt_outs.standing_since(work, [point.value for point in phones])
    return [
        (p.id, view.card.shown[p.id] + (" (wants no texts)" if p.value in stopped else ""))
        for p in phones
    ]
