"""A customer's privacy on the desk: what may be sent to them and what they said about it.

A colleague writes down what was said on the phone; the history is never changed.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from flask import Response

from helpdesk.consents import purposes, service
from helpdesk.consents.deciding import CHANNELS, decide
from helpdesk.core.errors import HelpdeskError
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import permissions
from helpdesk.customers.called import called_now
from helpdesk.web import doors
from helpdesk.web.admin.frame import actor_names
from helpdesk.web.agent import door
from helpdesk.web.agent.shell import show
from helpdesk.web.agent.work_pane import name_or_unknown
from helpdesk.web.bodies import Body, form_body, query_text
from helpdesk.web.doors import allow

SHOWN = 30


class Said(Body, frozen=True):
    """What the customer said: `choice` is purpose:channel."""

    choice: Annotated[str, msgspec.Meta(max_length=60)]
    state: Literal["given", "withdrawn"]
    source: Literal["phone", "agent"] = "phone"
    note: Annotated[str, msgspec.Meta(max_length=service.LONGEST_NOTE)] = ""


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


def _page(work: Work, customer_id: str, message: str = "") -> Response:
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
        message=message,
    )
