"""A customer's contact points on the card: add, remove, prove, use first, ring no more."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Response

from helpdesk.core.errors import Conflict
from helpdesk.core.work import reading
from helpdesk.customers import no_calls, points
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.agent.card import Plain, answer_card, try_change
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow


class NewPoint(Body, frozen=True):
    value: Annotated[str, msgspec.Meta(min_length=1, max_length=254)]
    kind: Annotated[str, msgspec.Meta(max_length=12)] = "email"
    label: Annotated[str, msgspec.Meta(max_length=40)] = ""
    conversation: str = ""


@door.post("/customers/<id:customer_id>/points")
@allow("agent", "supervisor", "admin")
def add_point(customer_id: str) -> Response:
    body = form_body(NewPoint)
    return try_change(
        customer_id,
        lambda work: points.add_contact_point(
            work, customer_id, kind=body.kind, value=body.value, label=body.label or None
        ),
    )


class Refusal(Body, frozen=True):
    kind: Annotated[str, msgspec.Meta(max_length=8)]
    reason: Annotated[str, msgspec.Meta(max_length=no_calls.LONGEST_REASON)] = ""
    conversation: str = ""


@door.post("/customers/<id:customer_id>/points/<id:point_id>/no-calls")
@allow("agent", "supervisor", "admin")
def refuse_calls(customer_id: str, point_id: str) -> Response:
    """They want no calls at this number, or it is somebody else's."""
    body = form_body(Refusal)
    return try_change(
        customer_id,
        lambda work: no_calls.mark_point(work, point_id, kind=body.kind, reason=body.reason),
    )


@door.post("/customers/<id:customer_id>/points/<id:point_id>/calls-allowed")
@allow("supervisor", "admin")
def allow_calls(customer_id: str, point_id: str) -> Response:
    form_body(Plain)
    return try_change(customer_id, lambda work: no_calls.lift_point(work, point_id))


@door.post("/customers/<id:customer_id>/points/<id:point_id>/<any(remove, verify, prefer):what>")
@allow("agent", "supervisor", "admin")
def change_point(customer_id: str, point_id: str, what: str) -> Response:
    """Another customer may hold the address proved; then the card says so."""
    form_body(Plain)
    act = {
        "remove": points.remove_contact_point,
        "verify": points.verify_contact_point,
        "prefer": points.prefer_contact_point,
    }[what]
    try:
        return try_change(customer_id, lambda work: act(work, point_id))
    except Conflict as error:
        with reading(doors.actor()) as work:
            return answer_card(work, customer_id, status=409, errors={"points": error.message})
