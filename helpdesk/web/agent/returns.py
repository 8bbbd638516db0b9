"""Returns on the desk: the list by what is due, opening one for a customer, moving one on."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from flask import Response

from helpdesk.core.errors import HelpdeskError, Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.owned import permissions
from helpdesk.returns import service
from helpdesk.returns.service import REASONS, WISHES
from helpdesk.tickets import queries as tickets
from helpdesk.web import doors
from helpdesk.web.agent import door, owned_view, returns_view
from helpdesk.web.agent.shell import show
from helpdesk.web.agent.tickets_changes import try_change
from helpdesk.web.bodies import Body, form_body, numbers_of, query_text
from helpdesk.web.doors import allow
from helpdesk.workflows import portal_writing, returning
from helpdesk.workflows.portal_writing import Done

COUNT = "count-"


class Step(Body, frozen=True):
    """`words`: what the customer is told; empty for the usual ones."""

    to: Annotated[str, msgspec.Meta(min_length=1, max_length=12)]
    version: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    words: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    label_url: Annotated[str, msgspec.Meta(max_length=500)] = ""


class Asked(Body, frozen=True):
    """`form_id` makes a doubled click one return."""

    reason: Annotated[str, msgspec.Meta(max_length=20)] = ""
    wish: Annotated[str, msgspec.Meta(max_length=12)] = "refund"
    text: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    goodwill: bool = False
    form_id: Annotated[str, msgspec.Meta(max_length=36)] = ""


@door.get("/returns")
@allow("supervisor", "admin")
def returns() -> Response:
    which = "done" if query_text("show") == "done" else "open"
    with reading(doors.actor()) as work:
        page = service.page(work, which, cursor=query_text("cursor") or None)
        return show(
            work,
            "agent/returns.html",
            title="Returns",
            area="tickets",
            which=which,
            page=page,
            items=service.items_of(work, [row.id for row in page.items]),
            names=owned_view.owner_names(work, {row.customer_id for row in page.items}),
            numbers=tickets.numbers_of(work, {row.ticket_id for row in page.items}),
            words=returns_view,
        )


@door.post("/tickets/<id:ticket_id>/return")
@allow("agent", "supervisor", "admin")
def step_return(ticket_id: str) -> Response:
    body = form_body(Step)
    return try_change(
        ticket_id,
        lambda work: returning.take_step(
            work,
            ticket_id,
            body.to,
            version=body.version,
            words=body.words,
            label_url=body.label_url,
        ),
    )


@door.get("/orders/<id:order_id>/return")
@allow("agent", "supervisor", "admin")
def return_for_customer(order_id: str) -> Response:
    with reading(doors.actor()) as work:
        return _form(work, order_id, Asked(form_id=new_id()))


@door.post("/orders/<id:order_id>/return")
@allow("agent", "supervisor", "admin")
def open_return(order_id: str) -> Response:
    """A colleague asks for a customer, on the telephone for example."""
    body = form_body(Asked, but=COUNT)
    counts = numbers_of(COUNT)

    def ask(work: Work) -> Done:
        made = returning.ask(
            work,
            permissions.get_order(work, order_id),
            quantities=counts,
            reason=body.reason,
            wish=body.wish,
            text=body.text or "Asked for by a colleague.",
            author=f"agent:{work.actor.id}",
            goodwill=body.goodwill,
        )
        return Done(made.ticket_id)

    try:
        with begin(doors.actor()) as work:
            content = (order_id, repr(sorted(counts.items())), repr(body))
            key = portal_writing.form_key(work, body.form_id or new_id(), "return", *content)
            made = portal_writing.once(work, key, lambda: ask(work)).ticket_id
    except Invalid as error:
        with reading(doors.actor()) as work:
            return _form(work, order_id, body, error=error, counts=counts)
    return doors.go(f"/desk/tickets/{made}")


def _form(
    work: Work,
    order_id: str,
    body: Asked,
    *,
    error: HelpdeskError | None = None,
    counts: dict[str, int] | None = None,
) -> Response:
    order = permissions.get_order(work, order_id)
    values: dict[str, Any] = {
        "order": order,
        "lines": returning.offered(work, order),
        "form": body,
        "counts": counts or {},
        "reasons": [("", "Choose one"), *((one, returns_view.REASONS[one]) for one in REASONS)],
        "wishes": [(one, returns_view.WISHES[one]) for one in WISHES],
        "errors": dict(getattr(error, "fields", {})),
        "words": WHY,
    }
    response = show(
        work, "agent/return_new.html", title=f"Return of order {order.number}", area="customers",
        **values,
    )  # fmt: skip
    response.status_code = error.status if error is not None else 200
    return response


WHY = {
    "yes": "can come back", "not_sent": "has not left yet", "cancelled": "the order was cancelled",
    "all_back": "all of it came back", "unknown": "not in the catalogue",
    "never": "can’t be sent back", "too_late": "its days are over",
}  # fmt: skip
