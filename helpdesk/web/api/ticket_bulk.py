"""One change to many tickets over the API: asked for, looked at, taken back. A worker makes it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field

from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.tickets import bulk
from helpdesk.web.api.base import DESK, operation
from helpdesk.web.api.shapes import Id, View, given
from helpdesk.web.api.tickets import Priority, QueueName, State, Tags, TypeKey
from helpdesk.web.bodies import Body
from helpdesk.workflows import cases_bulk, cases_reading

MOST = 1000


class ManyTickets(Body, frozen=True):
    """Only what is named changes. `macro_id` is used first, then the rest."""

    tickets: Annotated[list[Id], Meta(min_length=1, max_length=MOST)]
    state: State | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    type: TypeKey | UnsetType | None = UNSET
    queue: QueueName | UnsetType = UNSET
    team_id: Id | UnsetType | None = UNSET
    assignee_id: Id | UnsetType | None = UNSET
    add_tags: Tags = field(default_factory=list)
    remove_tags: Tags = field(default_factory=list)
    macro_id: Id | None = None


class RefusedView(View):
    """A ticket that stayed as it was, and why."""

    reference: str
    subject: str
    why: str


class BulkView(View):
    """How far a change is. `refused` lists the first twenty."""

    id: str
    state: Literal["gathering", "running", "done", "undoing", "undone"]
    over: bool
    done: int
    total: int
    counts: dict[str, int]
    refused: list[RefusedView]
    asked_at: datetime


@operation("POST", "/tickets/bulk", who=DESK, body=ManyTickets, gives=BulkView, status=202)
def change_tickets(work: Work, body: ManyTickets) -> BulkView:
    """Change many tickets at once.

    A worker does it, each ticket by itself and in your name; what can't be done to one is told and
    holds up no other. Tickets that you can't see are left out. Look how far it is under its `id`.
    """
    changes = given(body, "tickets", "queue", "add_tags", "remove_tags", "macro_id")
    if body.queue is not UNSET:
        changes["queue_id"] = cases_reading.queue_named(work, body.queue)
        if changes["queue_id"] is None:
            raise Invalid(fields={"queue": "There is no such queue."})
    action: dict[str, Any] = {
        "changes": changes,
        "add_tags": body.add_tags,
        "remove_tags": body.remove_tags,
        "macro_id": body.macro_id,
    }
    run = cases_bulk.start(
        work, action, words=_words(action), ticket_ids=body.tickets, by_worker=True
    )
    return _view(bulk.progress(work, run.id))


@operation("GET", "/tickets/bulk/<id:run_id>", who=DESK, gives=BulkView)
def get_ticket_bulk(work: Work, run_id: str) -> BulkView:
    """Look how far a change to many tickets is. Supervisors see everybody's."""
    return _view(bulk.progress(work, run_id))


@operation("POST", "/tickets/bulk/<id:run_id>/undo", who=DESK, gives=BulkView, status=202)
def undo_ticket_bulk(work: Work, run_id: str) -> BulkView:
    """Put back what a change to many tickets has changed.

    For a week. What somebody has changed since stays as it is.
    """
    run = cases_bulk.undo(work, run_id, by_worker=True)
    return _view(bulk.progress(work, run.id))


def _words(action: dict[str, Any]) -> str:
    """What is done, in a line for the history of each ticket."""
    named = [name.removesuffix("_id").replace("_", " ") for name in action["changes"]]
    named += ["tags"] if action["add_tags"] or action["remove_tags"] else []
    named += ["macro"] if action["macro_id"] else []
    return f"Over the API: {', '.join(named)}"


def _view(found: bulk.Progress) -> BulkView:
    return BulkView(
        id=found.run.id,
        state=found.run.state,  # type: ignore[arg-type]
        over=found.is_over,
        done=found.done,
        total=found.total,
        counts=dict(found.counts),
        refused=[
            RefusedView(reference=f"T-{number}", subject=subject, why=why)
            for number, subject, why in found.told
        ],
        asked_at=found.run.at,
    )
