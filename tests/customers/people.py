"""Actors, records and measuring for the tests of the customer record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event, insert, select

import helpdesk.channels.models
import helpdesk.identity.models
import helpdesk.routing.models  # noqa: F401 - all tables with customers are known
from helpdesk.channels.models import Conversation
from helpdesk.core.actors import Actor, system
from helpdesk.core.db import Base, Database
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.customers import service
from helpdesk.customers.models import Customer

HOLDERS = ("conversation", "visitor", "work_item", "app_user")

AGENT = Actor("user", "01900000-0000-7000-8000-0000000000a1", "agent")
OTHER_AGENT = Actor("user", "01900000-0000-7000-8000-0000000000a2", "agent")
SUPERVISOR = Actor("user", "01900000-0000-7000-8000-0000000000b1", "supervisor")
ADMIN = Actor("user", "01900000-0000-7000-8000-0000000000c1", "admin")
TECHNICIAN = Actor("user", "01900000-0000-7000-8000-0000000000d1", "technician")
VISITOR = Actor("visitor", "01900000-0000-7000-8000-0000000000e1")
SYSTEM = system("tests")
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def a_customer(work: Work, name: str, *points: tuple[str, str], **more: Any) -> Customer:
    return service.create_customer(work, name=name, contact_points=points, **more)


def a_conversation(work: Work, customer_id: str) -> str:
    id_ = new_id()
    work.session.execute(
        insert(Conversation).values(
            id=id_,
            channel="chat",
            state="ended",
            customer_id=customer_id,
            opened_at=work.at,
            reason="",
            answers={},
        )
    )
    return id_


def dump(work: Work, *, without: tuple[str, ...] = ("version",)) -> dict[str, list[Any]]:
    """Every row that belongs to customers, in a form that can be compared."""
    work.session.flush()
    found = {}
    tables = ("customer", "contact_point", "customer_tag", "customer_note", *HOLDERS)
    for name in tables:
        table = Base.metadata.tables[name]
        columns = [column for column in table.columns if column.name not in without]
        rows = [tuple(map(_comparable, row)) for row in work.session.execute(select(*columns))]
        found[name] = sorted(rows)
    return found


def _comparable(value: Any) -> str:
    # The order of keys in JSON means nothing.
    return repr(sorted(value.items()) if isinstance(value, dict) else value)


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that reach the database inside the block."""
    seen: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    # On PostgreSQL the reading engine is a view of the other and tells its listeners.
    engines = [database.engine, *([database.read_engine] if database.is_sqlite else [])]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
