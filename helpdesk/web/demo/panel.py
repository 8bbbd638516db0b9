"""`/demo`: what to try, who to sign in as, and buttons that make visitors come.

Only where the demo company lives, and only for this machine or a supervisor: elsewhere it is not
there. What the buttons do is handed in by the composition root, since it stands above the doors.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, Protocol, cast

from flask import Blueprint, Response, current_app, jsonify, request

from helpdesk.core.errors import NotFound
from helpdesk.web import doors
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow

door = Blueprint("demo", __name__, url_prefix="/demo")
EXTENSION = "helpdesk.traffic"
ROLES = {
    "admin": ("Administrator", "/admin", "Admin"),
    "supervisor": ("Supervisor", "/floor", "Floor"),
    "agent": ("Agent", "/desk", "Desk"),
    "technician": ("Technician", "/tech", "My day"),
    "customer": ("Customer", "/portal", "Portal"),
}


class Traffic(Protocol):
    """What the panel needs of `helpdesk.demo.traffic`."""

    lines: Iterable[tuple[datetime, str]]

    @property
    def steady(self) -> bool: ...
    @property
    def colleagues(self) -> bool: ...
    def is_there(self) -> bool: ...
    def start(self) -> None: ...
    def figures(self) -> dict[str, int]: ...
    def visitors(self, count: int) -> int: ...
    def visitor_leaves(self) -> str | None: ...
    def browser_dies(self) -> bool: ...
    def agent_declines(self) -> bool: ...
    def set_steady(self, on: bool) -> None: ...
    def set_colleagues(self, on: bool) -> None: ...
    def clear(self) -> None: ...
    def callers(self) -> list[dict[str, str]]: ...
    def whose(self, number: str) -> dict[str, str] | None: ...


class Wish(Body, frozen=True):
    """Which button was pressed."""

    action: Literal["visitor", "ten", "leaves", "dies", "declines", "steady", "colleagues", "clear"]


@door.get("")
@allow("public")
def panel() -> Response:
    traffic = traffic_here()
    traffic.start()
    return doors.page(
        "demo/panel.html",
        state=_state(traffic),
        logins=_logins(),
        roles=ROLES,
        telephones=doors.settings().has_exchange,
    )


@door.get("/state")
@allow("public")
def state() -> Response:
    return jsonify(_state(traffic_here()))


@door.post("/do")
@allow("public")
def do() -> Response:
    traffic = traffic_here()
    wish = form_body(Wish)
    traffic.start()
    told = _DO[wish.action](traffic)
    if request.accept_mimetypes.best == "application/json":
        return jsonify({"told": told, **_state(traffic)})
    return doors.go("/demo")


def _visitors(traffic: Traffic, count: int) -> str:
    come = traffic.visitors(count)
    if come == 0:
        return "Sixty visitors are here already. That is the most."
    return "A visitor writes" if come == 1 else f"{come} visitors write"


def _leaves(traffic: Traffic) -> str:
    name = traffic.visitor_leaves()
    return f"{name} leaves" if name else "No simulated visitor is here. Let one write first."


def _dies(traffic: Traffic) -> str:
    if traffic.browser_dies():
        return "Mia comes to the desk. Watch what happens to her chat."
    return "Mia is still at it. Try again in a minute."


def _declines(traffic: Traffic) -> str:
    if traffic.agent_declines():
        return "Oskar comes to the desk and will decline"
    return "Oskar is still at it. Try again in a minute."


def _steady(traffic: Traffic) -> str:
    traffic.set_steady(not traffic.steady)
    return "Steady traffic is on" if traffic.steady else "Steady traffic is off"


def _colleagues(traffic: Traffic) -> str:
    on = not traffic.colleagues
    traffic.set_colleagues(on)
    return "Hanna and Paul come to work" if on else "Hanna and Paul go home"


def _clear(traffic: Traffic) -> str:
    traffic.clear()
    return "All simulated visitors and agents go"


_DO = {
    "visitor": lambda traffic: _visitors(traffic, 1),
    "ten": lambda traffic: _visitors(traffic, 10),
    "leaves": _leaves,
    "dies": _dies,
    "declines": _declines,
    "steady": _steady,
    "colleagues": _colleagues,
    "clear": _clear,
}


def traffic_here() -> Traffic:
    """The traffic, for whom it is meant; for everybody else there is no such page."""
    found = cast("Traffic | None", current_app.extensions.get(EXTENSION))
    if found is None or not (_is_near() or doors.actor().is_supervisor) or not found.is_there():
        raise NotFound()
    return found


def _is_near() -> bool:
    """Whether the browser runs on this very machine."""
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _logins() -> list[dict[str, Any]]:
    """The logins that were noted when the data was filled in; not for everybody who may come."""
    if not (_is_near() or doors.actor().is_admin):
        return []
    try:
        note = json.loads((doors.settings().data / "demo.json").read_text("utf-8"))
        return [user for user in note["users"] if user.get("role") in ROLES]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _state(traffic: Traffic) -> dict[str, Any]:
    return {
        "figures": traffic.figures(),
        "steady": traffic.steady,
        "colleagues": traffic.colleagues,
        "lines": [{"at": at.isoformat(), "text": text} for at, text in list(traffic.lines)],
    }
