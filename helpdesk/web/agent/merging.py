"""Two records that may be one person: compare, choose field by field, merge, undo, or say no."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import merge as merges
from helpdesk.customers import queries, suggestions
from helpdesk.customers.merge_choices import ACCOUNTS
from helpdesk.customers.models import Organisation
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.agent.card import Plain, try_change
from helpdesk.web.agent.conversation_view import people
from helpdesk.web.agent.shell import show
from helpdesk.web.agent.work_pane import name_or_unknown
from helpdesk.web.bodies import form_body, query_text
from helpdesk.web.doors import allow

MOVED = {
    "conversation": "conversations",
    "work_item": "pieces of work",
    "visitor": "browsers",
    "customer_note": "notes",
    "timeline_entry": "timeline entries",
    "app_user": "sign-ins",
}


@door.get("/duplicates")
@allow("agent", "supervisor", "admin")
def duplicates() -> Response:
    """Every pair that may be one person, the surest first."""
    with reading(doors.actor()) as work:
        page = queries.suggestions(work, cursor=query_text("cursor") or None, limit=25)
        return show(
            work, "agent/duplicates.html", title="Possible duplicates", area="customers", page=page
        )


@door.get("/customers/<id:customer_id>/merge/<id:other_id>")
@allow("agent", "supervisor", "admin")
def merge_form(customer_id: str, other_id: str) -> Response:
    with reading(doors.actor()) as work:
        return _form(work, customer_id, other_id, {}, {})


@door.post("/customers/<id:customer_id>/merge/<id:other_id>")
@allow("agent", "supervisor", "admin")
def merge(customer_id: str, other_id: str) -> Response:
    """`customer_id` stays. Each field of the form is `choice.FIELD` = kept, merged (or both)."""
    chosen = {
        name.removeprefix("choice."): value
        for name, value in request.form.items()
        if name.startswith("choice.")
    }
    try:
        with begin(doors.actor()) as work:
            done = merges.merge(work, customer_id, other_id, chosen)
            path = f"/desk/customers/{done.kept_id}?merged={done.id}"
    except Invalid as error:
        with reading(doors.actor()) as work:
            response = _form(work, customer_id, other_id, chosen, error.fields)
            response.status_code = 400
            return response
    return doors.go(path)


def _form(
    work: Work, kept: str, merged: str, chosen: dict[str, str], errors: dict[str, str]
) -> Response:
    preview = merges.preview(work, kept, merged)
    names = people(work, {preview.kept.owner_id, preview.merged.owner_id})
    for side in (preview.kept, preview.merged):
        if side.organisation_id:
            found = work.session.get(Organisation, side.organisation_id)
            names[side.organisation_id] = found.name if found else ""
    return show(
        work,
        "agent/merge.html",
        title="Merge two records",
        area="customers",
        preview=preview,
        names=(name_or_unknown(preview.kept.name), name_or_unknown(preview.merged.name)),
        differing=[f for f in preview.fields if f.kept != f.merged or f.must_choose],
        same=sum(f.kept == f.merged for f in preview.fields),
        moves=[(MOVED.get(k, k.replace("_", " ")), n) for k, n in preview.moves.items() if n],
        chosen=chosen,
        errors=errors,
        value=lambda value: _value(value, names),
        accounts=ACCOUNTS,
    )


def _value(value: Any, names: dict[str, str]) -> str:
    """A field's value in words; empty where there is none."""
    if value is True or value is False:
        return "Yes" if value else "No"
    if value is None or value == "":
        return ""
    return names.get(str(value), str(value))


@door.post("/merges/<id:merge_id>/undo")
@allow("agent", "supervisor", "admin")
def undo_merge(merge_id: str) -> Response:
    """Both records stand again; what people changed since stays as it is."""
    form_body(Plain)
    with begin(doors.actor()) as work:
        undone = merges.undo(work, merge_id)
        path = f"/desk/customers/{undone.kept.id}"
    return doors.go(path)


@door.post("/customers/<id:customer_id>/duplicates/<id:suggestion_id>/dismiss")
@allow("agent", "supervisor", "admin")
def dismiss_duplicate(customer_id: str, suggestion_id: str) -> Response:
    form_body(Plain)
    return try_change(customer_id, lambda work: suggestions.dismiss(work, suggestion_id))
