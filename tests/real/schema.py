"""Empty databases with all tables, made quickly.

The tables come from the models, which are what the program uses; tests/test_migrations.py proves
that the migrations lead to the same ones.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from helpdesk.core import migrating
from helpdesk.core.db import Database
from tests.real.postgres import PostgresServer

EMPTY = """
DO $$
DECLARE one record; filled boolean;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR one IN SELECT relname FROM pg_class
             WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', one.relname) INTO filled;
    IF filled THEN EXECUTE format('TRUNCATE %I RESTART IDENTITY CASCADE', one.relname); END IF;
  END LOOP;
END $$
"""


def sqlite_template(path: Path) -> Path:
    database = Database(f"sqlite:///{path}")
    migrating.create_from_models(database)
    with database.engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
    database.dispose()
    return path


def sqlite_copy(template: Path, path: Path) -> Database:
    shutil.copyfile(template, path)
    return Database(f"sqlite:///{path}")


def postgres_database(server: PostgresServer, name: str) -> str:
    """A database with the schema for this worker; its URL."""
    url = server.create_database(name)
    database = Database(url, pool=1)
    migrating.create_from_models(database)
    database.dispose()
    return url


def empty(server: PostgresServer, name: str) -> None:
    """Throw out the rows of the last test, and whoever is still connected."""
    server.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    )
    server.sql(EMPTY, name)
