"""New rows wait, and go to the database together: on PostgreSQL in one statement for all tables.

A transaction hands its rows to `Waiting`; they are sent before the first statement that could see
or need them, at a savepoint's borders, and at the latest before the commit. So nobody who reads in
the same transaction can tell the difference. Not for rows that may be there already
(`db.insert_if_absent`) and not for changes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

import orjson
from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    Executable,
    Table,
    TypeDecorator,
    event,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import instance_state, set_committed_value
from sqlalchemy.sql import visitors

from helpdesk.core import driver, joining

Row = dict[str, Any]
Shape = tuple[tuple[Table, tuple[str, ...]], ...]
Statement = TypeVar("Statement", bound=Executable)

_WAITING = "rows_waiting"
_TOUCHES = "touches"


class Waiting:
    """The rows of one transaction that are not sent yet."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection.execution_options(**{_WAITING: self})
        self._rows: dict[tuple[Table, tuple[str, ...]], list[Row]] = {}
        self._last: dict[tuple[Table, tuple[str, ...]], list[Row]] = {}
        self._objects: list[tuple[Any, Row]] = []
        self.tables: set[str] = set()

    def add(self, table: Table, values: Row, stands_for: object = None) -> None:
        """`stands_for` is the session's object of this row: what changes in it is sent as well."""
        if stands_for is not None:
            self._objects.append((stands_for, values))
        self._rows.setdefault((table, tuple(values)), []).append(values)
        self.tables.add(table.name)

    def add_last(self, table: Table, values: Row) -> None:
        """One that nothing in this transaction reads or refers to: it waits for the end."""
        self._last.setdefault((table, tuple(values)), []).append(values)

    def holds(self, one: object) -> bool:
        return any(waits is one for waits, _ in self._objects)

    def come_clean(self, session: Session) -> None:
        """Before the end: no object whose row waits is left for the session to look at."""
        for one in self._catch_up():
            joining.has_no_changes(session, one)

    def _catch_up(self) -> list[Any]:
        """Take over what was set in objects since, so that no UPDATE has to follow the INSERT."""
        changed = []
        for one, values in self._objects:
            state = instance_state(one)
            if state.modified:
                changed.append(one)
            for name in list(state.committed_state):
                if name in values:
                    values[name] = state.dict[name]
                    set_committed_value(one, name, values[name])
        return changed

    def send(self) -> None:
        """Send what could be seen; once it fails, the transaction is over."""
        if self._rows:
            self._catch_up()
            self._objects.clear()
            rows, self._rows = self._rows, {}
            self.tables.clear()
            write(self._connection, rows)

    def send_all(self) -> None:
        for place, rows in self._last.items():
            self._rows.setdefault(place, []).extend(rows)
        self._last = {}
        self.send()

    def forget(self) -> None:
        """The savepoint since which they wait is taken back."""
        self._rows.clear()
        self._objects.clear()
        self.tables.clear()


def write(
    connection: Connection,
    rows: Mapping[tuple[Table, tuple[str, ...]], list[Row]],
    *,
    unless_there: bool = False,
) -> None:
    """Insert rows of several tables; what they refer to may be among them, in any order.

    `unless_there`: a row that a unique index already holds is left out.
    """
    places = sorted(rows, key=lambda place: (_rank(place[0]), place[1]))
    if connection.dialect.name == "sqlite":
        for place in places:
            statement, processors = _one_by_one(connection.dialect, *place, unless_there)
            values = [_bound(row, processors) for row in rows[place]]
            driver.send(connection, statement, values, many=True).close()
        return
    texts = [_text(place[0], rows[place]) for place in places]
    driver.send(connection, _together(tuple(places), unless_there), texts).close()


def send_waiting(connection: Connection) -> None:
    """Send what a transaction's rows on this connection have waiting, if any do."""
    _act(connection, Waiting.send)


def send_before(connection: Connection, touches: frozenset[str]) -> None:
    """Send what waits on this connection if a statement that touches these tables could see it."""
    waiting: Waiting | None = connection.get_execution_options().get(_WAITING)
    if waiting is not None and not touches.isdisjoint(waiting.tables):
        waiting.send()


def is_marked(statement: Any) -> bool:
    """Whether it says already what it could see."""
    return _TOUCHES in statement.get_execution_options()


def touched_by(statement: Any) -> frozenset[str]:
    """What a statement was marked with."""
    touches: frozenset[str] = statement.get_execution_options()[_TOUCHES]
    return touches


def watch(engine: Engine) -> None:
    """Make every statement of this engine's transactions send first what it could see."""

    @event.listens_for(engine, "before_execute")
    def look(
        connection: Connection, clause: Any, many: Any, one: Any, options: Mapping[str, Any]
    ) -> None:
        waiting: Waiting | None = options.get(_WAITING)
        if waiting is not None and waiting.tables:
            touches = options.get(_TOUCHES)
            if touches is None or not touches.isdisjoint(waiting.tables):
                waiting.send()

    @event.listens_for(engine, "savepoint")
    def enter(connection: Connection, name: str) -> None:
        _act(connection, Waiting.send)

    @event.listens_for(engine, "rollback_savepoint")
    def go_back(connection: Connection, name: str, context: Any) -> None:
        _act(connection, Waiting.forget)


class SessionWithRows(Session):
    """What it refuses at the end of a savepoint is still refused within it."""


@event.listens_for(SessionWithRows, "before_commit")
def _leave_savepoint(session: Session) -> None:
    if session.in_nested_transaction():
        send_waiting(session.connection())


def _act(connection: Connection, what: Callable[[Waiting], None]) -> None:
    waiting: Waiting | None = connection.get_execution_options().get(_WAITING)
    if waiting is not None:
        what(waiting)


def touching(statement: Statement, *tables: type[Any]) -> Statement:
    """Mark a statement composed once: only rows of these tables have to be sent before it.

    Without tables given: those that it names, and those that the foreign keys of what it changes
    point to.
    """
    touched = [table.__table__ for table in tables]
    if not touched:
        parts = visitors.iterate(cast(Any, statement))
        touched = [one for one in parts if isinstance(one, Table)]
        if not getattr(statement, "is_select", False):
            touched += [key.column.table for table in touched for key in table.foreign_keys]
    return _with_touches(statement, touched)


def needing_nothing(statement: Statement) -> Statement:
    """Mark a statement composed once that is right also while this transaction's rows wait."""
    return _with_touches(statement, ())


def _with_touches(statement: Statement, tables: Sequence[Table]) -> Statement:
    names = frozenset(table.name for table in tables)
    return statement.execution_options(**{_TOUCHES: names})


@functools.lru_cache(maxsize=500)
def _one_by_one(
    dialect: Dialect, table: Table, columns: tuple[str, ...], unless_there: bool
) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """SQLite's own words for one row, and how each value is bound; four times as fast as composing.

    The types' own processors, so that what is stored is what any other statement would store.
    """
    quote = dialect.identifier_preparer.quote
    given = ", ".join(quote(table.c[name].name) for name in columns)
    marks = ", ".join("?" for _ in columns)
    conflict = " ON CONFLICT DO NOTHING" if unless_there else ""
    kinds = ((name, table.c[name].type.dialect_impl(dialect)) for name in columns)
    processors = tuple((name, kind.bind_processor(dialect)) for name, kind in kinds)
    statement = f"INSERT INTO {quote(table.name)} ({given}) VALUES ({marks}){conflict}"  # noqa: S608
    return statement, processors


def _bound(row: Row, processors: tuple[tuple[str, Any], ...]) -> tuple[Any, ...]:
    return tuple(make(row[name]) if make else row[name] for name, make in processors)


@functools.cache
def defaults(table: Table) -> tuple[tuple[str, Any], ...]:
    """Every column with the value, or the maker of values, that it has where none is given."""
    found = []
    for column in table.columns:
        default: Any = getattr(column.default, "arg", None)
        if callable(default):
            make = default
            default = lambda make=make: make(None)  # noqa: E731  SQLAlchemy wraps `dict` so
        found.append((column.key, default))
    return tuple(found)


@functools.cache
def _fallbacks(table: Table) -> tuple[tuple[str, Any], ...]:
    return tuple((name, default) for name, default in defaults(table) if default is not None)


def completed(table: Table, values: Row) -> Row:
    """The values given, with the defaults of columns that were left out."""
    for name, default in _fallbacks(table):
        if name not in values:
            values[name] = default() if callable(default) else default
    return values


def _rank(table: Table) -> int:
    """Tables stand after those that they refer to."""
    return _ranks(table)[table.name]


@functools.cache
def _ranks(table: Table) -> dict[str, int]:
    return {one.name: place for place, one in enumerate(table.metadata.sorted_tables)}


@functools.cache
def _together(shape: Shape, unless_there: bool) -> str:
    """One statement that inserts into all these tables, from a JSON text of rows for each."""
    quote = postgresql.dialect().identifier_preparer.quote  # type: ignore[no-untyped-call]
    conflict = " ON CONFLICT DO NOTHING" if unless_there else ""
    parts = []
    for table, columns in shape:
        name, given = quote(table.name), ", ".join(quote(column) for column in columns)
        parts.append(
            f"INSERT INTO {name} ({given}) SELECT {given}"  # noqa: S608  names of our own tables
            f" FROM json_populate_recordset(NULL::{name}, %s::json){conflict}"
        )
    if len(parts) == 1:
        return parts[0]
    before = ", ".join(f"r{place} AS ({part})" for place, part in enumerate(parts[:-1]))
    return f"WITH {before} {parts[-1]}"


def _text(table: Table, rows: Sequence[Row]) -> str:
    for name in _instants(table):
        for row in rows:
            value = row.get(name)
            if value is not None and value.tzinfo is None:
                raise ValueError("a time without a time zone cannot be stored")
    return orjson.dumps(rows).decode()


@functools.cache
def _instants(table: Table) -> tuple[str, ...]:
    return tuple(c.key for c in table.columns if isinstance(_plain(c.type), DateTime))


def _plain(kind: Any) -> Any:
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind
