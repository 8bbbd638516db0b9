"""Teams: who belongs together, by name and by members."""

from __future__ import annotations

from typing import Any

from flask import Response

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.identity import queries, teams
from helpdesk.identity.models import Team
from helpdesk.routing import queries as routing
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame, lookups
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow

HERE = "teams"
SHAPE = Shape(texts=("name",), lists=("members", "queues"))
LABELS = {"name": "Name", "members": "Members", "queues": "Queues"}
BLANK: Values = {"name": "", "members": [], "queues": []}


@door.get("/teams")
@allow("admin")
def teams_list() -> Response:
    return _list()


@door.get("/teams/new")
@allow("admin")
def new_team() -> Response:
    with reading(doors.actor()) as work:
        return _page(work, None, BLANK)


@door.post("/teams/new")
@allow("admin")
def add_team() -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            team_id = teams.create_team(work, given.values["name"]).id
            teams.set_members(work, team_id, given.values["members"])
            teams.set_queues(work, team_id, _known_queues(work, given.values["queues"]))
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            refused = frame.refusal(error)
            return _page(work, None, given.values, error.status, given=given, **refused)
    return doors.go("/admin/teams?note=added")


@door.get("/teams/<id:team_id>")
@allow("admin")
def team(team_id: str) -> Response:
    with reading(doors.actor()) as work:
        found = teams.get_team(work, team_id)
        return _page(work, found, _values(work, found))


@door.post("/teams/<id:team_id>")
@allow("admin")
def save_team(team_id: str) -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            found = teams.get_team(work, team_id)
            if found.version != given.version:
                raise Conflict("Somebody changed this team meanwhile.", code="stale")
            if found.name != given.values["name"]:
                teams.rename_team(work, team_id, given.values["name"])
            now = {row.id for row in queries.team_members(work, team_id)}
            was, mine = given.was.get("members", []), given.values["members"]
            teams.set_members(work, team_id, lookups.changed_membership(now, was, mine))
            teams.set_queues(work, team_id, _known_queues(work, given.values["queues"]))
    except (Invalid, Conflict) as error:
        return _again(team_id, given, error)
    return doors.go("/admin/teams?note=saved")


@door.post("/teams/<id:team_id>/remove")
@allow("admin")
def remove_team(team_id: str) -> Response:
    """Answers the list with the way back: the same team made anew."""
    with begin(doors.actor()) as work:
        found = teams.get_team(work, team_id)
        was = _values(work, found)
        teams.remove_team(work, team_id)
    return _list(removed=was)


def _list(**extra: Any) -> Response:
    with reading(doors.actor()) as work:
        rows = queries.list_teams(work)
    return show("teams.html", HERE, rows=rows, **{"removed": None, **extra})


def _again(team_id: str, given: Given, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        found = teams.get_team(work, team_id)
        if error.code != "stale":
            refused = frame.refusal(error)
            return _page(work, found, given.values, error.status, given=given, **refused)
        now = _values(work, found)
        shown, change = frame.stale(work, "team", team_id, given, now, LABELS)
        return _page(work, found, shown, 409, stale=change, dirty=True)


def _page(
    work: Work,
    found: Team | None,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    **extra: Any,
) -> Response:
    stored = _values(work, found) if found else BLANK
    return show(
        "team.html",
        HERE,
        status,
        team=found,
        form=form,
        was=forms.as_was(given.was if given else stored),
        version=given.version if given else found.version if found else 0,
        people=lookups.staff(work),
        queues=forms.choices(routing.queues(work)),
        **{"dirty": given is not None, **extra},
    )


def _values(work: Work, found: Team) -> Values:
    """Members who were deactivated are not on the form; they stay as they are."""
    members = sorted(row.id for row in queries.team_members(work, found.id) if row.is_active)
    return {"name": found.name, "members": members, "queues": sorted(found.queue_ids)}


def _known_queues(work: Work, queue_ids: list[str]) -> list[str]:
    known = {row.id for row in routing.queues(work)}
    if not known.issuperset(queue_ids):
        raise Invalid(fields={"queues": "Choose queues from the list."})
    return queue_ids
