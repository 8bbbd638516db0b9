"""The one write lock of SQLite serves in the order of asking, and one writer never starves."""

from __future__ import annotations

import threading
import time

import pytest

from helpdesk.core.actors import system
from helpdesk.core.counters import next_number
from helpdesk.core.db import Database, FairLock
from helpdesk.core.work import begin


def test_who_asked_first_is_served_first() -> None:
    lock = FairLock()
    served: list[int] = []
    lock.acquire()

    def wait(number: int) -> None:
        lock.acquire()
        served.append(number)
        lock.release()

    threads = []
    for number in range(20):
        thread = threading.Thread(target=wait, args=(number,))
        thread.start()
        threads.append(thread)
        while len(lock._waiting) <= number:
            time.sleep(0.001)
    lock.release()
    for thread in threads:
        thread.join(5)

    assert served == list(range(20))


def test_one_at_a_time_holds_it() -> None:
    lock = FairLock()
    inside = most = 0

    def use() -> None:
        nonlocal inside, most
        for _ in range(200):
            lock.acquire()
            inside += 1
            most = max(most, inside)
            inside -= 1
            lock.release()

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert most == 1
    lock.acquire()  # it is free in the end
    lock.release()


def test_an_error_in_a_transaction_lets_the_next_one_in(database: Database) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError), begin(system("test")):
            fail()
    with begin(system("test")) as work:
        assert next_number(work, "after") == 10_001


def test_writers_from_many_threads_lose_no_update(database: Database) -> None:
    failed: list[BaseException] = []

    def write() -> None:
        try:
            for _ in range(15):
                with begin(system("test")) as work:
                    next_number(work, "together", first=1)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert failed == []
    with begin(system("test")) as work:
        assert next_number(work, "together", first=1) == 91
