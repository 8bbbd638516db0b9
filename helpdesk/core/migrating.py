"""Brings a database to the schema of this version, and says what is missing.

Runs Alembic from inside the package, without an ini file. Only one process migrates at a time,
so several may start together. The migrations are in `helpdesk/migrations`.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil

from sqlalchemy import Connection

import helpdesk
from helpdesk.core import audit_guard


def import_models() -> None:
    """Load every `helpdesk.<package>.models`, so that the metadata is complete."""
    importlib.import_module("helpdesk.core.tables")
    for package in pkgutil.iter_modules(helpdesk.__path__):
        name = f"helpdesk.{package.name}.models"
        if package.ispkg and importlib.util.find_spec(name):
            importlib.import_module(name)


def prepare(connection: Connection) -> None:
    """What tables need before they can be made."""


def lay_guards(connection: Connection) -> None:
    """What stands beside the tables: triggers on the audit, and the search index."""
    audit_guard.install(connection)
    if importlib.util.find_spec("helpdesk.customers.search"):
        search = importlib.import_module("helpdesk.customers.search")
        if connection.dialect.name == "sqlite":
            search.create_sqlite(connection)
        else:
            search.create_postgresql(connection)
