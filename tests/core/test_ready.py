"""Statements sent straight to the driver answer what the layer above it would."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from helpdesk.core import db
from helpdesk.core.actors import system
from helpdesk.core.db import table_of
from helpdesk.core.ids import new_id
from helpdesk.core.ready import Ready
from helpdesk.core.tables import Counter, EventRow
from helpdesk.core.work import begin

_EVENT, _COUNTER = table_of(EventRow), table_of(Counter)
COLUMNS = (_EVENT.c.id, _EVENT.c.at, _EVENT.c.facts, _EVENT.c.relayed_at, _EVENT.c.kind)
BY_ID = select(*COLUMNS).where(_EVENT.c.id == bindparam("event"))


def row(at: object) -> dict[str, object]:
    facts = {"one": ["two", None]}
    return {"id": new_id(), "kind": "x", "at": at, "actor": "a", "customer_id": None,
            "subject_id": None, "facts": facts, "relayed_at": None}  # fmt: skip


def test_values_come_and_go_as_through_the_layer(database: object) -> None:
    ready, wanted = Ready(BY_ID), Ready(BY_ID.where(_EVENT.c.at == bindparam("at")))
    with begin(system("test")) as work:
        one = row(work.at + timedelta(microseconds=5))
        work.insert(EventRow, **one)
        given = {"event": one["id"]}
        found = ready.first(work.sql, given)  # what waited was sent before
        assert tuple(found) == tuple(work.sql.execute(BY_ID, given).one())
        assert (found.id, found.at, found.facts) == (one["id"], one["at"], one["facts"])
        assert wanted.scalar(work.sql, {**given, "at": one["at"]}) == one["id"]
        assert ready.first(work.sql, {"event": new_id()}) is None
        assert [found] == ready.all(work.sql, given)


def test_a_change_answers_what_it_returns(database: object) -> None:
    step = Ready(
        update(_COUNTER)
        .where(_COUNTER.c.name == bindparam("of"))
        .values(value=_COUNTER.c.value + 1)
        .returning(_COUNTER.c.value)
    )
    with begin(system("test")) as work:
        work.insert(Counter, name="ready", value=6)
        assert step.first(work.sql, {"of": "ready"}).value == 7


def test_a_refusal_is_the_same_error(database: object) -> None:
    statement = Ready(insert(_COUNTER).values(name=bindparam("of"), value=1))
    with begin(system("test")) as work:
        statement.run(work.sql, {"of": "twice"})
    with pytest.raises(IntegrityError), begin(system("test")) as work:
        statement.run(work.sql, {"of": "twice"})


def test_a_line_that_is_cut_is_noticed_and_not_used_again(database: object) -> None:
    if db.current().is_sqlite:
        pytest.skip("SQLite has no line")
    own = Ready(select(_COUNTER.c.value).where(_COUNTER.c.name == bindparam("of")))
    with begin(system("test")) as work:
        pid = work.sql.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with db.current().engine.connect() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
        with pytest.raises(DBAPIError) as lost:
            own.first(work.sql, {"of": "none"})
        assert lost.value.connection_invalidated
        work.session.rollback()
    with begin(system("test")) as work:
        assert own.first(work.sql, {"of": "none"}) is None


def test_what_the_program_has_to_look_at_each_time_is_refused(database: object) -> None:
    many = Ready(
        select(_COUNTER.c.value).where(_COUNTER.c.name.in_(bindparam("of", expanding=True)))
    )
    with pytest.raises(ValueError, match="made ready"), begin(system("test")) as work:
        many.first(work.sql, {"of": ["x"]})
