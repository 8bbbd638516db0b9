"""Fixtures over real services. What each gives, from small to large:

`database`      an empty database with all tables, current for `begin`/`reading`; each test runs on
                SQLite and on PostgreSQL (`@pytest.mark.postgres`: only there; `--database=sqlite`
                narrows a run). Observers are wired, announcers are not.
`redis_url`     an emptied Redis of this worker; `redis_server` is the server, to be killed.
`settings`      Settings over both, with a data folder of the test's own.
`app`, `client` the composed Flask application and its test client.
`clock_at`      `clock_at(instant)` moves `core.clock` for the rest of the test (this thread).
`start_server`  `start_server("sqlite" or "postgres", roles=...)`: a running installation.
`server`        one for a whole test module (SQLite, or by indirect parameter "postgres").
`page`          a fresh Chromium page; `page_errors` lists what its console complained about.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from sqlalchemy import make_url

from helpdesk import wiring
from helpdesk.core import aside, clock, db, redis, secrets, work
from helpdesk.core.config import Settings
from helpdesk.core.db import Database
from helpdesk.supervise.embedded_redis import EmbeddedRedis
from tests.real import browser as chromium
from tests.real import postgres, schema
from tests.real import redis as real_redis
from tests.real.server import Installation

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from playwright.sync_api import Browser, ConsoleMessage, Page

# Or every process that a test starts would compile the whole program anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A slow machine is no finding.
hypothesis.settings.register_profile(
    "suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")

OUT = Path(__file__).parent / "_out"
PATIENCE_MS = 20_000  # a page on a busy machine; one that is right answers in a few
KEY = "a key for tests only, as long as it has to be: 0123456789"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=["sqlite", "postgres", "both"],
        default="both",
        help="which database the tests with a database run on",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" not in metafunc.fixturenames:
        return
    own = [m.args[0] for m in metafunc.definition.iter_markers("parametrize")]
    if any("database" in str(names).split(",") for names in own):
        return
    wanted = metafunc.config.getoption("--database")
    kinds = ["sqlite", "postgres"] if wanted == "both" else [wanted]
    if metafunc.definition.get_closest_marker("postgres"):
        kinds = ["postgres"]
    metafunc.parametrize("database", kinds, indirect=True)


SLOW_PARTS = frozenset({"server", "start_server", "own_postgres", "browser"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that start servers and browsers come first, so that no worker is left with one."""
    slow = {i.path for i in items if SLOW_PARTS & set(getattr(i, "fixturenames", ()))}
    items.sort(key=lambda item: item.path not in slow)


def _run(config: pytest.Config) -> int:
    """The process of the whole test run; workers are its children."""
    return os.getppid() if hasattr(config, "workerinput") else os.getpid()


def _place(config: pytest.Config) -> Path:
    """The folder for what all workers of a run share."""
    return Path(tempfile.gettempdir()) / f"hd-run-{_run(config)}"


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgres.end_shared(_place(config))
        shutil.rmtree(_place(config), ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    if report.when == "call" and report.failed:
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, Installation):
                report.sections.append(("processes of the installation", value.logs()))
        if page := getattr(item, "funcargs", {}).get("page"):
            OUT.mkdir(exist_ok=True)
            path = OUT / f"{item.name.replace('/', '_')[:100]}.png"
            try:
                page.screenshot(path=path)
                report.sections.append(("picture of the page", str(path)))
            except Exception as error:
                report.sections.append(("no picture of the page", str(error)))
    return report


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    """The name of this pytest-xdist worker, "main" without."""
    return str(getattr(request.config, "workerinput", {}).get("workerid", "main"))


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> postgres.PostgresServer:
    """The PostgreSQL of this test run, for all workers: do not stop it, make your own for that."""
    if postgres.find_binaries() is None:
        pytest.skip(postgres.HOW_TO_GET)
    return postgres.shared(_place(request.config), _run(request.config))


@pytest.fixture
def own_postgres() -> Iterator[postgres.PostgresServer]:
    """A PostgreSQL of the test's own, to be killed and started again."""
    if postgres.find_binaries() is None:
        pytest.skip(postgres.HOW_TO_GET)
    server = postgres.PostgresServer.make(durable=True)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def _postgres_url(postgres_server: postgres.PostgresServer, worker: str) -> str:
    return schema.postgres_database(postgres_server, f"helpdesk_{worker}")


@pytest.fixture(scope="session")
def _fast_folder() -> Iterator[Path]:
    """In memory where the machine allows it: SQLite syncs at each commit."""
    shm = Path("/dev/shm")
    where = shm if shm.is_dir() and os.access(shm, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="hd-db-", dir=where) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def _sqlite_template(_fast_folder: Path) -> Path:
    return schema.sqlite_template(_fast_folder / "template.db")


@pytest.fixture(scope="session")
def _engines() -> Iterator[dict[str, Database]]:
    """This worker's engines by URL: they remember the statements that they have composed."""
    kept: dict[str, Database] = {}
    yield kept
    for one in kept.values():
        one.dispose()


def _opened(engines: dict[str, Database], url: str) -> Database:
    if url not in engines:
        engines[url] = Database(url, pool=4)
    return engines[url]


@pytest.fixture
def database(request: pytest.FixtureRequest, _engines: dict[str, Database]) -> Iterator[Database]:
    if request.param == "sqlite":
        folder = request.getfixturevalue("_fast_folder")
        path = folder / "test.db"
        for old in folder.glob("test.db*"):
            old.unlink()
        shutil.copyfile(request.getfixturevalue("_sqlite_template"), path)
        opened = _opened(_engines, f"sqlite:///{path}")
    else:
        url = request.getfixturevalue("_postgres_url")
        server = request.getfixturevalue("postgres_server")
        schema.empty(server, str(make_url(url).database))
        opened = _opened(_engines, url)
    opened.remembered.clear()
    db.use(opened)
    secrets.configure(KEY)
    wiring.register()
    work.silence()
    for observer in wiring.observers():
        work.observe(observer)
    yield opened
    work.silence()
    db.use(None)
    opened.dispose()


@pytest.fixture(scope="session")
def _redis_of_worker() -> Iterator[EmbeddedRedis]:
    with real_redis.running() as server:
        yield server


@pytest.fixture
def redis_server(_redis_of_worker: EmbeddedRedis) -> Iterator[EmbeddedRedis]:
    """This worker's Redis, emptied and running; a test may kill it and start it again."""
    if not _redis_of_worker.is_alive():
        _redis_of_worker.start()
    redis.configure(_redis_of_worker.url)
    redis.client().flushall()
    yield _redis_of_worker
    redis.close()


@pytest.fixture
def redis_url(redis_server: EmbeddedRedis) -> str:
    return redis_server.url


@pytest.fixture
def settings(database: Database, redis_url: str, tmp_path: Path) -> Settings:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    return Settings(
        data=data,
        secret_key=KEY,
        base_url="http://localhost",
        database_url=database.url,
        redis_url=redis_url,
    )


@pytest.fixture(scope="session")
def _application() -> list[Flask]:
    """The one application of this worker, once made: a thousand routes and all the templates."""
    return []


@pytest.fixture
def app(settings: Settings, database: Database, _application: list[Flask]) -> Flask:
    """Over this test's own database and folders. Tests that add views make one of their own."""
    from helpdesk.app import compose, create_app
    from helpdesk.workflows import articles_seen, telephone_hearing

    telephone_hearing.use(aside.at_once)  # a test's clock is that of its own thread
    articles_seen.use(aside.at_once)
    if not _application:
        _application.append(create_app(settings, async_mode="threading", sockets=False))
    compose(settings)
    assert db.current() is database
    application = _application[0]
    application.testing = True
    application.extensions["helpdesk"] = settings
    return application


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def clock_at() -> Iterator[Callable[[datetime], None]]:
    with ExitStack() as moves:

        def move(at: datetime) -> None:
            moves.enter_context(clock.moved_to(at))

        yield move


@pytest.fixture
def start_server(request: pytest.FixtureRequest) -> Iterator[Callable[..., Installation]]:
    with ExitStack() as running:
        yield _starter(request, running)


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Installation]:
    with ExitStack() as running:
        yield _starter(request, running)(getattr(request, "param", "sqlite"))


def _starter(request: pytest.FixtureRequest, running: ExitStack) -> Callable[..., Installation]:
    def start(kind: str = "sqlite", **given: Any) -> Installation:
        url = ""
        if kind == "postgres":
            pg = request.getfixturevalue("postgres_server")
            name = f"helpdesk_{uuid.uuid4().hex}"
            url = pg.create_database(name)
            running.callback(pg.sql, f'DROP DATABASE "{name}" WITH (FORCE)')
        installation = Installation(url, **given)
        running.callback(installation.stop_all)
        installation.start_all()
        return installation

    return start


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium.find()
    if path is None:
        if chromium.is_required():
            pytest.fail(chromium.HOW_TO_GET)
        pytest.skip(chromium.HOW_TO_GET)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        yield started
        started.close()


@pytest.fixture
def page_errors() -> list[str]:
    """What pages opened in this test wrote to the console as an error, or threw."""
    return []


def told(said: ConsoleMessage) -> str:
    """What a console said, and of which address."""
    return f"{said.text} {said.location.get('url', '')}".rstrip()


@pytest.fixture
def new_page(browser: Browser, page_errors: list[str]) -> Iterator[Callable[..., Page]]:
    """`new_page(**context_options)`: one more browser with cookies of its own."""
    with ExitStack() as contexts:

        def make(**options: Any) -> Page:
            context = browser.new_context(**options)
            contexts.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.on("pageerror", lambda error: page_errors.append(error.stack or str(error)))
            page.on(
                "console",
                lambda said: page_errors.append(told(said)) if said.type == "error" else None,
            )
            return page

        yield make


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()
