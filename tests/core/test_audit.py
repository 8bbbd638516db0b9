"""K7: the audit's chain shows every row that was altered or removed behind the program's back."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from helpdesk.core import audit
from helpdesk.core.actors import system
from helpdesk.core.db import Database
from helpdesk.core.work import begin, reading


def write(count: int) -> None:
    for number in range(count):
        with begin(system("test")) as work:
            work.audit("lamp.lit", "lamp", details_number=number)


def seal() -> int:
    with begin(system("test")) as work:
        return audit.seal_waiting(work)


def broken_at() -> int | None:
    with reading(system("test")) as work:
        return audit.verify(work)


def behind_its_back(database: Database, statement: str) -> None:
    """What only somebody with the database's own keys can do: the triggers are put aside."""
    with database.engine.begin() as connection:
        if database.is_sqlite:
            triggers = connection.execute(
                text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            ).all()
            for name, _ in triggers:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            connection.exec_driver_sql(statement)
            for _, sql in triggers:
                connection.exec_driver_sql(sql)
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            connection.exec_driver_sql(statement)


def test_K7_an_untouched_chain_holds(database: Database) -> None:
    write(3)
    assert seal() == 3
    write(2)
    assert seal() == 2
    assert seal() == 0

    assert broken_at() is None


def test_K7_sealing_in_small_steps_gives_one_chain(database: Database) -> None:
    write(5)
    with begin(system("test")) as work:
        assert audit.seal_waiting(work, most=2) == 2
    with begin(system("test")) as work:
        assert audit.seal_waiting(work, most=2) == 2
    assert seal() == 1

    assert broken_at() is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET action = 'lamp.put_out' WHERE seq = 2",
        "UPDATE audit_entry SET actor = 'user:somebody else' WHERE seq = 2",
        "DELETE FROM audit_entry WHERE seq = 2",
        "DELETE FROM audit_seal WHERE position = 2",
        "UPDATE audit_seal SET hash = 'x' WHERE position = 2",
    ],
)
def test_K7_tampering_is_found_where_it_was_done(database: Database, statement: str) -> None:
    write(4)
    seal()
    behind_its_back(database, statement)

    assert broken_at() == 2


def test_K7_an_entry_and_its_seal_removed_together_are_noticed(
    database: Database,
) -> None:
    write(4)
    seal()
    behind_its_back(database, "DELETE FROM audit_entry WHERE seq = 2")
    behind_its_back(database, "DELETE FROM audit_seal WHERE position = 2")

    assert broken_at() == 2
