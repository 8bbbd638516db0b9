"""Who wants no texts, over the API: the list, and one contact point's with its evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.work import Work
from helpdesk.customers import points
from helpdesk.texts import opt_outs
from helpdesk.texts.models import TextOptOut
from helpdesk.web.api.base import DESK, SUPERVISE, Undo, operation
from helpdesk.web.api.customer_parts import point_of
from helpdesk.web.api.shapes import Listed, Paged, View, listed
from helpdesk.web.bodies import Body

Evidence = Annotated[
    str,
    Meta(min_length=1, max_length=160, examples=["Asked by telephone on 3 March, call of 10:14"]),
]


class OptOutView(View):
    """An opt-out of a number. `told_by` is customer, carrier or desk; the words are the evidence.

    One that was lifted has `undone_at` and says in which words.
    """

    id: str
    number: str
    contact_point_id: str | None
    told_by: str
    words: str
    at: datetime
    undone_at: datetime | None
    undone_words: str


class OptOutsAsked(Paged):
    number: Annotated[str, Meta(max_length=40, examples=["+447700900123"])] = ""
    standing: Annotated[bool, Meta(description="Only those in force.")] = False


class NewOptOut(Body, frozen=True):
    """`words`: when and how they asked, so that it can be shown later."""

    words: Evidence


@operation("GET", "/text-opt-outs", who=SUPERVISE, query=OptOutsAsked, gives=Listed[OptOutView])
def list_text_opt_outs(work: Work, query: OptOutsAsked) -> Listed[OptOutView]:
    """List opt-outs from texts, the newest first, lifted ones too."""
    number = points.read(work, "phone", query.number).value if query.number else ""
    page = opt_outs.page(
        work, number=number, standing=query.standing, cursor=query.place(), limit=query.limit
    )
    return listed(page, [_view(row) for row in page.items])


@operation(
    "GET",
    "/customers/<id:customer_id>/contact-points/<id:point_id>/opt-out",
    who=DESK,
    gives=OptOutView,
)
def get_text_opt_out(work: Work, customer_id: str, point_id: str) -> OptOutView:
    """Get the opt-out in force for a customer's number; 404 where texts are welcome."""
    row = opt_outs.standing(work, _number(work, customer_id, point_id))
    if row is None:
        raise NotFound("Nothing stands against texts to this number.", code="not_opted_out")
    return _view(row)


@operation(
    "POST",
    "/customers/<id:customer_id>/contact-points/<id:point_id>/opt-out",
    who=DESK,
    body=NewOptOut,
    gives=OptOutView,
    status=201,
)
def set_text_opt_out(work: Work, customer_id: str, point_id: str, body: NewOptOut) -> OptOutView:
    """Keep that a customer wants no texts to this number.

    One that stands already is answered as it is.
    """
    number = _number(work, customer_id, point_id)
    point = point_of(work, customer_id, point_id)
    new = opt_outs.stop(
        work, number, customer_id=point.customer_id, words=body.words, told_by="desk"
    )
    row = opt_outs.standing(work, number)
    assert row is not None
    if not new:
        raise Undo(_view(row))
    return _view(row)


@operation(
    "POST",
    "/customers/<id:customer_id>/contact-points/<id:point_id>/opt-in",
    who=SUPERVISE,
    body=NewOptOut,
    gives=OptOutView,
)
def lift_text_opt_out(work: Work, customer_id: str, point_id: str, body: NewOptOut) -> OptOutView:
    """Lift an opt-out that its customer has taken back in other words than a text.

    409 `told_by_carrier` for one that the carrier keeps: only a START from that number lifts it.
    """
    point = point_of(work, customer_id, point_id)
    number = _number(work, customer_id, point_id)
    return _view(opt_outs.lift(work, number, customer_id=point.customer_id, words=body.words))


def _number(work: Work, customer_id: str, point_id: str) -> str:
    point = point_of(work, customer_id, point_id)
    if point.kind != "phone":
        raise Invalid("Only telephone numbers get texts.", code="no_number")
    return point.value


def _view(row: TextOptOut) -> OptOutView:
    names = OptOutView.__struct_fields__
    return OptOutView(**{name: getattr(row, name) for name in names})
