"""Returns over the API: asked for, listed by what is due, moved on. Each step is told to its
customer, as on the desk.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work
from helpdesk.owned import permissions as owned
from helpdesk.returns import service, steps
from helpdesk.returns.models import ReturnCase, ReturnItem
from helpdesk.tickets import permissions as tickets
from helpdesk.web.api.base import DESK, SUPERVISE, operation
from helpdesk.web.api.shapes import Id, Listed, Paged, Version, View, listed
from helpdesk.web.bodies import Body
from helpdesk.workflows import returning

To = Literal[
    "approved", "refused", "label_sent", "received", "inspected", "refunded", "replaced",
    "withdrawn",
]  # fmt: skip
Reason = Literal[
    "changed_mind", "damaged", "wrong_item", "not_as_described", "faulty", "other"
]  # fmt: skip
Words = Annotated[str, Meta(max_length=4000)]


class ReturnItemView(View):
    line_id: str
    name: str
    quantity: int


class ReturnView(View):
    """A return. `waits_for` is us or customer, null when it is over; `may_follow` are the steps
    that can be taken now.
    """

    id: str
    ticket_id: str
    customer_id: str
    order_id: str
    order_number: str
    reason: str
    wish: str
    goodwill: bool
    state: str
    waits_for: str | None
    may_follow: list[str]
    since: datetime
    due_at: datetime | None
    label_url: str
    opened_at: datetime
    ended_at: datetime | None
    items: list[ReturnItemView]
    version: int


class ReturnsAsked(Paged):
    state: Annotated[
        Literal["open", "done"], Meta(description="Open ones by what is due, or those over.")
    ] = "open"


class ReturnLine(Body, frozen=True):
    line_id: Id
    quantity: Annotated[int, Meta(ge=1, le=10_000)]


class NewReturn(Body, frozen=True):
    """`goodwill` lets something come back that the rule would refuse. `text` is a note."""

    order_id: Id
    items: Annotated[list[ReturnLine], Meta(min_length=1, max_length=200)]
    reason: Reason
    wish: Literal["refund", "replacement"] = "refund"
    text: Words = ""
    goodwill: bool = False


class ReturnStepBody(Body, frozen=True):
    """`words` go to the customer; empty for the usual ones. Refusing needs them."""

    to: To
    version: Version
    words: Words = ""
    label_url: Annotated[str, Meta(max_length=500)] = ""


@operation("GET", "/returns", who=SUPERVISE, query=ReturnsAsked, gives=Listed[ReturnView])
def list_returns(work: Work, query: ReturnsAsked) -> Listed[ReturnView]:
    """List returns: open ones by what is due first, or those that are over."""
    page = service.page(work, query.state, cursor=query.place(), limit=query.limit)
    return listed(page, _views(work, page.items))


@operation("POST", "/returns", who=DESK, body=NewReturn, gives=ReturnView, status=201)
def add_return(work: Work, body: NewReturn) -> ReturnView:
    """Ask for a return on a customer's behalf; it gets a ticket of its own."""
    made = returning.ask(
        work,
        owned.get_order(work, body.order_id),
        quantities={one.line_id: one.quantity for one in body.items},
        reason=body.reason,
        wish=body.wish,
        text=body.text or "Asked for over the API.",
        author=f"agent:{work.actor.id}",
        goodwill=body.goodwill,
    )
    return _views(work, [made])[0]


@operation("GET", "/returns/<id:return_id>", who=DESK, gives=ReturnView)
def get_return(work: Work, return_id: str) -> ReturnView:
    """Get one return."""
    return _views(work, [_seen(work, return_id)])[0]


@operation("POST", "/returns/<id:return_id>/steps", who=DESK, body=ReturnStepBody, gives=ReturnView)
def step_return(work: Work, return_id: str, body: ReturnStepBody) -> ReturnView:
    """Move a return on and tell its customer; the last step resolves its ticket."""
    moved = returning.take_step(
        work,
        _seen(work, return_id).ticket_id,
        body.to,
        version=body.version,
        words=body.words,
        label_url=body.label_url,
    )
    return _views(work, [moved])[0]


def _seen(work: Work, return_id: str) -> ReturnCase:
    """Whoever sees the ticket sees the return; of others it is not there."""
    row = service.get(work, return_id)
    try:
        tickets.get_visible(work, row.ticket_id)
    except NotFound:
        raise NotFound(service.ABSENT) from None
    return row


def _views(work: Work, rows: Sequence[ReturnCase]) -> list[ReturnView]:
    items = service.items_of(work, [row.id for row in rows])
    own = ("waits_for", "may_follow", "items")
    names = [name for name in ReturnView.__struct_fields__ if name not in own]
    return [
        ReturnView(
            **{name: getattr(row, name) for name in names},
            waits_for=steps.STEPS[row.state].who or None,
            may_follow=list(steps.STEPS[row.state].follows),
            items=[_item(one) for one in items[row.id]],
        )
        for row in rows
    ]


def _item(row: ReturnItem) -> ReturnItemView:
    return ReturnItemView(line_id=row.line_id, name=row.name, quantity=row.quantity)
