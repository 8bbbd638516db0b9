"""Triggers that refuse to change or delete audit rows, whoever asks the database for it."""

from __future__ import annotations

from sqlalchemy import Connection

TABLES = ("audit_entry", "audit_seal")
REFUSAL = "the audit cannot be changed"

POSTGRESQL_FUNCTION = f"""
CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$
"""


def install(connection: Connection) -> None:
    """Lay the triggers; the tables must exist."""
    if connection.dialect.name == "sqlite":
        for table in TABLES:
            for act in ("update", "delete"):
                connection.exec_driver_sql(
                    f"CREATE TRIGGER refuse_{table}_{act} BEFORE {act.upper()} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
                )
        return
    connection.exec_driver_sql(POSTGRESQL_FUNCTION)
    for table in TABLES:
        connection.exec_driver_sql(
            f"CREATE TRIGGER refuse_{table}_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
        )
