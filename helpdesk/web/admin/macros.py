"""Shared macros in the set-up: a way to them. They are edited on the desk, where they are used."""

from __future__ import annotations

from flask import Response

from helpdesk.core.work import reading
from helpdesk.identity import queries as identity
from helpdesk.tickets import macros
from helpdesk.web import doors
from helpdesk.web.admin import door
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow


@door.get("/macros")
@allow("admin", "supervisor")
def macros_list() -> Response:
    with reading(doors.actor()) as work:
        rows = [row for row in macros.every_macro(work) if row.audience != "own"]
        teams = {row.id: row.name for row in identity.list_teams(work)}
        return show("macros.html", "macros", rows=rows, teams=teams)
