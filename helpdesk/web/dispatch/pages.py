"""The board's page, the visit beside it, and a technician's day on paper."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from flask import Response, request
from sqlalchemy import select

from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work, reading
from helpdesk.field_service import commands, permissions, settings
from helpdesk.field_service.models_crew import Territory, VisitType
from helpdesk.routing.models import Skill
from helpdesk.web import doors, security
from helpdesk.web.dispatch import door
from helpdesk.web.dispatch.days import asked_day
from helpdesk.web.dispatch.sheet_view import sheet
from helpdesk.web.dispatch.visit_view import beside
from helpdesk.web.doors import allow
from helpdesk.workflows import dispatch_day

_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_OWN = (
    "block", "day", "drag", "drawer", "filters", "fitting", "keys", "live", "moves", "narrow",
    "placing", "plans", "scale", "timeline", "waiting", "words",
)  # fmt: skip
_SHARED = (
    "core/dialog", "core/drafts", "core/icons", "core/live", "core/menu", "core/palette",
    "core/panes", "core/shortcuts", "core/storage", "core/theme", "core/time", "core/toast",
    "core/toast_place", "agent/net", "agent/signed_out",
)  # fmt: skip
MODULES = (*_SHARED, *(f"dispatch/{name}" for name in _OWN))
STATES = (
    ("booked", "Booked"), ("travelling", "On the way"), ("on_site", "On site"), ("done", "Done"),
    ("at_risk", "Promise at risk"), ("conflict", "With conflicts"), ("locked", "Locked"),
)  # fmt: skip


@door.get("")
@allow("agent", "supervisor", "admin")
def board() -> Response:
    count = 3 if request.args.get("days") == "3" else 1
    with reading(doors.actor()) as work:
        shown = dispatch_day.window(work, asked_day(request.args.get("day")), count)
        given = settings.get(work)
        response = doors.page(
            "dispatch/board.html",
            day=shown.days[0].isoformat(),
            days=count,
            zone=shown.zone,
            tiles=given.tiles,
            tiles_by=given.tiles_by,
            choices=_choices(work),
            modules=MODULES,
            may_change=permissions.can_dispatch(work.actor),
            from_the_road=commands.waiting(work),
        )
    maps = _origin_of(given.tiles)
    response.headers["Content-Security-Policy"] = security.policy(speaks_to=maps, shows=maps)
    return response


@door.get("/visits/<id:visit_id>")
@allow("agent", "supervisor", "admin")
def visit(visit_id: str) -> Response:
    """The visit beside the board."""
    with reading(doors.actor()) as work:
        return doors.fragment("dispatch/visit.html", **beside(work, visit_id))


@door.get("/sheets/<id:technician_id>")
@allow("agent", "supervisor", "admin")
def day_sheet(technician_id: str) -> Response:
    """A day to print, for when phones don't work."""
    with reading(doors.actor()) as work:
        day: date = asked_day(request.args.get("day")) or dispatch_day.window(work, None, 1).days[0]
        told = sheet(work, technician_id, day)
        if told is None:
            raise NotFound("This technician does not exist.")
        return doors.page("dispatch/sheet.html", **told)


def _origin_of(tiles: str) -> list[str]:
    """Of the map that is set up and of nobody else; one of ours needs no leave."""
    try:
        parts = urlsplit(tiles.replace("{s}", "a"))
    except ValueError:
        return []
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.netloc):
        return []
    if "{s}." in tiles:
        return [f"{parts.scheme}://*.{parts.netloc.partition('.')[2]}"]
    return [f"{parts.scheme}://{parts.netloc}"]


def _choices(work: Work) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The filters with what can be chosen; one without choices is left out."""

    def named(key: Any, name: Any, *where: Any) -> list[tuple[str, str]]:
        rows = work.session.execute(select(key, name).where(*where).order_by(name))
        return [(row[0], row[1]) for row in rows]

    found = [
        ("skill", "Skill", named(Skill.id, Skill.name)),
        ("territory", "Area", named(Territory.id, Territory.name, Territory.is_active)),
        ("type", "Type", named(VisitType.id, VisitType.name, VisitType.is_active)),
        ("state", "State", list(STATES)),
    ]
    return [one for one in found if one[2]]
