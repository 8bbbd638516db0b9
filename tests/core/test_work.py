"""One transaction holds rows, events and audit together, or none of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

import pytest
from sqlalchemy import select

from helpdesk.core import work as works
from helpdesk.core.actors import system
from helpdesk.core.db import Database
from helpdesk.core.events import Event
from helpdesk.core.tables import AuditEntry, EventRow
from helpdesk.core.work import Emitted, Work, begin, reading


@dataclass(frozen=True, kw_only=True)
class LampLit(Event):
    kind: ClassVar[str] = "test.lamp_lit"

    lamp_id: str
    bright: int = 1


LAMP = "01890000-0000-7000-8000-000000000001"


def stored(database: Database) -> tuple[int, int]:
    with database.read_session() as session:
        events = session.scalars(select(EventRow)).all()
        entries = session.scalars(select(AuditEntry)).all()
        return len(events), len(entries)


def light(work: Work) -> None:
    work.emit(LampLit(lamp_id=LAMP))
    work.audit("lamp.lit", "lamp", LAMP, bright=1)


def test_events_and_audit_are_stored_with_the_transaction(database: Database) -> None:
    with begin(system("test")) as work:
        light(work)

    assert stored(database) == (1, 1)
    with reading(system("test")) as work:
        row = work.session.scalars(select(EventRow)).one()
    assert (row.kind, row.subject_id, row.facts) == (
        "test.lamp_lit",
        LAMP,
        {"lamp_id": LAMP, "bright": 1},
    )
    assert row.relayed_at is None


def test_an_error_leaves_nothing_behind_and_announces_nothing(database: Database) -> None:
    told: list[Emitted] = []
    ran: list[str] = []
    works.announce_with(told.extend)

    def fail(work: Work) -> None:
        light(work)
        work.after_commit(lambda: ran.append("after"))
        work.session.flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), begin(system("test")) as work:
        fail(work)

    assert stored(database) == (0, 0)
    assert told == []
    assert ran == []


def test_announcements_go_out_after_the_commit(database: Database) -> None:
    seen: list[tuple[int, int]] = []
    works.announce_with(lambda emitted: seen.append(stored(database)))

    with begin(system("test")) as work:
        light(work)
        assert seen == []

    assert seen == [(1, 1)]


def test_what_is_beside_an_event_reaches_the_announcer_and_is_not_stored(
    database: Database,
) -> None:
    told: list[Emitted] = []
    works.announce_with(told.extend)

    with begin(system("test")) as work:
        work.emit(LampLit(lamp_id=LAMP), text="said in passing")

    assert told[0].extra == {"text": "said in passing"}
    with database.read_session() as session:
        assert "text" not in session.scalars(select(EventRow)).one().facts


def test_an_observer_writes_in_the_same_transaction(database: Database) -> None:
    def refuse(work: Work, emitted: list[Emitted]) -> None:
        raise RuntimeError("the observer failed")

    works.observe(refuse)
    with pytest.raises(RuntimeError, match="observer failed"), begin(system("test")) as work:
        light(work)

    assert stored(database) == (0, 0)


def test_a_reading_work_cannot_write(database: Database) -> None:
    from sqlalchemy.exc import DBAPIError

    with reading(system("test")) as work:
        work.session.add(
            EventRow(id=LAMP, kind="x", at=datetime(2026, 1, 1, tzinfo=UTC), actor="t", facts={})
        )
        with pytest.raises(DBAPIError):
            work.session.flush()

    assert stored(database) == (0, 0)
