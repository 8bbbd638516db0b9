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

ENDED = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
# Tests leave a few rows in a few tables. Deleting them is much cheaper than truncating, which makes
# new files for the table and each of its indexes; the files are made anew only once in a while.
EMPTY = """
DO $$
DECLARE one record; filled boolean;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR one IN SELECT relname, pg_relation_size(oid) AS bytes FROM pg_class
             WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
  LOOP
    IF one.bytes > 0 THEN
      IF one.bytes > 100000 THEN
        EXECUTE format('TRUNCATE %I RESTART IDENTITY CASCADE', one.relname);
      ELSE
        EXECUTE format('DELETE FROM %I', one.relname);
      END IF;
    END IF;
  END LOOP;
  FOR one IN SELECT sequencename FROM pg_sequences
             WHERE schemaname = 'public' AND last_value IS NOT NULL
  LOOP
    EXECUTE format('ALTER SEQUENCE %I RESTART', one.sequencename);
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
    server.sql_all([ENDED, EMPTY], name)
