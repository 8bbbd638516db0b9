"""Promises to customers on a ticket over the API: made, kept, withdrawn."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from helpdesk.clocks import queries as clocks
from helpdesk.clocks.queries import ClockValue
from helpdesk.core.errors import Invalid
from helpdesk.core.paging import Page
from helpdesk.core.work import Work
from helpdesk.tickets import permissions
from helpdesk.web.api.base import DESK, operation
from helpdesk.web.api.shapes import Id, Listed, View, listed
from helpdesk.web.bodies import Body
from helpdesk.workflows import promising


class PromiseView(View):
    """`state` is open, kept or withdrawn; `late` once its time is over and it was not kept."""

    id: str
    text: str
    owner_id: str | None
    due_at: datetime
    state: Literal["open", "kept", "withdrawn"]
    late: bool
    ended_at: datetime | None


class NewPromise(Body, frozen=True):
    """Without `owner_id` you promise it yourself. `due_at` lies within a year."""

    text: Annotated[str, Meta(min_length=1, max_length=300)]
    due_at: datetime
    owner_id: Id | None = None


class PromiseEnd(Body, frozen=True):
    outcome: Literal["kept", "withdrawn"]


@operation("GET", "/tickets/<id:ticket_id>/promises", who=DESK, gives=Listed[PromiseView])
def list_promises(work: Work, ticket_id: str) -> Listed[PromiseView]:
    """List what was promised on a ticket, also what is over."""
    permissions.get_visible(work, ticket_id)
    found = [_view(one) for one in clocks.clocks_of(work, ticket_id) if one.name == "promise"]
    return listed(Page(found, None), found)


@operation(
    "POST",
    "/tickets/<id:ticket_id>/promises",
    who=DESK,
    body=NewPromise,
    gives=PromiseView,
    status=201,
)
def add_promise(work: Work, ticket_id: str, body: NewPromise) -> PromiseView:
    """Promise the customer something by a set time.

    Its owner is reminded a quarter of an hour before, and told when it is late.
    """
    if body.due_at.tzinfo is None:
        raise Invalid(fields={"due_at": "Say the offset, such as 2026-11-24T16:00:00Z."})
    clock_id = promising.promise(
        work, ticket_id, text=body.text, due_at=body.due_at, owner_id=body.owner_id
    )
    return _one(work, ticket_id, clock_id)


@operation(
    "POST",
    "/tickets/<id:ticket_id>/promises/<id:promise_id>/end",
    who=DESK,
    body=PromiseEnd,
    gives=PromiseView,
)
def end_promise(work: Work, ticket_id: str, promise_id: str, body: PromiseEnd) -> PromiseView:
    """Say that a promise was kept, or that it no longer stands; its owner or a supervisor may."""
    end = promising.keep if body.outcome == "kept" else promising.withdraw
    end(work, ticket_id, promise_id)
    return _one(work, ticket_id, promise_id)


def _one(work: Work, ticket_id: str, promise_id: str) -> PromiseView:
    work.session.flush()
    current = promising.ticket_of(work, ticket_id)
    return next(_view(one) for one in clocks.clocks_of(work, current) if one.id == promise_id)


def _view(one: ClockValue) -> PromiseView:
    states: dict[str, Literal["open", "kept", "withdrawn"]] = {
        "stopped": "kept",
        "withdrawn": "withdrawn",
    }
    return PromiseView(
        id=one.id,
        text=one.text,
        owner_id=one.owner_id,
        due_at=one.started_at,
        state=states.get(one.state, "open"),
        late=one.is_breached,
        ended_at=one.stopped_at,
    )
