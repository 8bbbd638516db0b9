"""The Socket.IO server: its settings, its namespaces, and what runs beside it in a web process.

Websocket only, so no sticky sessions are needed; `pulse` tells of a dead browser.
Handlers of one client run one after the other, so its messages keep their order.
"""

from __future__ import annotations

import logging
import threading
from typing import Any, Literal

import orjson
from flask import Flask
from flask_socketio import SocketIO
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from helpdesk.core import clock
from helpdesk.core.actors import system
from helpdesk.core.config import Settings
from helpdesk.core.heartbeats import process_id
from helpdesk.core.tables import EventRow
from helpdesk.core.work import reading
from helpdesk.realtime import agent, board, calls, pulse, rechecking, visitor
from helpdesk.realtime.frames import AGENT
from helpdesk.realtime.half_open import Door
from helpdesk.realtime.hub import hub
from helpdesk.workflows.call_repair import SocketCheck

LARGEST_FRAME = 100_000
GHOSTS_EVERY_S = 4
RECHECK_ROUNDS = 5
WEB = system("web")

log = logging.getLogger(__name__)


class PlainJson:
    """orjson in the shape that the library expects; refuses deep nesting instead of recursing."""

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        return orjson.dumps(value).decode()

    @staticmethod
    def loads(text: str | bytes, **_: Any) -> Any:
        return orjson.loads(text)


def attach(app: Flask, settings: Settings, async_mode: Literal["threading", "gevent"]) -> SocketIO:
    """Put the socket server in front of `app` and start what a web process does beside it."""
    pulse.install()
    sockets = SocketIO(
        app,
        async_mode=async_mode,
        async_handlers=False,
        manage_session=False,
        json=PlainJson,
        transports=["websocket"],
        ping_interval=pulse.FAR_S,
        ping_timeout=pulse.ANSWER_S,
        monitor_clients=False,  # the pulse does
        max_http_buffer_size=LARGEST_FRAME,
        cors_allowed_origins=_allowed_origins(settings),
        http_compression=False,
        allow_upgrades=False,
        always_connect=False,
    )
    entrance = Door(app.wsgi_app, "/socket.io")
    app.wsgi_app = entrance  # type: ignore[method-assign, assignment]
    visitor.register(sockets)
    agent.register(sockets, settings)
    calls.register(sockets, settings)
    board.register(sockets)
    hub.on_command = lambda name, facts: _obey(sockets, name, facts)
    hub.serve(sockets)
    for name, loop in (
        ("recheck", lambda: _recheck_for_ever(sockets, entrance)),
        ("gap-watch", _watch_for_gaps),
    ):
        threading.Thread(target=loop, name=name, daemon=True).start()
    return sockets


def _allowed_origins(settings: Settings) -> Any:
    """Pages of our own only: the widget lives in a frame of ours too. No Origin: a program."""

    def allowed(origin: str | None, environ: dict[str, Any]) -> bool:
        own = f"{environ.get('wsgi.url_scheme')}://{environ.get('HTTP_HOST')}"
        return origin in (settings.origin, own)

    return allowed


def _obey(sockets: SocketIO, name: str, facts: dict[str, Any]) -> None:
    if name == "recheck":
        _recheck(sockets, agent.seats_of(str(facts.get("user_id"))))


def _recheck(sockets: SocketIO, seats: list[agent.Seat]) -> None:
    """Close the sockets whose session, token, role or account is gone."""
    try:
        leaving = rechecking.unwelcome(seats)
    except SQLAlchemyError:
        return  # the database is away: nobody can act now anyway
    for seat in leaving:
        sockets.server.disconnect(seat.sid, namespace=AGENT)


def _recheck_for_ever(sockets: SocketIO, entrance: Door) -> None:
    rounds, legs = 0, SocketCheck(process_id())
    while True:
        clock.sleep(GHOSTS_EVERY_S)
        rounds += 1
        entrance.shut_out()
        try:
            agent.forget_ghosts()
            legs.look(agent.open_sids() | visitor.open_sids())
        except SQLAlchemyError:
            log.warning("could not close the sockets that are gone; trying again")
        if rounds % RECHECK_ROUNDS == 0:
            _recheck(sockets, agent.seats_of())


def _watch_for_gaps() -> None:
    """While Redis is away, look whether anything happened, and let the clients ask for it."""
    last: int | None = None
    while True:
        clock.sleep(1.0)
        if hub.listener is not None and hub.listener.connected:
            last = None
            continue
        try:
            with reading(WEB) as work:
                newest = work.session.scalar(select(func.max(EventRow.seq))) or 0
        except SQLAlchemyError:
            continue
        if last is not None and newest != last:
            hub.resync()
        last = newest
