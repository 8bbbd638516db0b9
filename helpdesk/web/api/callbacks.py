"""Callbacks over the API: asked for, listed, called off. Ringing itself is done at the desk."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from helpdesk.calls.models import Callback
from helpdesk.channels.models import Conversation
from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.customers import permissions as customer_rights
from helpdesk.routing import service as routing
from helpdesk.web.api.base import DESK, operation
from helpdesk.web.api.shapes import Id, Listed, Paged, View, listed
from helpdesk.web.bodies import Body
from helpdesk.workflows import calling_back, calling_off, calls_listed, cases_customers

State = Literal["waiting", "planned", "reached", "failed", "cancelled"]


class CallbackView(View):
    """Somebody is to be rung, or was, under the id of the conversation in which it is done.

    `waiting` stands in line or is with an agent, `planned` waits for `next_try_at`, `reached` was
    spoken with, `failed` was tried often enough. `keeps_since`: the beginning of the wait whose
    place it keeps.
    """

    id: str
    number: str
    state: State
    customer_id: str
    queue_id: str | None
    agent_id: str | None
    reason: str
    attempts: int
    keeps_since: datetime
    next_try_at: datetime | None
    created_at: datetime
    ended_at: datetime | None


class NewCallback(Body, frozen=True):
    """Whom to ring: a customer's `id`, or a `name` alone for a record that is found by the number
    or made. `queue` by its id or short name; `at` within the next 14 days.
    """

    number: Annotated[str, Meta(min_length=1, max_length=40, examples=["+493012345678"])]
    customer_id: Id | None = None
    name: Annotated[str, Meta(max_length=160)] | None = None
    queue: Annotated[str, Meta(max_length=80)] | None = None
    about: Annotated[str, Meta(max_length=120)] = ""
    at: Annotated[datetime, Meta(tz=True)] | None = None


class CallbacksAsked(Paged):
    state: State | UnsetType = UNSET
    open: Annotated[bool, Meta(description="Only those that are still to be rung.")] = False


@operation("GET", "/callbacks", who=DESK, query=CallbacksAsked, gives=Listed[CallbackView])
def list_callbacks(work: Work, query: CallbacksAsked) -> Listed[CallbackView]:
    """List callbacks, the newest first."""
    states = [query.state] if query.state else calling_off.TO_COME if query.open else ()
    page = calls_listed.page_of_callbacks(
        work, states=states, cursor=query.place(), limit=query.limit
    )
    return listed(page, [_view(*pair) for pair in page.items])


@operation("POST", "/callbacks", who=DESK, body=NewCallback, gives=CallbackView, status=201)
def ask_for_callback(work: Work, body: NewCallback) -> CallbackView:
    """Ask for a number to be rung when it is its turn, or at a set time.

    A number that is to be rung already is rung once: 409 `on_its_way`, and the list of callbacks
    has it.
    """
    queue = routing.find_queue(work, body.queue) if body.queue else None
    if body.queue and queue is None:
        raise Invalid(fields={"queue": "There is no such queue."})
    number = calling_back.number_of(work, body.number)
    calling_back.require_free(work, number)
    customer = (
        customer_rights.get_customer(work, body.customer_id)
        if body.customer_id
        else cases_customers.record_for(work, name=body.name, phone=number)[0]
    )
    line = queue or routing.prefer_queue(work, None, None)
    made = calling_back.ask(work, customer, line, number=number, about=body.about, at=body.at)
    return _afresh(work, made.id)


@operation("GET", "/callbacks/<id:callback_id>", who=DESK, gives=CallbackView)
def get_callback(work: Work, callback_id: str) -> CallbackView:
    """Get one callback."""
    return _afresh(work, callback_id)


@operation("POST", "/callbacks/<id:callback_id>/cancel", who=DESK, gives=CallbackView)
def cancel_callback(work: Work, callback_id: str) -> CallbackView:
    """Call a callback off; twice changes nothing. 409 `being_rung` once somebody has taken it."""
    calls_listed.callback_of(work, callback_id)
    calling_off.by_desk(work, callback_id)
    return _afresh(work, callback_id)


def _afresh(work: Work, conversation_id: str) -> CallbackView:
    work.session.flush()
    return _view(*calls_listed.callback_of(work, conversation_id))


def _view(callback: Callback, conversation: Conversation) -> CallbackView:
    return CallbackView(
        id=conversation.id,
        number=callback.number,
        state=callback.state,  # type: ignore[arg-type]
        customer_id=conversation.customer_id,
        queue_id=conversation.queue_id,
        agent_id=conversation.agent_id,
        reason=conversation.reason,
        attempts=callback.attempts,
        keeps_since=callback.keeps_since,
        next_try_at=callback.next_try_at,
        created_at=callback.created_at,
        ended_at=conversation.ended_at,
    )
