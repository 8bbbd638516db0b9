"""Ids are UUIDv7 text that rises within a process, and nothing else passes as one."""

from __future__ import annotations

import threading
import uuid

import pytest

from helpdesk.core.ids import is_id, new_id


def test_ids_of_one_process_sort_in_the_order_they_were_made() -> None:
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_ids_made_by_many_threads_are_all_different() -> None:
    made: list[str] = []

    def make() -> None:
        made.extend([new_id() for _ in range(2_000)])

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 16_000


def test_an_id_is_a_version_7_uuid() -> None:
    made = uuid.UUID(new_id())
    assert made.version == 7
    assert made.variant == uuid.RFC_4122


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        None,
        7,
        "01890000-0000-7000-8000-00000000000",
        "01890000-0000-7000-8000-00000000000A",
        "01890000000070008000000000000001",
        "{01890000-0000-7000-8000-000000000001}",
        "01890000-0000-7000-8000-000000000001\n",
        "٠1890000-0000-7000-8000-000000000001",
    ],
)
def test_anything_else_is_not_an_id(text: object) -> None:
    assert not is_id(text)


def test_what_was_made_is_an_id() -> None:
    assert is_id(new_id())
