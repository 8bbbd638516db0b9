"""Who has the dispatch board open hears which of its rows are old. Not for what they say now."""

from __future__ import annotations

from typing import Any

from flask_socketio import SocketIO, join_room

from helpdesk.core.errors import Forbidden
from helpdesk.field_service import permissions
from helpdesk.realtime.acks import Answer, answered
from helpdesk.realtime.agent import seat_here
from helpdesk.realtime.frames import AGENT, BOARD


def register(sockets: SocketIO) -> None:
    sockets.on_event("board.watch", _watch, namespace=AGENT)


@answered
def _watch(payload: dict[str, Any]) -> Answer:
    seat = seat_here()
    seat.others.take()
    if not permissions.can_see_board(seat.actor):
        raise Forbidden("The board is for the desk.")
    join_room(BOARD)
    return {}
