"""Macros on the desk: one's own and those of one's teams, and what one would do to a ticket.

Supervisors look after shared ones here too. Not for carrying them out on many tickets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request

from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.identity import queries as identity
from helpdesk.tickets import macros, placeholders, types
from helpdesk.tickets.lifecycle import PRIORITIES, STATES
from helpdesk.tickets.models import Macro
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.agent import ticket_list_view as shown
from helpdesk.web.agent.shell import show
from helpdesk.web.agent.tickets_then import name_changes
from helpdesk.web.bodies import Body, json_body
from helpdesk.web.doors import allow
from helpdesk.workflows import cases_macros

CHANGES = ("state", "priority", "queue_id", "assignee_id", "team_id", "type")
AUDIENCE_WORDS = {"own": "Only me", "team": "A team", "everybody": "Everybody"}


class Use(Body, frozen=True):
    """`version` of the ticket as it was previewed; another one is refused as stale."""

    version: int | None = None
    client_msg_id: str | None = None


@door.get("/macros")
@allow("agent", "supervisor", "admin")
def macro_list() -> Response:
    with reading(doors.actor()) as work:
        boss = work.actor.is_supervisor
        rows = macros.every_macro(work) if boss else macros.macros_for(work, inactive=True)
        teams = {row.id: row.name for row in identity.list_teams(work)}
        may = {row.id: macros.may_change(work, row) for row in rows}
        return show(
            work, "agent/ticket_list/macros.html", title="Macros", area="tickets", rows=rows,
            teams=teams, may=may, audiences=AUDIENCE_WORDS,
        )  # fmt: skip


@door.get("/macros/new")
@allow("agent", "supervisor", "admin")
def new_macro() -> Response:
    with reading(doors.actor()) as work:
        return _form(work, None, {"audience": "own", "public": True, "is_active": True})


@door.post("/macros/new")
@allow("agent", "supervisor", "admin")
def add_macro() -> Response:
    facts = _facts(request.form)
    try:
        with begin(doors.actor()) as work:
            cases_macros.save(work, facts)
    except (Invalid, Conflict) as error:
        return _again(None, facts, error)
    return doors.go("/desk/macros")


@door.get("/macros/<id:macro_id>")
@allow("agent", "supervisor", "admin")
def macro(macro_id: str) -> Response:
    with reading(doors.actor()) as work:
        found = macros.get_macro(work, macro_id)
        return _form(work, found, macros.facts_of(found))


@door.post("/macros/<id:macro_id>")
@allow("agent", "supervisor", "admin")
def save_macro(macro_id: str) -> Response:
    facts = _facts(request.form)
    version = request.form.get("version", "")
    number = int(version) if version.isdigit() and len(version) < 10 else 0
    try:
        with begin(doors.actor()) as work:
            cases_macros.change(work, macro_id, facts, version=number)
    except (Invalid, Conflict) as error:
        return _again(macro_id, facts, error)
    return doors.go("/desk/macros")


@door.post("/macros/<id:macro_id>/remove")
@allow("agent", "supervisor", "admin")
def remove_macro(macro_id: str) -> Response:
    with begin(doors.actor()) as work:
        found = macros.get_macro(work, macro_id)
        macros.remove_macro(work, macro_id, version=found.version)
    return doors.go("/desk/macros")


@door.get("/tickets/<id:ticket_id>/macros")
@allow("agent", "supervisor", "admin")
def ticket_macros(ticket_id: str) -> dict[str, Any]:
    """What the reader may use on a ticket: for the composer's list."""
    with reading(doors.actor()) as work:
        rows = macros.macros_for(work)
        items = [
            {
                "id": one.id,
                "name": one.name,
                "description": one.description,
                "says": bool(one.reply),
            }
            for one in rows
        ]
    return {"items": items, "ticket_id": ticket_id}


@door.get("/tickets/<id:ticket_id>/macros/<id:macro_id>")
@allow("agent", "supervisor", "admin")
def preview_ticket_macro(ticket_id: str, macro_id: str) -> dict[str, Any]:
    """Before and after in words, and the reply as the customer would read it."""
    with reading(doors.actor()) as work:
        found = cases_macros.preview(work, macro_id, ticket_id)
        frame: dict[str, Any] = {"then": found.then}
        name_changes(work, [frame])
        return {
            "id": found.macro.id,
            "name": found.macro.name,
            "text": found.text,
            "public": found.public,
            "then": found.then,
            "with": frame["with"],
            "changes": [
                {
                    "field": name,
                    "before": _said(work, name, before),
                    "after": _said(work, name, after),
                }
                for name, (before, after) in found.changes.items()
            ],
        }


@door.post("/tickets/<id:ticket_id>/macros/<id:macro_id>")
@allow("agent", "supervisor", "admin")
def use_ticket_macro(ticket_id: str, macro_id: str) -> dict[str, Any]:
    """Say its words and make its changes in one step."""
    body = json_body(Use)
    with begin(doors.actor()) as work:
        done = cases_macros.apply(
            work, macro_id, ticket_id, version=body.version, client_msg_id=body.client_msg_id
        )
        posted = done.posted
        return {
            "ticket_id": done.ticket.id,
            "version": done.ticket.version,
            "changed": sorted(done.changes),
            "conversation_id": posted.conversation_id if posted else None,
            "seq": posted.seq if posted else None,
        }


def _facts(form: Mapping[str, str]) -> dict[str, Any]:
    """The form as facts of a macro; empty choices change nothing."""
    return {
        "name": form.get("name", "")[:400],
        "description": form.get("description", "")[:800],
        "audience": form.get("audience", "own")[:20],
        "team_id": form.get("audience_team", "")[:36] or None,
        "changes": {name: form[name][:60] for name in CHANGES if form.get(name)},
        "add_tags": _tags(form.get("add_tags", "")),
        "remove_tags": _tags(form.get("remove_tags", "")),
        "reply": form.get("reply", "")[:20_000],
        "public": form.get("public", "yes") == "yes",
        "is_active": bool(form.get("is_active")),
    }


def _tags(text: str) -> list[str]:
    return [one.strip() for one in text[:2000].split(",") if one.strip()]


def _again(macro_id: str | None, facts: dict[str, Any], error: Invalid | Conflict) -> Response:
    with reading(doors.actor()) as work:
        found = macros.get_macro(work, macro_id) if macro_id else None
        fields = dict(error.fields) if isinstance(error, Invalid) else {}
        told = "" if fields else error.message
        response = _form(work, found, facts, errors=fields, told=told)
    response.status_code = error.status
    return response


def _form(
    work: Work,
    found: Macro | None,
    facts: Mapping[str, Any],
    *,
    errors: Mapping[str, str] | None = None,
    told: str = "",
) -> Response:
    boss = work.actor.is_supervisor
    teams = [(t.id, t.name) for t in identity.list_teams(work)]
    mine = [(key, name) for key, name in teams if boss or key in work.actor.team_ids]
    audiences = [("own", AUDIENCE_WORDS["own"])]
    audiences += [("team", AUDIENCE_WORDS["team"])] if mine else []
    audiences += [("everybody", AUDIENCE_WORDS["everybody"])] if boss else []
    empty = {"name": "", "description": "", "changes": {}, "add_tags": [], "remove_tags": []}
    return show(
        work,
        "agent/ticket_list/macro.html",
        title=found.name if found else "New macro",
        area="tickets",
        macro=found,
        may=found is None or macros.may_change(work, found),
        form={**empty, "reply": "", "team_id": None, **facts},
        errors=errors or {},
        told=told,
        audiences=audiences,
        own_teams=mine,
        states=[(one, shown.state_word(one)) for one in STATES if one != "new"],
        priorities=[(one, one.capitalize()) for one in reversed(PRIORITIES)],
        queues=shown.queue_choices(work),
        people=[("me", "Whoever uses it"), *shown.colleagues(work)],
        teams=teams,
        types=[(row.key, row.name) for row in types.list_types(work)],
        placeholders=placeholders.PLACEHOLDERS,
    )


def _said(work: Work, name: str, value: Any) -> str:
    if value is None or value == "":
        return "Nobody" if name == "assignee_id" else ""
    if name == "tags":
        return ", ".join(value)
    known: dict[str, Any] = {
        "queue_id": lambda: dict(shown.queue_choices(work)),
        "assignee_id": lambda: identity.names(work, [value]),
        "team_id": lambda: {row.id: row.name for row in identity.list_teams(work)},
        "type": lambda: {row.key: row.name for row in types.list_types(work, active_only=False)},
    }
    if name in ("state", "priority"):
        return shown.state_word(str(value))
    return str(known[name]().get(value, value)) if name in known else str(value)
