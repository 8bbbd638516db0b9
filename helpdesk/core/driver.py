"""One statement to the driver, past SQLAlchemy's layer, which costs three times what that does.

What listens to cursors hears of it, and errors arrive as those of SQLAlchemy. Not for statements
that are composed anew each time, and not for whoever wants objects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

Values = Mapping[str, Any] | Sequence[Any]


def send(connection: Connection, text: str, values: Values, *, many: bool = False) -> Any:
    """The driver's cursor after it has run `text`; whoever gets it closes it."""
    cursor: Any = connection.connection.cursor()
    for listener in connection.dispatch.before_cursor_execute:
        listener(connection, cursor, text, values, None, many)
    try:
        if many:
            cursor.executemany(text, values)
        else:
            cursor.execute(text, values)
    except Exception as error:
        _fail(connection, error, text, values)
    return cursor


def _fail(connection: Connection, error: Exception, text: str, values: Values) -> NoReturn:
    dialect: Any = connection.dialect
    known = dialect.loaded_dbapi.Error
    if not isinstance(error, known):
        raise error
    if dialect.is_disconnect(error, connection.connection, None):
        # SQLAlchemy meets the same and throws away what its pool holds of this server.
        connection.exec_driver_sql("SELECT 1")
    shown: Any = values
    raise DBAPIError.instance(text, shown, error, known, dialect=dialect) from error
