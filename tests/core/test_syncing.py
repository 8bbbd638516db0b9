"""Whoever commits on SQLite waits for a sync that began after the commit, and shares it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from helpdesk.core.db import Database
from helpdesk.core.syncing import LogSync

PATIENCE_S = 15


class HeldBack(LogSync):
    """Its syncs wait to be let through."""

    def __init__(self) -> None:
        super().__init__("none")
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)
        self.count = 0

    def _sync(self) -> None:
        self.begun.release()
        assert self.go_on.acquire(timeout=PATIENCE_S)
        self.count += 1


def started(calls: int, one: LogSync) -> list[threading.Thread]:
    threads = [threading.Thread(target=one.wait) for _ in range(calls)]
    for thread in threads:
        thread.start()
    return threads


def joined(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def test_those_who_commit_during_a_sync_share_the_next_one() -> None:
    log = HeldBack()
    first = started(1, log)
    assert log.begun.acquire(timeout=PATIENCE_S)
    others = started(5, log)
    while log._committed < 6:
        os.sched_yield()
    log.go_on.release()
    joined(first)
    assert log.begun.acquire(timeout=PATIENCE_S)
    assert any(thread.is_alive() for thread in others)  # the first sync began before they came
    log.go_on.release()
    joined(others)
    assert log.count == 2


class Failing(LogSync):
    def _sync(self) -> None:
        raise OSError("the disk is gone")


def test_nobody_is_told_that_it_is_kept_when_it_is_not() -> None:
    log = Failing("none")
    for _ in range(2):
        with pytest.raises(OSError, match="disk is gone"):
            log.wait()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'one.db'}", pool=2)
    yield opened
    opened.dispose()


def test_a_commit_ends_with_a_sync_and_a_failure_without(database: Database) -> None:
    log = database._log_sync
    assert log is not None
    with database.write_session() as session:
        session.execute(text("CREATE TABLE kept (word TEXT)"))
        session.commit()
    assert log._synced == 1
    with pytest.raises(ZeroDivisionError):
        _fail(database)
    assert log._synced == 1
    with database.read_session() as session:
        assert session.execute(text("SELECT count(*) FROM kept")).scalar() == 0


def _fail(database: Database) -> None:
    with database.write_session() as session:
        session.execute(text("INSERT INTO kept VALUES ('lost')"))
        raise ZeroDivisionError
