"""Rows that wait are written together, and nobody in the transaction can tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from helpdesk.channels.models import Conversation, Message
from helpdesk.core import rows
from helpdesk.core.actors import system
from helpdesk.core.db import Database, table_of
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers.models import ContactPoint, Customer

ME = system("test")


@pytest.fixture
def sent(database: Database) -> list[str]:
    """Every statement that reaches the database."""
    seen: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    return seen


def customer(work: Work, name: str = "Ada") -> Customer:
    row = Customer(
        id=new_id(), name=name, custom={"since": [2020, None]}, created_at=work.at,
        last_contact_at=work.at, value_head_start_s=0,
    )  # fmt: skip
    work.put(row)
    return row


def point(work: Work, owner: str, value: str, *, proved: bool = False) -> None:
    work.insert(
        ContactPoint, id=new_id(), customer_id=owner, kind="email", value=value, as_given=value,
        created_at=work.at, verified_at=work.at if proved else None, is_preferred=False,
    )  # fmt: skip


def add_and_fail(work: Work, owner: str) -> None:
    point(work, owner, "other@example.org")
    customer(work, "Nobody")
    raise ZeroDivisionError


def names() -> list[str]:
    with reading(ME) as work:
        return list(work.session.scalars(select(Customer.name).order_by(Customer.name)))


def test_rows_of_several_tables_are_one_statement_on_postgresql(
    database: Database, sent: list[str]
) -> None:
    with begin(ME) as work:
        point(work, customer(work).id, "ada@example.org")
        assert not any("INSERT" in s for s in sent)
    assert len([s for s in sent if "INSERT" in s]) == (2 if database.is_sqlite else 1)
    with reading(ME) as work:
        row = work.session.scalars(select(Customer)).one()
        owned = work.session.scalars(select(ContactPoint)).one()
    assert (row.custom, row.version, row.organisation_id) == ({"since": [2020, None]}, 1, None)
    assert (owned.customer_id, owned.value) == (row.id, "ada@example.org")


def test_whoever_reads_finds_what_waits(database: Database) -> None:
    with begin(ME) as work:
        row = customer(work)
        assert work.sql.execute(select(Customer.name)).scalars().all() == ["Ada"]
        other = customer(work, "Bea")
        assert work.session.scalar(select(Customer).where(Customer.id == other.id)) is other
        customer(work, "Cy")
        work.session.execute(update(Customer).where(Customer.id == row.id).values(name="Eve"))
    assert names() == ["Bea", "Cy", "Eve"]


def test_a_statement_that_touches_other_tables_makes_nobody_send(
    database: Database, sent: list[str]
) -> None:
    elsewhere = rows.touching(select(Message.id))
    here = rows.touching(select(Customer.id))
    refers = rows.touching(update(table_of(ContactPoint)).values(label="x"))
    with begin(ME) as work:
        customer(work)
        work.sql.execute(elsewhere)
        work.sql.execute(rows.needing_nothing(select(Customer.name)))
        assert not any("INSERT" in s for s in sent)
        work.sql.execute(refers)
        assert any("INSERT" in s for s in sent)
        customer(work, "Bea")
        assert len(work.sql.execute(here).all()) == 2


def test_what_is_set_while_it_waits_is_part_of_the_insert(
    database: Database, sent: list[str]
) -> None:
    with begin(ME) as work:
        row = customer(work)
        assert work.is_unsent(row)
        row.name = "Ada Byron"
    assert not any("UPDATE" in s for s in sent)
    assert names() == ["Ada Byron"]


def test_a_change_that_is_flushed_before_stands_too(database: Database) -> None:
    with begin(ME) as work:
        row = customer(work)
        row.name = "Ada Byron"
        work.session.flush()
        assert not work.is_unsent(row)
        row.name = "Ada Lovelace"
    assert names() == ["Ada Lovelace"]


def test_a_savepoint_takes_back_what_waited_since_and_nothing_else(database: Database) -> None:
    with begin(ME) as work:
        first = customer(work)
        point(work, first.id, "ada@example.org", proved=True)
        with pytest.raises(IntegrityError), work.session.begin_nested():
            point(work, first.id, "ada@example.org", proved=True)
        with pytest.raises(ZeroDivisionError), work.session.begin_nested():
            add_and_fail(work, first.id)
        with work.session.begin_nested():
            point(work, first.id, "third@example.org")
    with reading(ME) as work:
        found = work.session.scalars(select(ContactPoint.value).order_by(ContactPoint.value))
        assert list(found) == ["ada@example.org", "third@example.org"]


def test_an_error_sends_nothing_and_the_next_transaction_begins_empty(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), begin(ME) as work:
        add_and_fail(work, new_id())
    with begin(ME) as work:
        customer(work, "Bea")
    assert names() == ["Bea"]


def test_a_refused_row_takes_the_whole_transaction_back(database: Database) -> None:
    with pytest.raises(DBAPIError), begin(ME) as work:
        point(work, new_id(), "nobody@example.org")
    assert names() == []


def test_times_keep_their_microseconds_and_need_a_zone(database: Database) -> None:
    at = datetime(2026, 3, 29, 1, 59, 59, 123457, tzinfo=UTC)
    with begin(ME) as work:
        row = Conversation(
            id=new_id(), channel="form", state="waiting", customer_id=new_id(), queue_id=None,
            reason="naïve “quotes” \\ ' %s :x", answers={}, opened_at=at, last_seq=0,
        )  # fmt: skip
        work.put(row)
    with reading(ME) as work:
        kept = work.session.scalars(select(Conversation)).one()
    assert (kept.opened_at, kept.reason) == (at, row.reason)
    with pytest.raises(Exception, match="without a time zone"), begin(ME) as work:
        work.insert(
            Message, id=new_id(), conversation_id=row.id, seq=1, author="visitor",
            public=True, text="x", attachments=[], at=(at + timedelta(1)).replace(tzinfo=None),
        )  # fmt: skip
