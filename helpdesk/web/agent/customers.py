"""Customers on the desk: the list, the search, a new record, a whole record, its conversations."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Response
from sqlalchemy import select

from helpdesk.channels import queries as channels
from helpdesk.core.actors import DESK
from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import queries, service
from helpdesk.customers.search import search
from helpdesk.identity.models import User
from helpdesk.routing.models import Queue
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.agent.card_view import card_view
from helpdesk.web.agent.conversation_view import people
from helpdesk.web.agent.shell import show
from helpdesk.web.agent.timeline_view import FILTERS
from helpdesk.web.bodies import Body, form_body, query_text
from helpdesk.web.doors import allow

SHOWN = 25


class NewCustomer(Body, frozen=True):
    name: Annotated[str, msgspec.Meta(max_length=160)] = ""
    email: Annotated[str, msgspec.Meta(max_length=254)] = ""
    phone: Annotated[str, msgspec.Meta(max_length=60)] = ""


@door.get("/customers")
@allow("agent", "supervisor", "admin")
def customers() -> Response:
    """Everybody, the last in contact first; with `q` those whose record has the words typed."""
    text, tag = query_text("q"), query_text("tag", longest=50)
    with reading(doors.actor()) as work:
        hits = search(work, text, 50) if text else None
        page = None
        if hits is None:
            page = queries.list_customers(
                work, cursor=query_text("cursor") or None, limit=SHOWN, tag=tag or None
            )
        return show(
            work,
            "agent/customers.html",
            title="Customers",
            area="customers",
            text=text,
            tag=tag,
            hits=hits,
            page=page,
        )


@door.get("/customers/new")
@allow("agent", "supervisor", "admin")
def new_customer() -> Response:
    with reading(doors.actor()) as work:
        return _form(work, {"name": query_text("name")}, {})


@door.post("/customers/new")
@allow("agent", "supervisor", "admin")
def add_customer() -> Response:
    body = form_body(NewCustomer)
    given = [(kind, text) for kind, text in (("email", body.email), ("phone", body.phone)) if text]
    try:
        with begin(doors.actor()) as work:
            made = service.create_customer(work, name=body.name, contact_points=given)
            path = f"/desk/customers/{made.id}"
    except Invalid as error:
        with reading(doors.actor()) as work:
            values = {"name": body.name, "email": body.email, "phone": body.phone}
            response = _form(work, values, error.fields)
            response.status_code = 400
            return response
    return doors.go(path)


def _form(work: Work, values: dict[str, str], errors: dict[str, str]) -> Response:
    return show(
        work,
        "agent/customer_new.html",
        title="New customer",
        area="customers",
        values={"name": "", "email": "", "phone": "", **values},
        errors=errors,
    )


@door.get("/customers/<id:customer_id>")
@allow("agent", "supervisor", "admin")
def customer(customer_id: str) -> Response:
    """The whole record. An id that was merged away leads to the record that stands for it."""
    shown = query_text("show")
    with reading(doors.actor()) as work:
        view = card_view(work, customer_id, shown=shown if shown in FILTERS else "all")
        if view.card.led_from:
            return doors.go(f"/desk/customers/{view.id}")
        return show(
            work,
            "agent/customer.html",
            title=view.name,
            area="customers",
            card=view,
            colleagues=_colleagues(work),
            organisations=queries.list_organisations(work, limit=100).items,
        )


def _colleagues(work: Work) -> list[tuple[str, str]]:
    rows = work.session.execute(
        select(User.id, User.name)
        .where(User.role.in_(DESK), User.is_active)
        .order_by(User.name)
        .limit(300)
    )
    return [(row.id, row.name) for row in rows]


@door.get("/customers/<id:customer_id>/conversations")
@allow("agent", "supervisor", "admin")
def conversations_of(customer_id: str) -> Response:
    """Every conversation with this customer, newest first."""
    with reading(doors.actor()) as work:
        view = card_view(work, customer_id)
        page = channels.page_of_conversations(
            work, cursor=query_text("cursor") or None, limit=SHOWN, customer_id=view.id
        )
        named = people(work, {c.agent_id for c in page.items})
        lines = work.session.execute(
            select(Queue.id, Queue.name).where(Queue.id.in_({c.queue_id for c in page.items}))
        )
        return show(
            work,
            "agent/conversations.html",
            title=f"Conversations with {view.name}",
            area="customers",
            card=view,
            page=page,
            people=named,
            queues={row.id: row.name for row in lines},
        )
