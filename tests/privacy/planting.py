"""A word planted in every row that a customer's subjects lead to, and looked for everywhere after.

Rows are made from the tables themselves, so a new table or column is planted without being named.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    String,
    Table,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError

from helpdesk.core.db import Base
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.workflows import erasing_table
from helpdesk.workflows.erasing_table import Line

CANARY = "kanarienvogel"
AT = datetime(2026, 3, 1, tzinfo=UTC)
# Words of the house in these columns: states, kinds, keys, versions; nobody's own.
HOUSE = frozenset(
    {
        "account_hash", "actor", "answered_by", "author", "browser_hash", "carrier_sid", "cause",
        "channel", "client_msg_id", "clock.name", "code_hash", "conference_sid", "content_sid",
        "deleted_why", "escalated_to", "external_id", "file_name", "from_address", "from_name",
        "how", "ivr_step.name", "key", "key_hash", "kind", "language", "last_look", "left_why",
        "line_sid", "merged_by", "message_id", "message_id_", "model_id", "name_key", "network",
        "next_try", "node_id", "number", "number_id", "number_key", "once_key", "order_number",
        "origin", "ours", "outcome", "party", "party_kind", "place", "process_id", "purpose",
        "question", "reader", "recording_consent.announcement", "released", "request_hash",
        "return_case.reason", "room", "settled_by", "shop", "shop_order_line.name", "sid", "sku",
        "source", "started_by", "state", "stopped_by", "target", "terms", "token_hash", "trigger",
        "type", "undone_by", "uploaded_by", "what", "who", "why", "wish",
    }
)  # fmt: skip
# Not rows of any subject by themselves, or asserted on their own.
UNPLANTED = frozenset({"ticket", "conversation", "work_item", "incoming_mail", "contact_point"})


def plant(work: Work, subjects: dict[str, list[str]]) -> set[str]:
    """A row for every line of the table and each of its subjects; answers the tables."""
    done = set()
    groups = (
        (erasing_table.TICKET, subjects["tickets"]),
        (erasing_table.CONVERSATION, subjects["conversations"]),
        (erasing_table.ORDER, subjects["orders"]),
        (erasing_table.CUSTOMER, subjects["customers"]),
        (erasing_table.ADDRESS, subjects["addresses"]),
    )
    for lines, ids in groups:
        for line in lines:
            if line.table in UNPLANTED:
                continue
            for id_ in ids:
                if _plant(work, line, id_):
                    done.add(line.table)
    return done


def _plant(work: Work, line: Line, subject: str) -> bool:
    table = Base.metadata.tables[line.table]
    key = subject
    if line.through is not None:
        name, own, by = line.through
        other = Base.metadata.tables[name]
        found = work.session.scalar(select(other.c[own]).where(other.c[by] == subject).limit(1))
        if found is None:
            return False
        key = found
    if len(key) > (getattr(table.c[line.by].type, "length", None) or len(key)):
        return False  # no such address can stand there
    values = {c.name: _value(table, c) for c in table.columns} | {line.by: key}
    if line.by != "customer_id" and "customer_id" in values and line.table != "ivr_refusal":
        values["customer_id"] = None if table.c.customer_id.nullable else new_id()
    try:
        with work.session.begin_nested():
            work.session.execute(insert(table).values(values))
    except IntegrityError:
        return True  # the story has made such a row already
    return True


def _value(table: Table, column: Column[Any]) -> Any:
    kind = column.type
    if column.foreign_keys and column.nullable:
        return None
    if column.primary_key and isinstance(kind, String) and (kind.length or 0) == 36:
        return new_id()
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, Integer):
        return 7_000_000 + len(table.name) if column.primary_key else 1
    if isinstance(kind, Float):
        return 0.5
    if isinstance(kind, Date):
        return AT.date()
    if isinstance(kind, DateTime) or "DATETIME" in str(kind):
        return AT
    if isinstance(kind, JSON) or str(kind) == "JSON":
        is_list = column.default is not None and column.default.arg.__name__ == "list"  # type: ignore[union-attr]
        return [CANARY] if is_list else {CANARY: CANARY}
    length = getattr(kind, "length", None)
    if length == 36:
        return new_id()
    if {column.name, f"{table.name}.{column.name}"} & HOUSE or (
        length is not None and length < len(CANARY)
    ):
        return "x"
    return CANARY


def rows_saying(work: Work, word: str) -> Iterator[tuple[str, str]]:
    """(table, column) wherever any row of any table of the database says it."""
    connection = work.session.connection()
    for name in sorted(_names(connection)):
        quoted = connection.dialect.identifier_preparer.quote(name)
        for row in connection.exec_driver_sql(f"SELECT * FROM {quoted}").mappings():
            for column, value in row.items():
                text = value if isinstance(value, str) else json.dumps(value, default=_plain)
                if word.lower() in text.lower():
                    yield name, str(column)


def _plain(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)


def _names(connection: Any) -> list[str]:
    """Every table there is, those of the search that no model knows among them."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
    else:
        found = connection.exec_driver_sql(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        )
    return [row[0] for row in found]


def files_saying(folder: Path, word: str) -> list[str]:
    needle = word.encode()
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in (".db", ".db-wal") and needle in path.read_bytes()
    ]
