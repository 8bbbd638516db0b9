"""A real running installation for tests: every role a process of its own, killable one by one.

It is started by the program's own commands over a data folder in /tmp, so what tests see is what an
operator gets. `helpdesk up` has tests of its own (tests/test_supervise.py). `by_itself`: each
command is loaded for itself, as on many machines; else they are forked from one that is loaded, as
`helpdesk up` does it.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from helpdesk.core.config import Settings
from helpdesk.core.db import Database
from helpdesk.supervise.embedded_redis import EmbeddedRedis
from tests.real import starting
from tests.real.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
ROLES = ("web", "relay", "sweeper", "worker")
PATIENCE_S = 90.0


@functools.cache
def _migrated() -> Path:
    """Where this test run keeps a file that `helpdesk db upgrade` has made, once it has."""
    folder = tempfile.mkdtemp(prefix="hd-migrated-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder) / "helpdesk.db"


class Installation:
    """`.url` answers while `web` runs. Roles: web, relay, sweeper, worker, and redis."""

    def __init__(
        self,
        database_url: str = "",
        *,
        roles: tuple[str, ...] = ROLES,
        extra: Mapping[str, str] | None = None,
        by_itself: bool = False,
    ) -> None:
        """`extra` is what its environment says besides."""
        self.home = Path(tempfile.mkdtemp(prefix="hd-server-"))
        self.home.chmod(0o700)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.roles = roles
        self.secret_key = secrets.token_urlsafe(48)
        self.database_url = database_url or f"sqlite:///{self.home / 'helpdesk.db'}"
        self.redis = EmbeddedRedis(self.home / "redis")
        self.by_itself = by_itself
        self.processes: dict[str, subprocess.Popen[bytes] | starting.Started] = {}
        self.extra: dict[str, str] = dict(extra or {})
        self.words: dict[str, tuple[str, ...]] = {}
        self._database: Database | None = None

    @property
    def database(self) -> Database:
        """A connection of the test's own to the same database."""
        if self._database is None:
            self._database = Database(self.database_url, pool=2)
        return self._database

    @property
    def settings(self) -> Settings:
        """What the running processes were told."""
        return Settings(
            data=self.home,
            secret_key=self.secret_key,
            base_url=self.url,
            database_url=self.database_url,
            redis_url=self.redis.url,
            port=self.port,
        )

    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("HELPDESK_")}
        return {
            **kept,
            "HELPDESK_DATA": str(self.home),
            "HELPDESK_SECRET_KEY": self.secret_key,
            "HELPDESK_BASE_URL": self.url,
            "HELPDESK_PORT": str(self.port),
            "HELPDESK_WEB_THREADS": "64",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis.url,
            "PYTHONPATH": str(ROOT),
            **self.extra,
        }

    def command(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run one `helpdesk` command in this installation."""
        return subprocess.run(
            [sys.executable, "-m", "helpdesk.cli", *words],
            input=given,
            env=self.environment(),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def start_all(self) -> None:
        self.redis.start()
        self._make_tables()
        for role in self.roles:
            self.start(role, wait=False)
        if "web" in self.roles:
            self.wait_until_serving()

    def _make_tables(self) -> None:
        """By the program's own command; a second file of SQLite is a copy of what that had made."""
        path = self.home / "helpdesk.db"
        is_file = self.database_url == f"sqlite:///{path}"
        if is_file and not self.by_itself and _migrated().exists():
            shutil.copyfile(_migrated(), path)
            return
        upgraded = self._launch(["db", "upgrade"], self.home / "upgrade.log")
        if upgraded.wait(60):
            raise RuntimeError(self.logs())
        if is_file and not path.with_name("helpdesk.db-wal").exists():
            shutil.copyfile(path, _migrated())

    def start(self, role: str, *, wait: bool = True) -> None:
        """Start a role that does not run."""
        if role == "redis":
            self.redis.start()
            return
        words = [role, *self.words.get(role, ())]
        self.processes[role] = self._launch(words, self.home / f"{role}.log")
        if role == "web" and wait:
            self.wait_until_serving()

    def _launch(self, words: list[str], log: Path) -> subprocess.Popen[bytes] | starting.Started:
        patched = words[0] == "web" and not self.database_url.startswith("sqlite")
        if not (self.by_itself or patched):
            return starting.start(words, environment=self.environment(), log=log)
        with log.open("ab") as out:
            return subprocess.Popen(
                [sys.executable, "-m", "helpdesk.cli", *words],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=self.environment(),
                cwd=ROOT,
                start_new_session=True,
            )

    def kill(self, role: str) -> None:
        """kill -9 of a role with all its processes, as a crash would be."""
        if role == "redis":
            self.redis.kill()
            return
        self._signal(role, signal.SIGKILL)

    def stop(self, role: str) -> None:
        """An orderly stop."""
        if role == "redis":
            self.redis.stop()
            return
        self._signal(role, signal.SIGTERM)

    def _signal(self, role: str, number: signal.Signals) -> None:
        process = self.processes.pop(role)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def wait_until_serving(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not self.is_serving():
            if self.processes["web"].poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the web process does not answer\n{self.logs()}")
            time.sleep(0.05)

    def is_serving(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/livez", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def logs(self) -> str:
        """The last lines of every process, for the report of a failed test."""
        parts = []
        for path in sorted(self.home.glob("*.log")):
            lines = path.read_text("utf-8", "replace").splitlines()[-60:]
            parts.append("\n".join([f"--- {path.stem}", *lines]))
        return "\n".join(parts)

    def stop_all(self) -> None:
        for role in list(self.processes):
            self.stop(role)
        self.redis.stop()
        if self._database is not None:
            self._database.dispose()
        shutil.rmtree(self.home, ignore_errors=True)
