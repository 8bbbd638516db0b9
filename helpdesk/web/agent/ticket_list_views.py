"""Saved views on the desk: keep a filter under a name, share it, put it in order, remove it."""

from __future__ import annotations

from flask import Response, request

from helpdesk.core.errors import Invalid
from helpdesk.core.work import begin, reading
from helpdesk.identity import queries as identity
from helpdesk.tickets import filters, views
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.agent import ticket_list_view as shown
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow

NAMES = (*filters.LISTS, "scope")


@door.get("/tickets/views/save")
@allow("agent", "supervisor", "admin")
def ticket_view_form() -> Response:
    """The dialog that asks for a name, for the list in the address."""
    with reading(doors.actor()) as work:
        asked = shown.asked(work)
        mine = work.actor.team_ids
        boss = views.may_share_with_all(work)
        teams = [(t.id, t.name) for t in identity.list_teams(work) if boss or t.id in mine]
        return doors.fragment(
            "agent/ticket_list/_save.html", asked=asked, teams=teams, boss=boss, error=""
        )


@door.post("/tickets/views")
@allow("agent", "supervisor", "admin")
def save_ticket_view() -> Response:
    """A new view of the filter in the form, or the same one anew (`id`, `version`)."""
    form = request.form
    wanted = filters.from_lists({name: form.getlist(name) for name in NAMES})
    facts = {
        "name": form.get("name", "")[:200],
        "filter": wanted,
        "sort": form.get("sort", "")[:12],
        "audience": form.get("audience", "own")[:12],
        "team_id": form.get("team_id", "")[:36] or None,
    }
    with begin(doors.actor()) as work:
        if form.get("id"):
            version = _number(form.get("version", ""))
            view = views.change_view(work, form["id"][:36], version=version, **facts)  # type: ignore[arg-type]
        else:
            view = views.save_view(work, **facts)  # type: ignore[arg-type]
    return doors.go(f"/desk/tickets?view={view.key}")


@door.post("/tickets/views/<id:view_id>/remove")
@allow("agent", "supervisor", "admin")
def remove_ticket_view(view_id: str) -> Response:
    with begin(doors.actor()) as work:
        views.remove_view(work, view_id)
    return doors.go("/desk/tickets")


@door.post("/tickets/views/<id:view_id>/move")
@allow("agent", "supervisor", "admin")
def move_ticket_view(view_id: str) -> Response:
    """One place up or down in the list at the side."""
    up = query_text("to") != "down"
    with begin(doors.actor()) as work:
        views.move_view(work, view_id, up=up)
    return doors.go(f"/desk/tickets?view={view_id}")


def _number(text: str) -> int:
    if not text.isdigit() or len(text) > 9:
        raise Invalid(fields={"version": "Load the view again."})
    return int(text)
