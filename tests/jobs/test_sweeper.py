"""The sweeper does every duty in its time, one process at a time, and stops when told."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from helpdesk.core import clock
from helpdesk.core.actors import system
from helpdesk.core.db import Database
from helpdesk.core.heartbeats import process_id
from helpdesk.core.listening import Duty, WorkFactory
from helpdesk.core.tables import Heartbeat, Lease, StoredSetting
from helpdesk.core.work import begin, reading
from helpdesk.jobs.rounds import Stopping
from helpdesk.jobs.schedule import DAY, HOUR, Periodic, is_due, take_turn
from helpdesk.jobs.sweeper import LEASE_S, Sweeper

BOUND_S = 3.0


def test_a_duty_that_fails_does_not_stop_the_others(database: Database) -> None:
    done: list[str] = []

    def fail(works: WorkFactory) -> None:
        raise RuntimeError("dust")

    sweeper = Sweeper(
        [Duty("fail", 0.01, fail), Duty("sweep", 0.01, lambda works: done.append("sweep"))]
    )
    sweeper.round()
    time.sleep(0.02)
    sweeper.round()

    assert done == ["sweep", "sweep"]


def test_a_duty_comes_no_sooner_than_its_time(database: Database) -> None:
    done: list[str] = []
    sweeper = Sweeper([Duty("hourly", 3600, lambda works: done.append("x"))])
    for _ in range(3):
        sweeper.round()

    assert done == ["x"]


def test_a_duty_opens_its_own_transactions(database: Database) -> None:
    def write(works: WorkFactory) -> None:
        with works() as work:
            work.session.add(StoredSetting(name="swept", value={}, changed_at=work.at))

    Sweeper([Duty("write", 1, write)]).round()

    with reading(system("test")) as work:
        assert work.session.get(StoredSetting, "swept") is not None


def test_only_the_holder_sweeps_and_a_dead_one_is_followed_within_three_seconds(
    database: Database,
) -> None:
    done: list[float] = []
    with begin(system("test")) as work:  # one that died just after it had renewed
        until = work.at + timedelta(seconds=LEASE_S)
        work.session.add(Lease(name="sweeper", holder="dead", until=until))
    sweeper = Sweeper([Duty("sweep", 0.1, lambda works: done.append(time.monotonic()))])
    stopping = Stopping()
    began = time.monotonic()
    thread = threading.Thread(target=sweeper.run, args=(stopping,))
    thread.start()
    time.sleep(0.5)
    assert done == []
    while not done and time.monotonic() - began < 10:
        time.sleep(0.02)
    stopping.stop()
    thread.join(5)

    assert done[0] - began < BOUND_S + 0.6  # half a second of grace for a loaded machine


def test_told_to_stop_it_leaves_between_two_duties_and_gives_the_lease_up(
    database: Database,
) -> None:
    stopping = Stopping()
    done: list[str] = []

    def first(works: WorkFactory) -> None:
        done.append("first")
        stopping.stop()

    sweeper = Sweeper(
        [Duty("first", 1, first), Duty("second", 1, lambda works: done.append("second"))]
    )
    sweeper.run(stopping)

    assert done == ["first"]
    with reading(system("test")) as work:
        assert work.session.scalars(select(Lease)).all() == []
        assert work.session.get(Heartbeat, process_id()) is None


def test_it_says_that_it_is_alive(database: Database) -> None:
    Sweeper([]).round()
    with reading(system("test")) as work:
        beat = work.session.get(Heartbeat, process_id())
    assert beat is not None
    assert beat.role == "sweeper"


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "every, hours, due",
    [(HOUR, 0.9, False), (HOUR, 1.0, True), (DAY, 11, False), (DAY, 13, False), (DAY, 15, True)],
)
def test_periodic_labour_is_due_by_its_period_and_a_daily_one_after_its_hour(
    every: timedelta, hours: float, due: bool
) -> None:
    one = Periodic("x", every, from_hour=3)
    assert is_due(one, NOON, NOON + timedelta(hours=hours)) is due


def test_the_first_turn_comes_after_one_period_and_each_only_once(database: Database) -> None:
    one = Periodic("x", HOUR)
    turns = []
    for minutes in (0, 30, 61, 62, 130):
        with clock.moved_to(NOON + timedelta(minutes=minutes)), begin(system("test")) as work:
            turns.append(take_turn(work, one))

    assert turns == [False, False, True, False, True]
