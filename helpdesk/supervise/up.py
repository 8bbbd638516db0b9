"""`helpdesk up`: everything on one machine, started together, watched, and stopped in order."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import select
import signal
import socket
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk.core import clock
from helpdesk.core.config import KNOWN, Settings
from helpdesk.core.errors import ConfigError
from helpdesk.supervise import demo, installation
from helpdesk.supervise.embedded_redis import EmbeddedRedis
from helpdesk.supervise.progress import Progress, table
from helpdesk.supervise.roles import ENDED, Role

if TYPE_CHECKING:
    from flask import Flask

START_S = 30.0
WATCH_S = 1.0
STOP_WEB_S = 4.0
STOP_S = 3.0
GIVE_UP_AFTER = 3
SMALL_POOL = 3
M_ARENA_MAX = -8  # as in glibc's malloc.h


class Supervisor:
    """Owns the data folder, the listening socket, Redis and the roles; a single thread."""

    def __init__(self, settings: Settings, *, with_demo: bool) -> None:
        self.settings = settings
        self.with_demo = with_demo
        self.progress = Progress()
        self.redis: EmbeddedRedis | None = None
        self.listening: socket.socket | None = None
        self.exchange: socket.socket | None = None  # where a demo's telephone carrier listens
        self.roles: list[Role] = []
        self.made: Flask | None = None  # the pages, where the roles are forked with them
        self.stopping = False
        self.hurry = False
        self._wake_read, self._wake_write = os.pipe()

    def run(self) -> int:
        """From the first line printed to the last process stopped; the exit code."""
        self._listen_to_signals()
        try:
            self._make_ready()
            self._start_roles()
            if self._wait_until_serving():
                self._introduce()
                self._watch()
            return 0 if self.stopping else 1
        except _Stopped:
            return 0
        finally:
            self._stop_all()

    # Making ready

    def _make_ready(self) -> None:
        data = installation.prepare_folder(self.settings.data)
        lock = installation.OneAtATime(data)
        lock.take()
        settings = replace(self.settings, data=data)
        if not settings.secret_key:
            settings = replace(settings, secret_key=installation.own_secret_key(data))
        self.settings = settings = replace(
            settings, demo=self.with_demo or demo.is_filled(settings)
        )
        self.listening = installation.listen(settings.bind, settings.port, settings.web_backlog)
        self.progress.say(f"Data folder {data}")
        if demo.needs_exchange(settings):
            self.exchange = installation.listen("127.0.0.1", 0, settings.web_backlog)
        if not settings.redis_url:
            self.redis = EmbeddedRedis(data / "redis")
            with self.progress.step("Embedded Redis answers"):
                self.settings = replace(self.settings, redis_url=self.redis.start())
        installation.note_run(data, self.settings)
        upgrading = Role("database", self._upgrade)
        upgrading.start()
        gc.disable()
        spare_memory()
        with self.progress.step("Program loaded"):
            load_program()
        self._finish(upgrading)
        touch_database(self.settings)
        if self.exchange is not None:
            self.settings = demo.with_exchange(self.settings, self.exchange)
        if self.with_demo and not demo.is_filled(self.settings):
            filling = Role("demo", self._fill)
            filling.start()
            self._finish(filling)

    def _finish(self, step: Role) -> None:
        """Wait for a step in a child: its connections and memory must not stay here."""
        why = None
        while why is None and not self.stopping:
            why = step.reap()
            clock.sleep(0.01)
        if self.stopping:
            step.send(signal.SIGTERM)
            step.wait(STOP_S)
            raise _Stopped
        if why != ENDED:
            raise ConfigError(f"The step {step.name!r} failed ({why}); the lines above say more.")

    def _upgrade(self) -> None:
        from helpdesk.core import migrating  # noqa: PLC0415  in the child only
        from helpdesk.core.db import Database  # noqa: PLC0415

        database = Database(self.settings.database(), pool=1)
        if not migrating.pending(database):
            self.progress.say("Database is up to date")
            return
        with self.progress.step("Database upgraded"):
            migrating.upgrade(database, lambda name: self.progress.say(f"  migration {name}"))
        database.dispose()

    def _fill(self) -> None:
        from helpdesk.app import compose  # noqa: PLC0415

        compose(self.settings, pool=SMALL_POOL)
        with self.progress.step("Demo data filled in"):
            demo.fill(self.settings, lambda line: self.progress.say(f"  {line}"))

    # Roles

    def _start_roles(self) -> None:
        web = self._serve_threads if self.settings.embedded_database else self._exec_web
        self.roles = [
            Role("web", web),
            Role("worker", lambda: self._background("worker")),
            Role("relay", lambda: self._background("relay")),
            Role("sweeper", lambda: self._background("sweeper")),
        ]
        if self.exchange is not None:
            self.roles.append(Role("exchange", self._serve_exchange))
        if self.settings.embedded_database:
            self._compose_for_all()
        # No collection before the fork, which would leave holes in pages that children then fill
        # and so copy; none in the children over what they share.
        gc.freeze()
        for role in self.roles:
            role.start()

    def _compose_for_all(self) -> None:
        """Composed once for all roles: what each would touch by itself it would have to copy."""
        from helpdesk.app import compose, make_app  # noqa: PLC0415

        compose(self.settings)
        self.made = make_app(self.settings)

    def _serve_threads(self) -> None:
        from helpdesk.supervise.web_server import serve_alone  # noqa: PLC0415

        assert self.listening is not None
        assert self.made is not None
        serve_alone(self.settings, self.listening, self.made)

    def _exec_web(self) -> None:
        """A fresh interpreter, because gevent must patch before anything is loaded."""
        assert self.listening is not None
        descriptor = self.listening.fileno()
        os.set_inheritable(descriptor, True)
        command = [sys.executable, "-m", "helpdesk.cli", "web", "--fd", str(descriptor)]
        os.execve(sys.executable, command, environment(self.settings))  # noqa: S606

    def _serve_exchange(self) -> None:
        from helpdesk.demo import telephones  # noqa: PLC0415

        if self.listening is not None:
            self.listening.close()
        assert self.exchange is not None
        telephones.serve(self.settings, self.exchange)

    def _background(self, name: str) -> None:
        from helpdesk.app import compose, rest_what_is_loaded  # noqa: PLC0415
        from helpdesk.jobs.roles import ROLES  # noqa: PLC0415

        if self.listening is not None:
            self.listening.close()
        if self.made is None:
            compose(self.settings, pool=SMALL_POOL)
        rest_what_is_loaded()
        ROLES[name]()

    def _wait_until_serving(self) -> bool:
        deadline = clock.monotonic() + START_S
        web = self.roles[0]
        while not self.stopping:
            self._tend()
            if serves(self.settings):
                return True
            if web.deaths >= GIVE_UP_AFTER or clock.monotonic() > deadline:
                self.progress.complain("The web role does not come up; the lines above say why.")
                return False
            clock.sleep(0.03)
        return False

    def _introduce(self) -> None:
        self.progress.say(f"Helpdesk runs at {self.settings.base_url}")
        if demo.is_filled(self.settings):
            rows = [("role", "e-mail", "password")]
            users = demo.logins(self.settings)
            rows += [(u["role"], u["email"], u["password"]) for u in users]
            self.progress.plain("\nSign in as one of these:\n")
            self.progress.plain(table(rows))
            self.progress.plain(f"\nStart here: {self.settings.base_url}/demo")
            self.progress.plain(f"Tokens for programs are in {demo.note_path(self.settings)}")
        elif _answers(self.settings, "/setup"):
            self.progress.plain("\nNothing is set up yet: open it in a browser and answer a page")
            self.progress.plain("of questions. Whoever comes first becomes the administrator.")
        self.progress.plain("\nCtrl-C stops everything.")

    # Watching

    def _watch(self) -> None:
        while not self.stopping:
            self._tend()
            self._wait(WATCH_S)

    def _tend(self) -> None:
        """Note who died, and start again who is due."""
        if self.redis is not None and not self.redis.is_alive() and not self.stopping:
            code = self.redis.process.returncode if self.redis.process else 0
            self.progress.complain(f"redis stopped (code {code}); starting it again")
            try:
                self.redis.start()
            except ConfigError as error:
                self.progress.complain(str(error))
        for role in self.roles:
            why = role.reap()
            if why is not None and not self.stopping:
                pause = role.plan_restart()
                when = f"in {pause:.1f} s" if pause else "now"
                self.progress.complain(f"{role.name} stopped ({why}); starting it again {when}")
            if not role.is_running and not self.stopping and clock.monotonic() >= role.again_at:
                role.start()

    def _wait(self, seconds: float) -> None:
        """Until a signal comes (a child that died sends one) or the time is over."""
        soon = [r.again_at - clock.monotonic() for r in self.roles if not r.is_running]
        timeout = max(0.01, min([seconds, *soon]))
        if select.select([self._wake_read], [], [], timeout)[0]:
            os.read(self._wake_read, 4096)

    def _listen_to_signals(self) -> None:
        for descriptor in (self._wake_read, self._wake_write):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._told_to_stop)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def _told_to_stop(self, number: int, frame: object) -> None:
        self.hurry = self.stopping
        self.stopping = True

    # Stopping

    def _stop_all(self) -> None:
        """web first, so that nothing new comes in; redis last, since all others use it."""
        started = clock.monotonic()
        was_running = any(role.is_running for role in self.roles)
        if was_running:
            self.progress.say("Stopping")
        self.stopping = True
        for group, patience in ((self.roles[:1], STOP_WEB_S), (self.roles[1:], STOP_S)):
            for role in group:
                role.send(signal.SIGTERM)
            for role in group:
                if not role.wait(0.1 if self.hurry else patience):
                    role.send(signal.SIGKILL)
                    role.wait(STOP_S)
        if self.redis is not None:
            self.redis.stop()
        for own in (self.listening, self.exchange):
            if own is not None:
                own.close()
        signal.set_wakeup_fd(-1)
        if was_running:
            self.progress.say(f"Stopped ({clock.monotonic() - started:.1f} s)")


class _Stopped(Exception):
    """Told to stop while making ready."""


def load_program() -> None:
    """Everything that the roles need, loaded once; they are forked from here."""
    from sqlalchemy.orm import configure_mappers  # noqa: PLC0415

    # Socket.IO would load these if they are there: a second client for the same server, and a
    # library for clients of its own.
    for unused in ("valkey", "aiohttp"):
        sys.modules.setdefault(unused, None)  # type: ignore[arg-type]
    with _hidden("charset_normalizer", "cryptography"):
        import jwt  # noqa: F401, PLC0415
        import requests  # noqa: F401, PLC0415
    import helpdesk.app  # noqa: PLC0415
    import helpdesk.jobs.roles  # noqa: PLC0415
    import helpdesk.supervise.web_server  # noqa: F401, PLC0415
    from helpdesk.core import migrating  # noqa: PLC0415

    migrating.import_models()
    configure_mappers()


@contextlib.contextmanager
def _hidden(*names: str) -> Iterator[None]:
    """What others load if it is there, and we only for an odd mail or a sealed secret."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        for name in absent:
            del sys.modules[name]


def touch_database(settings: Settings) -> None:
    """What the first statement of a process loads and makes; the connection is closed again."""
    from sqlalchemy import text  # noqa: PLC0415

    from helpdesk.core.db import Database  # noqa: PLC0415

    database = Database(settings.database(), pool=1)
    with database.read_session() as session:
        session.execute(text("SELECT 1"))
    database.dispose()


def spare_memory() -> None:
    """Fewer heaps for threads than glibc makes by itself; Python gains nothing from many."""
    if sys.platform.startswith("linux"):
        with contextlib.suppress(AttributeError, OSError):  # another C library
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


def serves(settings: Settings) -> bool:
    """True when the web role answers `/livez`."""
    return _answers(settings, "/livez")


def _answers(settings: Settings, path: str) -> bool:
    """Whether this page is there (the wizard is only while nobody has an account)."""
    host = "127.0.0.1" if settings.bind in ("0.0.0.0", "::", "") else settings.bind  # noqa: S104
    request = f"GET {path} HTTP/1.0\r\nHost: {_host(settings)}\r\n\r\n"
    try:
        with socket.create_connection((host, settings.port), timeout=1) as line:
            line.sendall(request.encode())
            return b" 200 " in line.recv(64)
    except OSError:
        return False


def _host(settings: Settings) -> str:
    return settings.origin.split("://", 1)[1]


def environment(settings: Settings) -> dict[str, str]:
    """The environment that gives a fresh process the same settings."""
    values = {k: v for k, v in os.environ.items() if k not in KNOWN}
    for name, (attribute, _) in KNOWN.items():
        value = getattr(settings, attribute)
        if isinstance(value, bool):
            value = "1" if value else "0"
        elif isinstance(value, tuple):
            value = ",".join(value)
        values[name] = str(value)
    return values


def up(settings: Settings, *, with_demo: bool) -> int:
    """Run everything until told to stop; the exit code."""
    return Supervisor(settings, with_demo=with_demo).run()


def settle(settings: Settings, *, port: int | None, data: Path | None) -> Settings:
    """Settings with the command's options on top; the address follows the port."""
    if data is not None:
        settings = replace(settings, data=data)
    if port is not None:
        settings = replace(settings, port=port)
    if settings.base_url == Settings().base_url and settings.port != Settings().port:
        settings = replace(settings, base_url=f"http://127.0.0.1:{settings.port}")
    return settings
