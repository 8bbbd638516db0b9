"""Brings a database to the schema of this version, and says what is missing.

Runs Alembic from inside the package, without an ini file. Only one process migrates at a time, in
one transaction, so several may start together and a failure leaves the database as it was. The
migrations are in `helpdesk/migrations`; their ids are numbers that rise.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

import helpdesk
from helpdesk.core import audit_guard
from helpdesk.core.db import Base, Database

if TYPE_CHECKING:
    from alembic.config import Config

HOME = Path(helpdesk.__path__[0]) / "migrations"
VERSIONS = HOME / "versions"
FIRST = VERSIONS / "0001_first.py"
LOCK = 5_477_310_912  # PostgreSQL's advisory lock of this program


@functools.cache
def import_models() -> None:
    """Load every `helpdesk.<package>.models`, so that the metadata is complete."""
    importlib.import_module("helpdesk.core.tables")
    for package in pkgutil.iter_modules(helpdesk.__path__):
        name = f"helpdesk.{package.name}.models"
        if package.ispkg and importlib.util.find_spec(name):
            importlib.import_module(name)


def known() -> list[str]:
    """Names of all migrations of this version, in order."""
    return sorted(path.stem for path in VERSIONS.glob("[0-9]*.py"))


def current(database: Database) -> str:
    """The id of the last migration that this database has had; empty for a new one."""
    with database.read_engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return ""
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return str(found or "")


def pending(database: Database) -> list[str]:
    """Migrations that this database still needs; empty when it is up to date (or newer)."""
    at = current(database)
    return [name for name in known() if name.split("_")[0] > at]


def upgrade(database: Database, progress: Callable[[str], None] = lambda line: None) -> list[str]:
    """Run what is pending; answers the names of the migrations it ran."""
    if not pending(database):
        return []
    from alembic import command  # noqa: PLC0415  only loaded where something is to be done

    import_models()
    with _alone(database) as connection:
        # Whoever waited for the lock finds the work done.
        ours = [n for n in known() if n.split("_")[0] > _version(connection)]
        for name in ours:
            progress(name)
            command.upgrade(_config(connection), name.split("_")[0])
    return ours


def new_revision(database: Database, message: str) -> Path:
    """For developers: write the difference between the models and this database as a migration."""
    from alembic import command  # noqa: PLC0415

    import_models()
    number = f"{len(known()) + 1:04d}"
    with _alone(database) as connection:
        made = command.revision(
            _config(connection), message=message, autogenerate=True, rev_id=number
        )
    assert made is not None
    assert not isinstance(made, list)
    return Path(made.path)


def lay_guards(connection: Connection) -> None:
    """What stands beside the tables: triggers on the audit, and the search index."""
    audit_guard.install(connection)
    # By name, because the ground floor knows no subject.
    importlib.import_module("helpdesk.customers.search").create(connection)
    importlib.import_module("helpdesk.search.port").create(connection)


def create_from_models(database: Database) -> None:
    """The whole schema straight from the models, for tests of what migrations lead to."""
    import_models()
    with database.engine.begin() as connection:
        Base.metadata.create_all(connection)
        lay_guards(connection)


def _version(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """A connection in a transaction that no other migrating process can be in."""
    with database.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        if database.is_sqlite:
            # Tables are rebuilt under their old names, which must not follow foreign keys. This
            # pragma has to come before BEGIN IMMEDIATE, which then is the lock.
            raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                if not database.is_sqlite:
                    connection.execute(text("SET LOCAL statement_timeout = 0"))
                    connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
                yield connection
                if database.is_sqlite:
                    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
                    if broken is not None:
                        raise RuntimeError(f"a migration broke a foreign key: {broken}")
        finally:
            if database.is_sqlite:
                raw.execute("PRAGMA foreign_keys=ON")


def _config(connection: Connection) -> Config:
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(HOME).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config
