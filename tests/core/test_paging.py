"""Pages by cursor show every row once, in order, at any size; odd cursors are refused."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from helpdesk.core.actors import system
from helpdesk.core.db import Database, insert_rows
from helpdesk.core.errors import Invalid
from helpdesk.core.paging import MOST, clamp_limit, cut, decode_cursor, encode_cursor, keyset
from helpdesk.core.tables import Heartbeat
from helpdesk.core.work import begin, reading

START = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = (Heartbeat.at, Heartbeat.process_id)


def fill(seconds: list[int]) -> None:
    rows = [
        {
            "process_id": f"p{number:03d}",
            "role": "x",
            "started_at": START,
            "at": START + timedelta(seconds=second),
        }
        for number, second in enumerate(seconds)
    ]
    with begin(system("test")) as work:
        work.session.execute(delete(Heartbeat))
        insert_rows(work.session, Heartbeat, rows)


def walk(limit: int, *, descending: bool) -> list[str]:
    seen: list[str] = []
    cursor: str | None = None
    while True:
        with reading(system("test")) as work:
            statement = keyset(
                select(Heartbeat), COLUMNS, cursor=cursor, limit=limit, descending=descending
            )
            rows = work.session.scalars(statement).all()
        page = cut(rows, limit, lambda row: (row.at, row.process_id))
        assert len(page.items) <= limit
        seen += [row.process_id for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return seen


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seconds=st.lists(st.integers(0, 6), max_size=25),
    limit=st.integers(1, 30),
    descending=st.booleans(),
)
def test_pages_together_are_the_whole_list_in_order(
    database: Database, seconds: list[int], limit: int, descending: bool
) -> None:
    fill(seconds)
    wanted = sorted(
        ((second, f"p{number:03d}") for number, second in enumerate(seconds)), reverse=descending
    )
    assert walk(limit, descending=descending) == [name for _, name in wanted]


def test_rows_that_come_or_go_meanwhile_repeat_and_hide_nothing_else(database: Database) -> None:
    fill([1, 2, 3, 4, 5, 6])
    with reading(system("test")) as work:
        rows = work.session.scalars(keyset(select(Heartbeat), COLUMNS, cursor=None, limit=3)).all()
    first = cut(rows, 3, lambda row: (row.at, row.process_id))
    with begin(system("test")) as work:
        work.session.execute(delete(Heartbeat).where(Heartbeat.process_id == "p003"))
        late = {"process_id": "zzz", "role": "x", "started_at": START, "at": START + timedelta(9)}
        insert_rows(work.session, Heartbeat, [late])
        rest = work.session.scalars(
            keyset(select(Heartbeat), COLUMNS, cursor=first.next_cursor, limit=10)
        ).all()

    assert [row.process_id for row in first.items] == ["p005", "p004", "p003"]
    assert [row.process_id for row in rest] == ["p002", "p001", "p000"]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        "====",
        "\x00",
        base64.urlsafe_b64encode(b"{}").decode(),
        base64.urlsafe_b64encode(b"[1]").decode(),
        base64.urlsafe_b64encode(b'["yesterday","p"]').decode(),
        base64.urlsafe_b64encode(b'["2026-01-01T00:00:00","p"]').decode(),
        base64.urlsafe_b64encode(b'[{"a":1},"p"]').decode(),
        "A" * 5000,
    ],
)
def test_a_cursor_that_this_program_did_not_make_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid):
        keyset(select(Heartbeat), COLUMNS, cursor=cursor, limit=3)


@given(st.lists(st.one_of(st.integers(-(2**53), 2**53), st.text(max_size=30), st.booleans())))
def test_a_cursor_gives_back_what_was_put_in(values: list[object]) -> None:
    assert decode_cursor(encode_cursor(values), len(values)) == values


@pytest.mark.parametrize(
    "asked, given_", [(None, 25), (0, 1), (-5, 1), (7, 7), (10**9, MOST), (MOST, MOST)]
)
def test_K4_the_size_of_a_page_is_capped(asked: int | None, given_: int) -> None:
    assert clamp_limit(asked) == given_
