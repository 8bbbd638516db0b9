"""REST: conferences, looked at, spoken to as a whole, and ended."""

from __future__ import annotations

from helpdesk.exchange import conferencing
from helpdesk.exchange.calls import Jump
from helpdesk.exchange.rest.requests import Asked, Takes, dates, not_found, within, wrong
from helpdesk.exchange.rest.resources import PAGING, Json, Listed, Route, of_room
from helpdesk.exchange.rooms import Room
from helpdesk.exchange.switch import Switch
from helpdesk.exchange.values import METHOD, absolute_url, anything, one_of

_LISTED = Takes(
    PAGING
    | dates("DateCreated", "DateUpdated")
    | {"FriendlyName": anything, "Status": one_of("init", "in-progress", "completed")}
)
UPDATED = Takes(
    {"Status": one_of("completed"), "AnnounceUrl": absolute_url, "AnnounceMethod": METHOD}
)


def listed(switch: Switch, asked: Asked) -> Listed:
    found = [
        room
        for room in switch.rooms.values()
        if within(asked, "DateCreated", room.created_at)
        and within(asked, "DateUpdated", room.updated_at)
        and asked.get("Status") in {"", room.status}
        and asked.get("FriendlyName") in {"", room.name}
    ]
    return Listed("conferences", [of_room(switch, room) for room in reversed(found)])


def get_room(switch: Switch, asked: Asked) -> Room:
    room = switch.rooms.get(asked.ids[0])
    if room is None:
        raise not_found(asked.path)
    return room


def fetch(switch: Switch, asked: Asked) -> Json:
    return of_room(switch, get_room(switch, asked))


def update(switch: Switch, asked: Asked) -> Json:
    room = get_room(switch, asked)
    if room.status == "completed":
        raise wrong(13235, "The conference is over")
    if "Status" in asked:
        conferencing.end(switch, room, "conference-ended-via-api")
    elif "AnnounceUrl" in asked:
        jump = Jump(asked.get("AnnounceUrl"), asked.get("AnnounceMethod", "POST"))
        conferencing.announce(switch, room, list(room.participants.values()), jump)
    return of_room(switch, room)


ROUTES: list[Route] = [
    ("GET", "Conferences", _LISTED, listed),
    ("GET", "Conferences/{sid}", Takes(), fetch),
    ("POST", "Conferences/{sid}", UPDATED, update),
]
