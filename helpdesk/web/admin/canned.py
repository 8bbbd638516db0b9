"""Canned replies: the list, one reply, and a reply as a customer would read it."""

from __future__ import annotations

from typing import Any

from flask import Response

from helpdesk.channels import canned
from helpdesk.channels.models import CannedReply
from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.identity import queries, teams
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow

HERE = "canned"
SHAPE = Shape(texts=("shortcut", "title", "text", "team"))
LABELS = {"shortcut": "Shortcut", "title": "Title", "text": "Text", "team": "For"}
SHOWN_NAME = "Sam Carter"


@door.get("/canned")
@allow("admin", "supervisor")
def canned_list() -> Response:
    return _list()


@door.get("/canned/new")
@allow("admin", "supervisor")
def new_canned() -> Response:
    with reading(doors.actor()) as work:
        return _page(work, None, dict.fromkeys(SHAPE.texts, ""))


@door.post("/canned/new")
@allow("admin", "supervisor")
def add_canned() -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            canned.create_reply(work, **_facts(work, given.values))
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            refused = frame.refusal(error)
            return _page(work, None, given.values, error.status, given=given, **refused)
    return doors.go("/admin/canned?note=added")


@door.get("/canned/<id:reply_id>")
@allow("admin", "supervisor")
def canned_reply(reply_id: str) -> Response:
    with reading(doors.actor()) as work:
        reply = canned.get_reply(work, reply_id)
        return _page(work, reply, _values(reply))


@door.post("/canned/<id:reply_id>")
@allow("admin", "supervisor")
def save_canned(reply_id: str) -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            facts = _facts(work, given.values)
            canned.change_reply(work, reply_id, version=given.version, **facts)
    except (Invalid, Conflict) as error:
        return _again(reply_id, given, error)
    return doors.go("/admin/canned?note=saved")


@door.post("/canned/<id:reply_id>/remove")
@allow("admin", "supervisor")
def remove_canned(reply_id: str) -> Response:
    """Answers the list with the way back: the same reply made anew."""
    with begin(doors.actor()) as work:
        reply = canned.get_reply(work, reply_id)
        was = canned.remove_reply(work, reply_id, version=reply.version)
    return _list(removed=was)


@door.post("/canned/preview")
@allow("admin", "supervisor")
def preview_canned() -> Response:
    given = forms.read(SHAPE)
    return doors.fragment("admin/_canned_preview.html", filled=_filled(given.values["text"]))


def _list(**extra: Any) -> Response:
    wanted = query_text("q").lower()
    with reading(doors.actor()) as work:
        rows = [
            reply
            for reply in canned.every_reply(work)
            if not wanted or wanted in f"{reply.shortcut} {reply.title} {reply.text}".lower()
        ]
        team_names = {row.id: row.name for row in queries.list_teams(work)}
    values = {"rows": rows, "team_names": team_names, "q": query_text("q"), "removed": None}
    return show("canned.html", HERE, **{**values, **extra})


def _again(reply_id: str, given: Given, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        reply = canned.get_reply(work, reply_id)
        if error.code != "stale":
            refused = frame.refusal(error)
            return _page(work, reply, given.values, error.status, given=given, **refused)
        now = _values(reply)
        shown, change = frame.stale(work, "canned_reply", reply_id, given, now, LABELS)
        return _page(work, reply, shown, 409, stale=change, dirty=True)


def _page(
    work: Work,
    reply: CannedReply | None,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    **extra: Any,
) -> Response:
    stored = _values(reply) if reply else dict.fromkeys(SHAPE.texts, "")
    return show(
        "canned_reply.html",
        HERE,
        status,
        reply=reply,
        form=form,
        was=forms.as_was(given.was if given else stored),
        version=given.version if given else reply.version if reply else 0,
        teams=forms.choices(queries.list_teams(work)),
        filled=_filled(form["text"]),
        longest=canned.LONGEST_TEXT,
        **{"dirty": given is not None, **extra},
    )


def _facts(work: Work, form: Values) -> dict[str, Any]:
    team_id = teams.get_team(work, form["team"]).id if form["team"] else None
    return {
        "shortcut": form["shortcut"],
        "title": form["title"],
        "text": form["text"],
        "team_id": team_id,
    }


def _filled(text: str) -> str:
    return canned.fill(text, name=SHOWN_NAME, agent=doors.reader().public_name)


def _values(reply: CannedReply) -> Values:
    facts = canned.facts_of(reply)
    return {
        "shortcut": facts["shortcut"],
        "title": facts["title"],
        "text": facts["text"],
        "team": facts["team_id"] or "",
    }
