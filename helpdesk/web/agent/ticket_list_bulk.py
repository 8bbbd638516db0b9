"""Changing many tickets from their list: start, look how far it is, take it back."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from helpdesk.core.work import Work, begin, reading
from helpdesk.tickets import bulk, filters, macros
from helpdesk.tickets.lifecycle import PRIORITIES, STATES
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.agent import ticket_list_view as shown
from helpdesk.web.bodies import Body, json_body
from helpdesk.web.doors import allow
from helpdesk.workflows import cases_bulk

Id = Annotated[str, msgspec.Meta(max_length=36)]
Word = Annotated[str, msgspec.Meta(max_length=40)]


class Many(Body, frozen=True):
    """`tickets` are ids, or `view` is the query of a list whose tickets are all meant. An absent
    field stays as it is; `assignee_id` may be `me` or empty for nobody.
    """

    tickets: Annotated[list[Id], msgspec.Meta(max_length=200)] = msgspec.field(default_factory=list)
    whole: bool = False
    scope: Word = "live"
    filter: dict[str, Annotated[list[Word], msgspec.Meta(max_length=50)]] = msgspec.field(
        default_factory=dict
    )
    sort: Word = ""
    state: Word = ""
    priority: Word = ""
    queue_id: Id = ""
    assignee_id: Id | None = None
    add_tags: Annotated[list[Word], msgspec.Meta(max_length=30)] = msgspec.field(
        default_factory=list
    )
    remove_tags: Annotated[list[Word], msgspec.Meta(max_length=30)] = msgspec.field(
        default_factory=list
    )
    macro_id: Id = ""


@door.get("/tickets/choices")
@allow("agent", "supervisor", "admin")
def ticket_choices() -> dict[str, Any]:
    """What the dialog for many tickets offers."""
    with reading(doors.actor()) as work:
        return {
            "state": [(one, shown.state_word(one)) for one in STATES if one != "new"],
            "priority": [(one, one.capitalize()) for one in reversed(PRIORITIES)],
            "assignee_id": [("me", "Me"), ("", "Nobody"), *shown.colleagues(work)],
            "queue_id": shown.queue_choices(work),
            "macro_id": [(one.id, one.name) for one in macros.macros_for(work)],
        }


@door.post("/tickets/bulk")
@allow("agent", "supervisor", "admin")
def change_many() -> dict[str, Any]:
    """Change the tickets chosen, or all of the list; a few at once, many by a worker."""
    body = json_body(Many)
    with begin(doors.actor()) as work:
        action = _action(work, body)
        wanted = None
        if body.whole:
            wanted = filters.from_lists({**body.filter, "scope": [body.scope]})
        run = cases_bulk.start(
            work,
            action,
            words=_words(work, action),
            ticket_ids=body.tickets,
            wanted=wanted,
            sort=body.sort,
        )
    cases_bulk.carry_out(run)
    return _told(run.id)


@door.get("/tickets/bulk/<id:run_id>")
@allow("agent", "supervisor", "admin")
def bulk_progress(run_id: str) -> dict[str, Any]:
    return _told(run_id)


@door.post("/tickets/bulk/<id:run_id>/undo")
@allow("agent", "supervisor", "admin")
def undo_bulk(run_id: str) -> dict[str, Any]:
    """Put back what the run changed and nobody has changed since."""
    with begin(doors.actor()) as work:
        run = cases_bulk.undo(work, run_id)
    cases_bulk.carry_out(run)
    return _told(run.id)


def _told(run_id: str) -> dict[str, Any]:
    with reading(doors.actor()) as work:
        found = bulk.progress(work, run_id)
    return {
        "id": run_id,
        "state": found.run.state,
        "over": found.is_over,
        "done": found.done,
        "total": found.total,
        "words": found.run.words,
        "counts": found.counts,
        "told": [
            {"number": f"T-{number}", "subject": subject, "why": why}
            for number, subject, why in found.told
        ],
    }


def _action(work: Work, body: Many) -> dict[str, Any]:
    changes: dict[str, Any] = {
        name: getattr(body, name)
        for name in ("state", "priority", "queue_id")
        if getattr(body, name)
    }
    if body.assignee_id is not None:
        changes["assignee_id"] = {"me": work.actor.id, "": None}.get(
            body.assignee_id, body.assignee_id
        )
    return {
        "changes": changes,
        "add_tags": body.add_tags,
        "remove_tags": body.remove_tags,
        "macro_id": body.macro_id,
    }


def _words(work: Work, action: dict[str, Any]) -> str:
    """What is done, in a line for the history."""
    told = []
    changes = action["changes"]
    if "state" in changes:
        told.append(shown.state_word(changes["state"]))
    if "priority" in changes:
        told.append(f"priority {changes['priority']}")
    if "queue_id" in changes:
        told.append("queue " + dict(shown.queue_choices(work)).get(changes["queue_id"], ""))
    if "assignee_id" in changes:
        who = changes["assignee_id"]
        told.append("given to " + (dict(shown.colleagues(work)).get(who, "") if who else "nobody"))
    told += [f"tag {tag}" for tag in action["add_tags"]]
    told += [f"without tag {tag}" for tag in action["remove_tags"]]
    if action["macro_id"]:
        told.append("macro " + macros.get_macro(work, action["macro_id"]).name)
    return ", ".join(told)
