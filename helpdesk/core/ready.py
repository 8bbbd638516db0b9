"""Statements composed once that the busiest paths send straight to the driver.

    _HELD = Ready(select(item.c.id, item.c.state).where(item.c.id == bindparam("item")))
    row = _HELD.first(work.sql, {"item": item_id})

SQLAlchemy composes them and its types translate the values on the way in and out, so an answer is
what `execute` would give; only its layer between statement and driver is left out (ADR 8). Rows of
this transaction that such a statement could see are sent before it. Not for lists of values of any
length (`expanding`), nor for defaults that are made by the program.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Dialect

from helpdesk.core import driver, rows

Processor = Callable[[Any], Any] | None


class Ready:
    """`tables`: whose waiting rows are sent first; without them, all that it names.

    A statement that was marked so needs nothing sent (`rows.needing_nothing`).
    """

    def __init__(self, statement: Any, *tables: type[Any]) -> None:
        marked = not tables and rows.is_marked(statement)
        self._statement = statement if marked else rows.touching(statement, *tables)
        self._touches: frozenset[str] = rows.touched_by(self._statement)
        self._forms: dict[str, _Form] = {}

    def run(self, connection: Connection, values: Mapping[str, Any]) -> None:
        self._sent(connection, values)[1].close()

    def first(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """The first row as a named tuple, or None."""
        form, cursor = self._sent(connection, values)
        row = cursor.fetchone()
        answer = None if row is None else form.shaped(cursor, row)
        cursor.close()
        return answer

    def all(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        form, cursor = self._sent(connection, values)
        answer = [form.shaped(cursor, row) for row in cursor.fetchall()]
        cursor.close()
        return answer

    def scalar(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        row = self.first(connection, values)
        return None if row is None else row[0]

    def _sent(self, connection: Connection, values: Mapping[str, Any]) -> tuple[_Form, Any]:
        rows.send_before(connection, self._touches)
        form = self._forms.get(connection.dialect.name)
        if form is None:
            form = _Form(self._statement, connection.dialect)
            self._forms[connection.dialect.name] = form
        return form, driver.send(connection, form.text, form.bound(values))


class _Form:
    """A statement in the words of one database, with what translates its values."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        if compiled.post_compile_params or compiled.literal_execute_params or compiled.prefetch:
            raise ValueError("a statement that needs the program each time cannot be made ready")
        self.text = str(compiled)
        self._order = compiled.positiontup
        self._columns = list(statement.exported_columns)
        self._dialect = dialect
        self._shape: tuple[Callable[..., Any], tuple[tuple[int, Processor], ...]] | None = None
        self._fixed: dict[str, Any] = {}
        given: dict[str, tuple[str, str, Processor]] = {}
        for bind, name in compiled.bind_names.items():
            process = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if not bind.required:
                self._fixed[name] = process(bind.value) if process else bind.value
            elif process or name not in given:  # one name may stand in several places
                given[name] = name, bind.key, process
        self._given = list(given.values())

    def bound(self, values: Mapping[str, Any]) -> driver.Values:
        bound = dict(self._fixed)
        for name, key, process in self._given:
            bound[name] = process(values[key]) if process else values[key]
        return bound if self._order is None else [bound[name] for name in self._order]

    def shaped(self, cursor: Any, row: Any) -> Any:
        if self._shape is None:
            self._shape = self._learned(cursor)
        make, processors = self._shape
        changed = list(row)
        for place, process in processors:
            changed[place] = process(changed[place]) if process else changed[place]
        return make(changed)

    def _learned(self, cursor: Any) -> Any:
        """How rows of this statement look; the driver says its types with the first one."""
        kinds = [
            column.type.dialect_impl(self._dialect).result_processor(self._dialect, told[1])
            for column, told in zip(self._columns, cursor.description, strict=True)
        ]
        names = [str(column.key) for column in self._columns]
        make = namedtuple("Row", names, rename=True)._make  # type: ignore[attr-defined]
        return make, tuple((n, process) for n, process in enumerate(kinds) if process)
