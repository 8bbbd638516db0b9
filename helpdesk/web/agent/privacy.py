"""A customer's privacy on the desk: what may be sent, what they said, erasing it.

A colleague writes down what was said on the phone; the history is never changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from flask import Response
from sqlalchemy import select

from helpdesk.consents import purposes, service
from helpdesk.consents.deciding import CHANNELS, decide
from helpdesk.core.errors import Conflict, Forbidden, HelpdeskError, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import permissions
from helpdesk.customers.called import called_now
from helpdesk.privacy import erasures, holds, settings
from helpdesk.privacy.models import LegalHold
from helpdesk.tickets import permissions as tickets
from helpdesk.tickets.models import Ticket
from helpdesk.web import doors
from helpdesk.web.admin.frame import actor_names
from helpdesk.web.agent import door
from helpdesk.web.agent.shell import show
from helpdesk.web.agent.work_pane import name_or_unknown
from helpdesk.web.bodies import Body, form_body, query_text
from helpdesk.web.doors import allow
from helpdesk.workflows import consented_mail, consenting, erasing_asked, erasing_plan

SHOWN = 30
KINDS = {
    "matters": "Tickets", "talks": "Conversations without a ticket", "files": "Files",
    "recordings": "Recordings", "mails": "Mails", "texts": "Texts", "surveys": "Surveys",
    "consents": "Consents", "remarks": "Remarks on articles", "account": "Accounts",
    "addresses": "Addresses", "orders": "Orders", "things": "Things they own",
    "marks": "Numbers that nobody calls or texts",
    "audit": "The audit log",
}  # fmt: skip
WHYS = {
    "hold": "held by a supervisor", "retention": "the retention rule",
    "marks": "so that they stay undisturbed", "audit": "it can't be changed",
}  # fmt: skip


class Said(Body, frozen=True):
    """What the customer said: `choice` is purpose:channel."""

    choice: Annotated[str, msgspec.Meta(max_length=60)]
    state: Literal["given", "withdrawn"]
    source: Literal["phone", "agent"] = "phone"
    note: Annotated[str, msgspec.Meta(max_length=service.LONGEST_NOTE)] = ""


class NewMail(Body, frozen=True):
    """`form_id` makes a doubled click one mail."""

    purpose: Annotated[str, msgspec.Meta(max_length=40)] = ""
    subject: Annotated[str, msgspec.Meta(max_length=400)] = ""
    text: Annotated[str, msgspec.Meta(max_length=40_000)] = ""
    form_id: Annotated[str, msgspec.Meta(max_length=36)] = ""


class Erase(Body, frozen=True):
    do: Literal["mail", "confirm", "stop"]
    reason: Annotated[str, msgspec.Meta(max_length=300)] = ""


class Hold(Body, frozen=True):
    ticket_id: Annotated[str, msgspec.Meta(max_length=36)]
    do: Literal["hold", "lift"] = "hold"
    reason: Annotated[str, msgspec.Meta(max_length=300)] = ""


@door.get("/customers/<id:customer_id>/privacy")
@allow("agent", "supervisor", "admin")
def customer_privacy(customer_id: str) -> Response:
    with reading(doors.actor()) as work:
        return _page(work, customer_id)


@door.post("/customers/<id:customer_id>/consents")
@allow("agent", "supervisor", "admin")
def say_consent(customer_id: str) -> Response:
    """Written down as said on the phone, or to a colleague."""
    body = form_body(Said)
    purpose, _, channel = body.choice.partition(":")
    try:
        with begin(doors.actor()) as work:
            customer = permissions.get_customer(work, customer_id)
            service.say(
                work,
                customer.id,
                purpose=purpose,
                channel=channel,
                state=body.state,
                source=body.source,
                note=body.note,
            )
    except HelpdeskError as error:
        if error.status == 404:
            raise
        with reading(doors.actor()) as work:
            response = _page(work, customer_id, error.message)
            response.status_code = error.status
            return response
    return doors.go(f"/desk/customers/{customer_id}/privacy")


@door.post("/customers/<id:customer_id>/mail")
@allow("agent", "supervisor", "admin")
def send_purpose_mail(customer_id: str) -> Response:
    """A mail that answers nothing: it goes only where its purpose may be sent for."""
    body = form_body(NewMail)
    return _try(
        customer_id,
        lambda work: consented_mail.send(
            work,
            customer_id,
            purpose=body.purpose,
            subject=body.subject,
            text=body.text,
            once_key=body.form_id or new_id(),
        ),
        given=body,
    )


@door.post("/customers/<id:customer_id>/erasure")
@allow("agent", "supervisor", "admin")
def ask_erasure(customer_id: str) -> Response:
    """`mail` sends them the link, `confirm` is a supervisor's word for theirs, `stop` ends it."""
    body = form_body(Erase)
    return _try(customer_id, lambda work: _erase(work, customer_id, body))


@door.post("/customers/<id:customer_id>/hold")
@allow("supervisor", "admin")
def hold_ticket(customer_id: str) -> Response:
    body = form_body(Hold)
    return _try(customer_id, lambda work: _hold(work, customer_id, body))


def _erase(work: Work, customer_id: str, body: Erase) -> None:
    if body.do == "mail":
        erasing_asked.by_desk(work, customer_id, body.reason)
    elif body.do == "confirm":
        erasing_asked.confirm_for(work, customer_id, body.reason)
    else:
        erasures.stop(work, permissions.get_customer(work, customer_id).id)


def _hold(work: Work, customer_id: str, body: Hold) -> None:
    ticket = tickets.get_visible(work, body.ticket_id)
    if ticket.customer_id != permissions.get_customer(work, customer_id).id:
        raise NotFound()
    if body.do == "lift":
        holds.lift(work, ticket.id)
    else:
        holds.hold(work, ticket.id, body.reason)


def _try(
    customer_id: str, act: Callable[[Work], object], *, given: NewMail | None = None
) -> Response:
    try:
        with begin(doors.actor()) as work:
            act(work)
    except (Invalid, Conflict, Forbidden) as error:
        fields = error.fields.values() if isinstance(error, Invalid) else ()
        with reading(doors.actor()) as work:
            response = _page(work, customer_id, " ".join(fields) or error.message, given)
            response.status_code = error.status
            return response
    return doors.go(f"/desk/customers/{customer_id}/privacy")


def _tickets(work: Work, customer_id: str) -> list[tuple[Ticket, LegalHold | None]]:
    """The newest, with what holds them."""
    rows = work.session.scalars(
        tickets.visible(work.actor, select(Ticket).where(Ticket.customer_id == customer_id))
        .order_by(Ticket.opened_at.desc())
        .limit(SHOWN)
    ).all()
    held = holds.among(work, [row.id for row in rows])
    return [(row, held.get(row.id)) for row in rows]


def _page(
    work: Work, customer_id: str, message: str = "", given: NewMail | None = None
) -> Response:
    customer = permissions.get_customer(work, customer_id)
    known = purposes.every(work)
    said = service.standing_of(work, customer.id)
    page = service.history(work, [customer.id], cursor=query_text("cursor") or None, limit=SHOWN)
    decided = {
        (one.key, channel): decide(
            one.rule, channel, states=[row.state for row in said.get((one.key, channel), ())]
        )
        for one in known
        for channel in one.channels
    }
    return show(
        work,
        "agent/privacy.html",
        title="Privacy",
        area="customers",
        customer=customer,
        name=name_or_unknown(called_now(work, customer)),
        purposes=known,
        channels=CHANNELS,
        decided=decided,
        said=said,
        history=page,
        names={one.key: one.name() for one in known},
        people=actor_names(work, [row.actor for row in page.items]),
        sources=service.SOURCES,
        plan=erasing_plan.of(work, customer.id),
        erasure=erasures.latest(work, customer.id),
        rules=settings.of(work),
        mail=given or NewMail(form_id=new_id()),
        mail_for=consenting.choices(work, "email", customer.id),
        kinds=KINDS,
        whys=WHYS,
        tickets=_tickets(work, customer.id),
        is_supervisor=work.actor.is_supervisor,
        sees_all=not work.actor.is_limited,  # of matters in queues that they do not see
        message=message,
    )
