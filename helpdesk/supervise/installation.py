"""The data folder of an installation: private, with its secret key, one `up` at a time.

Not for what is in the database.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from helpdesk.core import clock
from helpdesk.core.config import Settings
from helpdesk.core.errors import ConfigError

LOCK_PATIENCE_S = 3.0


def prepare_folder(data: Path) -> Path:
    """Make the folder if it is not there, readable by its owner alone; the absolute path."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if data.stat().st_mode & 0o077:
            data.chmod(0o700)
        probe = data / ".write-test"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise ConfigError(
            f"The data folder {data} cannot be used: {error.strerror}. Choose another with --data, "
            "or give this user the right to write there."
        ) from error
    return data.resolve()


def own_secret_key(data: Path) -> str:
    """The key kept in the folder; made on the first start."""
    path = data / "secret_key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_text("ascii").strip()
        if len(key) < 32:
            raise ConfigError(
                f"{path} is damaged. Put the former key back, or set HELPDESK_SECRET_KEY."
            ) from None
        return key
    with os.fdopen(descriptor, "w") as file:
        key = secrets.token_urlsafe(48)
        file.write(key + "\n")
    return key


class OneAtATime:
    """The lock of a data folder. Every process of the installation inherits it."""

    def __init__(self, data: Path) -> None:
        self._path = data / "lock"
        self._descriptor = -1

    def take(self) -> None:
        """Wait a moment for processes that are just ending; ConfigError names who has it."""
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = clock.monotonic() + LOCK_PATIENCE_S
        while not self._try():
            if clock.monotonic() > deadline:
                holder = os.pread(self._descriptor, 20, 0).decode("ascii", "replace").strip()
                os.close(self._descriptor)
                raise ConfigError(
                    f"Helpdesk already runs over {self._path.parent} (process {holder or '?'}). "
                    "Stop it first, or choose another folder with --data."
                )
            clock.sleep(0.05)
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    def _try(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def listen(host: str, port: int, backlog: int) -> socket.socket:
    """The socket that visitors come to. It stays open while the web role is started again."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise ConfigError(
            f"Port {port} on {host} cannot be used: {error.strerror}. Stop the program that uses "
            "it, or choose another with --port."
        ) from error
    listening.listen(backlog)
    return listening


RUN_NOTE = "run.json"


def note_run(data: Path, settings: Settings) -> None:
    """Write down where this run can be reached, for `helpdesk check` and single roles."""
    note = {
        "pid": os.getpid(),
        "url": settings.base_url,
        "port": settings.port,
        "database_url": settings.database(),
        "redis_url": settings.redis_url,
    }
    path = data / RUN_NOTE
    path.touch(mode=0o600)
    path.write_text(json.dumps(note), "utf-8")


def read_note(data: Path) -> Mapping[str, Any]:
    """What the last run wrote down; empty when there was none."""
    try:
        note = json.loads((data / RUN_NOTE).read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def complete(settings: Settings) -> Settings:
    """Fill in what a single role needs from the data folder of a running installation."""
    data = settings.data
    note = read_note(data)
    given: dict[str, Any] = {}
    if not settings.secret_key and (data / "secret_key").exists():
        given["secret_key"] = own_secret_key(data)
    if not settings.redis_url and note.get("redis_url"):
        given["redis_url"] = note["redis_url"]
    if settings.base_url == Settings().base_url and note.get("url"):
        given["base_url"] = note["url"]
    if settings.port == Settings().port and note.get("port"):
        given["port"] = note["port"]
    return replace(settings, **given)
