"""Serving the web role with gunicorn: threads beside SQLite, gevent beside PostgreSQL.

On SQLite one worker is run without gunicorn's arbiter: the supervisor starts it again when it dies,
so a second watching process would only cost memory. See docs/adr/0001.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.sock import TCP6Socket, TCPSocket

from helpdesk.core import clock, heartbeats
from helpdesk.core.actors import system
from helpdesk.core.config import Settings
from helpdesk.core.work import begin

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger("helpdesk.web")

GRACE_S = 2
KEEP_ALIVE_S = 15
IDLE_CONNECTIONS = 1000
ACTOR = system("web")


class ProgramLog(Logger):
    """gunicorn's messages in the program's own log; no access log (measures count requests)."""

    def setup(self, cfg: Any) -> None:
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)
        self.access_log.propagate = False
        self.access_log.addHandler(logging.NullHandler())


class WebServer(BaseApplication):
    """The application with its server's settings."""

    def __init__(
        self, settings: Settings, bind: str, *, processes: int = 1, made: Flask | None = None
    ) -> None:
        self.settings = settings
        self.made = made
        self.bind = bind
        self.processes = processes
        super().__init__()

    @property
    def threaded(self) -> bool:
        return self.settings.embedded_database

    def load_config(self) -> None:
        chosen: dict[str, Any] = {
            "bind": [self.bind],
            "workers": self.processes,
            "worker_class": "gthread" if self.threaded else "gevent",
            "threads": self.settings.web_threads if self.threaded else 1,
            "worker_connections": self.settings.web_threads + IDLE_CONNECTIONS
            if self.threaded
            else 20_000,
            "backlog": self.settings.web_backlog,
            "timeout": 60,
            "graceful_timeout": GRACE_S,
            "keepalive": KEEP_ALIVE_S,
            "logger_class": ProgramLog,
            "control_socket_disable": True,
            "proc_name": "helpdesk-web",
            # The program reads forwarded headers itself, as HELPDESK_TRUSTED_PROXIES says.
            "forwarded_allow_ips": "",
            "limit_request_line": 8190,
            "limit_request_fields": 100,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        # After gevent has patched the threads.
        from helpdesk.app import create_app, opened, rest_what_is_loaded  # noqa: PLC0415

        if self.made is not None:
            app = opened(self.made, self.settings)
        else:
            app = create_app(self.settings, async_mode="threading" if self.threaded else "gevent")
        rest_what_is_loaded()
        heartbeats.process_id()  # made before threads ask for it
        threading.Thread(target=_beat, name="heartbeat", daemon=True).start()
        return app


def serve(settings: Settings, *, descriptor: int | None = None, processes: int = 1) -> None:
    """Serve until SIGTERM. `descriptor` is an open listening socket, else one is bound."""
    host = f"[{settings.bind}]" if ":" in settings.bind else settings.bind
    bind = f"{host}:{settings.port}" if descriptor is None else f"fd://{descriptor}"
    WebServer(settings, bind, processes=processes).run()


def serve_alone(settings: Settings, listening: socket.socket, made: Flask) -> None:
    """One threaded worker in this very process, until SIGTERM or until the parent is gone."""
    from gunicorn.workers.gthread import ThreadWorker  # noqa: PLC0415

    server = WebServer(settings, "127.0.0.1:0", made=made)
    logger = server.cfg.logger_class(server.cfg)
    kind = TCP6Socket if listening.family == socket.AF_INET6 else TCPSocket
    own = kind(listening.getsockname()[:2], server.cfg, logger, fd=os.dup(listening.fileno()))
    worker = ThreadWorker(1, os.getppid(), [own], server, server.cfg.timeout, server.cfg, logger)
    worker.pid = os.getpid()
    try:
        worker.init_process()
    finally:
        _say_goodbye()
        logging.shutdown()
        # Threads that still hold a socket would keep the process alive.
        os._exit(0)


def _beat() -> None:
    while True:
        try:
            with begin(ACTOR) as work:
                heartbeats.beat(work, "web")
        except Exception:
            log.warning("could not say that this process is alive", exc_info=True)
        clock.sleep(heartbeats.EVERY_S)


def _say_goodbye() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with begin(ACTOR) as work:
            heartbeats.stop(work)
    except Exception:
        log.warning("left without a goodbye", exc_info=True)
