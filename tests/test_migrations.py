"""Migrations lead to the very schema of the models, on both databases, whoever runs them."""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from helpdesk.core import audit_guard, migrating
from helpdesk.core.db import Database
from tests.real.postgres import PostgresServer

EmptyDatabase = Callable[[str], Database]


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmptyDatabase]:
    """`empty("name")`: a database without any table."""
    opened: list[Database] = []
    made: list[str] = []

    def make(name: str) -> Database:
        if request.param == "sqlite":
            database = Database(f"sqlite:///{tmp_path / name}.db")
        else:
            server: PostgresServer = request.getfixturevalue("postgres_server")
            full = f"{name}_{request.getfixturevalue('worker')}"
            database = Database(server.create_database(full), pool=2)
            made.append(full)
        opened.append(database)
        return database

    yield make
    for database in opened:
        database.dispose()
    for full in made:
        request.getfixturevalue("postgres_server").sql(f'DROP DATABASE "{full}" WITH (FORCE)')


SQLITE = "SELECT type || ' ' || name, sql FROM sqlite_master WHERE sql IS NOT NULL"
POSTGRES = (
    """SELECT 'column ' || table_name || '.' || column_name,
              concat_ws(' ', data_type, character_maximum_length, is_nullable, column_default,
                        is_identity)
       FROM information_schema.columns WHERE table_schema = 'public'""",
    "SELECT 'index ' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    """SELECT 'constraint ' || conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
       FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    """SELECT 'trigger ' || tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid)
       FROM pg_trigger WHERE NOT tgisinternal""",
)


def shape(database: Database) -> dict[str, str]:
    """Everything the database says about itself, but for Alembic's own table."""
    with database.read_engine.connect() as connection:
        rows = []
        for question in (SQLITE,) if database.is_sqlite else POSTGRES:
            rows += [(str(name), str(told)) for name, told in connection.execute(text(question))]
    return {name: _sorted(told) for name, told in rows if "alembic_version" not in name}


def _sorted(told: str) -> str:
    """One line, its parts in order: Alembic writes constraints in another order than SQLAlchemy."""
    parts = re.sub(r"\s+", " ", told).removesuffix(" )").split(", ")
    return ", ".join(sorted(parts))


def test_migrations_lead_to_the_schema_of_the_models(empty: EmptyDatabase) -> None:
    """If this fails, the models have changed: run scripts/first_migration.py."""
    migrated, wanted = empty("migrated"), empty("wanted")
    migrating.upgrade(migrated)
    migrating.create_from_models(wanted)

    assert shape(migrated) == shape(wanted)


def test_a_new_database_needs_everything_and_an_upgraded_one_nothing(empty: EmptyDatabase) -> None:
    database = empty("fresh")
    told: list[str] = []

    assert migrating.pending(database) == migrating.known()
    assert migrating.upgrade(database, told.append) == migrating.known()
    assert told == migrating.known()
    assert migrating.pending(database) == []
    assert migrating.upgrade(database) == []
    assert migrating.current(database) == migrating.known()[-1].split("_")[0]


def _upgrade(url: str, done: multiprocessing.Queue[int]) -> None:
    database = Database(url, pool=1)
    done.put(len(migrating.upgrade(database)))
    database.dispose()


def test_processes_that_start_together_upgrade_once(empty: EmptyDatabase) -> None:
    database = empty("together")
    method = multiprocessing.get_context("spawn")
    done: multiprocessing.Queue[int] = method.Queue()
    processes = [
        method.Process(target=_upgrade, args=(database.url, done))  # type: ignore[attr-defined]
        for _ in range(3)
    ]
    for process in processes:
        process.start()
    ran = sorted(done.get(timeout=60) for _ in processes)
    for process in processes:
        process.join(10)

    assert ran == [0, 0, len(migrating.known())]
    assert [p.exitcode for p in processes] == [0, 0, 0]


def test_a_failing_migration_leaves_the_database_as_it_was(
    empty: EmptyDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = empty("failing")

    def fail(connection: object) -> None:
        raise RuntimeError("no room left")

    with monkeypatch.context() as patched:
        patched.setattr(migrating, "lay_guards", fail)
        with pytest.raises(RuntimeError, match="no room left"):
            migrating.upgrade(database)
    assert shape(database) == {}

    migrating.upgrade(database)
    assert migrating.pending(database) == []


@pytest.mark.parametrize("table", audit_guard.TABLES)
@pytest.mark.parametrize(
    "statement", ["UPDATE {table} SET {column} = {column}", "DELETE FROM {table}"]
)
def test_K7_the_audit_refuses_change_and_removal(
    database: Database, table: str, statement: str
) -> None:
    column = "action" if table == "audit_entry" else "hash"
    insert = {
        "audit_entry": "INSERT INTO audit_entry (id, at, actor, action, subject_kind, details) "
        "VALUES ('01890000-0000-7000-8000-000000000001', '2026-01-01', 'x', 'x', 'x', '{}')",
        "audit_seal": "INSERT INTO audit_seal (position, entry_id, hash) "
        "VALUES (1, '01890000-0000-7000-8000-000000000001', 'x')",
    }[table]
    with database.engine.begin() as connection:
        connection.execute(text(insert))

    with (
        pytest.raises(DBAPIError, match=audit_guard.REFUSAL),
        database.engine.begin() as connection,
    ):
        connection.execute(text(statement.format(table=table, column=column)))

    with database.engine.connect() as connection:
        assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 1


@pytest.mark.postgres
def test_K7_the_audit_refuses_truncate(database: Database) -> None:
    with (
        pytest.raises(DBAPIError, match=audit_guard.REFUSAL),
        database.engine.begin() as connection,
    ):
        connection.execute(text("TRUNCATE audit_entry"))
